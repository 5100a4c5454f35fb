"""Size and shape as PyRadiomics defines them, in space and of a single slice."""

from __future__ import annotations

import numpy as np
from numba import njit

from imagenomics.features.morphology.mesh import plane_corners
from imagenomics.features.morphology.shape import principal_axes
from imagenomics.features.morphology.solids import diameter
from imagenomics.features.pyradiomics.mesh import pyradiomics_mesh
from imagenomics.features.pyradiomics.names import SHAPE_2D, named
from imagenomics.features.region import Region
from imagenomics.features.settings import FeatureSettings

ACROSS = {"Slice": 0, "Column": 1, "Row": 2}  # the axis across the plane, in z, y, x


def pyradiomics_shape_features(region: Region, settings: FeatureSettings) -> dict[str, float]:
    """Measure how large the region is, how round and how long, in the words of PyRadiomics.

    Returns
    -------
    dict
        ``original_shape_<feature>``. Axes rest on a covariance with the divisor n (IBSI's tables: n - 1); elongation
        and flatness are the shares of the longest axis that the two others reach.

    Source
    ------
    van Griethuysen et al. 2017, Cancer Research, and the documentation of PyRadiomics.
    """
    volume, area = pyradiomics_mesh(region.mask, region.spacing_mm)
    major, minor, least = (float(a) for a in _axes(region))
    values = {
        "MeshVolume": volume,
        "VoxelVolume": float(np.count_nonzero(region.mask)) * float(np.prod(region.spacing_mm)),
        "SurfaceArea": area,
        "SurfaceVolumeRatio": _ratio(area, volume),  # voxels that touch at edges only may enclose nothing
        "Sphericity": float((36 * np.pi * volume**2) ** (1 / 3)) / area,
        "MajorAxisLength": major,
        "MinorAxisLength": minor,
        "LeastAxisLength": least,
        "Elongation": _ratio(minor, major),
        "Flatness": _ratio(least, major),
    }
    return named("pyradiomics-shape", values | _diameters(region))


def pyradiomics_shape_2d_features(region: Region, settings: FeatureSettings) -> dict[str, float | str]:
    """Measure the outline of a region that lies in one slice, in the words of PyRadiomics.

    Returns
    -------
    dict
        ``original_shape2D_<feature>``; a text instead of numbers for a region of several slices.

    Source
    ------
    van Griethuysen et al. 2017, Cancer Research, and the documentation of PyRadiomics. The outline runs half way
    between voxel centres; inside voxels that touch only at a corner are parted.
    """
    n_slices = region.mask.shape[0]
    if n_slices > 1:
        why = f"the region has {n_slices} slices, and shape2D describes one"
        return named("pyradiomics-shape2D", dict.fromkeys(SHAPE_2D, why))
    height, width = region.spacing_mm[1:]
    surface, perimeter = outline(region.mask[0], height, width)
    major, minor = (float(a) for a in _axes(region)[:2])
    values: dict[str, float | str] = {
        "MeshSurface": surface,
        "PixelSurface": float(np.count_nonzero(region.mask)) * height * width,
        "Perimeter": perimeter,
        "PerimeterSurfaceRatio": perimeter / surface,
        "Sphericity": 2 * float(np.sqrt(np.pi * surface)) / perimeter,
        "MaximumDiameter": _diameters(region)["Maximum2DDiameterSlice"],
        "MajorAxisLength": major,
        "MinorAxisLength": minor,
        "Elongation": _ratio(minor, major),
    }
    return named("pyradiomics-shape2D", values)


def outline(mask: np.ndarray, height_mm: float, width_mm: float) -> tuple[float, float]:
    """Return area and length (mm2, mm) of the outline of a mask (y, x) by marching squares."""
    padded = np.pad(mask, 1)
    corners = [padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]]
    inside = sum(corner.astype(np.int64) for corner in corners)
    diagonal = (inside == 2) & (corners[0] == corners[3])
    upright = (inside == 2) & (corners[0] == corners[2])
    level = (inside == 2) & (corners[0] == corners[1])
    one_corner = int(np.count_nonzero(inside % 2)) + 2 * int(np.count_nonzero(diagonal))
    share = np.array([0.0, 0.125, 0.5, 0.875, 1.0])[inside].sum() - 0.25 * np.count_nonzero(diagonal)
    length = np.hypot(height_mm, width_mm) * 0.5 * one_corner
    length += height_mm * np.count_nonzero(upright) + width_mm * np.count_nonzero(level)
    return float(share) * height_mm * width_mm, float(length)


def _axes(region: Region) -> np.ndarray:
    """Return the principal axes (3,) with the divisor n instead of n - 1."""
    n = int(np.count_nonzero(region.mask))
    axes: np.ndarray = principal_axes(region) * np.sqrt(max(n - 1, 1) / n)
    return axes


def _diameters(region: Region) -> dict[str, float]:
    """Return the largest distances of two mesh vertices, in space and in one plane across each axis."""
    half = 0.5 * np.array(region.spacing_mm)
    corners = [plane_corners(region.mask, across=axis) for axis in ACROSS.values()]
    # A corner of the hull in space is a corner of the hull of its plane across every axis.
    place = np.array([2 * n + 4 for n in region.mask.shape])
    keys = [np.ravel_multi_index(tuple(c.T), tuple(place)) for c in corners]
    common = np.intersect1d(np.intersect1d(keys[0], keys[1]), keys[2])
    values = {"Maximum3DDiameter": diameter(np.stack(np.unravel_index(common, tuple(place)), axis=1) * half)}
    for (plane, axis), found in zip(ACROSS.items(), corners, strict=True):
        values[f"Maximum2DDiameter{plane}"] = float(np.sqrt(_largest_in_plane(found * half, axis)))
    return values


@njit(cache=True, nogil=True)
def _largest_in_plane(points: np.ndarray, axis: int) -> float:
    # Points come plane by plane, so that those of one plane stand together.
    largest = 0.0
    for i in range(points.shape[0]):
        for j in range(i - 1, -1, -1):
            if points[j, axis] != points[i, axis]:
                break
            squared = 0.0
            for a in range(3):
                squared += (points[i, a] - points[j, a]) ** 2
            largest = max(largest, squared)
    return largest


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
