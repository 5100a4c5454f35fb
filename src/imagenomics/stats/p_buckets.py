"""Steps up the order of millions of p values without ordering most of them.

The p values are counted in buckets. What a bucket can add to the minimum from above lies between its lower border and
its upper border over the rank at its end. Where the others already have a smaller minimum, no p value of the bucket
matters, and all of them get the minimum from above. Of even p values few buckets are looked into; where many tests have
a signal, nearly all are, and sorting is as good.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
IN_A_BUCKET = 32  # p values that a bucket holds where they are even
MOST = 0.15  # share of the p values above which looking into their buckets is not worth while
SLACK = 1e-9  # relative; rounding of borders


class _Steps(NamedTuple):
    """The p values of the buckets that are looked into, smallest first, and the minimum from each of them upwards."""

    ordered: FloatArray
    least: FloatArray
    order: IntArray  # where each was before the sort


def step_up_some(values: FloatArray, places: IntArray, scale: float) -> FloatArray:
    """Return the smallest of ``scale`` m p / rank from each of some p values upwards, at most 1.

    Parameters
    ----------
    values : array, (m,)
        All p values, from 0 to 1; NaN does not count.
    places : int array, (k,)
        Places of the wanted ones.
    scale : float
        1 for Benjamini and Hochberg's rule; the sum of 1 / rank for Benjamini and Yekutieli's.

    Returns
    -------
    array, (k,)
        NaN where the p value is.
    """
    own = values[places]
    out = np.full(places.size, np.nan)
    there = ~np.isnan(own)
    if there.any():
        counts = _counted(values)
        wanted = np.zeros(counts.size, dtype=np.bool_)
        wanted[_bucket(own[there], counts.size)] = True
        looked_into = wanted | _within_reach(counts, wanted, scale)
        steps = _steps(_collect(values, looked_into, counts)[0], counts, looked_into, scale)
        out[there] = steps.least[np.searchsorted(steps.ordered, own[there], side="left")]
    return out


def step_up_all(values: FloatArray, scale: float) -> FloatArray | None:
    """Return the same for every p value, (m,); None where too many buckets would have to be looked into."""
    counts = _counted(values)
    looked_into = _within_reach(counts, np.ones(counts.size, dtype=np.bool_), scale)
    if counts[looked_into].sum() > MOST * values.size:
        return None
    found, places = _collect(values, looked_into, counts)
    steps = _steps(found, counts, looked_into, scale)
    inside = np.cumsum(np.where(looked_into, counts, 0))  # looked into, up to the end of each bucket
    out = np.empty(values.size)
    _spread(values, np.append(steps.least, 1.0)[inside], out)
    out[places[steps.order]] = steps.least
    return out


def _counted(values: FloatArray) -> IntArray:
    counts = np.zeros(values.size // IN_A_BUCKET + 1, dtype=np.int64)
    _count(values, counts)
    return counts


def _within_reach(counts: IntArray, wanted: BoolArray, scale: float) -> BoolArray:
    """Return the buckets that can hold the minimum from above of themselves or of a wanted bucket below them."""
    ends = np.cumsum(counts)
    tests = scale * float(ends[-1])
    borders = np.arange(counts.size + 1) / counts.size
    with np.errstate(divide="ignore", invalid="ignore"):
        highest = np.where(counts > 0, borders[1:] * (tests / ends), np.inf)
        lowest = np.where(counts > 0, borders[:-1] * (tests / ends), np.inf)
    # No minimum from a bucket upwards is larger than this:
    above = _least_from(np.append(highest, 1.0))
    nearest = np.maximum.accumulate(np.where(wanted, np.arange(counts.size), -1))
    reached = above[np.minimum(nearest + 1, np.arange(counts.size) + 1)]
    return np.asarray((nearest >= 0) & (lowest <= reached * (1.0 + SLACK)))


def _steps(found: FloatArray, counts: IntArray, looked_into: BoolArray, scale: float) -> _Steps:
    order = np.argsort(found)
    ordered, own = found[order], counts[looked_into]
    before = np.repeat((np.cumsum(counts) - counts)[looked_into], own)  # p values in lower buckets
    within = np.arange(ordered.size) - np.repeat(np.cumsum(own) - own, own)
    steps = np.minimum(ordered * (scale * float(counts.sum()) / (before + within + 1.0)), 1.0)
    return _Steps(ordered, _least_from(steps), order)


def _least_from(values: FloatArray) -> FloatArray:
    """Return the smallest of each value and those behind it."""
    return np.minimum.accumulate(values[::-1])[::-1]


def _bucket(values: FloatArray, buckets: int) -> IntArray:
    return np.minimum((values * buckets).astype(np.int64), buckets - 1)


def _collect(values: FloatArray, looked_into: BoolArray, counts: IntArray) -> tuple[FloatArray, IntArray]:
    size = int(counts[looked_into].sum())
    found, places = np.empty(size), np.empty(size, dtype=np.int64)
    _pick(values, looked_into, found, places)
    return found, places


@njit(cache=True, nogil=True)
def _count(values: FloatArray, counts: IntArray) -> None:
    buckets = counts.size
    for k in range(values.size):
        if values[k] <= 1.0:
            counts[min(int(values[k] * buckets), buckets - 1)] += 1


@njit(cache=True, nogil=True)
def _pick(values: FloatArray, looked_into: BoolArray, found: FloatArray, places: IntArray) -> None:
    buckets, at = looked_into.size, 0
    for k in range(values.size):
        if values[k] <= 1.0 and looked_into[min(int(values[k] * buckets), buckets - 1)]:
            found[at] = values[k]
            places[at] = k
            at += 1


@njit(cache=True, nogil=True)
def _spread(values: FloatArray, level: FloatArray, out: FloatArray) -> None:
    """Give each number the level of its bucket, NaN to NaN."""
    buckets = level.size
    for k in range(values.size):
        out[k] = level[min(int(values[k] * buckets), buckets - 1)] if values[k] <= 1.0 else np.nan
