"""Polygons to voxels: which voxel centres lie inside, by the even-odd rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

SNAP = float(2**20)  # corners are rounded to this part of a voxel, so that ties do not hang on rounding
MAX_POINTS = 20_000  # of one slice; the test for crossings grows with the square


def fill_polygons(polygons: Sequence[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels whose centres lie inside an odd number of polygons.

    Parameters
    ----------
    polygons : sequence of ndarray, float64 (k, 2)
        Corners in pixel coordinates (row, column), where pixel centres are whole numbers; the last corner is
        joined to the first. Parts beyond the picture are cut off.
    shape : (int, int)
        Height and width of the picture.

    Returns
    -------
    ndarray, bool (h, w)

    Assumes
    -------
    A centre that lies exactly on an edge belongs to the polygon on its right and below, so that neighbours that
    share an edge share no pixel and leave none out.

    Source
    ------
    Even-odd filling by scan lines; Foley and others, Computer Graphics: Principles and Practice, 1990.
    """
    points, starts = _joined(polygons)
    toggles = np.zeros((shape[0], shape[1] + 1), dtype=np.uint8)
    _toggle(points, starts, toggles)
    inside = np.bitwise_xor.accumulate(toggles, axis=1)[:, : shape[1]]
    return np.ascontiguousarray(inside.astype(bool))


def count_crossings(polygons: Sequence[np.ndarray]) -> tuple[int, int] | None:
    """Count where edges cut through each other: (within one polygon, between two polygons).

    Edges that only touch, or run back on themselves like the bridge of a keyhole, do not count. None: too many
    points to be tested.
    """
    points, starts = _joined(polygons)
    if len(points) > MAX_POINTS:
        return None
    own, mutual = _crossings(points, starts)
    return int(own), int(mutual)


def _joined(polygons: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return all corners (n, 2), rounded, and where each polygon starts (m + 1,)."""
    starts = np.cumsum([0, *(len(p) for p in polygons)]).astype(np.int64)
    if not len(polygons):
        return np.zeros((0, 2)), starts
    points = np.concatenate([np.asarray(p, dtype=np.float64).reshape(-1, 2) for p in polygons])
    return np.ascontiguousarray(np.rint(points * SNAP) / SNAP), starts


@njit(cache=True, nogil=True, error_model="numpy")
def _toggle(points: np.ndarray, starts: np.ndarray, toggles: np.ndarray) -> None:
    height, width = toggles.shape[0], toggles.shape[1] - 1
    for polygon in range(starts.size - 1):
        before = starts[polygon + 1] - 1
        for k in range(starts[polygon], starts[polygon + 1]):
            top, bottom = before, k
            before = k
            # From top to bottom whatever the direction: an edge shared by two polygons gives equal numbers.
            if points[top, 0] > points[bottom, 0]:
                top, bottom = bottom, top
            y0, x0 = points[top, 0], points[top, 1]
            y1, x1 = points[bottom, 0], points[bottom, 1]
            first = int(np.ceil(min(max(y0, 0.0), float(height))))
            last = int(np.ceil(min(max(y1, 0.0), float(height))))
            for y in range(first, last):
                x = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
                toggles[y, int(np.ceil(min(max(x, 0.0), float(width))))] ^= 1


@njit(cache=True, nogil=True, error_model="numpy")
def _side(points: np.ndarray, a: int, b: int, c: int) -> float:
    return (points[b, 0] - points[a, 0]) * (points[c, 1] - points[a, 1]) - (points[b, 1] - points[a, 1]) * (
        points[c, 0] - points[a, 0]
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _crossings(points: np.ndarray, starts: np.ndarray) -> tuple[int, int]:
    n = points.shape[0]
    after = np.empty(n, np.int64)
    owner = np.empty(n, np.int64)
    for polygon in range(starts.size - 1):
        for k in range(starts[polygon], starts[polygon + 1]):
            after[k] = k + 1 if k + 1 < starts[polygon + 1] else starts[polygon]
            owner[k] = polygon
    own, mutual = 0, 0
    for a in range(n):
        b = after[a]
        low, high = min(points[a, 0], points[b, 0]), max(points[a, 0], points[b, 0])
        left, right = min(points[a, 1], points[b, 1]), max(points[a, 1], points[b, 1])
        for c in range(a + 1, n):
            d = after[c]
            if max(points[c, 0], points[d, 0]) < low or min(points[c, 0], points[d, 0]) > high:
                continue
            if max(points[c, 1], points[d, 1]) < left or min(points[c, 1], points[d, 1]) > right:
                continue
            if _side(points, a, b, c) * _side(points, a, b, d) >= 0.0:
                continue
            if _side(points, c, d, a) * _side(points, c, d, b) >= 0.0:
                continue
            if owner[a] == owner[c]:
                own += 1
            else:
                mutual += 1
    return own, mutual
