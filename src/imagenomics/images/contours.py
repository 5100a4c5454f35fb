"""Outlines of a region, traced along the edges of its pixels."""

from __future__ import annotations

import numpy as np

# Unit steps (x, y) by direction; a turn to the right (y points down) adds one.
STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))


def trace_outlines(region: np.ndarray) -> list[np.ndarray]:
    """Trace the borders of a region, holes included.

    Parameters
    ----------
    region : ndarray, bool (h, w)
        One slice of a mask.

    Returns
    -------
    list of ndarray, (k, 2)
        Closed polygons in pixel coordinates x, y: pixel centres are whole numbers, edges lie halfway, the
        last point is not repeated. Outer borders run clockwise on the screen, holes the other way: the
        signed areas (:func:`signed_area`) add up to the number of pixels. Pixels that touch at a corner only
        are traced apart.
    """
    leaving = _edges(region)
    outlines = []
    while leaving:
        start = min(leaving)
        outlines.append(_walk(leaving, start))
    return outlines


def signed_area(outline: np.ndarray) -> float:
    """Return the area of a polygon (k, 2): positive for outer borders, negative for holes."""
    x, y = outline.T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _edges(region: np.ndarray) -> dict[tuple[int, int], list[int]]:
    """Return the directions of the border edges that leave each pixel corner, the region on their right."""
    padded = np.pad(np.asarray(region, dtype=bool), 1)
    inside = padded[1:-1, 1:-1]
    # Neighbour that must be outside, and the corner (dx, dy) of the pixel at which its edge begins.
    sides = (
        (padded[:-2, 1:-1], 0, 0),  # above: left to right
        (padded[1:-1, 2:], 1, 0),  # right: downwards
        (padded[2:, 1:-1], 1, 1),  # below: right to left
        (padded[1:-1, :-2], 0, 1),  # left: upwards
    )
    leaving: dict[tuple[int, int], list[int]] = {}
    for direction, (neighbour, dx, dy) in enumerate(sides):
        for row, column in np.argwhere(inside & ~neighbour):
            leaving.setdefault((int(column) + dx, int(row) + dy), []).append(direction)
    return leaving


def _walk(leaving: dict[tuple[int, int], list[int]], start: tuple[int, int]) -> np.ndarray:
    """Follow one border until it closes, taking its edges out of ``leaving``; return its turning points."""
    corner, direction = start, -1
    turns: list[tuple[int, int]] = []
    while True:
        choices = leaving[corner]
        # Where two borders meet, the right turn keeps pixels apart that touch at this corner only.
        following = min(choices, key=lambda d: {1: 0, 0: 1, 3: 2}.get((d - direction) % 4, 3))
        choices.remove(following)
        if not choices:
            del leaving[corner]
        if following != direction:
            turns.append(corner)
        direction = following
        corner = (corner[0] + STEPS[direction][0], corner[1] + STEPS[direction][1])
        if corner == start:
            return np.array(turns, dtype=np.float64) - 0.5
