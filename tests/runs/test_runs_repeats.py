"""Copies and retests become columns: a feature of noise is unstable, one of the patient is not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_run_study import SHAPE, ball, patients, run, write, write_study

from imagenomics.errors import InputError
from imagenomics.features.perturbation.around import MARGIN, part_around
from imagenomics.prepare.repetitions import stability_table
from imagenomics.runs.check import check_study
from imagenomics.runs.choose import choose_features
from imagenomics.runs.folder import read_patient_table
from imagenomics.study.load import load_study

N = 20
BLOCKS = """
[[images]]
name = "t1"
path = "t1/{patient}.nii.gz"
mask = "mask/{patient}.nii.gz"
repeats = { copies = 3, noise = 1.0, rotation_deg = 5.0, growth = 0.1, contour = false }

[[images]]
name = "scan"
path = "t1/{patient}.nii.gz"
mask = "mask/{patient}.nii.gz"

[[images]]
name = "rescan"
path = "again/{patient}.nii.gz"
mask = "mask/{patient}.nii.gz"
repeats_of = "scan"

[[molecules]]
name = "genes"
kind = "expression"
path = "genes.csv"
id = "patient"
unit = "log2"

[[associate]]
name = "all"
targets = "genes"
flagged = true
permutations = 0
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repeats")
    rng = np.random.default_rng(7)
    names = patients(N)
    bright, radius = rng.uniform(40, 120, N), rng.uniform(4.5, 8, N)
    for patient, level, r in zip(names, bright, radius, strict=True):
        for kind in ("t1", "again"):
            write(folder / f"{kind}/{patient}.nii.gz", rng.normal(0, 4, SHAPE) + level * ball(r))
        write(folder / f"mask/{patient}.nii.gz", ball(r))
    (folder / "again/P02.nii.gz").unlink()
    (folder / "t1/P04.nii.gz").write_bytes((folder / "t1/P04.nii.gz").read_bytes()[:300])
    index = pd.Index(names, name="patient")
    tables = {
        "patients.csv": pd.DataFrame({"age": 50}, index=index),
        "genes.csv": pd.DataFrame({"G": bright}, index=index),
    }
    return write_study(folder, tables, BLOCKS)


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return run(study, tmp_path_factory.mktemp("run") / "out")


def test_repetitions_are_flagged_columns(folder):
    table = read_patient_table(folder, "features")
    copies = [f"t1.lesion.stat_mean@{k}" for k in (2, 3, 4)]
    assert set(copies) <= set(table.columns.index)
    assert set(table.columns.loc[copies, "flags"]) == {"repetition"}
    volume = table.columns.loc["t1.lesion.morph_vol_approx@2"]
    assert (volume["role"], volume["source"], volume["ibsi"]) == ("feature", "t1", "")
    assert table.columns.at["scan.lesion.stat_mean@2", "flags"] == "repetition"
    assert not [c for c in table.columns.index if c.startswith("rescan.")]
    values = table.values
    assert values.loc["P04", copies].isna().all()
    assert np.isnan(values.at["P02", "scan.lesion.stat_mean@2"])
    three = values.loc["P01", copies]
    assert three.nunique() == 3


def test_no_analysis_takes_a_repetition_unasked(folder):
    table = read_patient_table(folder, "features")
    for asked, flagged in (("all", False), ("all", True), ("t1.*", True)):
        chosen = choose_features(table, asked, flagged=flagged, where="here").columns.index
        assert not [c for c in chosen if "@" in c]
    assert len(choose_features(table, "t1.lesion.stat_mean@2", where="here").columns) == 1
    assert not pd.read_parquet(folder / "associations.parquet")["feature"].str.contains("@").any()


def test_a_feature_of_noise_is_unstable_and_one_of_the_patient_is_not(folder):
    found = pd.read_csv(folder / "stability.csv").set_index("feature")
    for image in ("t1", "scan"):
        assert found.at[f"{image}.lesion.stat_mean", "ci_low"] > 0.75
        assert found.at[f"{image}.lesion.stat_skew", "ci_low"] < 0.5
    assert found.at["t1.lesion.morph_vol_approx", "ci_low"] > 0.75
    assert (found.at["t1.lesion.stat_mean", "n"], found.at["t1.lesion.stat_mean", "k"]) == (N - 1, 4)
    assert (found.at["scan.lesion.stat_mean", "n"], found.at["scan.lesion.stat_mean", "k"]) == (N - 2, 2)
    assert set(found["form"]) == {"ICC(1,1)"}
    assert found["basis"].str.contains("descriptive").all()


