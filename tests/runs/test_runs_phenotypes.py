"""Phenotypes of a study: columns of their own, one failure row each, checked before anything is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.phantom.make import make_phantom
from imagenomics.runs.check import check_study
from imagenomics.runs.choose import choose_features
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.tables.patient_table import PatientTable, describe

BLOCKS = """
[[phenotypes]]
name = "border"
image = "t1post"
measure = { kind = "regions", families = ["lesions", "sharpness"] }

[[phenotypes]]
name = "blobs"
image = "t1post"
measure = { kind = "filters", filters = { log2 = { kind = "log", sigma_mm = 2 } } }

[[phenotypes]]
name = "shuffled"
image = "t1post"
measure = { kind = "control", control = "shuffled", features = { families = ["intensity", "glcm"] } }

[[phenotypes]]
name = "local"
image = "t1post"
measure = { kind = "feature-map", maps = ["stat_var"], radius_voxels = 1, statistics = { percentiles = [50] } }

"""


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    path = Path(make_phantom(tmp_path_factory.mktemp("phenotypes"), n_patients=24, seed=3))
    text = path.read_text()
    at = text.index("[[molecules]]")
    path.write_text(text[:at] + BLOCKS + text[at : text.index("[[associate]]")])
    return path


@pytest.mark.slow
def test_phenotypes_are_columns_and_failures_are_rows(study, tmp_path):
    read = load_study(study)
    planned = check_study(read.plan, read.root)
    assert [(row["phenotypes"], row["features"]) for row in planned.phenotypes][:2] == [
        ("border", 16),
        ("blobs", 18),
    ]
    for workers in (1, 2):
        run_plan(read.plan, read.root, JobOptions(tmp_path / str(workers), workers), last="extract")
    features = pd.read_parquet(tmp_path / "1" / "features.parquet")
    columns = pd.read_parquet(tmp_path / "1" / "features.columns.parquet")
    assert (columns["source"] == "border").sum() == 16
    assert (columns["source"] == "blobs").sum() == 18
    blobs = features[[c for c in features if c.startswith("blobs.lesion.log2_stat_")]]
    assert blobs.shape[1] == 18
    assert set(columns.loc[columns["source"] == "shuffled", "flags"]) == {"negative-control"}
    assert features.filter(like="shuffled.").notna().any(axis=None)
    assert (
        features["local.lesion.stat_var_p50"].notna().sum()
        == blobs["blobs.lesion.log2_stat_mean"].notna().sum()
    )
    failures = pd.read_csv(tmp_path / "1" / "failures.csv", dtype=str)
    lost = set(failures.loc[failures["stage"] == "extract", "patient"])
    filled = blobs["blobs.lesion.log2_stat_mean"].notna()
    index = features.get("patient", features.index)
    assert set(np.asarray(index)[~filled.to_numpy()]) == lost
    same = (tmp_path / "1" / "features.parquet").read_bytes() == (
        tmp_path / "2" / "features.parquet"
    ).read_bytes()
    assert same


def test_a_phenotype_of_an_image_that_is_not_there(study, tmp_path):
    bad = tmp_path / "study.toml"
    bad.write_text(study.read_text().replace('image = "t1post"', 'image = "t1"', 1))
    with pytest.raises(InputError, match="no \\[\\[images\\]\\] block named 't1'"):
        load_study(bad, data=study.parent)


def test_controls_are_taken_only_when_they_are_asked_for():
    columns = ["t1.lesion.f", "shuffled.lesion.f", "shuffled.lesion.g"]
    described = describe(columns, source=["t1", "shuffled", "shuffled"])
    described["flags"] = ["", "negative-control", "negative-control|voxel-units"]
    table = PatientTable(pd.DataFrame(1.0, index=pd.Index(["P1"], dtype=object), columns=columns), described)
    wanted = {
        ("all", False): columns[:1],
        ("*.lesion.f", False): columns[:1],
        ("shuffled.*", True): columns[1:],
    }
    for (asked, flagged), expected in wanted.items():
        assert list(choose_features(table, asked, flagged=flagged, where="here").columns.index) == expected


@pytest.mark.slow
def test_a_model_of_controls_is_a_study_of_its_own(study, tmp_path):
    block = '[[train]]\nname = "control"\ntarget = "mutations.TEXA"\npositive = "mutated"\n'
    more = 'features = "shuffled.*"\nflagged = true\nmodels = []\nrepeats = 1\n'
    path = tmp_path / "study.toml"
    path.write_text(f"{study.read_text()}\n{block}{more}")
    read = load_study(path, data=study.parent)
    run_plan(read.plan, read.root, JobOptions(tmp_path / "run"), last="train")
    performance = pd.read_parquet(tmp_path / "run" / "predictions.parquet")
    assert "elastic-net" in set(performance["model"])
