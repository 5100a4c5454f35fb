"""Power laws and S-transforms, against surfaces of known exponent and the transform's own definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from imagenomics.errors import InputError
from imagenomics.features.spectra.power_law import power_law_features, radial_spectrum
from imagenomics.features.spectra.square import largest_square
from imagenomics.features.spectra.stockwell import (
    band_spectrum,
    s_transform,
    stockwell_features,
    wave_numbers,
)


def values(rows):
    return dict(zip(rows["feature"], rows["value"], strict=True))


def power_surface(beta, *, seed=0, n=512, cut=128):
    """A piece of a surface whose spectrum falls like 1 / f^beta."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None, :])
    frequency[0, 0] = np.inf
    noise = np.fft.rfft2(rng.normal(size=(n, n)))
    return np.fft.irfft2(noise * frequency ** (-beta / 2), (n, n))[:cut, :cut]


@settings(max_examples=60, deadline=None)
@given(mask=hnp.arrays(np.bool_, (2, 7, 8)))
def test_the_largest_square_is_that_of_a_slow_search(mask):
    square = largest_square(mask)
    sides = [
        side
        for plane in mask
        for side in range(1, 8)
        for y in range(8 - side)
        for x in range(9 - side)
        if plane[y : y + side, x : x + side].all()
    ]
    assert square.side == max(sides, default=0)
    assert square.cut(mask).all()


@pytest.mark.parametrize("beta", [1.0, 2.0, 3.0, 3.6])
def test_beta_of_known_surfaces(beta):
    found = []
    for seed in range(4):
        image = power_surface(beta, seed=seed)[None]
        rows = power_law_features(image, np.ones(image.shape, bool), spacing_mm=(1, 0.1, 0.1))
        found.append(values(rows)["beta"])
    assert np.mean(found) == pytest.approx(beta, abs=0.1)
    assert np.std(found) < 0.15


def test_the_dimension_and_its_limits():
    image = power_surface(3.0)[None]
    mask = np.ones(image.shape, bool)
    found = values(power_law_features(image, mask, spacing_mm=(1, 1, 1)))
    assert found["spectrum_dimension"] == pytest.approx((8 - found["beta"]) / 2)
    assert found["beta_r_squared"] > 0.95
    noise = power_law_features(power_surface(0.0)[None], mask, spacing_mm=(1, 1, 1)).set_index("feature")
    assert noise.loc["beta", "value"] == pytest.approx(0, abs=0.1)
    assert "fractal surface" in noise.loc["spectrum_dimension", "reason"]


def test_beta_does_not_change_when_turned_scaled_or_moved():
    image = power_surface(2.5)[None]
    mask = np.zeros(image.shape, bool)
    mask[0, 10:90, 20:100] = True
    options = {"spacing_mm": (1, 0.5, 0.5)}
    one = values(power_law_features(image, mask, **options))["beta"]
    assert values(power_law_features(5 * image + 1000, mask, **options))["beta"] == pytest.approx(
        one, abs=1e-6
    )
    turned = power_law_features(np.rot90(image, axes=(1, 2)), np.rot90(mask, axes=(1, 2)), **options)
    assert values(turned)["beta"] == pytest.approx(one, abs=1e-9)
    free = power_law_features(image, mask, spacing_mm=(9, 9, 9), spacing_known=False)
    assert values(free)["beta"] == pytest.approx(one, abs=1e-9)
    assert set(free["flags"]) == {""}


def test_a_wave_has_its_power_at_its_frequency():
    x = np.arange(64) * 0.25
    pixels = np.tile(np.cos(2 * np.pi * 0.5 * x), (64, 1))
    frequency, power = radial_spectrum(pixels, spacing_mm=(0.25, 0.25))
    assert frequency[power.argmax()] == pytest.approx(0.5, abs=0.05)


def test_small_and_constant_regions_have_no_power_law():
    small = power_law_features(np.ones((1, 20, 20)), np.ones((1, 20, 20), bool), spacing_mm=(1, 1, 1))
    assert set(small["status"]) == {"skipped"}
    assert "20 pixels" in small["reason"][0]
    flat = power_law_features(np.ones((1, 40, 40)), np.ones((1, 40, 40), bool), spacing_mm=(1, 1, 1))
    assert set(flat["status"]) == {"failed"}
    with pytest.raises(InputError, match="IGX-FEAT-081"):
        power_law_features(np.ones((1, 40, 40)), np.zeros((1, 40, 40), bool), spacing_mm=(1, 1, 1))


