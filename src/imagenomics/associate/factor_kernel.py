"""Compiled core of the factor tests: the partial F of one categorical column for many responses.

The factor's orthonormal basis (covariates first, then what the factor adds) stands on the rows where the factor
is known. The rows where a response is missing are taken out of its cross-products; where that would cancel, the
pair is solved from its rows.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.associate.codes import (
    FEATURE_EXPLAINED,
    FEW,
    NO_DF,
    OK,
    SMALL_GROUP,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
)
from imagenomics.associate.factor_parts import Factor, Fits, Responses
from imagenomics.associate.outcome import Rules

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SAFE = 1e-3  # smallest pivot and share of variance left for which the downdate is trusted
NEAR_PERFECT = 0.05
COLLINEAR = 1e-16
PERFECT = 1e-26


@njit(cache=True, nogil=True, error_model="numpy")
def scan_factor(
    factor: Factor,
    responses: Responses,
    sums: tuple[FloatArray, FloatArray],
    order: IntArray,
    rules: Rules,
    fits: Fits,
) -> None:
    """Fill ``fits`` for all responses.

    Parameters
    ----------
    factor, responses : the two sides
    sums : arrays, (D, K) and (K,)
        Basis with the responses, and the responses' squares, over the rows where the factor is known.
    order : int array, (2, N)
        Row of the responses that stands at each row of the factor, and its inverse.
    """
    D = factor.basis.shape[1]
    for k in range(responses.values.shape[1]):
        sizes = factor.sizes.copy()
        A, a = np.eye(D), sums[0][:, k].copy()
        n = factor.n
        for at in range(responses.missing_at[k], responses.missing_at[k + 1]):
            i = order[1, responses.missing[at]]
            if factor.level[i] >= 0:
                n -= 1
                sizes[factor.level[i]] -= 1
                for c in range(D):
                    for d in range(c + 1):
                        A[c, d] -= factor.basis[i, c] * factor.basis[i, d]
        fits.n[k] = n
        fits.f[k] = math.nan
        fits.df1[k] = 0
        fits.df2[k] = 0
        fits.code[k] = _refusal(n, sizes, rules)
        if fits.code[k] == OK:
            safe, before, after = _reduce(A, a, sums[1][k], factor.covariates)
            rank0, rank1 = factor.covariates, D
            if not (safe > SAFE and before > SAFE and after > NEAR_PERFECT * before):
                fits.code[k], rank0, rank1, before, after = _solve(factor, responses, order[0], k)
            if fits.code[k] == OK and n - rank1 < 1:
                fits.code[k] = NO_DF
            if fits.code[k] == OK:
                fits.df1[k] = rank1 - rank0
                fits.df2[k] = n - rank1
                fits.f[k] = (before - after) / fits.df1[k] / (after / fits.df2[k])


@njit(cache=True, nogil=True, error_model="numpy")
def _refusal(n: int, sizes: IntArray, rules: Rules) -> int:
    present = 0
    smallest = n
    for level in range(sizes.size):
        if sizes[level] > 0:
            present += 1
            smallest = min(smallest, sizes[level])
    if n < rules.patients:
        return FEW
    if present < 2:
        return TARGET_CONSTANT
    if smallest < rules.group:
        return SMALL_GROUP
    return OK


@njit(cache=True, nogil=True, error_model="numpy")
def _reduce(A: FloatArray, a: FloatArray, square: float, covariates: int) -> tuple[float, float, float]:
    """Return the smallest pivot, and the squares left after the covariates and after the factor too."""
    safe = 1.0
    before = square
    after = square
    for j in range(a.size):
        safe = min(safe, A[j, j])
        for i in range(j + 1, a.size):
            share = A[i, j] / A[j, j]
            a[i] -= share * a[j]
            for c in range(j + 1, i + 1):
                A[i, c] -= share * A[c, j]
        after -= a[j] * a[j] / A[j, j]
        if j + 1 == covariates:
            before = after
    return safe, before, after


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(
    factor: Factor, responses: Responses, row_of: IntArray, k: int
) -> tuple[int, int, int, float, float]:
    """Solve one pair from its own rows: code, ranks without and with the factor, squares left by each."""
    N, D = factor.basis.shape
    gone = np.zeros(N, dtype=np.bool_)
    for at in range(responses.missing_at[k], responses.missing_at[k + 1]):
        gone[responses.missing[at]] = True
    rows = np.empty((D + 1, N))
    n = 0
    for i in range(N):
        if factor.level[i] >= 0 and not gone[row_of[i]]:
            for c in range(D):
                rows[c, n] = factor.basis[i, c]
            rows[D, n] = responses.values[row_of[i], k]
            n += 1
    y = rows[D, :n]
    whole = _dot(y, y)
    before = whole
    rank = 0
    rank0 = 0
    for c in range(D):
        column = rows[c, :n]
        if _clear(rows, rank, column) > COLLINEAR:
            length = math.sqrt(_dot(column, column))
            for i in range(n):
                rows[rank, i] = column[i] / length
            rank += 1
        if c + 1 == factor.covariates:
            rank0 = rank
            _clear(rows, rank, y)
            before = _dot(y, y)
    if not before > COLLINEAR * whole:
        return FEATURE_EXPLAINED, rank0, rank, 0.0, 0.0
    if rank == rank0:
        return TARGET_EXPLAINED, rank0, rank, 0.0, 0.0
    _clear(rows, rank, y)
    after = _dot(y, y)
    return OK, rank0, rank, before, after if after > PERFECT * before else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _dot(x: FloatArray, y: FloatArray) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _clear(rows: FloatArray, rank: int, column: FloatArray) -> float:
    """Project ``column`` off the first ``rank`` rows, twice; return the share of length left."""
    before = _dot(column, column)
    for _ in range(2):
        for k in range(rank):
            share = _dot(rows[k, : column.size], column)
            for i in range(column.size):
                column[i] -= share * rows[k, i]
    return _dot(column, column) / before if before > 0.0 else 0.0
