import shutil

import pandas as pd
import pytest
from report_reading import read_page
from report_run_names import HOSTILE

from imagenomics.report.characteristics import characteristics
from imagenomics.report.folder import read_folder
from imagenomics.tables.write import write_csv


@pytest.fixture
def shown(small_folder, tmp_path):
    """Return a function that shows a table of characteristics in a folder with these rows."""

    def show(rows):
        shutil.copy(small_folder / "record.json", tmp_path / "record.json")
        frame = pd.DataFrame(
            rows,
            columns=[
                "variable",
                "unit",
                "level",
                "group",
                "patients",
                "known",
                "n",
                "percent",
                "median",
                "q1",
                "q3",
            ],
        )
        write_csv(tmp_path / "table1.csv", frame)
        return read_page(str(characteristics(read_folder(tmp_path))))

    return show


def test_numbers_and_shares_stand_in_their_columns(shown):
    page = shown(
        [
            ("age", "years", "", "", 110, 109, None, None, 45, 37.25, 1055.5),
            ("age", "years", "", "CS", 20, 20, None, None, 44.5, 30, 51),
            ("gender", "", "female", "", 110, 110, 56, 50.909, None, None, None),
            ("gender", "", "female", "CS", 20, 20, 0, 0.0, None, None, None),
        ]
    )
    cells = [e.text for e in page.of("td")]
    assert cells == ["45 [37.2 to 1,056]", "44.5 [30 to 51]", "1", "0", "", "", "56 (51%)", "0 (0%)"]
    assert [e.text for e in page.of("th")] == [
        "",
        "all",
        "CS",
        "age (years)",
        "not known",
        "gender",
        "female",
    ]
    assert "110 patients" in page.text
    assert "no tests" in page.text


def test_hostile_names_are_text(shown):
    page = shown([(name, "", name, "", 3, 3, 3, 100.0, None, None, None) for name in HOSTILE])
    assert page.crossed == []
    assert not page.of("script", "img", "a")
    assert HOSTILE[0] in page.text


def test_older_run_folders_say_that_there_is_no_table(small_folder, tmp_path):
    shutil.copy(small_folder / "record.json", tmp_path / "record.json")
    assert "No table of characteristics" in str(characteristics(read_folder(tmp_path)))


def test_the_head_says_how_many_patients_each_site_has(small_folder):
    clinical = pd.read_parquet(small_folder / "clinical.parquet")
    page = read_page(str(characteristics(read_folder(small_folder))))
    heads = [e.text for e in page.of("th")][1:]
    assert f"all{len(clinical)} patients" in page.text.replace("\n", "")
    for site, n in clinical["site"].value_counts().items():
        assert site in heads
        assert f"{site}{n} patient" in page.text
    assert "age (years)" in heads


def test_study_without_clinical_variables_says_so(shown):
    assert "declares no clinical variable" in shown([]).text
