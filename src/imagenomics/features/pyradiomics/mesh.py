"""The mesh of PyRadiomics: the same patterns of eight voxel centres as ours, with other triangles in some of them."""

from __future__ import annotations

from functools import cache

import numpy as np

from imagenomics.features.morphology.mesh import (
    PatternTable,
    Point,
    count_patterns,
    loops,
    pattern_areas,
    widest_splits,
)

DECIDES = 6  # the corner z = 1, y = 1, x = 0: centres in another state than this one are parted


def pyradiomics_mesh(mask: np.ndarray, spacing_mm: tuple[float, float, float]) -> tuple[float, float]:
    """Measure volume and surface of the mesh that PyRadiomics lays around a mask.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The region in its bounding box.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres.

    Returns
    -------
    volume_mm3, area_mm2 : float

    Assumes
    -------
    Where only two voxels across a face's diagonal are inside, PyRadiomics parts or joins them by one corner of each
    cube, so that two cubes can disagree about their common face. The surface then has a gap there, and the volume,
    which sums signed pyramids above the triangles, depends on where their tip lies: in the first voxel of the
    bounding box with a border of one voxel. :func:`imagenomics.features.morphology.mesh.mesh_volume_area` has no gaps.

    Source
    ------
    Lorensen and Cline 1987; van Griethuysen et al. 2017, Cancer Research. The triangles of PyRadiomics follow from the
    rule above, from splits of largest area, and from a fan around its one symmetric corner for a polygon of seven.
    """
    table, volumes, pyramids = pyradiomics_table()
    counts = count_patterns(mask)
    volume = (counts[:, 0] @ volumes + (counts[:, 1:] * pyramids).sum()) / 6
    area = counts[:, 0] @ pattern_areas(table, spacing_mm)
    return float(volume) * float(np.prod(spacing_mm)), float(area)


@cache
def pyradiomics_table() -> tuple[PatternTable, np.ndarray, np.ndarray]:
    """Derive the triangles, and what they add to six times the volume.

    Returns
    -------
    table : PatternTable
        The triangles of each pattern; ``share`` is not used.
    volumes : array of float64, (256,)
        Signed volume above the triangles of a cube whose own first corner is the tip.
    pyramids : array of float64, (256, 3)
        What one step of the cube along z, y, x away from the tip adds.
    """
    triangles: list[np.ndarray] = []
    patterns: list[int] = []
    weights: list[float] = []
    for pattern in range(256):
        inside = [bool(pattern >> c & 1) for c in range(8)]
        for loop in _loops(inside):
            splits = [_fan(loop)] if len(loop) == 7 else widest_splits(loop)
            triangles += splits
            patterns += [pattern] * sum(map(len, splits))
            weights += [1 / len(splits)] * sum(map(len, splits))
    table = PatternTable(np.concatenate(triangles), np.array(patterns), np.array(weights), np.zeros(256))
    a, b, c = table.triangles.transpose(1, 0, 2)
    faces = np.cross(a, b) + np.cross(b, c) + np.cross(c, a)
    volumes = _by_pattern(table, np.linalg.det(table.triangles))
    return table, volumes, np.stack([_by_pattern(table, f) for f in faces.T], axis=1)


def _loops(inside: list[bool]) -> list[list[Point]]:
    if not inside[DECIDES]:
        return loops(inside)
    return [loop[::-1] for loop in loops([not i for i in inside])]


def _fan(loop: list[Point]) -> np.ndarray:
    """Return the triangles (t, 3, 3) around the corner that mirrors the polygon onto itself."""
    n = len(loop)
    fans = np.array([[(k, (k + j) % n, (k + j + 1) % n) for j in range(1, n - 1)] for k in range(n)])
    corners = np.array(loop)[fans]
    normals = np.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0])
    areas = np.linalg.norm(normals, axis=2).sum(axis=1)
    # The other fans come in pairs of mirror images.
    alike = (np.abs(areas[:, None] - areas[None, :]) < 1e-9).sum(axis=1)
    fan: np.ndarray = corners[int(np.argmin(alike))]
    return fan


def _by_pattern(table: PatternTable, values: np.ndarray) -> np.ndarray:
    return np.bincount(table.pattern, weights=table.weight * values, minlength=256)
