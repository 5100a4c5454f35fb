"""Metabolite tables in a study: one file for each patient, certain values become columns."""

from __future__ import annotations

import numpy as np
import pytest

BLOCK = """
[[feature_tables]]
kind = "spectroscopy"
name = "mrs"
path = "mrs/{patient}.csv"
EXTRA
"""
HEAD = "metabolite,concentration,crlb_percent\n"


@pytest.fixture
def study(small):
    made = small(6)
    (made.folder / "mrs").mkdir()
    for k, patient in enumerate(made.patients[:5]):
        lines = [
            f"tCho,{2 + k},5",
            "tNAA,4,8",
            "tCr,8,6",
            "Lac,1,30",
            f"2HG,{2.5 if k % 2 else 0.2},{12 if k % 2 else 90}",
        ]
        (made.folder / "mrs" / f"{patient}.csv").write_text(HEAD + "\n".join(lines))
    return made


def test_concentrations_ratios_and_the_decision(study):
    found = study.features(BLOCK.replace("EXTRA", ""))
    np.testing.assert_allclose(found["mrs.cho_naa"], (2 + np.arange(5)) / 4)
    assert found["mrs.2hg_detected"].tolist() == [0, 1, 0, 1, 0]
    assert found["mrs.2hg"].notna().tolist() == [False, True, False, True, False]
    assert found["mrs.lac"].isna().all()
    losses = study.table("losses.csv")
    assert "metabolite table not found" in set(losses.loc[losses["patient"] == "P06", "reason"])
    warned = study.table("warnings.csv")["message"]
    assert warned.str.contains("10 values are missing for a Cramer-Rao bound above crlb_ok").any()
    accepted = study.features(BLOCK.replace("EXTRA", 'accept = ["crlb-high"]'), out="accepted")
    assert accepted["mrs.lac"].tolist() == [1.0] * 5
    columns = study.table("features.columns.parquet", out="accepted")
    assert set(columns["family"]) == {"spectroscopy"}


def test_limits_are_those_of_the_study(study):
    found = study.features(BLOCK.replace("EXTRA", "crlb_ok = 35\ntwohg_concentration = 3"))
    assert found["mrs.lac"].notna().all()
    assert found["mrs.2hg_detected"].tolist() == [0] * 5


def test_several_voxels_need_a_choice(study):
    lines = ["row,col," + HEAD.strip(), "1,1,tNAA,4,8", "1,1,tCr,8,6", "1,2,tNAA,5,8", "1,2,tCr,8,6"]
    (study.folder / "mrs" / "P01.csv").write_text("\n".join(lines))
    (study.folder / "mrs" / "P02.csv").write_text("no table")
    study.features(BLOCK.replace("EXTRA", ""))
    failures = study.table("failures.csv")
    assert set(zip(failures["patient"], failures["code"], strict=True)) == {
        ("P01", "IGX-RUN-093"),
        ("P02", "IGX-FEAT-067"),
    }
    found = study.features(BLOCK.replace("EXTRA", "voxel = [1, 2]"), out="chosen")
    assert found["mrs.naa"].iloc[0] == 5.0


@pytest.mark.parametrize("path", ["mrs/all.csv", "mrs/{subject}_{patient}.csv"])
def test_a_path_without_patients_is_refused(study, path):
    with pytest.raises(Exception, match="names the table of each patient"):
        study.check(BLOCK.replace("mrs/{patient}.csv", path).replace("EXTRA", ""))
