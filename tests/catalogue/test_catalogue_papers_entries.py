"""The entries of the reading list: complete, well formed, the index fresh, new ones checked."""

import json
import tomllib

import pytest

from imagenomics.catalogue.claims.check import load_claims
from imagenomics.catalogue.entries import data_folder, entry_files, read_entry_file
from imagenomics.catalogue.papers.lint import compile_papers, index_of, lint_entries
from imagenomics.catalogue.papers.load import COHORT, DEFAULTS, load_paper, load_papers
from imagenomics.catalogue.papers.models import Cohort, PaperEntry
from imagenomics.catalogue.plain import hidden_characters
from imagenomics.errors import FileProblem, InputError

ENTRY = """
title = "A new association"
authors = ["Doe J"]
journal = "Journal"
year = 2020
section = "conventional"
topic = "glioblastoma"
modality = ["MRI-DWI"]
assay = ["methylation"]
summary = "A sentence."
verified = "abstract"
analysable = true
[links]
pmid = "12345678"
"""


@pytest.fixture
def new(tmp_path):
    def write(text=ENTRY, *changes, name="doe2020_new_one"):
        for old, fresh in changes:
            assert old in text
            text = text.replace(old, fresh)
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_all_papers_of_the_founding_list_are_there():
    papers = load_papers()
    sections = [entry["section"] for entry in papers.values()]
    assert len(papers) >= 101
    assert sections.count("background") >= 4
    assert (
        sections.count("machine-learning") >= 17
    )  # the list's sixteen, and one that stood in the wrong section


def test_the_catalogue_has_no_problem_and_its_index_is_fresh():
    entries, problems = lint_entries()
    assert problems == []
    shipped = (data_folder() / "papers.json").read_text(encoding="utf-8")
    assert shipped == index_of(entries)


def test_defaults_of_the_quick_reader_are_those_of_the_model():
    for model, quick in ((PaperEntry, DEFAULTS), (Cohort, COHORT)):
        fields = {n: f for n, f in model.model_fields.items() if not f.is_required()}
        assert set(fields) == set(quick)
        for name, field in fields.items():
            value = field.default
            if isinstance(value, tuple):
                value = list(value)
            if name != "cohort":
                assert value == quick[name], name
    for key, entry in load_papers().items():
        whole = PaperEntry.read(read_entry_file(data_folder() / "papers" / f"{key}.toml"), where=key)
        dumped = whole.model_dump(mode="json")
        assert {n: dumped[n] for n in ("title", "organ", "method", "cohort")} == {
            n: entry[n] for n in ("title", "organ", "method", "cohort")
        }


def test_every_claim_belongs_to_a_paper():
    assert {claim.paper for claim in load_claims()} <= set(load_papers())


def test_what_nobody_read_says_so():
    papers = load_papers()
    for entry in papers.values():
        if entry["verified"] == "memory":
            sources = {number.get("verified", "abstract") for number in entry["numbers"]}
            assert "abstract" not in sources, entry["key"]
    assert sum(entry["verified"] == "memory" for entry in papers.values()) > 30


def test_repairs_of_the_founding_list():
    assert "pmid" not in load_paper("mccann2016_pten_prostate")["links"]
    assert load_paper("zhao2016_reproducibility")["links"]["pmid"] == "27009765"
    assert load_paper("chi2013_scca")["authors"][0] == "Chi EC"
    assert load_paper("yang2010_hybrid_svm")["authors"][0] == "Yang H"
    assert load_paper("gutman2013_vasari_tcga")["links"]["pmid"] == "23392431"
    assert load_paper("palaskas2011_fdg_myc")["links"]["pmcid"] == "PMC3148325"
    assert load_paper("hu2017_regional_heterogeneity")["year"] == 2017
    assert not load_paper("zhuj2015_neuroblastoma_brainmets")["analysable"]


@pytest.mark.parametrize("key", ["moon2012_ct_dti_mgm", "moon", ""])
def test_unknown_key(key):
    with pytest.raises(InputError, match="IGX-CAT-001"):
        load_paper(key)


def test_a_good_new_entry_has_no_problem(new):
    entries, problems = lint_entries([new()])
    assert problems == []
    assert entries[0].key == "doe2020_new_one"


