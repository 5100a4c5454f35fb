"""What leaves the catalogue: Markdown, BibTeX, CSL and terminal text, none of which a title can break."""

import copy
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagenomics.catalogue.datasets.load import load_datasets
from imagenomics.catalogue.papers.cite import cite_papers, tex_key
from imagenomics.catalogue.papers.load import authors, load_paper, load_papers
from imagenomics.catalogue.papers.render import render_list
from imagenomics.catalogue.papers.seed_list import read_list
from imagenomics.catalogue.papers.show import list_text, paper_text
from imagenomics.catalogue.plain import citation, hidden_characters, markdown, markup, terminal, tex
from imagenomics.errors import InputError

NASTY = "A \u202e<script>alert(1)</script> [x](http://y) *b* $\\input{z}$ & 5% _w_ {\u200b} `c`\x1b[31m"


@pytest.fixture
def nasty():
    entry = copy.deepcopy(load_paper("moon2012_ct_dti_mgmt"))
    return {
        **entry,
        "title": NASTY,
        "summary": NASTY,
        "journal": NASTY,
        "authors": [NASTY],
        "targets": [NASTY],
    }


def test_a_hostile_title_does_nothing_in_any_output(nasty):
    shown = paper_text(nasty) + list_text([nasty])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\u202e" in shown
    listed = render_list({nasty["key"]: nasty}, date="2026-01-01")
    assert "<script>" not in listed
    assert "&lt;script&gt;" in listed
    assert "[x](" not in listed
    assert not hidden_characters(listed.replace("\n", " "))
    bib = cite_papers([nasty])
    assert "\\input{z}" not in bib
    assert "\\textbackslash{}input\\{z\\}" in bib
    assert not hidden_characters(bib.replace("\n", " "))
    item = json.loads(cite_papers([nasty], form="csl"))[0]
    assert "<script>" not in item["title"]
    assert not hidden_characters(item["title"])


@given(st.text(max_size=60))
def test_every_text_becomes_one_printable_line(text):
    for make in (terminal, markdown, tex, citation):
        made = make(text)
        assert not hidden_characters(made)
        assert "\n" not in made
    assert markdown("plain words") == "plain words"


@given(st.text(alphabet="ab{}\\$&%#_^~ ", max_size=40))
def test_tex_is_balanced_and_has_no_live_sign(text):
    made = tex(text)
    bare = re.sub(r"\\(textbackslash|textasciicircum|textasciitilde)\{\}", "", made)
    bare = re.sub(r"\\[{}$&%#_]", "", bare)
    assert not set(bare) & set("{}\\$&%#_^~")


@pytest.mark.parametrize("text", ["<i>x</i>", "<!-- x", "a](b", "**x**", "`x`", "\\emph{x}", "&lt;"])
def test_markup_is_seen(text):
    assert markup(text)


@pytest.mark.parametrize("text", ["p < .05 and r > 0", "H&E", "18F-FDG (PET)", "a*b", "NF-κB"])
def test_plain_texts_are_not_markup(text):
    assert not markup(text)


def test_bibtex_names_titles_and_others():
    shown = cite_papers([load_paper("yang2010_hybrid_svm"), load_paper("halpenny2017_braf")])
    assert "author = {Yang, H. and Liu, J. and Sui, J. and Pearlson, G. and Calhoun, V. D.}" in shown
    assert "author = {Halpenny, D. F. and others}" in shown
    assert "pmid = {28012356}" in shown
    assert shown.count("@article{") == 2
    assert tex_key("a b{c}") == "a-b-c-"


def test_bibtex_is_balanced_for_all_papers():
    for entry in load_papers().values():
        shown = re.sub(r"\\[{}]", "", cite_papers([entry]))
        assert shown.count("{") == shown.count("}")
        assert shown.startswith(f"@article{{{entry['key']},")


def test_csl_of_all_papers_is_what_processors_read():
    items = json.loads(cite_papers(load_papers().values(), form="csl"))
    assert len(items) == len(load_papers())
    for item in items:
        assert item["type"] == "article-journal"
        assert item["issued"]["date-parts"][0][0] > 2000
        assert item["author"][0]["family"]
    ruysscher = next(i for i in items if i["id"].startswith("deruysscher"))
    assert ruysscher["author"] == [{"family": "De Ruysscher", "given": "D."}]
    assert "DOI" not in next(i for i in items if i["id"] == "halpenny2017_braf")


def test_unknown_form():
    with pytest.raises(InputError, match="IGX-CAT-009"):
        cite_papers([], form="bibtx")


def test_the_rendered_list_is_read_back_whole_and_sorted():
    papers = load_papers()
    items, headings = read_list(render_list(papers, date="2026-01-01"))
    assert len(items) == len(papers)
    for item in items:
        assert item.title
        assert item.url.startswith("http")
        assert re.fullmatch(r"\d{4}", item.year)
    by_section = {}
    for item in items:
        by_section.setdefault(item.section, []).append(int(item.year))
    assert len(by_section) == 3
    assert all(years == sorted(years, reverse=True) for years in by_section.values())
    assert headings[0].text == "Reading list of imaging genetics"


def test_the_rendered_list_has_no_problem_of_the_founding_list(tmp_path):
    from imagenomics.catalogue.papers.seed_lint import lint_list

    path = tmp_path / "list.md"
    path.write_text(render_list(load_papers(), date="2026-01-01"), encoding="utf-8")
    severe = [p.text() for p in lint_list(path) if p.severe and p.kind != "topic"]
    assert severe == []


def test_authors_as_lists_name_them():
    assert authors(load_paper("han2018_crnn_mgmt")) == "Han and Kamdar"
    assert authors(load_paper("lefloch2012_spls")) == "Le Floch et al."


def test_show_says_what_is_not_known_for_sure():
    shown = paper_text(load_paper("tykocinski2012_rcbv_egfrviii"))
    assert "(meeting report)" in shown
    assert "facts from: memory" in shown
    assert "objective" in paper_text(load_paper("chi2013_scca"))
    assert "analysable: no" in paper_text(load_paper("zhao2016_reproducibility"))


def test_the_reference_page_is_fresh():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "papers.md").read_text(encoding="utf-8")
    date = re.search(r"as of (\d{4}-\d\d-\d\d)", page)[1]
    assert page == render_list(load_papers(), date=date, datasets=load_datasets())
