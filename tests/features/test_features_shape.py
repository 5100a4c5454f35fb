"""Shape against bodies whose numbers are known, and against slow searches."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist, squareform
from scipy.spatial.transform import Rotation
from scipy.special import eval_legendre

from imagenomics.features.morphology.autocorrelation import autocorrelation_features
from imagenomics.features.morphology.shape import moments, principal_axes, shape_features
from imagenomics.features.morphology.solids import (
    convex_hull,
    diameter,
    ellipsoid_area,
    smallest_box,
    smallest_ellipsoid,
)
from imagenomics.features.settings import FeatureSettings, preset

CLOUDS = hnp.arrays(
    np.float64, st.tuples(st.integers(5, 30), st.just(3)), elements=st.floats(-9, 9, width=16)
).filter(lambda a: np.linalg.matrix_rank(a - a[0], tol=0.5) == 3)


def test_axes_of_a_block(region_of):
    region = region_of(np.ones((3, 5, 9)), spacing_mm=(2.0, 1.0, 1.0))
    n = 3 * 5 * 9
    expected = [4 * np.sqrt((k * k - 1) / 12 * s**2 * n / (n - 1)) for k, s in ((9, 1), (3, 2), (5, 1))]
    assert principal_axes(region) == pytest.approx(sorted(expected, reverse=True))


@settings(max_examples=30, deadline=None)
@given(mask=hnp.arrays(np.bool_, (3, 4, 5)).filter(np.any))
def test_moments_from_projections_are_those_of_the_places(mask):
    places = np.argwhere(mask) - np.array([1, 1.5, 2])
    centre, products = moments(mask)
    np.testing.assert_allclose(centre, places.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(products, places.T @ places, atol=1e-9)


def test_a_flat_region_has_no_third_axis(region_of):
    values = shape_features(region_of(np.ones((1, 8, 9))), preset("ibsi-digital"))
    assert values["morph_pca_least_axis"] == 0
    assert values["morph_pca_flatness"] == 0
    assert np.isnan(values["morph_vol_dens_aee"])
    assert values["morph_volume"] > 0


def test_one_voxel_has_a_shape_without_ratios_of_axes(region_of):
    values = shape_features(region_of(np.full((1, 1, 1), 3.0)), preset("ibsi-digital"))
    assert np.isnan(values["morph_pca_elongation"])
    assert values["morph_diam"] == 1
    assert values["morph_com"] == 0


def test_centre_shift_by_hand(region_of):
    image = np.array([[[1.0, 1.0, 1.0, 5.0]]])
    values = shape_features(region_of(image, spacing_mm=(1.0, 1.0, 3.0)), preset("ibsi-digital"))
    assert values["morph_com"] == pytest.approx(3 * ((0 + 1 + 2 + 15) / 8 - 1.5))
    assert values["morph_integ_int"] == pytest.approx(2 * values["morph_volume"])


@pytest.mark.parametrize("axes", [(5.0, 4.9, 2.0), (6.0, 3.0, 3.0), (7.0, 4.0, 2.0)])
def test_ellipsoid_area_is_the_series_of_ibsi(axes):
    a, b, c = axes
    alpha, beta = np.sqrt(1 - (b / a) ** 2), np.sqrt(1 - (c / a) ** 2)
    at = (alpha**2 + beta**2) / (2 * alpha * beta)
    series = sum((alpha * beta) ** k / (1 - 4 * k**2) * eval_legendre(k, at) for k in range(21))
    assert ellipsoid_area(np.array(axes)) == pytest.approx(4 * np.pi * a * b * series, rel=1e-9)


def test_ellipsoid_area_of_a_ball_is_exact_and_equal_axes_do_no_harm():
    assert ellipsoid_area(np.array([5.0, 5.0, 5.0])) == pytest.approx(4 * np.pi * 25)
    near = ellipsoid_area(np.array([5.0, 5.0 - 1e-9, 4.0]))
    assert ellipsoid_area(np.array([5.0, 5.0, 4.0])) == pytest.approx(near, rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(points=CLOUDS)
def test_diameter_is_the_largest_distance(points):
    assert diameter(points) == pytest.approx(pdist(points).max())


@settings(max_examples=20, deadline=None)
@given(points=CLOUDS)
def test_the_smallest_box_beats_every_flush_box(points):
    corners, normals, _, _ = convex_hull(points)
    edges = smallest_box(corners, normals)
    best = np.inf
    for normal in normals:
        length = np.linalg.norm(normal)
        if length < 1e-9:
            continue
        turn = Rotation.align_vectors([[0, 0, 1]], [normal / length])[0].as_matrix()
        flat = corners @ turn.T
        ring = flat[ConvexHull(flat[:, :2]).vertices, :2]
        for edge in np.roll(ring, -1, axis=0) - ring:
            along = edge / np.linalg.norm(edge)
            area = np.ptp(ring @ along) * np.ptp(ring @ np.array([-along[1], along[0]]))
            best = min(best, area * np.ptp(flat[:, 2]))
    assert np.prod(edges) == pytest.approx(best, rel=1e-6)


def test_a_turned_block_is_its_own_smallest_box():
    block = np.array(list(itertools.product((-3.0, 3.0), (-2.0, 2.0), (-1.0, 1.0))))
    corners, normals, volume, area = convex_hull(Rotation.from_euler("xyz", [0.3, 1.1, 2.0]).apply(block))
    assert sorted(smallest_box(corners, normals)) == pytest.approx([2, 4, 6])
    assert (volume, area) == pytest.approx((48, 88))
    assert np.linalg.norm(normals, axis=1).sum() == pytest.approx(88)


def test_points_on_an_ellipsoid_give_it_back():
    points = np.random.default_rng(0).normal(size=(400, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    points = np.concatenate([points, -points]) * np.array([9.0, 4.0, 2.0])
    turned = Rotation.from_euler("xyz", [0.3, 1.1, 2.0]).apply(points) + np.array([100.0, -50.0, 3.0])
    assert smallest_ellipsoid(turned) == pytest.approx([9, 4, 2], rel=1e-3)


def test_the_ellipsoid_around_a_block():
    block = np.array(list(itertools.product((-3.0, 3.0), (-2.0, 2.0), (-1.0, 1.0))))
    assert smallest_ellipsoid(block) == pytest.approx(np.sqrt(3) * np.array([3, 2, 1]), rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(image=hnp.arrays(np.float64, (3, 4, 5), elements=st.integers(0, 9).map(float)))
def test_autocorrelation_is_the_sum_over_all_pairs(region_of, image):
    image[0, 0, 0], image[2, 3, 4] = 3.0, 5.0
    region = region_of(image, spacing_mm=(3.0, 1.0, 0.5))
    places, values = np.argwhere(region.inside) * region.spacing_mm, region.values
    weights = squareform(1 / pdist(places))
    centred = values - values.mean()
    n = len(values)
    moran = n / weights.sum() * (weights * np.outer(centred, centred)).sum() / (centred**2).sum()
    apart = (values[:, None] - values[None, :]) ** 2
    geary = (n - 1) / (2 * weights.sum()) * (weights * apart).sum() / (centred**2).sum()
    ours = autocorrelation_features(region)
    assert (ours["morph_moran_i"], ours["morph_geary_c"]) == pytest.approx((moran, geary), rel=1e-9, abs=1e-9)


def test_autocorrelation_above_its_limit_says_so(region_of):
    limited = FeatureSettings(shape_extras=("autocorrelation",), max_voxels_quadratic=100, min_voxels=1)
    values = shape_features(region_of(np.ones((5, 5, 5))), limited)
    assert values["morph_moran_i"] == "125 voxels are more than max_voxels_quadratic = 100"
