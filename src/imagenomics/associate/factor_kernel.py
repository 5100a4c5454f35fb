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

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int8]
GONE = 1e-11  # a pivot this small is rounding: the column has nothing left on these rows
SAFE = 1e-3  # smallest pivot and share of variance left for which the downdate is trusted
NEAR_PERFECT = 0.05
COLLINEAR = 1e-16
PERFECT = 1e-26  # share of variance that a perfect fit is taken to leave

# As in ``codes``; written out, because compiled code that is kept does not notice changes of another file.
OK, FEW, SMALL_GROUP, _, TARGET_CONSTANT, FEATURE_EXPLAINED, TARGET_EXPLAINED, NO_DF = range(8)


@njit(cache=True, nogil=True, error_model="numpy")
def scan_factor(
    factor: tuple[FloatArray, int, IntArray, IntArray, int],
    responses: tuple[FloatArray, IntArray, IntArray],
    sums: tuple[FloatArray, FloatArray],
    order: IntArray,
    rules: tuple[int, int, int],
    fits: tuple[FloatArray, IntArray, IntArray, IntArray, CodeArray],
) -> None:
    """Test one factor with all responses.

    Parameters
    ----------
    factor, responses : tuples
        The fields of ``Factor`` and ``Responses``. Plain tuples: code that is kept must not depend on classes.
    sums : arrays, (D, K) and (K,)
        Basis with the responses, and the responses' squares, over the rows where the factor is known.
    order : int array, (2, N)
        Row of the responses that stands at each row of the factor, and its inverse.
    rules : ints
        Fewest patients, and fewest in a group.
    fits : tuple of arrays
        Filled: the fields of ``Fits``.
    """
    basis, covariates, level, all_sizes, all_n = factor
    values, missing_at, missing = responses
    f, df1, df2, patients, codes = fits
    D = basis.shape[1]
    A, a = np.empty((D, D)), np.empty(D)
    sizes = np.empty(all_sizes.size, dtype=np.int64)
    for k in range(values.shape[1]):
        n = all_n
        for j in range(sizes.size):
            sizes[j] = all_sizes[j]
        for c in range(D):
            a[c] = sums[0][c, k]
            for d in range(c + 1):
                A[c, d] = 1.0 if c == d else 0.0
        for at in range(missing_at[k], missing_at[k + 1]):
            i = order[1, missing[at]]
            if level[i] >= 0:
                n -= 1
                sizes[level[i]] -= 1
                for c in range(D):
                    for d in range(c + 1):
                        A[c, d] -= basis[i, c] * basis[i, d]
        f[k] = math.nan
        df1[k], df2[k], patients[k] = 0, 0, n
        code = _refusal(n, sizes, rules)
        if code == OK:
            safe, before, after, rank0, rank1 = _reduce(A, a, sums[1][k], covariates)
            if not (safe > SAFE and before > SAFE and after > NEAR_PERFECT * before and rank1 > rank0):
                rows, y = np.empty(n, dtype=np.int64), np.empty(n)
                m = 0
                for i in range(level.size):
                    row = order[0, i]
                    gone = level[i] < 0
                    for at in range(missing_at[k], missing_at[k + 1]):
                        gone = gone or missing[at] == row
                    if not gone:
                        rows[m], y[m] = i, values[row, k]
                        m += 1
                code, rank0, rank1, before, after = _solve(basis, covariates, rows, y)
            if code == OK and n - rank1 < 1:
                code = NO_DF
            if code == OK:
                df1[k], df2[k] = rank1 - rank0, n - rank1
                f[k] = (before - after) / df1[k] / (after / df2[k])
        codes[k] = code


@njit(cache=True, nogil=True, error_model="numpy")
def _refusal(n: int, sizes: IntArray, rules: tuple[int, int, int]) -> int:
    present = 0
    smallest = n
    for level in range(sizes.size):
        if sizes[level] > 0:
            present += 1
            smallest = min(smallest, sizes[level])
    if n < rules[0]:
        return FEW
    if present < 2:
        return TARGET_CONSTANT
    if smallest < rules[1]:
        return SMALL_GROUP
    return OK


@njit(cache=True, nogil=True, error_model="numpy")
def _reduce(
    A: FloatArray, a: FloatArray, square: float, covariates: int
) -> tuple[float, float, float, int, int]:
    """Return the smallest pivot, the squares left after the covariates and after the factor, and both ranks."""
    safe, before, after = 1.0, square, square
    rank, rank0 = 0, 0
    for j in range(a.size):
        if A[j, j] > GONE:
            safe = min(safe, A[j, j])
            rank += 1
            after -= a[j] * a[j] / A[j, j]
            for i in range(j + 1, a.size):
                share = A[i, j] / A[j, j]
                a[i] -= share * a[j]
                for c in range(j + 1, i + 1):
                    A[i, c] -= share * A[c, j]
        if j + 1 == covariates:
            before, rank0 = after, rank
    return safe, before, after, rank0, rank


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(
    Q: FloatArray, covariates: int, rows: IntArray, y: FloatArray
) -> tuple[int, int, int, float, float]:
    """Solve one pair by Gram and Schmidt's method, each projection done twice.

    Returns a code, the ranks without and with the factor, and the squares of the response left by each.
    """
    n, D = rows.size, Q.shape[1]
    basis = np.empty((D + 1, n))
    rank, rank0 = 0, 0
    whole, before, after = 0.0, 0.0, 0.0
    for i in range(n):
        whole += y[i] * y[i]
    # Columns in turn: covariates, the response (its squares without the factor), factor, the response again.
    for c in range(D + 2):
        stage = c if c < covariates else c - 1
        response = c == covariates or c == D + 1
        length = 0.0
        for i in range(n):
            basis[rank, i] = y[i] if response else Q[rows[i], stage]
            length += basis[rank, i] * basis[rank, i]
        for _ in range(2):
            for k in range(rank):
                share = 0.0
                for i in range(n):
                    share += basis[k, i] * basis[rank, i]
                for i in range(n):
                    basis[rank, i] -= share * basis[k, i]
        left = 0.0
        for i in range(n):
            left += basis[rank, i] * basis[rank, i]
        if c == covariates:
            before, rank0 = left, rank
        elif c == D + 1:
            after = left
        elif left > COLLINEAR * length:
            for i in range(n):
                basis[rank, i] /= math.sqrt(left)
            rank += 1
    if not before > COLLINEAR * whole:
        return FEATURE_EXPLAINED, rank0, rank, 0.0, 0.0
    if rank == rank0:
        return TARGET_EXPLAINED, rank0, rank, 0.0, 0.0
    return OK, rank0, rank, before, max(after, PERFECT * before)
