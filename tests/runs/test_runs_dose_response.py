"""Slope over dose in a study: registered images, a coarser dose map, the tumour left out, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from imagenomics.errors import InputError

SHAPE = (8, 24, 24)
SLOPES = np.array([0.0, 1.0, 4.0, 8.0])
BLOCKS = """
[[images]]
name = "after"
path = "{patient}_after.nii.gz"
mask = "{patient}_mask.nii.gz"
modality = "CT"
regions = { lung = [1, 2], tumour = 2 }

[[images]]
name = "before"
path = "{patient}_before.nii.gz"
modality = "CT"

[[images]]
name = "dose"
path = "{patient}_dose.nii.gz"

[features]
families = ["volume"]

[[phenotypes]]
name = "damage"
image = "after"
others = { before = "before", dose = "dose" }
measure = { kind = "dose-response", without = "tumour" }
"""
RATIO = 'mask = "{patient}_mask.nii.gz"\nregions = { lung = 1 }\nnormalise = "ratio-background"'


@pytest.fixture
def study(small):
    made = small(4)
    random = np.random.default_rng(1)
    mask = np.zeros(SHAPE, int)
    mask[1:7, 2:22, 2:22] = 1
    mask[2:5, 4:9, 4:9] = 2
    for patient, slope in zip(made.patients, SLOPES, strict=True):
        dose = np.broadcast_to(np.linspace(0, 60, SHAPE[2]), SHAPE)
        before = -800 + random.normal(0, 20, SHAPE)
        after = before + slope * dose + random.normal(0, 10, SHAPE)
        after[mask == 2] = -100.0
        made.picture(f"{patient}_before.nii.gz", before)
        made.picture(f"{patient}_after.nii.gz", after)
        made.picture(f"{patient}_dose.nii.gz", dose)
        made.picture(f"{patient}_mask.nii.gz", mask)
    return made


def test_every_patient_has_his_slope(study):
    assert [row["features"] for row in study.check(BLOCKS).phenotypes] == [14]
    found = study.features(BLOCKS)
    for name in ("slope_per_gy", "slope_huber_per_gy", "slope_bins_per_gy"):
        np.testing.assert_allclose(found[f"damage.lung.{name}"], SLOPES, atol=0.08)
    assert not [c for c in found if c.startswith("damage.tumour")]
    columns = study.table("features.columns.parquet")
    assert columns.loc["damage.lung.slope_per_gy", "unit"] == "HU/Gy"
    assert columns.loc["damage.lung.dose_p95_gy", "unit"] == "Gy"
    assert not [c for c in columns.index if c.endswith("_p")]  # no p value over voxels


def test_a_coarser_dose_map_is_refused_unless_it_may_be_resampled(study):
    coarse = np.broadcast_to(np.linspace(0, 60, SHAPE[2])[:22:2] + 30 / 23, (8, 11, 11))
    study.picture(
        "P02_dose.nii.gz", np.ascontiguousarray(coarse), spacing=(4.0, 4.0, 3.0), shift=(1.0, 1.0, 0.0)
    )
    found = study.features(BLOCKS)["damage.lung.slope_per_gy"]
    assert found.notna().tolist() == [True, False, True, True]
    failures = study.table("failures.csv")
    assert ("P02", "IGX-IMG-251") in set(zip(failures["patient"], failures["code"], strict=True))
    moved = study.features(BLOCKS.replace("measure =", 'geometry = "resample"\nmeasure ='))
    np.testing.assert_allclose(moved["damage.lung.slope_per_gy"], SLOPES, atol=0.08)


def test_one_dose_everywhere_costs_one_patient(study):
    study.picture("P03_dose.nii.gz", np.full(SHAPE, 20.0))
    found = study.features(BLOCKS)["damage.lung.slope_per_gy"]
    assert found.notna().tolist() == [True, True, False, True]
    failures = study.table("failures.csv")
    assert ("P03", "IGX-FEAT-191") in set(zip(failures["patient"], failures["code"], strict=True))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (', dose = "dose"', "", "dose ="),
        ('name = "before"', 'name = "before"\nnormalise = "z-score"', "normalise = 'none'"),
        ('name = "before"', f'name = "before"\n{RATIO}', "scaled by ratio-background"),
        ('name = "dose"', f'name = "dose"\n{RATIO}', "with their own unit"),
        (
            'name = "after"',
            'name = "after"\nnormalise = { method = "ratio-region", region = "lung" }',
            "scaled by ratio-region",
        ),
        ('without = "tumour"', "to_gy = 2", "min_range_gy"),
        ("kind =", "gy_per_units = 0.01, kind =", "gy_per_unit"),
    ],
)
def test_blocks_that_cannot_be_measured_are_refused(study, old, new, why):
    with pytest.raises(InputError, match=why):
        study.check(BLOCKS.replace(old, new, 1))
