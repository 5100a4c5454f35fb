"""Border sharpness and rings, against edges of known width and SimpleITK's distances."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import curve_fit

from imagenomics.errors import InputError
from imagenomics.features.regions.distance import signed_distance
from imagenomics.features.regions.rings import ring_features, ring_masks
from imagenomics.features.regions.sharpness import sharpness_features
from imagenomics.features.regions.sigmoid import fit_sigmoids

SPACING = (2.0, 1.0, 0.5)
MASKS = hnp.arrays(np.bool_, (4, 6, 7)).filter(lambda m: bool(m.any() and not m.all()))


def values(rows):
    return dict(zip(rows["feature"], rows["value"], strict=True))


def radius_map(reach, spacing):
    grids = [np.arange(-reach, reach + s / 2, s) for s in spacing]
    return np.sqrt(sum(p**2 for p in np.meshgrid(*grids, indexing="ij")))


def ball_with_edge(scale, *, spacing=(1.0, 1.0, 1.0), radius=14.0, step=50.0, shift=0.0):
    r = radius_map(radius + 9, spacing)
    return 100 + step / (1 + np.exp((r - radius - shift) / scale)), r <= radius


@pytest.mark.parametrize("scale", [0.5, 0.9, 1.6])
def test_the_width_of_a_known_edge(scale):
    image, mask = ball_with_edge(scale)
    found = values(sharpness_features(image, mask, spacing_mm=(1, 1, 1), reach_mm=8))
    # Linear interpolation adds about the variance of a box of one voxel: 1/6 mm2 to that of the edge.
    blurred = scale * np.sqrt(1 + (1 / 6) / (np.pi**2 / 3 * scale**2))
    assert found["edge_width"] == pytest.approx(2 * np.log(9) * blurred, rel=0.06)
    assert found["edge_contrast"] == pytest.approx(50, rel=0.03)
    assert found["edge_gradient"] == pytest.approx(50 / (4 * blurred), rel=0.07)
    assert found["edge_found"] == 1
    assert found["edge_brighter"] == 1
    assert abs(found["edge_shift"]) < 0.3


def test_thick_slices_turned_signs_and_shifted_masks():
    spacing = (3.0, 1.0, 1.0)
    image, mask = ball_with_edge(1.5, spacing=spacing, step=-80, shift=1.5)
    found = values(sharpness_features(image, mask, spacing_mm=spacing, reach_mm=8))
    assert found["edge_width"] == pytest.approx(2 * np.log(9) * 1.5, rel=0.15)
    assert found["edge_brighter"] == 0
    assert found["edge_shift"] == pytest.approx(1.5, abs=0.6)


def test_sharpness_scales_with_contrast_and_not_with_offset():
    image, mask = ball_with_edge(1.0)
    one = values(sharpness_features(image, mask, spacing_mm=(1, 1, 1)))
    other = values(sharpness_features(3 * image - 500, mask, spacing_mm=(1, 1, 1)))
    assert other["edge_gradient"] == pytest.approx(3 * one["edge_gradient"], rel=1e-6)
    assert other["edge_width"] == pytest.approx(one["edge_width"], rel=1e-6)
    turned = values(
        sharpness_features(np.rot90(image, axes=(0, 2)), np.rot90(mask, axes=(0, 2)), spacing_mm=(1, 1, 1))
    )
    assert turned["edge_width"] == pytest.approx(one["edge_width"], rel=5e-3)


def test_noise_has_no_edge_and_says_so():
    image = np.random.default_rng(0).normal(size=(40, 40, 40))
    mask = radius_map(19.5, (1, 1, 1)) < 12
    rows = sharpness_features(image, mask, spacing_mm=(1, 1, 1))
    found = rows.set_index("feature")
    assert found.loc["edge_found", "value"] < 0.1
    flat = sharpness_features(np.ones(mask.shape), mask, spacing_mm=(1, 1, 1)).set_index("feature")
    assert flat.loc["edge_found", "value"] == 0
    assert "have one step" in flat.loc["edge_width", "reason"]


def test_a_single_slice_has_normals_within_it():
    image, mask = ball_with_edge(1.0)
    middle = slice(mask.shape[0] // 2, mask.shape[0] // 2 + 1)
    found = values(sharpness_features(image[middle], mask[middle], spacing_mm=(5, 1, 1)))
    assert found["edge_width"] == pytest.approx(2 * np.log(9) * 1.0, rel=0.12)


@pytest.mark.parametrize("mask", [np.ones((6, 6, 6), bool), np.pad(np.ones((1, 1, 1), bool), 3)])
def test_without_profiles_the_reason_is_given(mask):
    rows = sharpness_features(
        np.arange(mask.size, dtype=float).reshape(mask.shape), mask, spacing_mm=(1, 1, 1)
    )
    assert set(rows["status"]) == {"skipped"}
    assert "profiles" in rows["reason"][0]


def test_voxels_without_a_number_outside_only_cost_their_profiles():
    image, mask = ball_with_edge(1.0)
    image[:, :, : mask.shape[2] // 3][~mask[:, :, : mask.shape[2] // 3]] = np.nan
    rows = sharpness_features(image, mask, spacing_mm=(1, 1, 1), spacing_known=False)
    assert values(rows)["edge_width"] == pytest.approx(2 * np.log(9), rel=0.15)
    assert set(rows["flags"]) == {"voxel-units"}
    image[mask] = np.nan
    with pytest.raises(InputError, match="IGX-FEAT-083"):
        sharpness_features(image, mask, spacing_mm=(1, 1, 1))


def test_sigmoid_fits_are_those_of_scipy():
    rng = np.random.default_rng(5)
    at = np.linspace(-5, 5, 41)
    place, scale, height, base = rng.uniform([-2, 0.3, -60, 0], [2, 1.5, 60, 100], (12, 4)).T
    height += np.sign(height) * 20

    def curve(t, b, h, p, s):
        return b + h / (1 + np.exp(-(t - p) / s))

    clean = curve(at[None], *(v[:, None] for v in (base, height, place, scale)))
    profiles = clean + rng.normal(0, 2, (12, 41))
    fit = fit_sigmoids(profiles, at, smallest_scale=0.01)
    for k in range(12):
        wanted, _ = curve_fit(curve, at, profiles[k], p0=(base[k], height[k], place[k], scale[k]))
        ours = (fit.base[k], fit.height[k], fit.place[k], fit.scale[k])
        assert ours == pytest.approx(wanted, rel=2e-3, abs=2e-3)
    exact = fit_sigmoids(clean, at, smallest_scale=0.01)
    np.testing.assert_allclose(exact.scale, scale, rtol=1e-5)
    np.testing.assert_allclose(exact.r_squared, 1, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(mask=MASKS)
def test_distances_outside_are_those_of_simpleitk(mask):
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(SPACING[::-1])
    wanted = sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)
    )
    distance = signed_distance(mask, SPACING)
    np.testing.assert_allclose(distance[~mask], wanted[~mask], rtol=1e-5)
    assert (distance[mask] < 0).all()


@settings(max_examples=25, deadline=None)
@given(
    mask=MASKS,
    allowed=hnp.arrays(np.bool_, (4, 6, 7)),
    edges=st.lists(st.integers(-6, 6), min_size=2, max_size=5, unique=True).map(sorted),
)
def test_rings_partition_what_lies_between_their_edges(mask, allowed, edges):
    rings = ring_masks(mask, [-99.0, *edges, 99.0], spacing_mm=SPACING, allowed=allowed)
    assert len(rings) == len(edges) + 1
    together = np.sum(list(rings.values()), axis=0)
    np.testing.assert_array_equal(together, allowed.astype(int))


@settings(max_examples=20, deadline=None)
@given(mask=MASKS)
def test_a_ring_is_what_the_whole_distance_map_says(mask):
    rings = ring_masks(mask, (-1.5, 0, 1, 2.5), spacing_mm=SPACING)
    distance = signed_distance(mask, SPACING)
    np.testing.assert_array_equal(rings["in_0_1.5"], (distance >= -1.5) & (distance < 0))
    np.testing.assert_array_equal(rings["out_0_1"], (distance > 0) & (distance <= 1))
    np.testing.assert_array_equal(rings["out_1_2.5"], (distance > 1) & (distance <= 2.5))


def test_rings_around_a_ball_have_the_volume_of_shells():
    # Distances are to voxel centres, a little within the ball: its rings end about a third of a voxel early.
    spacing = (1.0, 0.5, 0.5)
    mask = radius_map(22, spacing) <= 12
    rows = ring_features(np.zeros(mask.shape), mask, edges_mm=(0, 4, 8), spacing_mm=spacing)
    found = values(rows)
    for name, low, high in (("out_0_4", 12, 15.8), ("out_4_8", 15.8, 19.8)):
        shell = 4 / 3 * np.pi * (high**3 - low**3)
        assert found[f"{name}_volume"] == pytest.approx(shell, rel=0.03)


def test_ring_intensities_and_the_allowed_area():
    mask = np.zeros((1, 9, 9), bool)
    mask[0, 4, 4] = True
    image = np.zeros((1, 9, 9))
    image[0, 4, 4] = 10
    image[0, :, 5:] = 2
    allowed = np.ones(mask.shape, bool)
    allowed[0, :, :5] = False
    found = values(ring_features(image, mask, edges_mm=(0, 1), spacing_mm=(1, 1, 1), allowed=allowed))
    assert found == {
        "out_0_1_volume": 1,
        "out_0_1_allowed_share": 0.25,
        "out_0_1_mean": 2,
        "out_0_1_sd": 0,
        "out_0_1_difference": -8,
    }
    nothing = ring_features(image, mask, edges_mm=(0, 1), spacing_mm=(1, 1, 1), allowed=allowed & False)
    assert nothing.set_index("feature").loc["out_0_1_mean", "reason"] == "the ring has no voxel"
    full = ring_features(image[:, 4:5, 4:5], mask[:, 4:5, 4:5], edges_mm=(0, 1), spacing_mm=(1, 1, 1))
    assert set(full["status"]) == {"ok", "skipped"}


@pytest.mark.parametrize("edges", [(0.0,), (3.0, 1.0), (0.0, np.inf), (1.0, 1.0)])
def test_edges_that_do_not_ascend_are_refused(edges):
    with pytest.raises(InputError, match="IGX-FEAT-085"):
        ring_masks(np.ones((1, 2, 2), bool), edges, spacing_mm=(1, 1, 1))
