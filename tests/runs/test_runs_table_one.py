import numpy as np
import pandas as pd
import pytest

from imagenomics.runs.table_one import COLUMNS, table_one
from imagenomics.tables.patient_table import PatientTable, describe


def cohort(n=40, sites=("A", "B"), seed=0):
    rng = np.random.default_rng(seed)
    index = pd.Index([f"P{i:03d}" for i in range(n)], name="patient", dtype=object)
    values = pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.normal(50, 10, n)),
            "sex": np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 2, n).astype(float)),
            "grade": rng.integers(0, 3, n).astype(float),
            "race": rng.choice(np.array(["a", "b", None], dtype=object), n),
            "site": rng.choice(np.array(sites, dtype=object), n),
        },
        index=index,
    )
    columns = describe(
        values.columns,
        kind=["continuous", "binary", "ordinal", "categorical", "categorical"],
        role=["clinical"] * 4 + ["site"],
        levels=["", "female|male", "G1|G2|G3", "a|b|c", "|".join(sites)],
        unit=["years", "", "", "", ""],
    )
    return PatientTable(values, columns)


def cell(table, **where):
    keep = pd.Series(True, index=table.index)
    for column, value in where.items():
        keep &= table[column] == value
    assert keep.sum() == 1
    return table[keep].iloc[0]


@pytest.mark.parametrize("group", ["", "A", "B"])
def test_numbers_are_those_of_numpy_in_every_group(group):
    people = cohort()
    values = people.values if group == "" else people.values[people.values["site"] == group]
    table = table_one(people)
    age = values["age"].to_numpy()
    row = cell(table, variable="age", group=group)
    assert [row["q1"], row["median"], row["q3"]] == pytest.approx(
        np.nanquantile(age, [0.25, 0.5, 0.75]), abs=1e-6
    )
    assert (row["patients"], row["known"]) == (len(age), np.isfinite(age).sum())
    male = cell(table, variable="sex", level="male", group=group)
    assert male["n"] == (values["sex"] == 1).sum()
    assert male["percent"] == pytest.approx(100 * np.nanmean(values["sex"]), abs=1e-6)
    assert cell(table, variable="grade", level="G3", group=group)["n"] == (values["grade"] == 2).sum()
    assert cell(table, variable="race", level="a", group=group)["n"] == (values["race"] == "a").sum()
    assert cell(table, variable="race", level="c", group=group)["n"] == 0


def test_levels_of_a_group_add_up_to_those_who_are_known():
    table = table_one(cohort(seed=3))
    sums = (
        table[table["kind"] != "continuous"]
        .groupby(["variable", "group"])
        .agg(n=("n", "sum"), known=("known", "max"))
    )
    assert (sums["n"] == sums["known"]).all()


@pytest.mark.parametrize("sites", [("A",), tuple("ABCDEFGH")])
def test_one_site_or_many_have_no_groups(sites):
    assert set(table_one(cohort(80, sites))["group"]) == {""}


def test_many_levels_are_cut_and_counted():
    index = pd.Index([f"P{i}" for i in range(100)], name="patient", dtype=object)
    values = pd.DataFrame({"scanner": [f"s{min(i, 99):02d}" for i in range(100)]}, index=index, dtype=object)
    people = PatientTable(values, describe(["scanner"], kind="categorical", role="clinical"))
    table = table_one(people)
    assert len(table) == 31
    assert cell(table, level="70 others")["n"] == 70


def test_how_pictures_were_made_is_no_characteristic():
    people = cohort()
    roles = people.columns["role"].mask(people.columns.index == "grade", "acquisition")
    table = table_one(PatientTable(people.values, people.columns.assign(role=roles)))
    assert set(table["variable"]) == {"age", "sex", "race", "site"}


def test_nobody_and_nothing_known():
    people = cohort(20)
    assert list(table_one(people.select([])).columns) == list(COLUMNS)
    empty = PatientTable(people.values.assign(age=np.nan), people.columns)
    row = cell(table_one(empty), variable="age", group="")
    assert row["known"] == 0
    assert np.isnan(row["median"])
