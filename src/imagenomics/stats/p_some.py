"""Steps up the order of millions of p values for some of them alone, without ordering the others.

The p values are counted in buckets. What a bucket can add to the minimum from above lies between its lower border and
its upper border over the rank at its end: buckets that cannot reach the minimum of a wanted p value are not looked at.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
IN_A_BUCKET = 256  # p values that a bucket holds where they are even
SLACK = 1e-9  # relative; rounding of borders


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
    if not there.any():
        return out
    buckets = values.size // IN_A_BUCKET + 1
    counts = np.zeros(buckets, dtype=np.int64)
    _count(values, counts)
    ends = np.cumsum(counts)
    tests = scale * float(ends[-1])
    wanted = np.zeros(buckets, dtype=np.bool_)
    wanted[_bucket(own[there], buckets)] = True
    looked_at = _within_reach(counts, ends, wanted, tests)
    ordered = np.empty(int(counts[looked_at].sum()))
    _collect(values, looked_at, ordered)
    ordered.sort()
    first = np.repeat(
        (ends - counts)[looked_at], counts[looked_at]
    )  # rank before that of each bucket's smallest
    began = np.repeat(np.cumsum(counts[looked_at]) - counts[looked_at], counts[looked_at])
    ranks = first + np.arange(ordered.size) - began + 1.0
    steps = np.minimum(ordered * (tests / ranks), 1.0)
    least = np.minimum.accumulate(steps[::-1])[::-1]
    out[there] = least[np.searchsorted(ordered, own[there], side="left")]
    return out


def _within_reach(
    counts: IntArray, ends: IntArray, wanted: npt.NDArray[np.bool_], tests: float
) -> npt.NDArray[np.bool_]:
    """Return the wanted buckets, and those that can hold the minimum of one below them."""
    borders = np.arange(counts.size + 1) / counts.size
    with np.errstate(divide="ignore", invalid="ignore"):
        highest = np.where(counts > 0, borders[1:] * (tests / ends), np.inf)
        lowest = np.where(counts > 0, borders[:-1] * (tests / ends), np.inf)
    above = np.minimum.accumulate(np.append(highest, 1.0)[::-1])[
        ::-1
    ]  # no minimum from a bucket upwards is larger
    below = np.maximum.accumulate(np.where(wanted, np.arange(counts.size), -1))
    below = np.concatenate([[-1], below[:-1]])  # the nearest wanted bucket below
    reach = (below >= 0) & (lowest <= above[below + 1] * (1.0 + SLACK))
    return np.asarray(wanted | reach)


def _bucket(values: FloatArray, buckets: int) -> IntArray:
    return np.minimum((values * buckets).astype(np.int64), buckets - 1)


@njit(cache=True, nogil=True)
def _count(values: FloatArray, counts: IntArray) -> None:
    buckets = counts.size
    for k in range(values.size):
        if values[k] <= 1.0:
            counts[min(int(values[k] * buckets), buckets - 1)] += 1


@njit(cache=True, nogil=True)
def _collect(values: FloatArray, looked_at: npt.NDArray[np.bool_], found: FloatArray) -> None:
    buckets, at = looked_at.size, 0
    for k in range(values.size):
        if values[k] <= 1.0 and looked_at[min(int(values[k] * buckets), buckets - 1)]:
            found[at] = values[k]
            at += 1
