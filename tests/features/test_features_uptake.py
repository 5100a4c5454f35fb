"""Uptake of balls whose numbers are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.extract import extract_region
from imagenomics.features.settings import FeatureSettings
from imagenomics.features.uptake import UptakeSettings, uptake_rows

SPACING = (4.0, 2.0, 2.0)
Z, Y, X = np.meshgrid(np.arange(20) * 4.0, np.arange(40) * 2.0, np.arange(60) * 2.0, indexing="ij")
FIRST = (Z - 40) ** 2 + (Y - 40) ** 2 + (X - 30) ** 2 <= 18**2
SECOND = (Z - 40) ** 2 + (Y - 40) ** 2 + (X - 90) ** 2 <= 10**2
LIVER = (X > 110) & (Y < 20)
SUV = np.where(FIRST, 10.0, np.where(SECOND, 3.0, 1.0))
VOXEL_ML = 4 * 2 * 2 / 1000


def measured(suv=SUV, lesions=FIRST | SECOND, **options):
    return uptake_rows(suv, lesions, spacing_mm=SPACING, **options).set_index("feature")


def test_uptake_of_two_balls():
    frame = measured(liver=LIVER)
    value = frame["value"]
    n, m = FIRST.sum(), SECOND.sum()
    assert value["suv_max"] == 10
    assert value["suv_mean"] == pytest.approx((10 * n + 3 * m) / (n + m))
    assert value["n_lesions"] == 2
    assert value["mtv_2.5"] == pytest.approx((n + m) * VOXEL_ML)
    assert value["mtv_4"] == pytest.approx(n * VOXEL_ML)
    assert value["mtv_41pct"] == pytest.approx((n + m) * VOXEL_ML)  # of each lesion's own maximum
    assert value["mtv_percist"] == pytest.approx((n + m) * VOXEL_ML)  # 1.5 x 1 + 2 x 0
    assert value["tlg_4"] == pytest.approx(10 * n * VOXEL_ML)
    assert value["suv_peak_local"] == pytest.approx(10)
    assert value["cov"] == 0
    assert value["auc_csh"] == 1
    shape = extract_region(SUV, FIRST, spacing_mm=SPACING, settings=FeatureSettings(families=("shape",)))
    expected = shape.set_index("feature").loc["morph_asphericity", "value"]
    assert value["asphericity"] == pytest.approx(expected)
    assert frame.loc["mtv_4", "unit"] == "ml"


def test_the_two_peaks_differ_where_the_hottest_voxel_is_alone():
    suv = SUV.copy()
    suv[10, 20, 45] = 50.0  # outside of the bright ball, in a lesion of its own
    lesions = FIRST | SECOND
    lesions[10, 20, 45] = True
    found = measured(suv, lesions)["value"]
    assert found["suv_max"] == 50
    assert found["suv_peak_local"] < found["suv_peak_global"]
    radius = 10 * (3 / (4 * np.pi)) ** (1 / 3)
    beyond = (Z - 40) ** 2 + (Y - 40) ** 2 + (X - 90) ** 2 - radius**2
    near = beyond <= 0
    assert found["suv_peak_local"] == pytest.approx(suv[near].mean())


def test_glycolysis_is_mean_times_volume():
    suv = SUV + np.random.default_rng(0).normal(0, 0.5, SUV.shape)
    found = measured(suv)["value"]
    hot = suv[(FIRST | SECOND) & (suv >= 4)]
    assert found["tlg_4"] == pytest.approx(hot.mean() * found["mtv_4"])
    inside = suv[FIRST]
    assert found["cov"] == pytest.approx(inside.std() / inside.mean())
    shares = np.linspace(0, 1, 20_001)
    curve = [(inside >= s * inside.max()).mean() for s in shares]
    assert found["auc_csh"] == pytest.approx(np.trapezoid(curve, shares), abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(0.5, 20))
def test_relative_thresholds_do_not_see_the_scale(factor):
    suv = SUV + np.random.default_rng(1).normal(0, 0.3, SUV.shape)
    once, other = measured(suv)["value"], measured(suv * factor)["value"]
    assert other["mtv_41pct"] == pytest.approx(once["mtv_41pct"])
    assert other["suv_peak_global"] == pytest.approx(factor * once["suv_peak_global"])
    assert other["auc_csh"] == pytest.approx(once["auc_csh"])


def test_labels_keep_lesions_apart_that_touch():
    labels = np.zeros(SUV.shape, np.int32)
    labels[5:10, 5:15, 5:15] = 1
    labels[5:10, 5:15, 15:25] = 2
    suv = np.where(labels == 1, 10.0, np.where(labels == 2, 2.0, 0.5))
    assert measured(suv, labels)["value"]["n_lesions"] == 2
    assert measured(suv, labels)["value"]["mtv_41pct"] == pytest.approx(1000 * VOXEL_ML)
    assert measured(suv, labels > 0)["value"]["n_lesions"] == 1
    assert measured(suv, labels > 0)["value"]["mtv_41pct"] == pytest.approx(500 * VOXEL_ML)


def test_what_cannot_be_measured_says_why():
    frame = measured(spacing_known=False)
    assert frame.loc["mtv_2.5", "reason"] == "the voxel spacing is not known"
    assert frame.loc["suv_peak_local", "status"] == "skipped"
    assert frame.loc["suv_max", "status"] == "ok"
    assert measured().loc["mtv_percist", "reason"] == "no liver region was given"
    cold = measured(SUV * 0.1, settings=UptakeSettings(fixed=(4.0,)))
    assert cold.loc["mtv_4", "value"] == 0


@pytest.mark.parametrize(
    ("suv", "lesions", "kind", "code"),
    [
        (SUV, FIRST[:5], InputError, "IGX-FEAT-002"),
        (SUV, np.zeros_like(FIRST), InputError, "IGX-FEAT-003"),
        (np.full(SUV.shape, np.nan), FIRST, InputError, "IGX-FEAT-004"),
        (-SUV, FIRST, InputError, "IGX-FEAT-065"),
        (SUV.astype(complex), FIRST, ArgumentTypeError, "IGX-FEAT-002"),
    ],
)
def test_bad_input_is_refused(suv, lesions, kind, code):
    with pytest.raises(kind, match=code):
        measured(suv, lesions)


def test_an_empty_liver_is_refused():
    with pytest.raises(InputError, match="IGX-FEAT-003"):
        measured(liver=np.zeros_like(FIRST))
