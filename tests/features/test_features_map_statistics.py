"""Statistics of parameter maps against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.map_statistics import (
    MapSettings,
    ParameterMaps,
    histogram_peak,
    map_statistics,
    region_rows,
)

RNG = np.random.default_rng(3)
MAP = RNG.gamma(3, 2, (6, 7, 8))
REGION = RNG.random(MAP.shape) < 0.4
WHITE = ~REGION


def values_of(frame):
    return frame.set_index("feature")["value"]


def test_statistics_are_those_of_scipy():
    found = values_of(map_statistics(MAP, REGION, name="cbv", percentiles=(10, 50, 97.5)))
    inside = MAP[REGION]
    assert found["cbv_mean"] == pytest.approx(inside.mean())
    assert found["cbv_sd"] == pytest.approx(inside.std())
    assert found["cbv_skewness"] == pytest.approx(stats.skew(inside))
    assert found["cbv_kurtosis"] == pytest.approx(stats.kurtosis(inside))
    assert found["cbv_p97.5"] == pytest.approx(np.percentile(inside, 97.5))
    assert found["cbv_n_voxels"] == REGION.sum()


def test_a_reference_region_makes_relative_values():
    frame = map_statistics(MAP, REGION, reference_region=WHITE, unit="ml")
    found, units = values_of(frame), frame.set_index("feature")["unit"]
    for name in ("mean", "sd", "p50", "hist_peak"):
        assert found[f"map_norm_{name}"] == pytest.approx(found[f"map_{name}"] / MAP[WHITE].mean())
    assert (units["map_mean"], units["map_norm_mean"], units["map_skewness"]) == ("ml", "1", "1")
    assert "map_norm_skewness" not in found.index


@settings(max_examples=25, deadline=None)
@given(factor=st.floats(0.01, 100))
def test_relative_values_do_not_depend_on_the_scale(factor):
    once = values_of(map_statistics(MAP, REGION, reference_region=WHITE)).filter(like="norm")
    other = values_of(map_statistics(MAP * factor, REGION, reference_region=WHITE)).filter(like="norm")
    np.testing.assert_allclose(once.drop("map_norm_hist_peak"), other.drop("map_norm_hist_peak"), rtol=1e-9)


def test_voxels_without_a_value_are_counted_and_flagged():
    holed = MAP.copy()
    holed[np.nonzero(REGION)[0][:1], :, :] = np.nan
    frame = map_statistics(holed, REGION)
    known = holed[REGION][np.isfinite(holed[REGION])]
    assert values_of(frame)["map_mean"] == pytest.approx(known.mean())
    assert values_of(frame)["map_share_failed"] == pytest.approx(1 - len(known) / REGION.sum())
    assert set(frame["flags"]) == {"failed-voxels"}
    assert set(frame["status"]) == {"flagged"}


def test_a_region_without_any_value_says_so():
    frame = map_statistics(np.full(MAP.shape, np.nan), REGION).set_index("feature")
    assert frame.loc["map_mean", "status"] == "skipped"
    assert "no voxel" in frame.loc["map_mean", "reason"]
    assert frame.loc["map_share_failed", "value"] == 1


def test_a_constant_map_has_no_shape():
    frame = map_statistics(np.full(MAP.shape, 2.0), REGION).set_index("feature")
    assert frame.loc["map_sd", "value"] == 0
    assert frame.loc["map_skewness", "status"] == "failed"


def test_histogram_peak_is_the_fullest_bin():
    place, height = histogram_peak(np.array([0.0, 5.2, 5.3, 5.4, 10.0]), 10)
    assert (place, height) == (5.5, 0.6)
    nearly = np.array([1.2, 1.2 + 4e-16, 1.2 - 4e-16])
    assert histogram_peak(nearly, 100) == (1.2, 1.0)


def test_doubts_reach_the_flags():
    doubt = np.zeros(MAP.shape, bool)
    doubt[REGION] = np.arange(REGION.sum()) % 2 == 0
    maps = ParameterMaps("adc", {"adc": MAP}, {"adc": "1"}, (), {"noise-floor": doubt})
    assert set(region_rows(maps, REGION)["flags"]) == {"noise-floor"}
    assert set(region_rows(maps, REGION, settings=MapSettings(max_failed=0.6))["flags"]) == {""}


def test_maps_of_a_region_are_painted():
    n = int(REGION.sum())
    maps = ParameterMaps("adc", {"adc": np.arange(float(n))}, {"adc": "1"}, (), {"doubt": np.ones(n, bool)})
    painted = maps.on(REGION)
    np.testing.assert_array_equal(painted["adc"][REGION], np.arange(n))
    assert np.isnan(painted["adc"][~REGION]).all()
    np.testing.assert_array_equal(painted.doubts["doubt"], REGION)


@pytest.mark.parametrize(
    ("region", "reference", "kind", "code"),
    [
        (REGION[:2], None, InputError, "IGX-FEAT-002"),
        (REGION.astype(int), None, ArgumentTypeError, "IGX-FEAT-002"),
        (np.zeros_like(REGION), None, InputError, "IGX-FEAT-003"),
        (REGION, np.zeros_like(REGION), InputError, "IGX-FEAT-003"),
    ],
)
def test_bad_regions_are_refused(region, reference, kind, code):
    with pytest.raises(kind, match=code):
        map_statistics(MAP, region, reference_region=reference)


@pytest.mark.parametrize("level", [0.0, -1.0, np.nan])
def test_a_reference_that_cannot_divide_is_refused(level):
    bad = np.where(WHITE, level, MAP)
    with pytest.raises(InputError, match="IGX-FEAT-055"):
        map_statistics(bad, REGION, reference_region=WHITE)


@pytest.mark.parametrize("percentiles", [(101,), (-1,), (50, 50)])
def test_bad_percentiles_are_refused(percentiles):
    with pytest.raises(InputError, match="IGX-SET-001"):
        map_statistics(MAP, REGION, percentiles=percentiles)
