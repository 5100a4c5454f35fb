"""The order of millions of p values, by counting: they lie between 0 and 1, most of them evenly; and steps up it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
COARSE, FINE = (
    2048,
    2,
)  # p values in a bucket that fits into the cache, and in one that is sorted by insertion
CROWDED = 64  # p values in a fine bucket above which it is left to a sort of that bucket alone


def order_p(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Sort p values, and say where each of them stood.

    Parameters
    ----------
    values : array, (m,)
        Numbers from 0 to 1; NaN is left out.

    Returns
    -------
    ordered, places : arrays, (k,)
        The k numbers, smallest first, and their places in ``values``; equal numbers in any order.
    """
    ordered, places = np.empty(values.size), np.empty(values.size, dtype=np.int64)
    ends = np.empty(values.size // COARSE + 2, dtype=np.int64)
    _part(values, np.empty(0, dtype=np.int64), 0.0, ends.size - 1.0, ends, ordered, places)
    count = int(ends[-1])
    crowded = np.empty((count // CROWDED + 1, 2), dtype=np.int64)
    for start, stop in crowded[: _sort_parts(ordered, places, ends, crowded)]:
        order = np.argsort(ordered[start:stop])
        ordered[start:stop], places[start:stop] = ordered[start:stop][order], places[start:stop][order]
    return ordered[:count], places[:count]


@njit(cache=True, nogil=True)
def _part(
    values: FloatArray,
    own: IntArray,
    low: float,
    scale: float,
    ends: IntArray,
    ordered: FloatArray,
    places: IntArray,
) -> None:
    """Put numbers and their places (``own``, else where they stand) into buckets of equal width from ``low`` on.

    ``ends`` is set to where each bucket ends.
    """
    last = ends.size - 1
    ends[:] = 0
    for k in range(values.size):
        if values[k] <= 1.0:
            ends[min(int((values[k] - low) * scale), last)] += 1
    total = 0
    for b in range(ends.size):
        count = ends[b]
        ends[b] = total
        total += count
    for k in range(values.size):
        if values[k] <= 1.0:
            b = min(int((values[k] - low) * scale), last)
            ordered[ends[b]] = values[k]
            places[ends[b]] = own[k] if own.size else k
            ends[b] += 1


@njit(cache=True, nogil=True)
def _sort_parts(ordered: FloatArray, places: IntArray, ends: IntArray, crowded: IntArray) -> int:
    """Sort each coarse bucket by fine ones; list the fine ones that are crowded and return their number."""
    widest, first = 0, 0
    for end in ends:
        widest, first = max(widest, end - first), end
    values, own = np.empty(widest), np.empty(widest, dtype=np.int64)
    fine = np.empty(widest // FINE + 1, dtype=np.int64)
    first, left = 0, 0
    for b in range(ends.size):
        here, there = ordered[first : ends[b]], places[first : ends[b]]
        n, buckets = here.size, here.size // FINE + 1
        values[:n], own[:n] = here, there
        wide = ends.size - 1.0
        _part(values[:n], own[:n], b / wide, wide * buckets, fine[:buckets], here, there)
        start = 0
        for c in range(buckets):
            if fine[c] - start > CROWDED:
                crowded[left, 0], crowded[left, 1] = first + start, first + fine[c]
                left += 1
            else:
                _insert(here[start : fine[c]], there[start : fine[c]])
            start = fine[c]
        first = ends[b]
    return left


@njit(cache=True, nogil=True)
def _insert(ordered: FloatArray, places: IntArray) -> None:
    for i in range(1, ordered.size):
        value, place = ordered[i], places[i]
        j = i
        while j > 0 and ordered[j - 1] > value:
            ordered[j] = ordered[j - 1]
            places[j] = places[j - 1]
            j -= 1
        ordered[j] = value
        places[j] = place


@njit(cache=True, nogil=True)
def step_up(ordered: FloatArray, places: IntArray, tests: float, adjusted: FloatArray) -> None:
    """Fill the smallest of ``tests`` p / rank from each p value upwards, at most 1, at its place."""
    least = 1.0
    for k in range(ordered.size - 1, -1, -1):
        least = min(least, ordered[k] * (tests / (k + 1.0)))
        adjusted[places[k]] = least
