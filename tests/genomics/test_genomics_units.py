"""Labels of patients from several biopsies: by which rule, and who is not called."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.cohort.settings import IdRule
from imagenomics.errors import InputError
from imagenomics.genomics.derive.labels import derive_labels
from imagenomics.genomics.derive.settings import read_derive
from imagenomics.genomics.settings import read_block
from imagenomics.genomics.unit_molecules import load_unit_molecules
from imagenomics.runs.folder import Issues
from imagenomics.runs.link import join_sides
from imagenomics.study.load import load_study
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.tables.unit_table import UnitTable

MUTATIONS = """patient,biopsy,EGFR,TP53
A,B1,R1Q,WT
A,B2,WT,WT
B,B1,WT,WT
B,B2,NS,R2Q
C,B1,WT,R2Q
D,B1,WT,R2Q
D,B2,WT,R2Q
"""
PATIENTS = ["A", "B", "C", "D", "E"]


@pytest.fixture
def biopsies(tmp_path):
    (tmp_path / "m.csv").write_text(MUTATIONS)
    block = read_block(
        {"name": "bx", "path": "m.csv", "kind": "mutation-matrix", "id": "patient", "per": "biopsy"},
        where="x",
    )
    return load_unit_molecules(block, path=tmp_path / "m.csv", patients=PATIENTS, rule=IdRule())


def _derive(table, **more):
    block = read_derive({"name": "d", "kind": "units", "units": "bx", **more}, where="[[derive]] d")
    return derive_labels([block], {"bx": table}, patients=PATIENTS)["d"]


def _reason(found, column):
    own = found.uncalled[found.uncalled["column"] == column]
    return dict(zip(own["patient"], own["reason"], strict=True))


def test_any_is_known_where_it_cannot_change(biopsies):
    found = _derive(biopsies, rule="any")
    values = found.table.values
    np.testing.assert_array_equal(values["d.EGFR"], [1, np.nan, 0, 0, np.nan])
    np.testing.assert_array_equal(values["d.TP53"], [0, 1, 1, 1, np.nan])
    assert _reason(found, "d.EGFR") == {
        "B": "units without a value could change the answer",
        "E": "no biopsy row in 'bx'",
    }
    assert found.table.levels("d.EGFR") == ["wild type", "mutated"]
    assert found.rules["rule"].iloc[0] == "any of the biopsy rows of a patient"


def test_all_most_differ_and_share(biopsies):
    np.testing.assert_array_equal(_derive(biopsies, rule="all").table.values["d.TP53"], [0, 0, 1, 1, np.nan])
    most = _derive(biopsies, rule="most")
    np.testing.assert_array_equal(most.table.values["d.TP53"], [0, np.nan, 1, 1, np.nan])
    assert _reason(most, "d.TP53")["B"] == "as many units of one level as of another"
    differ = _derive(biopsies, rule="differ")
    np.testing.assert_array_equal(differ.table.values["d.EGFR"], [1, np.nan, np.nan, 0, np.nan])
    assert differ.table.levels("d.EGFR") == ["alike", "differ"]
    assert _reason(differ, "d.EGFR")["C"] == "fewer than 2 biopsy rows with a value"
    share = _derive(biopsies, rule="share", columns=["TP53"], min_units=2).table.values
    assert list(share.columns) == ["d.TP53"]
    np.testing.assert_array_equal(share["d.TP53"], [0, 0.5, np.nan, 1, np.nan])


def _numbers(rows):
    index = pd.MultiIndex.from_tuples(
        [(p, f"U{i}") for i, (p, _) in enumerate(rows)], names=["patient", "unit"]
    )
    frame = pd.DataFrame({"bx.x": [v for _, v in rows]}, index=index)
    from imagenomics.genomics.table import MoleculeTable

    nobody = PatientTable(pd.DataFrame(index=pd.Index([], name="patient", dtype=object)), describe([]))
    columns = describe(["bx.x"], role="molecule", source="bx", feature=["x"], unit="TPM")
    return MoleculeTable(nobody, units=UnitTable(frame, columns, "focus"))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(PATIENTS[:4]), st.floats(-5, 5) | st.just(float("nan"))),
        min_size=1,
        max_size=14,
    )
)
def test_numbers_are_those_of_numpy(rows):
    table = _numbers(rows)
    for rule, compute in {
        "mean": np.mean,
        "median": np.median,
        "max": np.max,
        "min": np.min,
        "range": np.ptp,
        "sd": lambda x: np.std(x, ddof=1),
    }.items():
        found = _derive(table, rule=rule)
        for patient in PATIENTS:
            own = [v for p, v in rows if p == patient and v == v]
            enough = len(own) >= (2 if rule in ("sd", "range") else 1)
            value = found.table.values.at[patient, "d.x"]
            assert np.isnan(value) == (not enough)
            if enough:
                assert value == pytest.approx(compute(own), abs=1e-9)
        assert len(found.uncalled) == found.table.values["d.x"].isna().sum()
    assert found.table.columns.at["d.x", "unit"] == "TPM"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rule": "mean"}, "IGX-GEN-065"),
        ({"rule": "any", "columns": ["KRAS"]}, "IGX-GEN-031"),
        ({"rule": "any", "units": "by"}, "IGX-GEN-031"),
        ({"rule": "every"}, "IGX-SET-001"),
        ({"rule": "differ", "min_units": 1}, "IGX-SET-001"),
    ],
)
def test_rules_that_do_not_fit(biopsies, change, code):
    with pytest.raises(InputError, match=code):
        _derive(biopsies, **change)


def test_a_block_of_patients_has_no_units(load, derive):
    table = load("sample,EGFR\np1,WT\n", kind="mutation-matrix", file="m.csv")
    with pytest.raises(InputError, match="IGX-GEN-064"):
        derive({"m": table}, kind="units", units="m", rule="any")


def test_in_a_study_the_labels_are_those_of_patients(tmp_path):
    (tmp_path / "m.csv").write_text(MUTATIONS)
    (tmp_path / "p.csv").write_text("patient\n" + "\n".join(PATIENTS))
    (tmp_path / "f.csv").write_text("patient,size\n" + "\n".join(f"{p},{i}" for i, p in enumerate(PATIENTS)))
    (tmp_path / "s.toml").write_text(
        'name = "s"\n[patients]\ntable = "p.csv"\nid = "patient"\n[[feature_tables]]\nname = "ct"\npath = "f.csv"\n'
        '[[molecules]]\nname = "bx"\nkind = "mutation-matrix"\npath = "m.csv"\nid = "patient"\nper = "biopsy"\n'
        '[[derive]]\nname = "anywhere"\nkind = "units"\nunits = "bx"\nrule = "any"\n'
        '[[associate]]\nname = "a"\ntargets = ["anywhere"]\n'
    )
    study = load_study(tmp_path / "s.toml")
    linked = join_sides(study.plan, study.root, issues=Issues())
    counted = linked.derived.set_index("column")
    assert counted.loc["anywhere.EGFR", ["called", "not_called"]].tolist() == [3, 1]  # E has no molecules
    assert linked.molecules.values["anywhere.TP53"].to_dict() == {"A": 0.0, "B": 1.0, "C": 1.0, "D": 1.0}
