"""The outline of a region in one slice: points half way between a pixel inside and one outside, in order."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull

Pair = tuple[float, float]


def border_points(mask: np.ndarray, spacing_mm: Pair) -> np.ndarray:
    """Return the middles (n, 2), in mm, of the pixel edges between a region (y, x) and its surroundings."""
    padded = np.pad(mask, 1)
    down = np.argwhere(padded[1:] != padded[:-1]) + np.array([0.5, 0.0])
    across = np.argwhere(padded[:, 1:] != padded[:, :-1]) + np.array([0.0, 0.5])
    points: np.ndarray = (np.concatenate([down, across]) - 1) * np.array(spacing_mm)
    return points


def convex_outline(mask: np.ndarray, spacing_mm: Pair) -> np.ndarray:
    """Return the corners (h, 2), in mm and in order, of the convex hull of :func:`border_points`."""
    points = border_points(mask, spacing_mm)
    corners: np.ndarray = points[ConvexHull(points).vertices]
    return corners


def main_part(mask: np.ndarray) -> np.ndarray:
    """Return the largest 4-connected part of a region (y, x), with its holes filled."""
    labels, n = ndimage.label(mask)
    if n > 1:
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        mask = labels == sizes.argmax()
    filled: np.ndarray = ndimage.binary_fill_holes(mask)
    return filled


def closed_outline(mask: np.ndarray, spacing_mm: Pair) -> np.ndarray:
    """Walk once around a region.

    Parameters
    ----------
    mask : array of bool, (y, x)
        One 4-connected part without holes, as :func:`main_part` returns it: its outline never meets itself.
    spacing_mm : (y, x)
        Distance of neighbouring pixel centres.

    Returns
    -------
    array of float64, (n, 2)
        The points of :func:`border_points` in the order of the walk; the last is followed by the first.
    """
    padded = np.pad(mask, 1)
    following: dict[tuple[int, int], tuple[int, int]] = {}
    # Pixel edges as arrows between pixel corners, with the region always on the same hand.
    for dy, dx, start, end in (
        (-1, 0, (0, 0), (0, 1)),
        (0, 1, (0, 1), (1, 1)),
        (1, 0, (1, 1), (1, 0)),
        (0, -1, (1, 0), (0, 0)),
    ):
        edge = np.argwhere(padded & ~np.roll(padded, (-dy, -dx), axis=(0, 1)))
        following |= zip(map(tuple, (edge + start).tolist()), map(tuple, (edge + end).tolist()), strict=True)
    corner = min(following)
    walk = [corner]
    while following[walk[-1]] != corner:
        walk.append(following[walk[-1]])
    corners = np.array(walk, np.float64)
    middles: np.ndarray = (corners + np.roll(corners, -1, axis=0)) / 2 - 1.5
    return middles * np.array(spacing_mm)


def evenly_spaced(outline: np.ndarray, n: int) -> tuple[np.ndarray, float]:
    """Return ``n`` points at equal steps along a closed outline (m, 2), and the length of the outline."""
    closed = np.concatenate([outline, outline[:1]])
    steps = np.hypot(*np.diff(closed, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.arange(n) * along[-1] / n
    points = np.column_stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)])
    return points, float(along[-1])


def largest_slice(mask: np.ndarray) -> int:
    """Return the slice (first axis) that holds most of a region; the first of them where several tie."""
    return int(mask.sum(axis=(1, 2)).argmax())
