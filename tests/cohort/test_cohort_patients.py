import numpy as np
import pandas as pd
import pytest

from imagenomics.cohort.clinical import read_patients
from imagenomics.cohort.intervals import intervals_of
from imagenomics.cohort.settings import IntervalSettings, PatientsSettings
from imagenomics.cohort.source import id_column
from imagenomics.errors import InputError

TABLE = """Case,centre,age,sex,grade,scan,surgery,days
TCGA_CS_0001,A,61,F,G2,2001-01-01,2001-01-11,10
TCGA_DU_0002,B,,M,G3,2001-01-01,2001-06-01,151
TCGA_DU_0003,B,40,F,,2001-01-01,,
phantom,B,40,F,,,,
"""


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "patients.csv"
    path.write_text(TABLE)

    def call(**settings):
        data = {"table": "patients.csv", "id": "Case", "rule": "tcga-patient", **settings}
        return read_patients(PatientsSettings.read(data, where="[patients]"), path=path)

    return call


def test_clinical_table_site_and_losses(read):
    cohort = read(
        site={"from": "patient", "rule": "tcga-site"},
        clinical={
            "age": {"column": "age", "unit": "years"},
            "gender": {"column": "sex", "map": {"F": "female", "M": "male"}, "positive": "female"},
            "grade": {"kind": "ordinal", "levels": ["G2", "G3"]},
        },
    )
    values = cohort.table.values
    assert list(values.index) == ["TCGA-CS-0001", "TCGA-DU-0002", "TCGA-DU-0003"]
    assert values["gender"].tolist() == [1.0, 0.0, 1.0]
    assert values["site"].tolist() == ["CS", "DU", "DU"]
    assert cohort.table.columns["role"].to_dict() == {
        "age": "clinical", "gender": "clinical", "grade": "clinical", "site": "site"}  # fmt: skip
    assert cohort.table.columns.at["age", "unit"] == "years"
    assert cohort.table.levels("gender") == ["male", "female"]
    assert cohort.losses[["id_as_written", "category"]].to_numpy().tolist() == [["phantom", "dropped"]]
    assert cohort.ids["TCGA-CS-0001"] == "TCGA_CS_0001"
    assert cohort.flow.n == 3
    assert "1 rows of the patients table" in cohort.flow.notes[0]
    assert set(cohort.intervals["reason"]) == {"not declared"}


def test_site_from_a_column_or_a_pattern(read):
    mapped = read(site={"column": "centre", "map": {"A": "alpha", "B": "beta"}})
    assert mapped.table.values["site"].tolist() == [
        "alpha", "beta", "beta"]  # fmt: skip
    found = read(site={"from": "Case", "pattern": "TCGA_(?P<site>..)_.*"})
    assert found.table.values["site"].tolist() == ["CS", "DU", "DU"]
    with pytest.raises(InputError, match="IGX-COHORT-018"):
        read(site={"from": "centre", "rule": "tcga-site"})
    for bad in ({"from": "patient"}, {"column": "centre", "rule": "tcga-site"}, {}):
        with pytest.raises(InputError, match="IGX-SET-001"):
            read(site=bad)


def test_unknown_columns_name_the_nearest(read):
    with pytest.raises(InputError, match=r"IGX-COHORT-004.*'Cas'(.|\n)*did you mean 'Case'"):
        read(id="Cas")
    with pytest.raises(InputError, match="did you mean 'age'"):
        read(clinical={"age": "agee"})
    with pytest.raises(InputError, match="IGX-COHORT-004"):
        read(site={"column": "center"})


def test_the_id_column_is_found_and_said(read):
    assert "'Case' is taken" in read(id=None).notes[0]


def test_intervals_need_one_clock(read):
    dates = {
        "scan": {"column": "scan", "clock": "calendar"},
        "specimen": {"column": "surgery", "clock": "calendar"},
    }
    cohort = read(interval={**dates, "max_interval_days": 90})
    assert list(cohort.table.values.index) == ["TCGA-CS-0001", "TCGA-DU-0003"]
    assert cohort.intervals["interval_days"].iloc[0] == 10.0
    assert cohort.intervals["reason"].iloc[1] == "a date is missing"
    lost = cohort.losses.set_index("patient").loc["TCGA-DU-0002"]
    assert (lost["side"], lost["detail"]) == ("interval", "151 days")
    assert cohort.flow.as_dict()["steps"][-1]["removed"] == [{"reason": "interval too long", "n": 1}]
    assert "unknown for 1 of 2 patients" in cohort.flow.notes[-1]


