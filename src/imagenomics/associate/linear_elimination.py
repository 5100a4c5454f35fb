"""The covariates' part taken off the sums of a tile: one target with eight features (see ``linear_tile``)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.stats.eight import WIDTH, Eight, load, spread, store, where_above

FloatArray = npt.NDArray[np.float64]
GONE = 1e-11  # a pivot this small is rounding: the covariate has nothing left on these rows (an emptied site)


@njit(nogil=True, error_model="numpy", forceinline=True)
def project(work: FloatArray, C: int) -> None:
    """Take the covariates' part off where nothing is missing, so that they are orthonormal."""
    P = C * (C + 1) // 2
    feature, target = P, P + C + 1
    s0, s1 = load(work, (feature + C) * WIDTH), load(work, (target + C + 1) * WIDTH)
    s2 = load(work, (target + C) * WIDTH)
    for c in range(C):
        a, b = load(work, (feature + c) * WIDTH), load(work, (target + c) * WIDTH)
        s0 -= a * a
        s1 -= b * b
        s2 -= a * b
    store(work, (feature + C) * WIDTH, s0)
    store(work, (target + C) * WIDTH, s2)
    store(work, (target + C + 1) * WIDTH, s1)
    store(work, (target + 2 * C + 2) * WIDTH, spread(1.0))
    store(work, (target + 2 * C + 3) * WIDTH, spread(0.0))


@njit(nogil=True, error_model="numpy", forceinline=True)
def eliminate(work: FloatArray, C: int) -> None:
    """Take the covariates' part off by an LDL' decomposition, two rows of the triangle at a time.

    Parameters
    ----------
    work : array
        Sums of the tile; changed: the products of feature and target become those of what the covariates leave.
    C : int
        Number of covariates.
    """
    pivots = (C + 2) * (C + 3) // 2
    store(work, (pivots + C) * WIDTH, spread(1.0))
    store(work, (pivots + C + 1) * WIDTH, spread(0.0))
    odd = C % 2
    if odd:
        _keep_pivot(work, load(work, 0), 0, C)
    for q in range(odd, C, 2):
        upper, lower = q * (q + 1) // 2, (q + 1) * (q + 2) // 2
        first, both, second = _close_rows(work, upper, lower, q, pivots)
        share = both * _keep_pivot(work, first, q, C)
        _keep_pivot(work, second - both * share, q + 1, C)
        store(work, (lower + q) * WIDTH, share)
        for k in range(q + 2, C + 2, 2):
            _reduce_rows(work, k * (k + 1) // 2, (k + 1) * (k + 2) // 2, upper, lower, q)
    upper, lower = C * (C + 1) // 2, (C + 1) * (C + 2) // 2
    first, both, second = _close_rows(work, upper, lower, C, pivots)
    store(work, (upper + C) * WIDTH, first)
    store(work, (lower + C) * WIDTH, both)
    store(work, (lower + C + 1) * WIDTH, second)


@njit(nogil=True, error_model="numpy", forceinline=True)
def _close_rows(work: FloatArray, upper: int, lower: int, q: int, pivots: int) -> tuple[Eight, Eight, Eight]:
    """Scale two rows by the pivots before ``q``; return what is left of their squares and their product."""
    first, both, second = (
        load(work, (upper + q) * WIDTH),
        load(work, (lower + q) * WIDTH),
        load(work, (lower + q + 1) * WIDTH),
    )
    for j in range(q):
        a, b, inverse = (
            load(work, (upper + j) * WIDTH),
            load(work, (lower + j) * WIDTH),
            load(work, (pivots + j) * WIDTH),
        )
        u, v = a * inverse, b * inverse
        first -= a * u
        both -= b * u
        second -= b * v
        store(work, (upper + j) * WIDTH, u)
        store(work, (lower + j) * WIDTH, v)
    return first, both, second


@njit(nogil=True, error_model="numpy", forceinline=True)
def _reduce_rows(work: FloatArray, row: int, following: int, upper: int, lower: int, q: int) -> None:
    """Take off two rows, in columns ``q`` and ``q + 1``, what the columns before explain."""
    a0, a1 = load(work, (row + q) * WIDTH), load(work, (row + q + 1) * WIDTH)
    b0, b1 = load(work, (following + q) * WIDTH), load(work, (following + q + 1) * WIDTH)
    for j in range(q):
        a, b = load(work, (row + j) * WIDTH), load(work, (following + j) * WIDTH)
        u, v = load(work, (upper + j) * WIDTH), load(work, (lower + j) * WIDTH)
        a0 -= a * u
        a1 -= a * v
        b0 -= b * u
        b1 -= b * v
    share = load(work, (lower + q) * WIDTH)
    store(work, (row + q) * WIDTH, a0)
    store(work, (row + q + 1) * WIDTH, a1 - a0 * share)
    store(work, (following + q) * WIDTH, b0)
    store(work, (following + q + 1) * WIDTH, b1 - b0 * share)


@njit(nogil=True, error_model="numpy", forceinline=True)
def _keep_pivot(work: FloatArray, pivot: Eight, k: int, C: int) -> Eight:
    """Note a covariate's pivot; return its inverse, 0 where nothing is left."""
    pivots = (C + 2) * (C + 3) // 2
    one, none, gone = spread(1.0), spread(0.0), spread(GONE)
    smallest, emptied = load(work, (pivots + C) * WIDTH), load(work, (pivots + C + 1) * WIDTH)
    there = where_above(pivot, gone, pivot, one)
    inverse = where_above(pivot, gone, one / pivot, none)
    store(work, (pivots + C) * WIDTH, where_above(smallest, there, there, smallest))
    store(work, (pivots + C + 1) * WIDTH, emptied + where_above(pivot, gone, none, one))
    store(work, (pivots + k) * WIDTH, inverse)
    return inverse