@pytest.mark.parametrize(
    ("old", "fresh", "code", "words"),
    [
        ('title = "A new association"', "title = ", "IGX-CAT-003", "not valid TOML"),
        ("year = 2020", "", "IGX-CAT-004", "year"),
        ("year = 2020", "year = 20", "IGX-CAT-004", "1950"),
        ("journal =", "jurnal =", "IGX-CAT-004", "did you mean 'journal'"),
        ("pmid =", "pmidd =", "IGX-CAT-004", "did you mean 'pmid'"),
        ('["MRI-DWI"]', '["MRI-DIW"]', "IGX-CAT-004", "did you mean 'MRI-DWI'"),
        ('"conventional"', '"convention"', "IGX-CAT-004", "did you mean 'conventional'"),
        ('"conventional"', '"machine-learning"', "IGX-CAT-004", "[learning]"),
        ("analysable = true", "analysable = false", "IGX-CAT-004", "reason"),
        ('pmid = "12345678"', 'pmid = "PMID 12345678"', "IGX-CAT-006", "not a PubMed id"),
        ('pmid = "12345678"', 'doi = "https://doi.org/10.1000/xyz"', "IGX-CAT-006", "from '10.' on"),
        ('pmid = "12345678"', 'doi = "doi:10.1000/xyz"', "IGX-CAT-006", "is an address"),
        ('pmid = "12345678"', 'doi = "xyz"', "IGX-CAT-006", "not a DOI"),
        ('pmid = "12345678"', 'pmcid = "4985482"', "IGX-CAT-006", "PMC4985482"),
        ('pmid = "12345678"', 'url = "javascript:alert(1)"', "IGX-CAT-006", "http(s)"),
        ('pmid = "12345678"', "", "IGX-CAT-004", "needs one of"),
        ("A new association", "A <b>new</b> association", "IGX-CAT-007", "<b>"),
        ("A new association", "A [new](http://x) association", "IGX-CAT-007", "]("),
        ("A new association", "A new \\u202eassociation", "IGX-CAT-007", "U+202E"),
        ("A sentence.", "A zero\\u200bwidth.", "IGX-CAT-007", "U+200B"),
        ('pmid = "12345678"', 'pmid = "21833736"', "IGX-CAT-005", "moon2012_ct_dti_mgmt"),
    ],
)
def test_bad_new_entries(new, old, fresh, code, words):
    _, problems = lint_entries([new(ENTRY, (old, fresh))])
    assert [p.code for p in problems] == [code]
    assert words in problems[0].text()


def test_a_bad_name_of_the_file_is_a_bad_key(new):
    _, problems = lint_entries([new(name="My Paper")])
    assert [p.code for p in problems] == ["IGX-CAT-004"]
    assert "key" in problems[0].what


def test_two_new_entries_with_one_title(new):
    first, second = new(), new(ENTRY, ("12345678", "12345679"), name="doe2020_new_two")
    _, problems = lint_entries([first, second])
    assert [(p.code, p.kind) for p in problems] == [("IGX-CAT-005", "duplicate")]
    assert lint_entries([first.parent])[1] == problems


def test_an_entry_that_is_not_there_or_not_text(new, tmp_path):
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"')
    _, problems = lint_entries([tmp_path / "absent.toml", tmp_path / "latin.toml"])
    assert [p.code for p in problems] == ["IGX-CAT-003", "IGX-CAT-003"]


def test_wrong_entries_leave_the_old_index(new, tmp_path):
    folder = tmp_path / "data"
    (folder / "papers").mkdir(parents=True)
    good = new()
    target = folder / "papers" / good.name
    target.write_text(good.read_text(encoding="utf-8"), encoding="utf-8")
    path = compile_papers(folder=folder)
    before = path.read_bytes()
    assert [e["key"] for e in json.loads(before)["entries"]] == ["doe2020_new_one"]
    target.write_text(ENTRY.replace("year = 2020", "year = 20"), encoding="utf-8")
    with pytest.raises(InputError, match="IGX-CAT-004"):
        compile_papers(folder=folder)
    assert path.read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == ["papers", "papers.json"]


def test_a_broken_index_says_so(monkeypatch, tmp_path):
    from imagenomics.catalogue import entries

    (tmp_path / "papers.json").write_text('{"entries": [', encoding="utf-8")
    monkeypatch.setattr(entries, "data_folder", lambda: tmp_path)
    with pytest.raises(FileProblem, match="IGX-CAT-008"):
        entries.read_index("papers")


def test_titles_of_entries_are_plain_and_the_files_are_read_back():
    for path in entry_files(data_folder() / "papers"):
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        assert not hidden_characters(tree["title"])
