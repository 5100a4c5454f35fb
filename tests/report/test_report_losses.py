import shutil

import pandas as pd
import pytest
from report_reading import read_page
from report_run_names import HOSTILE

from imagenomics.report.flow import flow_section
from imagenomics.report.folder import read_folder
from imagenomics.tables.write import write_csv, write_json

COLUMNS = ["patient", "source", "id_as_written", "category", "reason", "detail"]


@pytest.fixture
def shown(small_folder, tmp_path):
    """Return a function that shows the section of patients of a run with these losses."""

    def show(rows, steps=()):
        shutil.copy(small_folder / "record.json", tmp_path / "record.json")
        write_csv(tmp_path / "losses.csv", pd.DataFrame(rows, columns=COLUMNS))
        write_json(tmp_path / "flow.json", {"steps": list(steps)})
        return read_page(str(flow_section(read_folder(tmp_path))))

    return show


@pytest.mark.parametrize(
    ("row", "said", "remedy"),
    [
        (
            ("A", "t1post", "A", "missing", "image file not found", "t1/A.nii"),
            "1 patient has no “t1post” that can be used (image file not found). The patient stays in the study",
            "correct the path",
        ),
        (
            ("A", "mutations", "A-01", "only mutations", "not in patients", ""),
            "1 id of “mutations” is not in the table of patients",
            "covers more people than the study",
        ),
        (
            ("A", "study", "A", "only images", "left the linked cohort", ""),
            "has no molecules and does not enter",
            "",
        ),
        (("A", "study", "A", "only molecules", "left the linked cohort", ""), "has no pictures", ""),
        (
            ("A", "patients", "A", "only patients", "not in mutations", ""),
            "of the table is not in mutations",
            "",
        ),
        (
            ("", "cna", "A?", "ambiguous", "two patients fit", ""),
            "may mean more than one patient",
            "each is one patient",
        ),
        (
            ("A", "rna", "A-02", "dropped", "sample type 02 is not declared", ""),
            "1 sample of “rna”",
            "samples =",
        ),
        (("A", "t2", "A", "dropped", "something else", ""), "1 id of “t2” is not used: Something else.", ""),
    ],
)
def test_every_kind_of_loss_is_a_sentence_with_its_remedy(shown, row, said, remedy):
    text = shown([row]).text
    assert said in text
    assert remedy in text
    assert "All 1 of them, one by one" in text
    assert ("imagenomics check" in text) == (row[3].startswith("only") or row[4].startswith("not in"))


def test_largest_loss_comes_first_and_near_spellings_are_shown(shown):
    rows = [("A", "t1post", "A", "missing", "image file not found", "")]
    rows += [
        (
            f"P{i}",
            "rna",
            f"P{i}",
            "only rna",
            "not in patients",
            "spelled almost like 'p-0' of patients" if i else "",
        )
        for i in range(6)
    ]
    text = shown(rows).text
    assert text.index("6 ids of “rna”") < text.index("1 patient has no")
    assert "(P0, P1, P2, P3 and 2 more)" in text
    assert "5 ids differ only in spelling: P1 is spelled almost like 'p-0' of patients." in text


@pytest.mark.parametrize(("n", "named"), [(2, True), (9, False)])
def test_flow_names_the_few_who_left_at_a_step(shown, n, named):
    rows = [(f"P{i}", "study", f"P{i}", "only images", "left the linked cohort", "") for i in range(n)]
    steps = [
        {"label": "with pictures", "n": 20, "removed": []},
        {"label": "both", "n": 20 - n, "removed": [{"reason": "no molecules", "n": n}]},
    ]
    page = shown(rows, steps)
    names = [e.text for e in page.of("small")]
    assert names == (["P0, P1"] if named else [])


def test_hostile_ids_are_text(shown):
    page = shown([(name, name, name, name, name, name) for name in HOSTILE])
    assert page.crossed == []
    assert not page.of("script", "img", "a")


def test_nobody_was_lost(shown):
    assert "Nobody was lost" in shown([]).text
