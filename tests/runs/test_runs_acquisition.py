"""Confounders travel: what headers say becomes columns, an adjustment removes what a scanner planted."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from small_run_study import SHAPE, ball, patients, run, write, write_study

from imagenomics.errors import InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

N = 40
BLOCKS = """
[patients.clinical]
age = "age"
treated = "treated"

[[images]]
name = "t1"
path = "t1/{patient}.nii.gz"
mask = "mask/{patient}.nii.gz"

[[molecules]]
name = "genes"
kind = "expression"
path = "genes.csv"
id = "patient"
unit = "log2"

[[associate]]
name = "plain"
targets = "genes"
features = ["t1.lesion.stat_mean"]
permutations = 0

[[associate]]
name = "adjusted"
targets = "genes"
features = ["t1.lesion.stat_mean"]
adjust = ["t1.acquisition.manufacturer", "t1.acquisition.spacing_z_mm"]
permutations = 0

[[train]]
name = "real"
target = "genes.REAL"
features = ["t1.lesion.stat_mean"]
baselines = ["clinical"]
models = []
repeats = 1
folds = 3
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acquisition")
    rng = np.random.default_rng(3)
    names = patients(N)
    scanner = rng.integers(0, 2, N)
    real = rng.normal(0, 1, N)
    for patient, make, own in zip(names, scanner, real, strict=True):
        image = rng.normal(0, 4, SHAPE) + (50 + 20 * make + 3 * own) * ball(6)
        write(folder / f"t1/{patient}.nii.gz", image, spacing_mm=(3.0 + make, 1.0, 1.0))
        write(folder / f"mask/{patient}.nii.gz", ball(6), spacing_mm=(3.0 + make, 1.0, 1.0))
        says = {"Manufacturer": ["MAKER A", "MAKER B"][make], "MagneticFieldStrength": 3, "EchoTime": 0.0025}
        (folder / f"t1/{patient}.json").write_text(json.dumps(says))
    (folder / "t1/P07.json").write_text("{broken")
    index = pd.Index(names, name="patient")
    clinical = pd.DataFrame({"age": rng.integers(40, 80, N), "treated": rng.integers(0, 2, N)}, index=index)
    genes = pd.DataFrame({"SCAN": 2 * scanner + rng.normal(0, 0.5, N), "REAL": real}, index=index)
    path = write_study(folder, {"patients.csv": clinical, "genes.csv": genes}, BLOCKS)
    path.write_text(
        path.read_text().replace('id = "patient"', 'id = "patient"\nconfounders = ["treated"]', 1)
    )
    return path


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return run(study, tmp_path_factory.mktemp("run") / "out")


def test_headers_become_columns_with_a_role(folder):
    values = pd.read_parquet(folder / "clinical.parquet")
    columns = pd.read_parquet(folder / "clinical.columns.parquet")
    assert columns.at["t1.acquisition.manufacturer", "role"] == "acquisition"
    assert columns.at["t1.acquisition.manufacturer", "levels"] == "MAKER A|MAKER B"
    assert columns.at["t1.acquisition.echo_time_ms", "unit"] == "ms"
    assert columns.at["treated", "role"] == "confounder"
    assert set(values["t1.acquisition.spacing_z_mm"]) == {3.0, 4.0}
    assert set(values["t1.acquisition.echo_time_ms"].dropna()) == {2.5}
    assert pd.isna(values.at["P07", "t1.acquisition.manufacturer"])
    assert values.at["P07", "t1.acquisition.spacing_z_mm"] in (3.0, 4.0)
    warnings = pd.read_csv(folder / "warnings.csv", dtype=str)
    said = warnings.loc[warnings["code"] == "IGX-RUN-096", "message"]
    assert len(said) == 1
    assert "P07" in said.iloc[0]
    assert "sidecar" in said.iloc[0]


def test_an_adjustment_removes_what_the_scanner_planted(folder):
    found = pd.read_parquet(folder / "associations.parquet").set_index(["analysis", "target"])
    assert found.at[("plain", "genes.SCAN"), "q"] < 1e-4
    assert found.at[("adjusted", "genes.SCAN"), "q"] > 0.05
    assert found.at[("adjusted", "genes.REAL"), "q"] < 1e-4
    assert found.at[("adjusted", "genes.REAL"), "n"] == N - 1
    left = pd.read_csv(folder / "left_out.csv", dtype=str)
    assert "t1.acquisition.manufacturer" in left.loc[left["patient"] == "P07", "reason"].iloc[0]


def test_confounders_are_no_clinical_predictors(folder):
    card = json.loads(next((folder / "models").glob("*.json")).read_text())
    assert "acquisition" not in json.dumps(card)
    record = pd.read_parquet(folder / "performance.parquet")
    assert "clinical" in set(record["model"])


def test_the_page_shows_how_pictures_were_made(folder):
    page = (folder / "report.html").read_text()
    part = page[page.index("How the pictures were made") :]
    assert re.search(r"MAKER A", part)
    assert "adjusted" in part[:20000]


def test_check_names_what_can_be_adjusted_for(study):
    read = load_study(study)
    row = check_study(read.plan, read.root).images[0]
    assert row["acquisition"]["manufacturer"] == "2 values, known of 39"
    assert row["acquisition"]["field_strength_t"] == "1 value, known of 39"


@pytest.mark.slow
def test_numbers_do_not_depend_on_workers(study, folder, tmp_path):
    again = run(study, tmp_path / "two", workers=2, last="link")
    assert (again / "clinical.parquet").read_bytes() == (folder / "clinical.parquet").read_bytes()


def test_only_what_is_wanted(study, tmp_path):
    few = ["images.t1.acquisition=['field_strength_t', 'kernel']", "associate=[]", "train=[]"]
    out = run(study, tmp_path / "few", last="link", overrides=few)
    columns = pd.read_parquet(out / "clinical.columns.parquet").query("role == 'acquisition'")
    assert list(columns["feature"]) == ["field_strength_t"]
    warnings = pd.read_csv(out / "warnings.csv", dtype=str)
    assert "kernel" in warnings.loc[warnings["code"] == "IGX-RUN-097", "message"].iloc[0]
    none = ["images.t1.acquisition=false", "associate=[]", "train=[]"]
    out = run(study, tmp_path / "none", last="link", overrides=none)
    assert "acquisition" not in set(pd.read_parquet(out / "clinical.columns.parquet")["role"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("images.t1.acquisition=['field_strength']", "did you mean 'field_strength_t'"),
        ("patients.confounders=['treatd']", "did you mean 'treated'"),
    ],
)
def test_unknown_names_are_refused(study, change, said):
    with pytest.raises(InputError, match=said):
        load_study(study, overrides=[change])


def test_an_adjustment_for_what_no_header_says(study, tmp_path):
    read = load_study(study, overrides=["associate.adjusted.adjust=['t1.acquisition.manufacture']"])
    with pytest.raises(InputError, match=r"did you mean 't1.acquisition.manufacturer'"):
        check_study(read.plan, read.root)
