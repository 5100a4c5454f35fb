"""The shape of PyRadiomics: its mesh, its diameters and the outline of a slice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import pdist

from imagenomics.features.extract import extract_region
from imagenomics.features.morphology.mesh import mesh_volume_area
from imagenomics.features.pyradiomics.mesh import pyradiomics_mesh, pyradiomics_table
from imagenomics.features.pyradiomics.shape import outline
from imagenomics.features.settings import FeatureSettings, preset

SPACING = (2.5, 1.0, 0.7)
MASKS = arrays(bool, st.tuples(*[st.integers(1, 5)] * 3)).filter(lambda mask: mask.any())


def shape(mask, *, family="shape", spacing_mm=SPACING):
    chosen = {**preset("pyradiomics").model_dump(), "families": (f"pyradiomics-{family}",)}
    found = extract_region(
        mask.astype(float), mask, spacing_mm=spacing_mm, settings=FeatureSettings.model_validate(chosen)
    )
    return found.assign(feature=found["feature"].str.split("_").str[-1]).set_index("feature")


def vertices(mask: np.ndarray) -> np.ndarray:
    """Return the middles (v, 3), in voxels, between a voxel inside and its neighbour outside."""
    padded = np.pad(mask, 1)
    found = []
    for axis in range(3):
        step = np.eye(3, dtype=int)[axis]
        places = itertools.product(*[range(n - s) for n, s in zip(padded.shape, step, strict=True)])
        found += [p + step / 2 for p in places if padded[p] != padded[tuple(p + step)]]
    return np.array(found)


@settings(max_examples=40, deadline=None)
@given(mask=MASKS)
def test_diameters_are_the_largest_distances_of_mesh_vertices(mask):
    found = shape(mask)["value"]
    points = vertices(mask)
    assert found["Maximum3DDiameter"] == pytest.approx(pdist(points * SPACING).max())
    for name, axis in (("Slice", 0), ("Column", 1), ("Row", 2)):
        planes = [points[points[:, axis] == p] for p in np.unique(points[:, axis])]
        largest = max(pdist(plane * SPACING).max() for plane in planes if len(plane) > 1)
        assert found[f"Maximum2DDiameter{name}"] == pytest.approx(largest)


def test_voxels_that_enclose_nothing_have_no_surface_volume_ratio():
    mask = np.zeros((4, 5, 4), dtype=bool)
    mask[0, 0, 0] = mask[3, 1, 1] = mask[3, 2, 0] = True
    found = shape(mask)["value"]
    assert np.isnan(found["SurfaceVolumeRatio"]) == (found["MeshVolume"] <= 0)
    assert found["VoxelVolume"] == pytest.approx(3 * np.prod(SPACING))


@settings(max_examples=40, deadline=None)
@given(mask=MASKS)
def test_volume_and_area_are_the_sums_over_triangles(mask):
    table = pyradiomics_table()[0]
    padded = np.pad(mask, 1)
    volume = area = 0.0
    for place in itertools.product(*[range(n - 1) for n in padded.shape]):
        cube = padded[tuple(slice(p, p + 2) for p in place)].ravel()
        which = table.pattern == int((cube << np.arange(8)).sum())
        corners = (table.triangles[which] + np.array(place)) * SPACING
        volume += (table.weight[which] * np.linalg.det(corners)).sum() / 6
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area += (table.weight[which] * np.linalg.norm(normals, axis=1)).sum() / 2
    assert pyradiomics_mesh(mask, SPACING) == pytest.approx((volume, area), rel=1e-9)


def test_a_region_without_doubtful_faces_has_the_mesh_of_ibsi():
    z, y, x = np.ogrid[-8:9, -9:10, -10:11]
    ball = (z / 7) ** 2 + (y / 8) ** 2 + (x / 9) ** 2 <= 1
    ours, theirs = mesh_volume_area(ball, SPACING), pyradiomics_mesh(ball, SPACING)
    assert theirs == pytest.approx(ours, rel=1e-9)


def test_one_voxel_is_an_octahedron_and_its_hole_has_the_same_area():
    one = np.ones((1, 1, 1), bool)
    hole = np.ones((3, 3, 3), bool)
    full = pyradiomics_mesh(hole, SPACING)
    hole[1, 1, 1] = False
    volume, area = pyradiomics_mesh(one, SPACING)
    assert volume == pytest.approx(np.prod(SPACING) / 6)
    assert pyradiomics_mesh(hole, SPACING) == pytest.approx((full[0] - volume, full[1] + area))


def test_axes_divide_by_the_number_of_voxels():
    line = np.zeros((1, 1, 6), bool)
    line[...] = True
    found = shape(line, spacing_mm=(1.0, 1.0, 2.0))["value"]
    assert found["MajorAxisLength"] == pytest.approx(4 * 2 * np.arange(6).std())
    assert found["Elongation"] == found["Flatness"] == 0
    assert found["VoxelVolume"] == 12


def slow_outline(mask: np.ndarray) -> tuple[float, float]:
    """Return area and length from the corners that marching squares cuts off, in units of pixels."""
    padded = np.pad(mask, 1).astype(int)
    area, length = 0.0, 0.0
    for y, x in itertools.product(range(padded.shape[0] - 1), range(padded.shape[1] - 1)):
        square = padded[y : y + 2, x : x + 2]
        n = square.sum()
        diagonal = n == 2 and square[0, 0] == square[1, 1]
        area += (0, 1 / 8, 1 / 4 if diagonal else 1 / 2, 7 / 8, 1)[n]
        length += np.sqrt(0.5) * (2 if diagonal else n % 2) + (n == 2 and not diagonal)
    return area, length


@settings(max_examples=60, deadline=None)
@given(mask=arrays(bool, st.tuples(st.integers(1, 7), st.integers(1, 7))))
def test_the_outline_is_that_of_marching_squares(mask):
    assert outline(mask, 1.0, 1.0) == pytest.approx(slow_outline(mask))


def test_a_rectangle_of_oblong_pixels():
    found = shape(np.ones((1, 4, 6), bool), family="shape2D", spacing_mm=(9.0, 2.0, 0.5))["value"]
    corners = 4 * np.hypot(1.0, 0.25)
    assert found["Perimeter"] == pytest.approx(2 * (3 * 2.0 + 5 * 0.5) + corners)
    assert found["PixelSurface"] == 24
    assert found["MeshSurface"] == pytest.approx(24 - 4 * 0.125)
    assert found["MaximumDiameter"] == pytest.approx(np.hypot(4 * 2.0, 5 * 0.5))


def test_shape_2d_of_several_slices_says_why_not():
    found = shape(np.ones((3, 4, 6), bool), family="shape2D")
    assert (found["status"] == "skipped").all()
    assert found["reason"].iloc[0] == "the region has 3 slices, and shape2D describes one"
