"""Resampling: where the new voxels lie, and what they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.images.resample import aligned_lattice, resample_image, resample_mask

METHODS = ("nearest", "linear", "cubic-spline")


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 40),
    old=st.sampled_from([0.4, 0.977, 1.0, 2.5, 5.0]),
    new=st.sampled_from([0.3, 1.0, 2.0, 7.0]),
)
def test_the_new_grid_covers_the_old_one_around_the_same_centre(n, old, new):
    lattice = aligned_lattice((n, n, n), (old, old, old), (new, None, new))
    first, step, count = lattice.first[0] * old, lattice.step[0] * old, lattice.shape[0]
    assert step == pytest.approx(new)
    assert first + 0.5 * step * (count - 1) == pytest.approx(0.5 * (n - 1) * old)
    assert count * new >= n * old - 1e-6
    assert (count - 1) * new < n * old
    assert (lattice.first[1], lattice.step[1], lattice.shape[1]) == (0.0, 1.0, n)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_spacing_gives_the_same_image(method):
    image = np.random.default_rng(0).normal(size=(4, 5, 6))
    lattice = aligned_lattice(image.shape, (1, 1, 1), (1, 1, 1))
    np.testing.assert_allclose(resample_image(image, lattice, method=method), image, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_stays_constant_beyond_the_border_too(method):
    lattice = aligned_lattice((3, 4, 5), (3, 1, 1), (2, 0.7, 1.9))
    np.testing.assert_allclose(resample_image(np.full((3, 4, 5), 7.0), lattice, method=method), 7.0)


def test_linear_interpolation_follows_a_slope():
    image = np.indices((6, 6, 6))[1].astype(float)
    found = resample_image(image, aligned_lattice(image.shape, (1, 1, 1), (1, 0.5, 1)))
    np.testing.assert_allclose(found[0, :, 0], np.clip(np.arange(12) / 2 - 0.25, 0, 5))


def test_a_cubic_spline_follows_a_cubic_away_from_the_border():
    x = np.arange(80.0)
    image = np.broadcast_to((x - 40) ** 3, (2, 2, 80))
    lattice = aligned_lattice(image.shape, (1, 1, 1), (1, 1, 0.8))
    found = resample_image(image, lattice, method="cubic-spline")[0, 0]
    places = lattice.first[2] + lattice.step[2] * np.arange(lattice.shape[2])
    np.testing.assert_allclose(found[40:60], (places[40:60] - 40) ** 3, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_window_holds_what_the_whole_holds_there(method):
    image = np.random.default_rng(1).normal(size=(60, 61, 62))
    whole = aligned_lattice(image.shape, (2, 1, 1), (1.3, 1.7, 0.6))
    window = whole.window((40, 10, 50), (50, 14, 60))
    full = resample_image(image, whole, method=method)
    part = resample_image(image, window, method=method)
    np.testing.assert_allclose(part, full[40:50, 10:14, 50:60], atol=1e-11)


def test_a_mask_keeps_voxels_that_are_half_inside():
    mask = np.zeros((1, 1, 6), bool)
    mask[..., 2:4] = True
    lattice = aligned_lattice(mask.shape, (1, 1, 1), (1, 1, 0.5))
    # New centres at -0.25, 0.25, 0.75, ...: 1.75 holds three quarters of voxel 2, 1.25 only one.
    assert np.flatnonzero(resample_mask(mask, lattice)).tolist() == [4, 5, 6, 7]
    assert np.flatnonzero(resample_mask(mask, lattice, threshold=0.9)).tolist() == [5, 6]
    assert np.flatnonzero(resample_mask(mask, lattice, threshold=0.25)).tolist() == [3, 4, 5, 6, 7, 8]


def test_exactly_one_half_counts_as_inside():
    mask = np.zeros((1, 1, 6), bool)
    mask[..., :3] = True
    lattice = aligned_lattice(mask.shape, (1, 1, 1), (1, 1, 6 / 5))
    places = lattice.first[2] + lattice.step[2] * np.arange(5)
    assert places[2] == pytest.approx(2.5)
    assert resample_mask(mask, lattice)[0, 0].tolist() == [True, True, True, False, False]


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan"), float("inf")])
def test_a_spacing_that_is_no_length_is_refused(wrong):
    with pytest.raises(InputError) as refused:
        aligned_lattice((4, 4, 4), (1, 1, 1), (1, wrong, 1))
    assert refused.value.code == "IGX-FEAT-007"


def test_grids_can_share_the_corner_of_the_first_voxel():
    lattice = aligned_lattice((10, 7, 5), (1.0, 2.0, 3.0), (2.5, None, 1.0), alignment="corner")
    for first, step, old in zip(lattice.first, lattice.step, (1.0, 2.0, 3.0), strict=True):
        assert (first - 0.5 * step) * old == pytest.approx(-0.5 * old)
    assert lattice.shape == (4, 7, 15)


def test_the_nearest_voxel_does_not_depend_on_rounding_errors():
    # The last bit of 0.1 * k must not decide between two voxels at equal distance: the later one counts.
    image = np.arange(40.0).reshape(1, 1, 40)
    whole = aligned_lattice(image.shape, (1, 1, 0.7), (1, 1, 0.5), alignment="corner")
    full = resample_image(image, whole, method="nearest")
    places = (np.arange(whole.shape[2]) + 0.5) * 5 / 7 - 0.5
    np.testing.assert_array_equal(full[0, 0], np.clip(np.floor(np.round(places, 9) + 0.5), 0, 39))
    for start in range(0, 50, 7):
        part = resample_image(image, whole.window((0, 0, start), (1, 1, start + 5)), method="nearest")
        np.testing.assert_array_equal(part[0, 0], full[0, 0, start : start + 5])


@pytest.mark.parametrize(
    ("method", "name"),
    [("nearest", "sitkNearestNeighbor"), ("linear", "sitkLinear"), ("cubic-spline", "sitkBSpline")],
)
def test_values_are_those_of_itk(method, name):
    import SimpleITK

    image = np.random.default_rng(2).normal(size=(9, 10, 11)) * 100
    old, new = (2.1, 0.8, 1.0), (1.3, 1.1, 1.7)
    lattice = aligned_lattice(image.shape, old, new, alignment="corner")
    source = SimpleITK.GetImageFromArray(image)
    source.SetSpacing(old[::-1])
    resampler = SimpleITK.ResampleImageFilter()
    resampler.SetOutputSpacing(new[::-1])
    resampler.SetOutputOrigin([0.5 * (n - o) for o, n in zip(old[::-1], new[::-1], strict=True)])
    resampler.SetSize(lattice.shape[::-1])
    resampler.SetInterpolator(getattr(SimpleITK, name))
    theirs = SimpleITK.GetArrayFromImage(resampler.Execute(source))
    inside = tuple(slice(0, s - 1) for s in lattice.shape)  # ITK writes 0 beyond the outer edge of the image
    np.testing.assert_allclose(
        resample_image(image, lattice, method=method)[inside], theirs[inside], atol=1e-9
    )