def test_the_table_is_that_of_the_columns(folder):
    values = read_patient_table(folder, "features").values
    names = ["t1.lesion.stat_cov", *(f"t1.lesion.stat_cov@{k}" for k in (2, 3, 4))]
    long = values[names].melt(ignore_index=False, var_name="repetition").rename_axis("patient").reset_index()
    expected = stability_table(long.assign(feature="f"))
    found = pd.read_csv(folder / "stability.csv").set_index("feature").loc[names[0]]
    np.testing.assert_allclose(
        found[["icc", "ci_low"]].astype(float), expected.loc[0, ["icc", "ci_low"]].astype(float)
    )


def test_a_bad_file_is_one_failure(folder):
    failures = pd.read_csv(folder / "failures.csv", dtype=str)
    assert list(failures["patient"]) == ["P04"]
    assert list(failures["code"]) == ["IGX-IMG-004"]


def test_the_page_says_how_many_are_stable(folder):
    page = (folder / "report.html").read_text()
    part = page[page.index("How far the features can be repeated") :]
    assert "lower limit" in part[:4000]


def test_check_counts_copies(study):
    read = load_study(study)
    t1, scan, rescan = check_study(read.plan, read.root).images
    assert (t1["repeats"], t1["repeat_columns"]) == (3, 3 * t1["features"])
    assert t1["seconds"] > 3 * scan["seconds"]
    assert rescan["repeats_of"] == "scan"


def test_the_filter_of_a_fold_looks_at_the_repetitions(study, tmp_path):
    train = (
        "train=[{name='g', target='genes.G', features=['t1.*'], models=[], baselines=[], folds=3, repeats=1}]"
    )
    stable = "predict.prepare.stability={threshold=0.6, bound='icc'}"
    out = run(study, tmp_path / "run", last="train", overrides=[train, stable, "associate=[]"])
    found = pd.read_parquet(out / "predictions.parquet").query("model == 'elastic-net' and score == score")
    assert len(found) == N - 1
    assert np.corrcoef(found["score"], found["label"])[0, 1] > 0.8


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_measurement_proper_does_not_depend_on_repeats(study, folder, tmp_path, workers):
    out = tmp_path / "run"
    run(study, out, last="extract", overrides=["images.t1.repeats.copies=1", "associate=[]"])
    before = {p: p.stat().st_mtime_ns for p in (out / "store" / "extract").rglob("*.zip")}
    run(study, out, last="extract", workers=workers)
    assert before
    for path, time in before.items():
        assert path.stat().st_mtime_ns == time
    for name in ("features.parquet", "features.columns.parquet", "stability.csv"):
        assert (out / name).read_bytes() == (folder / name).read_bytes()


def test_a_study_without_repetitions_has_no_table(study, folder, tmp_path):
    out = tmp_path / "run"
    run(study, out, last="extract")
    assert (out / "stability.csv").is_file()
    text = study.read_text()
    plain = study.with_name("plain.toml")
    at = text.index('[[images]]\nname = "scan"')
    kept = "\n".join(line for line in text[:at].splitlines() if not line.startswith("repeats"))
    plain.write_text(kept + "\n" + text[text.index("[[molecules]]") :])
    run(plain, out, last="extract")
    assert not (out / "stability.csv").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("images.rescan.repeats_of=scn", "did you mean 'scan'"),
        ("images.rescan.repeats_of=rescan", "no first examination"),
        ("images.rescan.repeats_of=t1", "not mixed"),
        ("images.rescan.normalise=z-score", "not measured alike: normalise.method"),
        ("images.rescan.regions={tumour=1}", "same regions"),
        ("images.rescan.repeats={copies=2}", "a repetition is not repeated"),
        ("images.t1.repeats={copies=0}", "repeats"),
        ("images.t1.repeats={copy=2}", "did you mean 'copies'"),
    ],
)
def test_what_cannot_be_repeated_is_refused(study, change, said):
    with pytest.raises(InputError, match=said):
        load_study(study, overrides=[change])


def test_the_part_around_a_region_holds_it_however_it_is_turned():
    mask = np.zeros((60, 200, 220), bool)
    mask[25:30, 100:104, 80:140] = True
    z, y, x = part_around(mask)
    assert (z.start, z.stop) == (25 - MARGIN, 29 + MARGIN + 1)
    assert y.stop - y.start >= 60 + 2 * MARGIN
    assert x.stop - x.start < 120
    assert part_around(np.zeros((3, 3, 3), bool)) == (slice(None),) * 3
    assert part_around(np.ones((3, 3, 3), bool)) == (slice(0, 3),) * 3
