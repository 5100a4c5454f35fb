"""Single filters against other implementations, closed forms and slow sums."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import ndimage

from imagenomics.features.filters.apply import apply_filter
from imagenomics.features.filters.laws import PROFILES, profile
from imagenomics.features.filters.riesz import riesz_factor
from imagenomics.features.filters.separable import convolve_chains, pooled_response, turns
from imagenomics.features.filters.settings import (
    GaborFilter,
    LawsFilter,
    LogFilter,
    MeanFilter,
    NonseparableWavelet,
    RieszFilter,
    WaveletFilter,
)
from imagenomics.features.filters.wavelet import subband_chains, wavelet_bank, wavelet_kernels

CUBE = (1.0, 1.0, 1.0)
MODES = {"mirror": "reflect", "zero": "constant", "nearest": "nearest", "periodic": "wrap"}


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def impulse(n: int) -> np.ndarray:
    image = np.zeros((n, n, n))
    image[n // 2, n // 2, n // 2] = 1.0
    return image


@pytest.mark.parametrize("boundary", MODES)
@pytest.mark.parametrize("in_plane", [False, True])
def test_mean_is_the_slow_sum(boundary, in_plane):
    image = noise(7, 8, 9)
    box = np.ones((1, 5, 5) if in_plane else (5, 5, 5))
    slow = ndimage.convolve(image, box / box.sum(), mode=MODES[boundary])
    chosen = MeanFilter(size=5, boundary=boundary, in_plane=in_plane)
    np.testing.assert_allclose(apply_filter(image, spacing_mm=CUBE, settings=chosen), slow, atol=1e-12)


@pytest.mark.parametrize("boundary", MODES)
def test_log_is_near_the_one_of_scipy(boundary):
    image = noise(14, 15, 16)
    other = ndimage.gaussian_laplace(image, 1.5, mode=MODES[boundary], truncate=6)
    chosen = LogFilter(sigma_mm=3, truncate=6, boundary=boundary)
    found = apply_filter(image, spacing_mm=(2, 2, 2), settings=chosen)
    np.testing.assert_allclose(found, other, atol=1e-5)


def test_log_of_a_parabola_is_its_curvature():
    z, y, x = np.meshgrid(*[np.arange(41.0) - 20] * 3, indexing="ij")
    image = 3 * z**2 + 2 * y**2 - x**2 + 5 * x
    found = apply_filter(image, spacing_mm=CUBE, settings=LogFilter(sigma_mm=2, truncate=6))
    np.testing.assert_allclose(found[18:23, 18:23, 18:23], 2 * (3 + 2 - 1), rtol=1e-4)


def test_log_of_thick_slices_is_per_shortest_edge():
    z, y, x = np.meshgrid(np.arange(21.0) - 10, *[np.arange(41.0) - 20] * 2, indexing="ij")
    image = (2 * z) ** 2 + 3 * y**2 + x**2  # slices are 2 mm apart
    found = apply_filter(image, spacing_mm=(2, 1, 1), settings=LogFilter(sigma_mm=2, truncate=6))
    np.testing.assert_allclose(found[10, 18:23, 18:23], 2 * (1 + 3 + 1), rtol=1e-3)


def test_laws_profiles_have_unit_length_and_known_sums():
    for name in PROFILES:
        weights = profile(name)
        assert (weights**2).sum() == pytest.approx(1.0)
        assert (abs(weights.sum()) < 1e-12) == (name[0] != "L")


def test_laws_kernel_is_laid_along_x_y_z():
    found = apply_filter(impulse(9), spacing_mm=CUBE, settings=LawsFilter(kernels="E5L5S5", boundary="zero"))
    x, y, z = (profile(n) for n in ("E5", "L5", "S5"))
    np.testing.assert_allclose(found[2:7, 2:7, 2:7], np.einsum("i,j,k->ijk", z, y, x), atol=1e-14)


def test_laws_energy_is_the_mean_absolute_response():
    image = noise(9, 10, 11)
    plain = apply_filter(image, spacing_mm=CUBE, settings=LawsFilter(kernels="L5S5", pooling="max"))
    energy = apply_filter(
        image, spacing_mm=CUBE, settings=LawsFilter(kernels="L5S5", pooling="max", energy_radius=2)
    )
    np.testing.assert_allclose(energy, ndimage.uniform_filter(abs(plain), (1, 5, 5)), atol=1e-12)


@pytest.mark.parametrize("n", [2, 3])
def test_turns_are_the_group_of_the_square_and_of_the_cube(n):
    found = list(turns(n))
    assert len(found) == len(set(found)) == {2: 4, 3: 24}[n]
    for places, signs in found:
        assert np.linalg.det(np.eye(n)[list(places)] * signs) == pytest.approx(1.0)


CHAINS = {
    "three kinds": [(profile("L5"),), (profile("E5"),), (profile("S5"),)],
    "all odd": [(profile("E5"),), (profile("W5"),), (profile("E3"),)],
    "no symmetry": [(noise(3),), (noise(5, seed=1),), (noise(3, seed=2),)],
    "wavelet": subband_chains(WaveletFilter(family="db2", subband="LHH")),
    "two levels": subband_chains(WaveletFilter(family="db2", subband="LHL", level=2)),
    "in plane": subband_chains(WaveletFilter(family="db3", subband="LH")),
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("boundary", MODES)
@pytest.mark.parametrize("pooling", ["average", "max"])
def test_pooling_is_over_all_turns_of_the_kernel(name, boundary, pooling):
    chains = CHAINS[name]
    axes = (0, 1, 2)[-len(chains) :]
    image = noise(7, 8, 9)
    every = []
    for places, signs in turns(len(axes)):
        kernels = [tuple(k[::s] for k in chains[p]) for p, s in zip(places, signs, strict=True)]
        every.append(convolve_chains(image, kernels, axes, boundary=boundary))
    slow = np.mean(every, axis=0) if pooling == "average" else np.max(every, axis=0)
    found = pooled_response(image, chains, axes, boundary=boundary, pooling=pooling)
    np.testing.assert_allclose(found, slow, atol=1e-12)


@pytest.mark.parametrize("family", ["haar", "db2", "db3", "coif1"])
def test_wavelet_kernels_are_orthonormal(family):
    low, high = wavelet_kernels(family)
    assert low.sum() == pytest.approx(np.sqrt(2))
    assert high.sum() == pytest.approx(0.0, abs=1e-12)
    for shift in range(0, len(low), 2):
        rest = slice(None, len(low) - shift)
        assert low[shift:] @ low[rest] == pytest.approx(float(shift == 0), abs=1e-12)
        assert low[shift:] @ high[rest] == pytest.approx(0.0, abs=1e-12)
    moments = {"haar": 1, "db2": 2, "db3": 3, "coif1": 2}[family]
    for power in range(moments):
        assert (high * np.arange(len(high)) ** power).sum() == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize("family", ["haar", "db2", "db3", "coif1"])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_wavelets_are_those_of_pywavelets(family, level):
    pywt = pytest.importorskip("pywt")
    line = noise(32, seed=5)
    image = np.broadcast_to(line, (1, 32, 32)).copy()
    for letter, place in (("L", 0), ("H", 1)):
        other = pywt.swt(line, family, level=level)[0][place]
        chosen = WaveletFilter(family=family, subband=letter + "L", level=level, boundary="periodic")
        found = apply_filter(image, spacing_mm=CUBE, settings=chosen)[0, 0] / np.sqrt(2) ** level
        shifts = [np.abs(np.roll(other, s) - found).max() for s in range(32)]
        assert min(shifts) < 1e-12  # the two place the middle of a kernel differently


@pytest.mark.parametrize("family", ["haar", "db2", "coif1"])
def test_subbands_keep_the_energy_of_a_periodic_image(family):
    image = noise(8, 8, 8)
    energy = sum(
        (
            apply_filter(image, spacing_mm=CUBE, settings=s.model_copy(update={"boundary": "periodic"})) ** 2
        ).sum()
        for s in wavelet_bank(family)
    )
    assert energy == pytest.approx(8 * (image**2).sum())


def test_banks_hold_every_subband_once():
    assert [(s.level, s.subband) for s in wavelet_bank("haar", levels=(1, 2), in_plane=True)] == [
        (1, "LH"),
        (1, "HL"),
        (1, "HH"),
        (2, "LL"),
        (2, "LH"),
        (2, "HL"),
        (2, "HH"),
    ]
    assert len(wavelet_bank("db3")) == 8
    assert [s.subband for s in wavelet_bank("db3", pooling="max")] == ["LLL", "LLH", "LHH", "HHH"]


def test_gabor_of_its_own_stripes():
    y, x = np.meshgrid(np.arange(64.0), np.arange(64.0), indexing="ij")
    angle = np.radians(30)
    stripes = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / 6)[None]

    def middle(degrees: float) -> float:
        chosen = GaborFilter(sigma_mm=4, wavelength_mm=6, theta_degrees=degrees, in_plane=True)
        return float(apply_filter(stripes, spacing_mm=CUBE, settings=chosen)[0, 32, 32])

    # Half of the integral of the envelope: the stripes are the sum of two waves, one of which is answered.
    assert middle(30) == pytest.approx(np.pi * 4**2, rel=1e-3)
    assert middle(210) == pytest.approx(middle(30))
    assert middle(-30) < 0.02 * middle(30)
    assert middle(120) < 0.02 * middle(30)


@pytest.mark.parametrize("boundary", MODES)
def test_gabor_is_the_slow_convolution(boundary):
    image = noise(2, 11, 12)
    chosen = GaborFilter(
        sigma_mm=2, wavelength_mm=4, gamma=1.5, theta_degrees=70, in_plane=True, boundary=boundary, truncate=2
    )
    y, x = np.meshgrid(np.arange(-4.0, 5), np.arange(-4.0, 5), indexing="ij")
    t = np.radians(70)
    u, v = x * np.cos(t) + y * np.sin(t), y * np.cos(t) - x * np.sin(t)
    kernel = np.exp(-(u**2 + 1.5**2 * v**2) / 8 + 0.5j * np.pi * u)[None]
    parts = [ndimage.convolve(image, k, mode=MODES[boundary]) for k in (kernel.real, kernel.imag)]
    found = apply_filter(image, spacing_mm=CUBE, settings=chosen)
    np.testing.assert_allclose(found, np.hypot(*parts), atol=1e-10)


@pytest.mark.parametrize("pooling", ["average", "max"])
def test_gabor_in_space_joins_three_planes(pooling):
    image = noise(11, 12, 13)
    data = {"sigma_mm": 2, "wavelength_mm": 5, "theta_step_degrees": 45, "pooling": pooling}
    flat = GaborFilter.model_validate({**data, "in_plane": True})
    planes = [
        np.moveaxis(apply_filter(np.moveaxis(image, axis, 0), spacing_mm=CUBE, settings=flat), 0, axis)
        for axis in range(3)
    ]
    joined = np.mean(planes, axis=0) if pooling == "average" else np.max(planes, axis=0)
    found = apply_filter(image, spacing_mm=CUBE, settings=GaborFilter.model_validate(data))
    np.testing.assert_allclose(found, joined, atol=1e-10)


@pytest.mark.parametrize(("family", "level"), list(itertools.product(["simoncelli", "shannon"], [1, 2, 3])))
def test_bands_pass_their_own_waves(family, level):
    x = np.arange(64)
    chosen = NonseparableWavelet(family=family, level=level, boundary="periodic")
    for cycles in (1, 3, 7, 12, 20, 29):
        wave = np.broadcast_to(np.cos(2 * np.pi * cycles * x / 64), (2, 2, 64)).copy()
        q = cycles / 32 * 2 ** (level - 1)
        if family == "shannon":
            gain = float(0.5 < q <= 1)
        else:
            gain = np.cos(np.pi / 2 * np.log2(2 * q)) if 0.25 < q <= 1 else 0.0
        np.testing.assert_allclose(
            apply_filter(wave, spacing_mm=CUBE, settings=chosen), gain * wave, atol=1e-12
        )


def test_riesz_turns_a_wave_by_a_quarter():
    x = np.arange(32)
    wave = np.broadcast_to(np.cos(2 * np.pi * 6 * x / 32), (2, 2, 32)).copy()
    band = NonseparableWavelet(boundary="periodic")
    gain = np.cos(np.pi / 2 * np.log2(2 * 6 / 16))
    found = apply_filter(wave, spacing_mm=CUBE, settings=RieszFilter(order=(0, 0, 1), base=band))
    np.testing.assert_allclose(found[0, 0], gain * np.sin(2 * np.pi * 6 * x / 32), atol=1e-12)
    none = apply_filter(wave, spacing_mm=CUBE, settings=RieszFilter(order=(0, 1, 0), base=band))
    np.testing.assert_allclose(none, 0.0, atol=1e-12)


@pytest.mark.parametrize("total", [1, 2, 3])
def test_riesz_components_of_one_order_keep_all_energy(total):
    frequencies = np.meshgrid(*[noise(6, seed=s) for s in range(3)], indexing="ij", sparse=True)
    orders = [o for o in itertools.product(range(total + 1), repeat=3) if sum(o) == total]
    energy = sum(np.abs(riesz_factor(frequencies, o)) ** 2 for o in orders)
    np.testing.assert_allclose(energy, 1.0, rtol=1e-12)


def test_second_riesz_components_undo_the_base_with_the_other_sign():
    image = noise(9, 11, 13)
    base = NonseparableWavelet(boundary="periodic")
    plain = apply_filter(image, spacing_mm=CUBE, settings=base)
    total = sum(
        apply_filter(image, spacing_mm=CUBE, settings=RieszFilter(order=o, base=base))
        for o in ((2, 0, 0), (0, 2, 0), (0, 0, 2))
    )
    np.testing.assert_allclose(total, -plain, atol=1e-12)
