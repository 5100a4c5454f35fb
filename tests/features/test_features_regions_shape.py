"""Diameters, margin and enclosing ellipsoid, against bodies whose numbers are known."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from scipy.spatial.distance import pdist

from imagenomics.errors import InputError
from imagenomics.features.regions.diameters import diameter_features, slice_diameters
from imagenomics.features.regions.ellipsoid import ellipsoid_features
from imagenomics.features.regions.margin import margin_features, outline_roughness
from imagenomics.features.regions.outline import border_points, closed_outline, largest_slice, main_part

SHAPES = hnp.arrays(np.bool_, (3, 8, 9)).filter(np.any)


def values(rows):
    return dict(zip(rows["feature"], rows["value"], strict=True))


def ellipsoid(axes, spacing, margin=3.0):
    grids = [np.arange(-(a + margin), a + margin + s / 2, s) for a, s in zip(axes, spacing, strict=True)]
    places = np.meshgrid(*grids, indexing="ij")
    return sum((p / a) ** 2 for p, a in zip(places, axes, strict=True)) <= 1


def turned_ellipse(a, b, angle, n=161):
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    along = x * np.cos(angle) + y * np.sin(angle)
    across = -x * np.sin(angle) + y * np.cos(angle)
    return (along / a) ** 2 + (across / b) ** 2 <= 1


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.1, np.pi / 2])
def test_diameters_of_an_ellipse_at_any_angle(angle):
    longest, perpendicular = slice_diameters(turned_ellipse(60, 25, angle), (0.5, 0.5))
    assert longest == pytest.approx(60, rel=0.015)
    assert perpendicular == pytest.approx(25, rel=0.03)


def test_diameters_of_an_ellipsoid_with_thick_slices():
    found = values(diameter_features(ellipsoid((12, 20, 9), (3, 1, 1)), spacing_mm=(3, 1, 1)))
    assert found["longest"] == pytest.approx(40, abs=1.1)
    assert found["perpendicular"] == pytest.approx(18, abs=1.1)
    assert found["product"] == pytest.approx(found["longest"] * found["perpendicular"])
    assert found["height"] == 27
    assert found["longest_3d"] == pytest.approx(40, abs=1.1)
    assert found["half_product"] == pytest.approx(4 / 3 * np.pi * 12 * 20 * 9, rel=0.2)


def test_the_diameter_is_the_feret_diameter_of_simpleitk():
    mask = turned_ellipse(30, 12, 0.7, n=81)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.ComputeFeretDiameterOn()
    statistics.Execute(image)
    # SimpleITK measures between the centres of border pixels, half a pixel further in on both sides.
    assert 0.3 <= slice_diameters(mask, (1.0, 1.0))[0] - statistics.GetFeretDiameter(1) <= 1.5


@settings(max_examples=40, deadline=None)
@given(mask=hnp.arrays(np.bool_, (6, 7)).filter(np.any))
def test_longest_is_the_largest_distance_and_chords_are_shorter(mask):
    longest, perpendicular = slice_diameters(mask, (1.0, 2.0))
    assert longest == pytest.approx(pdist(border_points(mask, (1.0, 2.0))).max())
    assert 0 < perpendicular <= longest + 1e-9


@settings(max_examples=12, deadline=None)
@given(mask=SHAPES)
def test_sizes_do_not_change_when_turned_or_moved(mask):
    options = {"spacing_mm": (2, 1, 1)}
    straight = diameter_features(mask, **options)["value"]
    np.testing.assert_allclose(diameter_features(np.rot90(mask, axes=(1, 2)), **options)["value"], straight)
    moved = np.pad(mask, ((2, 0), (1, 3), (0, 4)))
    np.testing.assert_allclose(diameter_features(moved, **options)["value"], straight)
    across = ellipsoid_features(np.rot90(mask, axes=(1, 2)), **options)["value"]
    np.testing.assert_allclose(across, ellipsoid_features(mask, **options)["value"], rtol=1e-3)


def test_one_voxel_and_a_mask_at_the_border():
    one = diameter_features(np.ones((1, 1, 1), bool), spacing_mm=(4, 2, 1))
    assert values(one)["longest"] == 2
    assert values(one)["perpendicular"] == 1
    assert values(one)["longest_3d"] == 4
    assert values(ellipsoid_features(np.ones((1, 1, 1), bool), spacing_mm=(1, 1, 1)))[
        "bounding_semi_axis_1"
    ] == (pytest.approx(0.5, rel=1e-3))
    full = diameter_features(np.ones((2, 3, 4), bool), spacing_mm=(1, 1, 1), spacing_known=False)
    assert values(full)["longest"] == pytest.approx(np.hypot(4, 2))
    assert set(full["flags"]) == {"voxel-units", ""}


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 0.5)])
def test_an_ellipsoid_fills_its_ellipsoid_and_a_box_less(spacing):
    found = values(ellipsoid_features(ellipsoid((18, 24, 30), spacing), spacing_mm=spacing))
    assert found["bounding_ellipsoid_ratio"] == pytest.approx(0.95, abs=0.05)
    assert [found[f"bounding_semi_axis_{k}"] for k in (1, 2, 3)] == pytest.approx([30, 24, 18], rel=0.07)
    box = values(ellipsoid_features(np.ones((60, 60, 60), bool), spacing_mm=(1, 1, 1)))
    assert box["bounding_ellipsoid_ratio"] == pytest.approx(2 / (np.pi * np.sqrt(3)), rel=0.04)
    hollow = ellipsoid((18, 24, 30), spacing)
    hollow[:, :, : hollow.shape[2] // 2] &= np.indices(hollow.shape)[1][:, :, : hollow.shape[2] // 2] % 4 < 2
    rough = values(ellipsoid_features(hollow, spacing_mm=spacing))
    assert rough["bounding_ellipsoid_ratio"] < found["bounding_ellipsoid_ratio"] - 0.1


@settings(max_examples=40, deadline=None)
@given(mask=hnp.arrays(np.bool_, (9, 8)).filter(np.any))
def test_the_outline_visits_every_border_edge_once(mask):
    part = main_part(mask)
    walk = closed_outline(part, (1.0, 2.0))
    edges = border_points(part, (1.0, 2.0))
    assert len(walk) == len(edges)
    assert {tuple(p) for p in walk} == {tuple(p) for p in edges}
    steps = (np.roll(walk, -1, axis=0) - walk) / [1.0, 2.0]
    assert np.hypot(*steps.T).max() <= 1


def star(amplitude, waves, n=201, radius=70.0):
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    return np.hypot(y, x) <= radius * (1 + amplitude * np.cos(waves * np.arctan2(y, x)))


def test_a_circle_has_a_smooth_margin_up_to_its_pixels():
    assert max(outline_roughness(star(0.0, 1), (1.0, 1.0))) < 0.004


def star_truth(amplitude, waves, n=14_400):
    """The three measures of a star, from many points at equal steps along its outline."""
    theta = np.linspace(0, 2 * np.pi, 20 * n, endpoint=False)
    radius = 1 + amplitude * np.cos(waves * theta)
    along = np.cumsum(np.hypot(radius, amplitude * waves * np.sin(waves * theta)))
    theta = np.interp(np.arange(n) * along[-1] / n, along, theta)
    radius = 1 + amplitude * np.cos(waves * theta)
    radius /= radius.mean()
    smooth = ndimage.uniform_filter1d(radius, n // 10 + 1, mode="wrap")
    degrees = np.degrees(theta)
    sectors = [
        radius[((degrees - start) % 360 // 36).astype(int) == k].std()
        for start in range(36)
        for k in range(10)
    ]
    return (radius - smooth).std(), np.mean(sectors), radius.std()


@pytest.mark.parametrize(("amplitude", "waves"), [(0.1, 24), (0.1, 3), (0.15, 5)])
def test_the_roughness_of_a_star(amplitude, waves):
    found = outline_roughness(star(amplitude, waves), (1.0, 1.0))
    assert found == pytest.approx(star_truth(amplitude, waves), rel=0.06, abs=0.002)


def test_fine_waves_fluctuate_and_long_waves_do_not():
    fine = outline_roughness(star(0.1, 24), (1.0, 1.0))
    long = outline_roughness(star(0.1, 3), (1.0, 1.0))
    assert fine[0] > 3 * long[0]
    assert long[2] > fine[2]


def test_margins_do_not_change_when_turned_moved_or_scaled():
    mask = star(0.2, 5)[None]
    mask[0, :, :90] = False
    straight = margin_features(mask, spacing_mm=(1, 1, 1))["value"]
    turned = margin_features(np.rot90(mask, axes=(1, 2)), spacing_mm=(1, 1, 1))["value"]
    moved = margin_features(np.pad(mask, ((0, 0), (3, 1), (2, 9))), spacing_mm=(5, 0.7, 0.7))["value"]
    np.testing.assert_allclose(turned, straight, rtol=5e-3)
    np.testing.assert_allclose(moved, straight, rtol=1e-9)


def test_small_slices_are_left_out_of_the_margin():
    mask = np.zeros((3, 30, 30), bool)
    mask[1, 5:25, 5:25] = True
    alone = values(margin_features(mask, spacing_mm=(1, 1, 1)))
    mask[2, 10:12, 10:12] = True
    assert values(margin_features(mask, spacing_mm=(1, 1, 1))) == alone
    assert alone["margin_fluctuation_mean"] == pytest.approx(alone["margin_fluctuation_largest"])
    mask[1] = False
    rows = margin_features(mask, spacing_mm=(1, 1, 1))
    assert set(rows["status"]) == {"skipped"}
    assert "25 pixels" in rows["reason"][0]
    with pytest.raises(InputError, match="IGX-FEAT-081"):
        margin_features(mask & False, spacing_mm=(1, 1, 1))


def test_the_largest_slice_is_the_first_of_equals():
    mask = np.zeros((4, 3, 3), bool)
    mask[1:3, 0, :2] = True
    assert largest_slice(mask) == 1
