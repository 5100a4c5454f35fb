"""Linear models of single pairs from their own rows: slower, for pairs in which the downdate would cancel."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
PERFECT = (
    1e-26  # share of variance that a perfect fit is taken to leave: rounding, and all numbers stay finite
)
COLLINEAR = 1e-16  # squared length left, relative, at which a column counts as explained
# As in ``codes``; written out, because compiled code that is kept does not notice changes of another file.
OK, FEATURE_EXPLAINED, TARGET_EXPLAINED = 0, 5, 6


@njit(cache=True, nogil=True, error_model="numpy")
def solve_pairs(
    Q: FloatArray,
    sides: tuple[FloatArray, FloatArray],
    observed: tuple[BoolArray, BoolArray],
    order: IntArray,
    pairs: IntArray,
    found: FloatArray,
) -> None:
    """Solve feature ~ covariates + target for some pairs.

    Parameters
    ----------
    Q : array, (N, C)
        Covariates with the intercept.
    sides, observed : pairs of arrays, (N, F) and (N, T)
        Features and targets, and where they are known.
    order : int array, (N,)
        Row of the features that stands at each row of the targets.
    pairs : int array, (M, 2)
        Target and feature of each pair.
    found : array, (M, 7)
        Filled: a code; patients; rank of the covariates on these rows; squares of feature and target left by
        them; their product; what both leave unexplained (square of one times square of the other, less the
        square of the product).
    """
    N = Q.shape[0]
    rows = np.empty(N, dtype=np.int64)
    y, x = np.empty(N), np.empty(N)
    for k in range(pairs.shape[0]):
        t, f = pairs[k, 0], pairs[k, 1]
        n = 0
        for i in range(N):
            if observed[0][order[i], f] and observed[1][i, t]:
                rows[n] = i
                y[n] = sides[0][order[i], f]
                x[n] = sides[1][i, t]
                n += 1
        found[k, 1] = n
        found[k, 0] = _solve(Q, rows[:n], y, x, found[k])


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(Q: FloatArray, rows: IntArray, y: FloatArray, x: FloatArray, found: FloatArray) -> int:
    """Solve one pair by Gram and Schmidt's method, each projection done twice; return a code."""
    n, C = rows.size, Q.shape[1]
    basis = np.empty((C + 2, n))
    for i in range(n):
        for c in range(C):
            basis[c, i] = Q[rows[i], c]
        basis[C, i] = y[i]
        basis[C + 1, i] = x[i]
    rank = 0
    for c in range(C + 2):
        before = 0.0
        for i in range(n):
            before += basis[c, i] * basis[c, i]
        for _ in range(2):
            for k in range(rank):
                share = 0.0
                for i in range(n):
                    share += basis[k, i] * basis[c, i]
                for i in range(n):
                    basis[c, i] -= share * basis[k, i]
        after = 0.0
        for i in range(n):
            after += basis[c, i] * basis[c, i]
        explained = not after > COLLINEAR * before
        if c == C and explained:
            return FEATURE_EXPLAINED
        if c == C + 1 and explained:
            return TARGET_EXPLAINED
        if c < C and not explained:
            for i in range(n):
                basis[rank, i] = basis[c, i] / math.sqrt(after)
            rank += 1
    yy, xx, xy = 0.0, 0.0, 0.0
    for i in range(n):
        yy += basis[C, i] * basis[C, i]
        xx += basis[C + 1, i] * basis[C + 1, i]
        xy += basis[C, i] * basis[C + 1, i]
    left = 0.0
    for i in range(n):
        left += (basis[C, i] - xy / xx * basis[C + 1, i]) ** 2
    found[2], found[3], found[4], found[5] = rank, yy, xx, xy
    found[6] = max(left, PERFECT * yy) * xx
    return OK