@pytest.mark.parametrize("clocks", [("calendar", "shifted-per-patient"), ("unknown", "unknown")])
def test_two_clocks_give_no_interval(read, clocks):
    cohort = read(
        interval={
            "scan": {"column": "scan", "clock": clocks[0]},
            "specimen": {"column": "surgery", "clock": clocks[1]},
            "max_interval_days": 1,
        }
    )
    assert len(cohort.table) == 3
    assert set(cohort.intervals["status"]) == {"unknown"}
    assert "do not share a clock" in cohort.intervals["reason"].iloc[0]


def test_an_interval_column_is_taken_as_it_is(read):
    cohort = read(interval={"days": "days", "max_interval_days": 100})
    assert cohort.intervals["status"].tolist() == ["known", "unknown"]


def test_dates_in_another_writing_are_refused():
    frame = pd.DataFrame({"a": ["3/4/1994"], "b": ["1994-03-05"]}, index=["p"])
    data = {"scan": {"column": "a", "clock": "c"}, "specimen": {"column": "b", "clock": "c"}}
    with pytest.raises(InputError, match=r"IGX-COHORT-015.*3/4/1994"):
        intervals_of(frame, IntervalSettings.read(data, where="t"))
    data["scan"]["format"] = "%m/%d/%Y"
    assert intervals_of(frame, IntervalSettings.read(data, where="t"))["interval_days"].tolist() == [1.0]


def test_interval_settings_name_two_dates_or_days():
    for bad in ({}, {"days": "d", "scan": {"column": "a"}}, {"scan": {"column": "a"}}):
        with pytest.raises(InputError, match="IGX-SET-001"):
            IntervalSettings.read(bad, where="t")


def test_several_rows_of_a_patient_need_a_rule(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,age\nb,2\na,1\nb,3\n")
    with pytest.raises(InputError, match=r"IGX-COHORT-011.*'b'(.|\n)*rows = 'first'"):
        read_patients(PatientsSettings(table="t.csv"), path=path)
    settings = PatientsSettings.read(
        {"table": "t.csv", "rows": "first", "clinical": {"age": "age"}}, where="t"
    )
    cohort = read_patients(settings, path=path)
    assert cohort.table.values["age"].to_dict() == {"a": 1.0, "b": 2.0}
    assert len(cohort.losses) == 1


def test_plink_ids_in_two_columns(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("FID\tIID\tage\n0\tS1\t5\nF1\tS2\t6\nF2\tS2\t7\n")
    settings = PatientsSettings.read({"table": "t", "id": ["FID", "IID"], "rule": "plink"}, where="t")
    assert list(read_patients(settings, path=path).table.values.index) == ["F1 S2", "F2 S2", "S1"]


def test_parquet_with_ids_as_numbers_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"patient": [1, 2], "age": [1.5, np.nan]}).to_parquet(path)
    with pytest.raises(InputError, match="IGX-LINK-002"):
        read_patients(PatientsSettings(table="t"), path=path)
    pd.DataFrame({"patient": ["01", "02"], "age": [1.5, np.nan], "grade": [1.0, 2.0]}).to_parquet(path)
    settings = PatientsSettings.read(
        {"table": "t", "clinical": {"age": "age", "grade": {"levels": ["1", "2"]}}}, where="t"
    )
    values = read_patients(settings, path=path).table.values
    assert values["grade"].tolist() == [0.0, 1.0]
    assert values["age"].isna().tolist() == [False, True]


def test_a_sensible_id_column_is_found_or_asked_for():
    frame = pd.DataFrame({"n": ["1", "2"], "who": ["ab", "cd"]})
    assert id_column(frame, None, where="t")[1] == "who"
    with pytest.raises(InputError, match="IGX-COHORT-016"):
        id_column(frame[["n"]], None, where="t")


def test_site_is_not_a_clinical_variable(read):
    with pytest.raises(InputError, match="belongs to `site"):
        read(clinical={"site": "centre"})
