"""The order of millions of p values, by counting: they lie between 0 and 1, most of them evenly; and steps up it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
PER_BUCKET = 2
CROWDED = 64  # p values in one bucket above which insertion is left to a sort of that bucket alone


def order_p(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Sort p values, and say where each of them stood.

    Parameters
    ----------
    values : array, (m,)
        Numbers from 0 to 1; NaN is left out.

    Returns
    -------
    ordered, places : arrays, (k,)
        The k numbers, smallest first, and their places in ``values``; equal numbers in the order of their places, or
        in another.
    """
    ends = np.zeros(values.size // PER_BUCKET + 2, dtype=np.int64)
    count = _count(values, ends)
    ordered, places = np.empty(count), np.empty(count, dtype=np.int64)
    _spread(values, ends, ordered, places)
    _insert(ordered, places, ends)
    for bucket in np.flatnonzero(np.diff(ends, prepend=0) > CROWDED):
        part = slice(ends[bucket - 1] if bucket else 0, ends[bucket])
        order = np.argsort(ordered[part])
        ordered[part], places[part] = ordered[part][order], places[part][order]
    return ordered, places


@njit(cache=True, nogil=True)
def _count(values: FloatArray, ends: IntArray) -> int:
    """Set where each bucket starts; return how many numbers there are."""
    last = ends.size - 1
    for k in range(values.size):
        if values[k] <= 1.0:
            ends[int(values[k] * last)] += 1
    total = 0
    for b in range(ends.size):
        own = ends[b]
        ends[b] = total
        total += own
    return total


@njit(cache=True, nogil=True)
def _spread(values: FloatArray, ends: IntArray, ordered: FloatArray, places: IntArray) -> None:
    """Put each number into its bucket; each bucket's start moves to its end."""
    last = ends.size - 1
    for k in range(values.size):
        if values[k] <= 1.0:
            b = int(values[k] * last)
            ordered[ends[b]] = values[k]
            places[ends[b]] = k
            ends[b] += 1


@njit(cache=True, nogil=True)
def _insert(ordered: FloatArray, places: IntArray, ends: IntArray) -> None:
    """Sort the buckets that are not crowded."""
    first = 0
    for b in range(ends.size):
        if ends[b] - first <= CROWDED:
            for i in range(first + 1, ends[b]):
                value, place = ordered[i], places[i]
                j = i
                while j > first and ordered[j - 1] > value:
                    ordered[j] = ordered[j - 1]
                    places[j] = places[j - 1]
                    j -= 1
                ordered[j] = value
                places[j] = place
        first = ends[b]


@njit(cache=True, nogil=True)
def step_up(ordered: FloatArray, places: IntArray, tests: float, adjusted: FloatArray) -> None:
    """Fill the smallest of ``tests`` p / rank from each p value upwards, at most 1, at its place."""
    least = 1.0
    for k in range(ordered.size - 1, -1, -1):
        least = min(least, ordered[k] * (tests / (k + 1.0)))
        adjusted[places[k]] = least
