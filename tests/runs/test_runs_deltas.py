"""Changes between two examinations: a planted growth is found, flags and settings travel, who lacks one is counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_run_study import SHAPE, ball, patients, run, write, write_study

from imagenomics.errors import InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

N = 24
BLOCKS = """
[patients.clinical]
days = "days"
grade = { column = "grade", kind = "ordinal", levels = ["low", "high"] }

[[images]]
name = "before"
path = "before/{patient}.nii.gz"
mask = "mask_before/{patient}.nii.gz"
spacing = "unknown"

[[images]]
name = "after"
path = "after/{patient}.nii.gz"
mask = "mask_after/{patient}.nii.gz"
spacing = "unknown"
regions = { lesion = 1 }

[[feature_tables]]
name = "lab1"
path = "lab1.csv"

[[feature_tables]]
name = "lab2"
path = "lab2.csv"

[[deltas]]
name = "growth"
first = "before"
second = "after"
changes = ["absolute", "relative", "per-day"]
interval = "days"

[[deltas]]
name = "lab"
first = "lab1"
second = "lab2"
changes = ["absolute"]

[[molecules]]
name = "genes"
kind = "expression"
path = "genes.csv"
id = "patient"
unit = "log2"

[[associate]]
name = "grows"
targets = "genes"
features = ["growth.*"]
flagged = true
permutations = 0
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deltas")
    rng = np.random.default_rng(5)
    names = patients(N)
    size = rng.uniform(4.5, 7, N)
    growth = rng.uniform(0, 3, N)
    for patient, radius, more in zip(names, size, growth, strict=True):
        for time, r in (("before", radius), ("after", radius + more)):
            write(folder / f"{time}/{patient}.nii.gz", rng.normal(0, 4, SHAPE) + 50 * ball(r))
            write(folder / f"mask_{time}/{patient}.nii.gz", ball(r))
    (folder / "after/P03.nii.gz").unlink()
    index = pd.Index(names, name="patient")
    clinical = pd.DataFrame({"days": rng.integers(20, 90, N), "grade": "low"}, index=index).astype(object)
    clinical.loc["P05", "days"] = "NA"
    tables = {
        "patients.csv": clinical,
        "genes.csv": pd.DataFrame({"GROW": growth, "SIZE": rng.permutation(size)}, index=index),
        "lab1.csv": pd.DataFrame({"ldh": np.arange(N, dtype=float), "only1": 1.0}, index=index),
        "lab2.csv": pd.DataFrame({"ldh": np.arange(N) + 2.0}, index=index).iloc[:-2],
    }
    return write_study(folder, tables, BLOCKS)


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return run(study, tmp_path_factory.mktemp("run") / "out")


def test_changes_are_those_of_the_columns(folder):
    values = pd.read_parquet(folder / "features.parquet")
    columns = pd.read_parquet(folder / "features.columns.parquet")
    name = "lesion.morph_vol_approx"
    first, second = values[f"before.{name}"], values[f"after.{name}"]
    days = pd.read_parquet(folder / "clinical.parquet")["days"]
    np.testing.assert_allclose(values[f"growth.{name}.absolute"], second - first)
    np.testing.assert_allclose(values[f"growth.{name}.relative"], (second - first) / first)
    np.testing.assert_allclose(values[f"growth.{name}.per-day"], (second - first) / days)
    row = columns.loc[f"growth.{name}.per-day"]
    assert (row["unit"], row["flags"], row["role"], row["family"]) == (
        f"{columns.at[f'before.{name}', 'unit']}/day",
        "voxel-units",
        "feature",
        "volume",
    )
    assert row["settings"] == "+".join(columns.loc[[f"before.{name}", f"after.{name}"], "settings"])
    assert set(values["lab.ldh.absolute"].dropna()) == {2.0}
    assert not [c for c in values if "only1" in c and c.startswith("lab.")]


def test_who_lacks_an_examination_is_counted(folder):
    values = pd.read_parquet(folder / "features.parquet")
    assert values.loc["P03"].filter(like="growth.").isna().all()
    assert values.loc["P05"].filter(like="per-day").isna().all()
    said = pd.read_csv(folder / "warnings.csv", dtype=str).query("code == 'IGX-RUN-100'")["message"]
    assert any("1 patients have no change: time point is missing: after (P03)" in text for text in said)
    assert any("growth" in text and "days between" in text and "P05" in text for text in said)
    assert any(text.startswith("lab: 2 patients have no change") for text in said)


def test_a_planted_growth_is_found(folder):
    found = pd.read_parquet(folder / "associations.parquet").set_index(["feature", "target"])
    assert found.at[("growth.lesion.morph_vol_approx.absolute", "genes.GROW"), "q"] < 1e-3
    assert found.at[("growth.lesion.morph_vol_approx.absolute", "genes.SIZE"), "q"] > 0.05


def test_the_page_names_the_comparison(folder):
    page = (folder / "report.html").read_text()
    assert "from before to after (absolute, relative and per-day) and from lab1 to lab2 (absolute)" in page


def test_check_counts_changes_and_patients(study):
    read = load_study(study)
    growth, lab = check_study(read.plan, read.root).deltas
    assert (growth["patients"], growth["dated"]) == (N - 1, N - 2)
    assert growth["features"] % 3 == 0
    assert lab == {"deltas": "lab", "first": "lab1", "second": "lab2"} | {
        "features": 1,
        "patients": N - 2,
        "dated": N - 2,
    }


@pytest.mark.slow
def test_bytes_do_not_depend_on_workers(study, folder, tmp_path):
    again = run(study, tmp_path / "two", workers=2, last="extract")
    for name in ("features.parquet", "features.columns.parquet"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("deltas.growth.second=aftr", "did you mean 'after'"),
        ("deltas.growth.second=before", "name two examinations"),
        ("deltas.growth.second=lab1", "different kinds"),
        ("deltas.growth.interval=nothing", "IGX-RUN-042"),
        ("deltas.growth.interval=grade", "IGX-RUN-099"),
        ("deltas.growth.changes=['absolute']", "only there"),
        ("deltas.growth.changes=['absolute', 'absolute']", "twice"),
        ("images.after.normalise=z-score", "normalise.method is 'none' and 'z-score'"),
        ("images.after.features={families=['volume']}", "features.families is"),
        ("images.after.spacing=file", "spacing is 'unknown' and 'known'"),
        ("images.after.regions={tumour=1}", "IGX-RUN-098"),
    ],
)
def test_what_cannot_be_compared_is_refused(study, change, said):
    def check():
        read = load_study(study, overrides=[change])
        check_study(read.plan, read.root)

    with pytest.raises(InputError, match=said):
        check()
