"""What must hold for every filter: constants, shifts, turns, cropping, and what is refused."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.filters.apply import apply_filter, filter_box
from imagenomics.features.filters.margin import filter_margin
from imagenomics.features.filters.settings import (
    AnyFilter,
    GaborFilter,
    LawsFilter,
    LogFilter,
    MeanFilter,
    NonseparableWavelet,
    RieszFilter,
    WaveletFilter,
)

CUBE = (1.0, 1.0, 1.0)
BAND = {"kind": "nonseparable-wavelet"}
# Every kind of filter, as a study file writes it; 'boundary' is added by the tests.
EVERY = {
    "mean": {"kind": "mean", "size": 3},
    "mean 2D": {"kind": "mean", "size": 5, "in_plane": True},
    "log": {"kind": "log", "sigma_mm": 1.2},
    "log 2D": {"kind": "log", "sigma_mm": 1.2, "in_plane": True},
    "laws": {"kind": "laws", "kernels": "E5L5S5"},
    "laws max": {"kind": "laws", "kernels": "E3W5R5", "pooling": "max"},
    "laws energy": {"kind": "laws", "kernels": "L5S5", "pooling": "average", "energy_radius": 2},
    "gabor": {"kind": "gabor", "sigma_mm": 1.5, "wavelength_mm": 3, "theta_step_degrees": 45},
    "gabor 2D": {"kind": "gabor", "sigma_mm": 1.5, "wavelength_mm": 3, "theta_degrees": 30, "in_plane": True},
    "wavelet": {"kind": "wavelet", "family": "db3", "subband": "LHL"},
    "wavelet 2": {"kind": "wavelet", "family": "haar", "subband": "HH", "level": 2, "pooling": "average"},
    "wavelet max": {"kind": "wavelet", "family": "coif1", "subband": "HHL", "pooling": "max"},
    "band": BAND,
    "band 2D": {**BAND, "level": 2, "in_plane": True},
    "shannon": {**BAND, "family": "shannon"},
    "riesz log": {"kind": "riesz", "order": [0, 1, 1], "base": {"kind": "log", "sigma_mm": 1.0}},
    "riesz band": {"kind": "riesz", "order": [1, 0, 0], "base": BAND},
}
# What turning the patient by right angles within a slice must not change but for the place.
TURNED = ("mean", "mean 2D", "log", "log 2D", "laws max", "laws energy", "gabor", "wavelet 2", "wavelet max")
LINEAR = [k for k in EVERY if "max" not in k and "energy" not in k and "gabor" not in k]
FLAT = [k for k in EVERY if EVERY[k]["kind"] not in ("mean", "gabor") and k != "wavelet"]
KEPT = [k for k in EVERY if k != "shannon"]


def make(name: str, boundary: str = "mirror"):
    data = dict(EVERY[name])
    if data["kind"] == "riesz":
        data["base"] = {**data["base"], "boundary": boundary}
    else:
        data["boundary"] = boundary
    return TypeAdapter(AnyFilter).validate_python(data)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("boundary", ["mirror", "nearest"])
def test_a_constant_image(name, boundary):
    found = apply_filter(np.full((7, 8, 9), -1000.0), spacing_mm=CUBE, settings=make(name, boundary))
    assert found.shape == (7, 8, 9)
    assert found.dtype == np.float64
    if name.startswith("mean"):
        np.testing.assert_allclose(found, -1000.0, rtol=1e-12)
    elif name in FLAT:
        np.testing.assert_allclose(found, 0.0, atol=1e-9)
    else:
        np.testing.assert_allclose(found, found[0, 0, 0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", EVERY)
def test_a_periodic_image_may_begin_anywhere(name):
    image = noise(8, 9, 10)
    shift = (3, -2, 4)
    chosen = make(name, "periodic")
    first = np.roll(apply_filter(image, spacing_mm=CUBE, settings=chosen), shift, (0, 1, 2))
    second = apply_filter(np.roll(image, shift, (0, 1, 2)), spacing_mm=CUBE, settings=chosen)
    np.testing.assert_allclose(first, second, atol=1e-10)


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("boundary", ["zero", "periodic"])
def test_responses_add_up(name, boundary):
    a, b, chosen = noise(7, 8, 9), noise(7, 8, 9, seed=1), make(name, boundary)
    parts = [apply_filter(x, spacing_mm=CUBE, settings=chosen) for x in (a, b)]
    both = apply_filter(2 * a - 3 * b, spacing_mm=CUBE, settings=chosen)
    np.testing.assert_allclose(both, 2 * parts[0] - 3 * parts[1], atol=1e-10)


@pytest.mark.parametrize("name", TURNED)
@pytest.mark.parametrize("boundary", ["mirror", "zero", "nearest", "periodic"])
def test_turning_the_image_turns_the_response(name, boundary):
    image, chosen = noise(9, 9, 9), make(name, boundary)
    planes = [(1, 2)] if chosen.in_plane else [(1, 2), (0, 1), (0, 2)]
    plain = apply_filter(image, spacing_mm=CUBE, settings=chosen)
    for plane in planes:
        turned = apply_filter(np.rot90(image, axes=plane), spacing_mm=CUBE, settings=chosen)
        np.testing.assert_allclose(turned, np.rot90(plain, axes=plane), atol=1e-10)


@pytest.mark.parametrize("frequencies", ["true", "ibsi"])
def test_bands_of_true_frequencies_alone_are_the_same_in_all_directions(frequencies):
    image = noise(16, 16, 16)
    chosen = NonseparableWavelet(level=2, frequencies=frequencies, boundary="periodic")
    plain = apply_filter(image, spacing_mm=CUBE, settings=chosen)
    turned = apply_filter(np.rot90(image, axes=(1, 2)), spacing_mm=CUBE, settings=chosen)
    same = np.allclose(turned, np.rot90(plain, axes=(1, 2)), atol=1e-10)
    assert same == (frequencies == "true")


@pytest.mark.parametrize("name", EVERY)
def test_slices_on_their_own_do_not_see_each_other(name):
    chosen = make(name)
    image = noise(4, 12, 12)
    changed = image.copy()
    changed[3] += noise(12, 12, seed=2)
    first, second = (apply_filter(x, spacing_mm=CUBE, settings=chosen)[:3] for x in (image, changed))
    assert np.allclose(first, second, atol=1e-12) == chosen.in_plane


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("boundary", ["mirror", "zero", "nearest", "periodic"])
@pytest.mark.parametrize("start", [(10, 9, 12), (16, 0, 20)])
def test_a_box_has_the_values_of_the_whole(name, boundary, start):
    image, chosen = noise(24, 26, 28), make(name, boundary)
    stop = tuple(a + 8 for a in start)
    box = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    whole = apply_filter(image, spacing_mm=CUBE, settings=chosen)
    part = filter_box(image, start, stop, spacing_mm=CUBE, settings=chosen)
    # Bands and Riesz components have kernels without an end; for the others the margin is exact.
    loose = chosen.kind in ("nonseparable-wavelet", "riesz")
    np.testing.assert_allclose(part, whole[box], atol=0.03 * np.ptp(whole) if loose else 1e-10)


def test_shannon_bands_take_the_whole_image():
    image, chosen = noise(20, 24, 28), make("shannon")
    part = filter_box(image, (5, 5, 5), (9, 9, 9), spacing_mm=CUBE, settings=chosen)
    assert np.array_equal(part, apply_filter(image, spacing_mm=CUBE, settings=chosen)[5:9, 5:9, 5:9])


@pytest.mark.parametrize("name", ["mean", "log", "laws energy", "wavelet", "wavelet 2"])
def test_nothing_beyond_the_margin_matters(name):
    chosen = make(name)
    margin = filter_margin(chosen, spacing_mm=CUBE)
    image = np.zeros([2 * m + 5 for m in margin])
    middle = tuple(n // 2 for n in image.shape)
    image[middle] = 1.0
    seen = np.argwhere(np.abs(apply_filter(image, spacing_mm=CUBE, settings=chosen)) > 1e-15) - middle
    assert (np.abs(seen).max(axis=0) <= margin).all()
    if not chosen.in_plane:
        assert np.abs(seen).max() == max(margin)


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(sorted(EVERY)),
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    boundary=st.sampled_from(["mirror", "zero", "nearest", "periodic"]),
)
def test_images_smaller_than_the_kernel(name, shape, boundary):
    image = noise(*shape)
    before = image.copy()
    found = apply_filter(image, spacing_mm=CUBE, settings=make(name, boundary))
    assert found.shape == shape
    assert np.isfinite(found).all()
    assert np.array_equal(image, before)
    assert not np.shares_memory(found, image)


@pytest.mark.parametrize("name", EVERY)
def test_memory_of_about_six_arrays(name):
    chosen = make(name, "periodic")
    image = noise(72, 72, 72)
    tracemalloc.start()
    apply_filter(image, spacing_mm=CUBE, settings=chosen)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 6.5 * image.nbytes


def test_whole_numbers_are_filtered_as_numbers():
    image = np.random.default_rng(3).integers(-1000, 400, (9, 9, 9)).astype(np.int16)
    chosen = GaborFilter(sigma_mm=2, wavelength_mm=4, in_plane=True)
    for one in (chosen, LogFilter(sigma_mm=1), MeanFilter(size=3)):
        whole = apply_filter(image, spacing_mm=CUBE, settings=one)
        np.testing.assert_allclose(
            whole, apply_filter(image.astype(float), spacing_mm=CUBE, settings=one), rtol=1e-12
        )
        box = filter_box(image, (2, 2, 2), (5, 5, 5), spacing_mm=CUBE, settings=one)
        np.testing.assert_allclose(box, whole[2:5, 2:5, 2:5], rtol=1e-9, atol=1e-9)


def refused(code: str, image: np.ndarray, chosen, spacing=CUBE, **more) -> None:
    with pytest.raises((InputError, ArgumentTypeError)) as caught:
        apply_filter(image, spacing_mm=spacing, settings=chosen, **more)
    assert caught.value.code == code


def test_what_is_refused():
    mean, good = MeanFilter(size=3), noise(5, 5, 5)
    refused("IGX-FEAT-030", good[0], mean)
    refused("IGX-FEAT-030", good[:0], mean)
    refused("IGX-FEAT-030", good > 0, mean)
    refused("IGX-FEAT-030", good.astype(complex), mean)
    hole = good.copy()
    hole[0, 0, 0] = np.nan
    refused("IGX-FEAT-031", hole, mean)
    refused("IGX-FEAT-007", good, mean, spacing=(1, 0, 1))
    refused("IGX-FEAT-033", good, LogFilter(sigma_mm=200))
    refused("IGX-FEAT-034", good, LogFilter(sigma_mm=1), spacing=(5, 1, 1))
    refused("IGX-FEAT-034", good, GaborFilter(sigma_mm=5, wavelength_mm=1.5))
    refused(
        "IGX-FEAT-034",
        good,
        RieszFilter(order=(1, 0, 0), base=LogFilter(sigma_mm=1)),
        spacing=(5, 1, 1),
    )
    apply_filter(good, spacing_mm=(5, 1, 1), settings=LogFilter(sigma_mm=1, in_plane=True))


def test_holes_far_from_the_box_do_not_matter():
    image = noise(20, 20, 20)
    image[0, 0, 0] = np.nan
    found = filter_box(image, (8, 8, 8), (12, 12, 12), spacing_mm=CUBE, settings=LogFilter(sigma_mm=1))
    assert np.isfinite(found).all()
    for chosen in (NonseparableWavelet(), GaborFilter(sigma_mm=2, wavelength_mm=4)):
        with pytest.raises(InputError, match="IGX-FEAT-031"):
            filter_box(image, (8, 8, 8), (12, 12, 12), spacing_mm=CUBE, settings=chosen)


@pytest.mark.parametrize("name", EVERY)
def test_size_is_refused_before_memory_is_taken(name):
    huge = np.broadcast_to(np.float64(1.0), (2000, 2000, 2000))
    tracemalloc.start()
    refused("IGX-FEAT-032", huge, make(name))
    with pytest.raises(InputError, match="IGX-FEAT-032"):
        filter_box(huge, (0, 0, 0), (9, 1999, 1999), spacing_mm=CUBE, settings=make(name), max_voxels=10**6)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("box", [((0, 0, 0), (6, 1, 1)), ((2, 2, 2), (2, 3, 3)), ((-1, 0, 0), (2, 2, 2))])
def test_boxes_outside_are_refused(box):
    with pytest.raises(InputError, match="IGX-FEAT-035"):
        filter_box(noise(5, 5, 5), *box, spacing_mm=CUBE, settings=MeanFilter(size=3))


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "mean", "size": 4},
        {"kind": "mean", "size": 3, "sigma": 2},
        {"kind": "sobel"},
        {"kind": "log", "sigma_mm": 0},
        {"kind": "log", "sigma_mm": float("inf")},
        {"kind": "log", "sigma_mm": float("nan")},
        {"kind": "laws", "kernels": "L5"},
        {"kind": "laws", "kernels": "L5Q5"},
        {"kind": "laws", "kernels": "L5E5S5R5"},
        {"kind": "laws", "kernels": "L5-E5"},
        {"kind": "gabor", "sigma_mm": 5, "wavelength_mm": 2, "theta_step_degrees": 50},
        {"kind": "wavelet", "family": "db9", "subband": "LL"},
        {"kind": "wavelet", "family": "haar", "subband": "L"},
        {"kind": "wavelet", "family": "haar", "subband": "LHX"},
        {"kind": "riesz", "order": [0, 0, 0], "base": BAND},
        {"kind": "riesz", "order": [1, 0, 0], "base": {**BAND, "in_plane": True}},
        {"kind": "riesz", "order": [1, 0, 0], "base": {"kind": "mean", "size": 3}},
    ],
)
def test_bad_settings_are_refused(data):
    with pytest.raises(ValueError, match="validation error"):
        TypeAdapter(AnyFilter).validate_python(data)


def test_every_kind_survives_a_round_trip():
    for name in EVERY:
        chosen = make(name)
        again = TypeAdapter(AnyFilter).validate_python(chosen.model_dump(mode="json"))
        assert again == chosen
        assert again.digest() == chosen.digest()
    kinds = {make(name).kind for name in EVERY}
    models = (MeanFilter, LogFilter, LawsFilter, GaborFilter, WaveletFilter, NonseparableWavelet, RieszFilter)
    assert kinds == {m.model_fields["kind"].default for m in models}
