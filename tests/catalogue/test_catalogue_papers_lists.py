"""Checking an awesome-list: each kind of problem of the founding lists is seen."""

import os
from pathlib import Path

import pytest

from imagenomics.catalogue.papers.load import load_papers
from imagenomics.catalogue.papers.seed_lint import lint_list
from imagenomics.catalogue.papers.seed_list import read_list
from imagenomics.errors import FileProblem

TITLE = (
    "Imaging parameters of high grade gliomas in relation to the MGMT promoter methylation status: the CT, "
    "diffusion tensor imaging, and perfusion MR imaging"
)
MOON = f"  * Moon et al., [{TITLE}](https://www.ncbi.nlm.nih.gov/pubmed/21833736), *Neuroradiology*, 2012"
LIST = f"# Awesome things\n* Imaging Genomics (Radiogenomics, Imaging Genetics) - Convention\n{MOON}\n"


@pytest.fixture
def problems(tmp_path):
    def check(text, **options):
        path = tmp_path / "list.md"
        path.write_text(text, encoding="utf-8")
        return [(int(p.where.rsplit(":", 1)[1]), p.kind) for p in lint_list(path, **options)]

    return check


def test_a_good_list(problems):
    assert problems(LIST) == []


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ("  *  et al., [](), **, 20", "empty entry"),
        (MOON.replace("https://www.ncbi.nlm.nih.gov/pubmed/21833736", ""), "empty link"),
        (MOON, "duplicate"),
        (MOON.replace("2012", "201"), "year"),
        (MOON.replace("2012", "2011"), "year"),
        (MOON.replace("Moon", "Won-Jin"), "author"),
        (MOON.replace("Moon et al.", "Moon."), "author"),
        (MOON.replace("21833736", "27009765"), "wrong link"),
        (MOON.replace("21833736", "99999999"), "wrong link"),
        (MOON.replace("high grade", "highgrade"), "title"),
        (MOON.replace("[Imaging", "[ Imaging"), "title"),
        (MOON.replace("imaging](", "imaging.]("), "title"),
        (MOON.replace("promoter ", "promoter\n"), "title"),
        (MOON.replace("[Imaging", "[The MGMT Research Group. Imaging"), "title"),
        (MOON.replace("*Neuroradiology*", "*Radiology*"), "journal"),
        (MOON + "<!-- from here -->", "comment"),
        (MOON.replace("[Imaging", "[\u202eImaging"), "text"),
        (MOON.replace("https://www.ncbi.nlm.nih.gov/pubmed/21833736", "https://example.org/x"), "link"),
        (
            MOON.replace(
                "https://www.ncbi.nlm.nih.gov/pubmed/21833736", "https://pubs.rsna.org/doi/10.1148/x"
            ),
            "link",
        ),
    ],
)
def test_each_kind_of_problem(problems, item, kind):
    head = LIST.splitlines()[:-1] if kind != "duplicate" else LIST.splitlines()
    assert kind in [found for _, found in problems("\n".join([*head, item]) + "\n")]


def test_one_id_for_two_papers_needs_no_catalogue(problems):
    other = MOON.replace("Imaging parameters", "Some other parameters")
    found = problems("\n".join([*LIST.splitlines(), other]), papers={})
    assert (4, "one id, two papers") in found


def test_order_and_headings(problems):
    found = problems(
        LIST + MOON.replace("2012", "2013").replace("Imaging", "Quite another", 1) + "\n", papers={}
    )
    assert "order" in [kind for _, kind in found]
    assert problems("### [1] A set\n### [2] A set\n") == [(2, "duplicate")]


def test_addresses_with_brackets_are_whole():
    items, _ = read_list(
        "* A et al., [T](https://www.jto.org/article/S1556-0864(15)32307-8/abstract), *J*, 2010\n"
    )
    assert items[0].url == "https://www.jto.org/article/S1556-0864(15)32307-8/abstract"
    assert (items[0].journal, items[0].year) == ("J", "2010")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_lists_that_cannot_be_read(tmp_path, content):
    path = tmp_path / "list.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileProblem, match="IGX-CAT-011"):
        lint_list(path)


def test_text_that_is_no_list_has_no_problem(problems):
    assert problems("") == []
    assert problems("* a\n* [x]\n* [y](\nwords ](]( [[\n" * 50) == []


@pytest.mark.realdata
def test_the_founding_lists():
    """Every problem that the facts name and that can be seen without a network."""
    data = os.environ.get("IMAGENOMICS_TEST_DATA")
    seeds = sorted((Path(data).parent / "seeds").glob("*.txt")) if data else []
    if not seeds:
        pytest.skip("needs the founding lists beside IMAGENOMICS_TEST_DATA")
    found = {(p.kind, int(p.where.rsplit(":", 1)[1])) for p in lint_list(seeds[0])}
    assert {
        *(("empty entry", n) for n in (106, 107, 108)),
        *(("duplicate", n) for n in (71, 74, 136, 137, 138)),
        *(("empty link", n) for n in (67, 73)),
        ("one id, two papers", 31),
        ("wrong link", 31),
        *(("author", n) for n in (115, 122, 128)),
        *(("year", n) for n in (23, 25, 26, 32, 77, 78, 113)),
        *(("title", n) for n in (42, 47, 58, 61, 64, 69, 70, 90, 116, 128)),
        *(("journal", n) for n in (38, 123)),
        ("comment", 70),
        *(("link", n) for n in (66, 68, 99, 112)),
        *(("topic", n) for n in (45, 68, 83, 92, 123)),
        *(("section", n) for n in (59, 105)),
        ("kind", 114),
        ("correction", 46),
        ("order", 35),
    } <= found
    older = {(p.kind, int(p.where.rsplit(":", 1)[1])) for p in lint_list(seeds[1])}
    assert {("title", 18), *(("empty entry", n) for n in range(72, 79))} <= older
    items, _ = read_list(seeds[0].read_text(encoding="utf-8"))
    papers = load_papers()
    from imagenomics.catalogue.papers.seed_lint import match_entry

    matched = {entry["key"] for item in items if item.title for entry in [match_entry(item, papers)] if entry}
    assert len(matched) == 101
