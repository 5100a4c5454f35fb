"""Intensities, their histogram and their volume histogram against scipy, numpy and plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagenomics.features.intensity import histogram_features, intensity_features, spread
from imagenomics.features.settings import Discretisation, FeatureSettings, preset
from imagenomics.features.volume_histogram import volume_histogram_features

VALUES = hnp.arrays(np.float64, st.integers(4, 40), elements=st.floats(-100, 100, width=16))
LEVELS = hnp.arrays(np.int64, st.integers(4, 40), elements=st.integers(1, 12))


def line(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    image = values.astype(np.float64).reshape(1, 1, -1)
    return image, np.ones(image.shape, bool)


@settings(max_examples=60, deadline=None)
@given(values=VALUES)
def test_statistics_are_those_of_numpy_and_scipy(values):
    ours = spread(np.sort(values))
    p10, p25, p50, p75, p90 = np.percentile(values, [10, 25, 50, 75, 90])
    kept = values[(values >= p10) & (values <= p90)]
    expected = {
        "mean": values.mean(),
        "var": values.var(),
        "median": p50,
        "min": values.min(),
        "p10": p10,
        "p90": p90,
        "max": values.max(),
        "iqr": p75 - p25,
        "range": np.ptp(values),
        "mad": np.abs(values - values.mean()).mean(),
        "medad": np.abs(values - p50).mean(),
    }
    if np.ptp(values) > 1e-3:
        expected["skew"] = scipy.stats.skew(values)
        expected["kurt"] = scipy.stats.kurtosis(values)
    for name, value in expected.items():
        assert ours[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name
    if len(np.unique(values)) == len(values):  # a tie may lie a rounding error beside the percentile
        assert ours["rmad"] == pytest.approx(np.abs(kept - kept.mean()).mean(), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(levels=LEVELS)
def test_counted_levels_give_the_statistics_of_the_levels(levels):
    values, counts = np.unique(levels, return_counts=True)
    one_by_one, counted = spread(np.sort(levels).astype(float)), spread(values.astype(float), counts)
    for name, value in one_by_one.items():
        assert counted[name] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), name


def test_constant_intensities_have_no_skewness(region_of):
    region = region_of(np.full((3, 3, 3), 7.0))
    stat = intensity_features(region, preset("ibsi-digital"))
    undefined = {k for k, v in stat.items() if np.isnan(v)}
    assert undefined == {"stat_skew", "stat_kurt"}
    assert stat["stat_var"] == 0
    assert stat["stat_mad"] == 0


def test_a_mean_of_zero_has_no_coefficient_of_variation():
    assert np.isnan(spread(np.array([-1.0, 0.0, 1.0]))["cov"])


def test_histogram_by_hand(region_of):
    image, mask = line(np.array([1, 1, 1, 2, 4, 4, 4, 5]))
    ih = histogram_features(region_of(image, mask), preset("ibsi-digital"))
    assert ih["ih_mode"] == 4  # 1 and 4 tie; the mean is 2.75
    # Counts 3 1 0 3 1: slopes -2, -1.5, 1, 0.5, -2.
    assert (ih["ih_max_grad"], ih["ih_max_grad_g"]) == (1, 3)
    assert (ih["ih_min_grad"], ih["ih_min_grad_g"]) == (-2, 1)
    p = np.array([3, 1, 3, 1]) / 8
    assert ih["ih_entropy"] == pytest.approx(-(p * np.log2(p)).sum())
    assert ih["ih_uniformity"] == pytest.approx((p**2).sum())


@settings(max_examples=40, deadline=None)
@given(levels=LEVELS, percent=st.sampled_from([10, 90]))
def test_volume_histogram_follows_its_definition(region_of, levels, percent):
    image, mask = line(levels)
    ivh = volume_histogram_features(region_of(image, mask), preset("ibsi-digital"))
    low, high, n = int(levels.min()), int(levels.max()), len(levels)
    grid = list(range(low, high + 2))
    share = {i: int((levels >= i).sum()) for i in grid}
    if low == high:
        assert np.isnan(ivh[f"ivh_v{percent}"])
        assert np.isnan(ivh["ivh_auc"])
        return
    reached = [share[i] for i in grid[:-1] if 100 * (i - low) >= percent * (high - low)]
    assert ivh[f"ivh_v{percent}"] == max(reached) / n
    assert ivh[f"ivh_i{percent}"] == min(i for i in grid if 100 * share[i] <= percent * n)
    curve = [share[i] / n for i in grid[:-1]]
    assert ivh["ivh_auc"] == pytest.approx(np.trapezoid(curve, np.linspace(0, 1, len(curve))))


def test_volume_histogram_speaks_in_the_units_of_its_bins(region_of):
    values = np.linspace(-90, 380, 200)
    image, mask = line(values)
    chosen = FeatureSettings(
        families=("ivh",),
        ivh=Discretisation(method="fixed-bin-size", bin_width=2.5),
        intensity_range=(-100, 400),
        min_voxels=1,
    )
    ivh = volume_histogram_features(region_of(image, mask, settings=chosen), chosen)
    assert ivh["ivh_i10"] == pytest.approx(np.percentile(values, 90), abs=5)
    # The range, not the region's extremes, is 0% and 100%.
    assert ivh["ivh_v10"] == pytest.approx((values >= -50).mean(), abs=0.01)
    assert ivh["ivh_v90"] == pytest.approx((values >= 350).mean(), abs=0.01)
