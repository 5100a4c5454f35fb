"""The apparent diffusion coefficient against exact exponentials, numpy and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from imagenomics.errors import InputError
from imagenomics.features.diffusion.adc import adc_maps
from imagenomics.features.diffusion.settings import AdcSettings
from imagenomics.features.diffusion.weighting import background_sigma
from imagenomics.features.map_statistics import region_rows

B = np.array([0.0, 50, 200, 500, 800, 1000])
ADC = np.array([[0.4, 0.8], [1.6, 3.0]])
SIGNAL = 700 * np.exp(-B * ADC[..., None] * 1e-3)
FITS = ("log-linear", "weighted", "nonlinear")


@pytest.mark.parametrize("fit", FITS)
def test_exponentials_come_back(fit):
    maps = adc_maps(SIGNAL, B, settings=AdcSettings(fit=fit))
    np.testing.assert_allclose(maps["adc"], ADC, rtol=1e-9)
    np.testing.assert_allclose(maps["s0"], 700, rtol=1e-9)


@pytest.mark.parametrize("fit", FITS)
@settings(max_examples=15, deadline=None)
@given(factor=st.floats(0.01, 100))
def test_the_scale_of_the_signal_does_not_matter(fit, factor):
    noisy = SIGNAL + np.random.default_rng(1).normal(0, 5, SIGNAL.shape)
    chosen = AdcSettings(fit=fit)
    found = adc_maps(noisy * factor, B, settings=chosen)["adc"]
    np.testing.assert_allclose(found, adc_maps(noisy, B, settings=chosen)["adc"], rtol=1e-6)


def test_two_values_give_the_textbook_quotient():
    signal = np.array([[900.0, 400.0]])
    for fit in FITS:
        adc = adc_maps(signal, [0, 1000], settings=AdcSettings(fit=fit))["adc"]
        assert adc[0] == pytest.approx(np.log(900 / 400), rel=1e-6)


def test_under_noise_the_fits_are_those_of_numpy_and_scipy():
    noisy = SIGNAL[0] + np.random.default_rng(2).normal(0, 10, (2, 6))
    lines = adc_maps(noisy, B, settings=AdcSettings(fit="log-linear"))["adc"]
    curves = adc_maps(noisy, B, settings=AdcSettings(fit="nonlinear"))["adc"]
    weighted = adc_maps(noisy, B, settings=AdcSettings(fit="weighted"))["adc"]
    for k in range(2):
        slope, level = np.polyfit(B, np.log(noisy[k]), 1)
        assert lines[k] == pytest.approx(-1e3 * slope)
        again = np.polyfit(B, np.log(noisy[k]), 1, w=np.exp(level + slope * B))
        assert weighted[k] == pytest.approx(-1e3 * again[0])
        other, _ = curve_fit(lambda b, s, d: s * np.exp(-b * d * 1e-3), B, noisy[k], p0=(700, 1))
        assert curves[k] == pytest.approx(other[1], rel=1e-4)


def test_the_range_of_b_values_is_kept():
    perfused = SIGNAL.copy()
    perfused[..., :2] *= 1.2
    within = adc_maps(perfused, B, settings=AdcSettings(b_min=100))
    np.testing.assert_allclose(within["adc"], ADC, rtol=1e-9)
    assert (adc_maps(perfused, B)["adc"] > ADC + 0.05).all()


def test_the_noise_floor_is_flagged():
    rng = np.random.default_rng(4)
    signal = np.hypot(np.exp(-B * 3.0e-3) * 100 + rng.normal(0, 20, (500, 6)), rng.normal(0, 20, (500, 6)))
    maps = adc_maps(signal, B, settings=AdcSettings(noise_sigma=20.0))
    assert maps.doubts["noise-floor"].mean() > 0.9
    assert np.median(maps["adc"]) < 2.7  # it does come out too small
    rows = region_rows(maps, np.ones(500, bool))
    assert set(rows["flags"]) == {"noise-floor"}
    bright = adc_maps(SIGNAL, B, settings=AdcSettings(noise_sigma=5.0))
    assert not bright.doubts["noise-floor"].any()
    assert "not checked" in adc_maps(SIGNAL, B).history[-1]


def test_the_noise_is_measured_in_air():
    air = np.hypot(*np.random.default_rng(5).normal(0, 7, (2, 20_000)))
    assert background_sigma(air) == pytest.approx(7, rel=0.02)
    for bad in (air[:10], np.zeros(100), np.full(100, np.nan)):
        with pytest.raises(InputError, match="IGX-FEAT-063"):
            background_sigma(bad)


def test_voxels_without_signal_have_no_value():
    holed = SIGNAL.reshape(4, 6).copy()
    holed[0, 3] = 0
    holed[1, 0] = -4
    adc = adc_maps(holed, B)["adc"]
    np.testing.assert_array_equal(np.isnan(adc), [True, True, False, False])
    with pytest.raises(InputError, match="IGX-FEAT-054"):
        adc_maps(-SIGNAL, B)


@pytest.mark.parametrize(
    ("signal", "b_values"),
    [
        (SIGNAL, np.full(6, 1000.0)),
        (SIGNAL, B[:5]),
        (SIGNAL, -B),
        (SIGNAL, np.full(6, np.nan)),
        (SIGNAL * np.nan, B),
        (SIGNAL[..., :0], []),
    ],
)
def test_bad_b_values_are_refused(signal, b_values):
    with pytest.raises(InputError, match="IGX-FEAT-062"):
        adc_maps(signal, b_values)


def test_a_range_that_leaves_one_b_value_is_refused():
    with pytest.raises(InputError, match="IGX-FEAT-062"):
        adc_maps(SIGNAL, B, settings=AdcSettings(b_min=900))
    with pytest.raises(InputError, match="IGX-SET-001"):
        AdcSettings.read({"b_min": 900, "b_max": 800}, where="test")