def test_the_s_transform_is_its_sum_over_places():
    n = 24
    rng = np.random.default_rng(3)
    window = rng.normal(size=(n, n))
    y, x = np.mgrid[:n, :n]
    for ky, kx in ((0, 3), (5, 0), (4, -6), (7, 7), (0, 12)):
        k = np.hypot(ky, kx) / n
        at = (9, 14)
        total = 0.0
        for sy in range(-4, 5):  # copies of the periodic window
            for sx in range(-4, 5):
                squared = (y - at[0] + sy * n) ** 2 + (x - at[1] + sx * n) ** 2
                total = total + np.exp(-squared * k**2 / 2)
        kernel = k**2 / (2 * np.pi) * total * np.exp(-2j * np.pi * (ky * y + kx * x) / n)
        found = s_transform(window, np.array([[ky, kx]]))[0][at]
        assert found == pytest.approx((window * kernel).sum(), abs=2e-4)


@pytest.mark.parametrize(("ky", "kx"), [(0, 5), (12, 0), (9, -16)])
def test_a_wave_has_half_its_amplitude_at_its_own_frequency(ky, kx):
    n = 64
    y, x = np.mgrid[:n, :n]
    wave = 6 * np.cos(2 * np.pi * (ky * y + kx * x) / n + 0.3)
    magnitude = np.abs(s_transform(wave, np.array([[ky, kx]]))[0])
    np.testing.assert_allclose(magnitude, 3, rtol=1e-6)
    spectrum = band_spectrum(wave, np.ones((n, n), bool), n_bands=8)
    assert spectrum.argmax() == int(np.hypot(ky, kx) / n / 0.5 * 8)


def test_wave_numbers_are_one_half_of_the_disc():
    k = wave_numbers(16)
    both = {tuple(p) for p in k} | {tuple(-p) for p in k}
    disc = {(a, b) for a in range(-8, 9) for b in range(-8, 9) if 0 < a * a + b * b <= 64}
    assert both == disc
    assert 2 * len(k) == len(disc)


def test_the_place_of_structure_counts():
    n = 64
    image = np.random.default_rng(1).normal(0, 0.01, (1, n, n))
    x = np.arange(n)
    image[0, :, :32] += np.cos(2 * np.pi * x[:32] / 4)  # 0.25 cycles per pixel
    image[0, :, 32:] += np.cos(2 * np.pi * x[32:] / 16)
    left, right = np.zeros((2, 1, n, n), bool)
    left[0, 10:50, 4:28], right[0, 10:50, 36:60] = True, True
    fine = values(stockwell_features(image, left, spacing_mm=(1, 1, 1)))
    coarse = values(stockwell_features(image, right, spacing_mm=(1, 1, 1)))
    assert max(range(1, 9), key=lambda k: fine[f"s_share_{k}"]) in (4, 5)
    assert max(range(1, 9), key=lambda k: coarse[f"s_share_{k}"]) in (1, 2)
    assert fine["s_centroid"] > coarse["s_centroid"] + 0.05
    assert sum(fine[f"s_share_{k}"] for k in range(1, 9)) == pytest.approx(1)


def test_shares_do_not_change_with_scale_or_turns_and_totals_do():
    image = power_surface(2.0, cut=65)[None]
    mask = np.zeros(image.shape, bool)
    mask[0, 20:45, 20:45] = True
    one = values(stockwell_features(image, mask, spacing_mm=(1, 1, 1), size=33))
    scaled = values(stockwell_features(4 * image - 100, mask, spacing_mm=(1, 1, 1), size=33))
    assert scaled["s_share_2"] == pytest.approx(one["s_share_2"], rel=1e-6)
    assert scaled["s_total"] == pytest.approx(4 * one["s_total"], rel=1e-6)
    turned = values(
        stockwell_features(
            np.rot90(image, axes=(1, 2)), np.rot90(mask, axes=(1, 2)), spacing_mm=(1, 1, 1), size=33
        )
    )
    assert turned == pytest.approx(one, rel=1e-9)


def test_regions_at_the_border_hollow_constant_and_oblong_pixels():
    image = power_surface(2.0, cut=40)[None]
    mask = np.zeros(image.shape, bool)
    mask[0, :3, :3] = True
    assert np.isfinite(stockwell_features(image, mask, spacing_mm=(1, 1, 1))["value"]).all()
    ring = np.ones(image.shape, bool)
    ring[0, 5:35, 5:35] = False
    assert np.isfinite(stockwell_features(image, ring, spacing_mm=(1, 1, 1), size=8)["value"]).all()
    flat = stockwell_features(np.full(image.shape, 7.0), mask, spacing_mm=(1, 1, 1))
    assert set(flat["status"]) == {"failed", "ok"}
    assert values(flat)["s_total"] == 0
    oblong = stockwell_features(image, mask, spacing_mm=(1, 1, 2))
    assert "not square" in oblong["reason"][0]
    image[0, 5, 5] = np.nan
    with pytest.raises(InputError, match="IGX-FEAT-083"):
        stockwell_features(image, mask, spacing_mm=(1, 1, 1))
