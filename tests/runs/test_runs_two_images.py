"""Measures that use several images of a patient: the ratio of two sequences."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from imagenomics.errors import InputError
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

SHAPE = (6, 14, 14)
BLOCKS = """
[[images]]
name = "t1"
path = "{patient}_t1.nii.gz"
mask = "{patient}_mask.nii.gz"
regions = { lesion = 1, white = 2 }

[[images]]
name = "t2"
path = "{patient}_t2.nii.gz"

[features]
families = ["volume"]

[[phenotypes]]
name = "t1t2"
image = "t1"
others = { denominator = "t2" }
measure = { kind = "ratio", floor = 20, reference = "white" }
"""


@pytest.fixture
def study(small):
    made = small(4)
    random = np.random.default_rng(1)
    mask = np.zeros(SHAPE, int)
    mask[1:5, 2:7, 2:7], mask[1:5, 8:13, 8:13] = 1, 2
    for k, patient in enumerate(made.patients):
        t2 = 200 + 20 * random.random(SHAPE)
        ratio = np.where(mask == 1, 1.5 + 0.1 * k, 2.0)
        t1 = (t2 * ratio).astype(np.float32).astype(float)
        t2[2, 3, 3] = 5.0  # below the floor, inside the lesion
        made.picture(f"{patient}_t1.nii.gz", t1)
        made.picture(f"{patient}_t2.nii.gz", t2)
        made.picture(f"{patient}_mask.nii.gz", mask)
    return made


def test_the_ratio_is_that_of_the_voxels(study):
    planned = study.check(BLOCKS)
    row = planned.phenotypes[0]
    assert 0 < row.pop("seconds") < 10
    assert 1e6 < row.pop("memory_bytes") < 1e9
    assert row == {
        "phenotypes": "t1t2",
        "image": "t1",
        "others": {"denominator": "t2"},
        "kind": "ratio",
        "found": 4,
        "features": 25,
    }
    assert planned.problems == []
    found = study.features(BLOCKS)
    expected = 1.5 + 0.1 * np.arange(4)
    np.testing.assert_allclose(found["t1t2.lesion.ratio_mean"], expected, rtol=1e-5)
    np.testing.assert_allclose(found["t1t2.lesion.ratio_norm_p50"], expected / 2, rtol=1e-5)
    np.testing.assert_array_equal(found["t1t2.lesion.ratio_n_voxels"], 99)
    assert not [c for c in found if c.startswith("t1t2.white")]
    columns = study.table("features.columns.parquet")
    assert (columns["source"] == "t1t2").sum() == 25


def test_patients_without_one_image_or_on_another_grid_are_told_apart(study):
    (study.folder / "P02_t2.nii.gz").unlink()
    t2 = np.full(SHAPE, 100.0)
    study.picture("P03_t2.nii.gz", t2, shift=5.0)
    study.picture("P04_t2.nii.gz", np.stack([t2, t2]))
    planned = study.check(BLOCKS)
    assert [row["found"] for row in planned.phenotypes] == [3]
    assert {(p["patient"], p["code"]) for p in planned.problems} == {
        ("P03", "IGX-IMG-251"),
        ("P04", "IGX-IMG-006"),
    }
    found = study.features(BLOCKS)["t1t2.lesion.ratio_mean"]
    assert found.notna().tolist() == [True, False, False, False]
    failures = study.table("failures.csv")
    assert {("P03", "IGX-IMG-251"), ("P04", "IGX-IMG-006")} <= set(
        zip(failures["patient"], failures["code"], strict=True)
    )
    assert failures.loc[failures["code"] == "IGX-IMG-006", "remedy"].str.contains("series").all()
    warned = study.table("warnings.csv")
    assert (warned.loc[warned["code"] == "IGX-RUN-092", "patient"] == "P02").all()
    assert "IGX-RUN-092" in set(warned["code"])
    losses = study.table("losses.csv")
    assert ("P02", "t2") in set(zip(losses["patient"], losses["source"], strict=True))


def test_declared_resampling_brings_the_other_image_over(study):
    z, y, _x = np.indices((8, 16, 16))
    for patient in study.patients:  # the same linear pictures, seen on two lattices
        inner = 100 + 3 * z[:6, :14, :14] + 2 * y[:6, :14, :14]
        outer = 100 + 3 * (z - 1) + 2 * (y - 1)
        study.picture(f"{patient}_t1.nii.gz", 2.0 * inner)
        study.picture(f"{patient}_t2.nii.gz", 1.0 * outer, shift=(-2.0, -2.0, -3.0))
    blocks = BLOCKS.replace('image = "t1"\n', 'image = "t1"\ngeometry = "resample"\n')
    assert study.check(blocks).problems == []
    found = study.features(blocks)
    np.testing.assert_allclose(found["t1t2.lesion.ratio_mean"], 2.0, rtol=1e-6)
    np.testing.assert_allclose(found["t1t2.lesion.ratio_sd"], 0.0, atol=1e-6)


@pytest.mark.slow
def test_every_file_is_an_input_and_workers_change_nothing(study):
    first = study.features(BLOCKS)
    study.features(BLOCKS, out="two", workers=2)
    digests = {
        hashlib.sha256((study.folder / out / "features.parquet").read_bytes()).hexdigest()
        for out in ("run", "two")
    }
    assert len(digests) == 1
    study.picture("P01_t2.nii.gz", np.full(SHAPE, 50.0))
    again = study.features(BLOCKS)
    assert (again["t1t2.lesion.ratio_mean"] != first["t1t2.lesion.ratio_mean"]).tolist() == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('others = { denominator = "t2" }', "", "needs others = { denominator"),
        ('others = { denominator = "t2" }', 'others = { below = "t2" }', "knows 'denominator'"),
        ('denominator = "t2"', 'denominator = "t3"', r"no \[\[images\]\] block named 't3'"),
        ('name = "t2"', 'name = "t2"\nmodality = "MR"', "scaled by z-score"),
        ('name = "t2"', 'name = "t2"\nform = "series"', "needs a volume and 't2' is a series"),
        ("floor = 20, ", "", "floor"),
        ("floor = 20", "floor = 0", "floor"),
        ('reference = "white"', 'reference = "grey"', "IGX-FEAT-150"),
    ],
)
def test_blocks_that_make_no_sense_are_refused(study, old, new, message):
    assert old in BLOCKS
    blocks = BLOCKS.replace(old, new)
    if message == "IGX-FEAT-150":
        study.features(blocks)
        assert set(study.table("failures.csv")["code"]) == {message}
        return
    with pytest.raises(InputError, match=message):
        study.check(blocks)


@pytest.mark.realdata
def test_the_gain_of_contrast_in_real_gliomas(tmp_path):
    root = os.environ.get("IMAGENOMICS_TEST_DATA")
    if not root:
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    folder = "lgg-mri-genomics/roi_nifti"
    blocks = BLOCKS.replace("{patient}_", f"{folder}/{{patient}}_").replace("_t1.nii", "_t1post.nii")
    blocks = blocks.replace("_t2.nii", "_t1pre.nii").replace(', reference = "white"', "")
    blocks = blocks.replace("{ lesion = 1, white = 2 }", '{ lesion = "any" }')
    study = tmp_path / "study.toml"
    head = 'name = "Gain"\n[patients]\ntable = "lgg-mri-genomics/labels_joined.csv"\nid = "patient"\n'
    study.write_text(f'{head}rule = "tcga-patient"\n{blocks}')
    read = load_study(study, data=Path(root))
    run_plan(
        read.plan, read.root, JobOptions(tmp_path / "run", progress=Progress(shown=False)), last="extract"
    )
    found = pd.read_parquet(tmp_path / "run" / "features.parquet")["t1t2.lesion.ratio_mean"].dropna()
    assert len(found) > 80
    for patient in found.index[:5]:
        parts = [sitk.ReadImage(f"{root}/{folder}/{patient}_{k}.nii.gz") for k in ("t1post", "t1pre", "mask")]
        above, below, mask = (sitk.GetArrayFromImage(p).astype(float) for p in parts)
        inside = (mask > 0) & (below > 20)
        assert found[patient] == pytest.approx((above[inside] / below[inside]).mean())
