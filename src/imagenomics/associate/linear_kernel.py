"""Compiled core of the linear engine: every pair on its own complete cases, without solving it anew.

Both sides come residualised on the covariates as if their missing values were the mean, zero where missing
and of unit length. For a pair, the rows missing on either side are taken out of the cross-products (a
low-rank downdate of the C x C matrix of the orthonormal covariates), for a lane of features at a time. Where
that would cancel, the pair is left to ``linear_exact``.

The scratch of a lane is one array; its rows are the lower triangle of the covariates' cross-products (P), the
covariates with the feature (C) and with the target (C), then ``SQUARES`` more: the feature with itself, the
target with itself, both, the smallest pivot, the root of what is unexplained, and how many covariates have
nothing left.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SmallArray = npt.NDArray[np.int32]
CodeArray = npt.NDArray[np.int8]
LANE = 128  # features done side by side
BLOCK = 64  # targets whose losses are summed together
SQUARES = 6
GONE = 1e-11  # a pivot this small is rounding: the covariate has nothing left on these rows (an emptied site)
SAFE = 1e-3  # smallest pivot and share of variance left for which the downdate is trusted
NEAR_PERFECT = 0.05  # share of unexplained variance below which residuals must be formed explicitly
DONE, EXACT = 0, 127  # codes: a t statistic stands; the pair must be solved from its rows


@njit(cache=True, nogil=True, error_model="numpy")
def scan_pairs(
    features: tuple[FloatArray, FloatArray, IntArray, IntArray, IntArray, IntArray],
    targets: tuple[FloatArray, FloatArray, IntArray, IntArray],
    Q: FloatArray,
    products: FloatArray,
    order: IntArray,
    by: int,
    found: tuple[FloatArray, FloatArray, SmallArray, SmallArray, CodeArray],
) -> None:
    """Test all pairs.

    Parameters
    ----------
    features, targets : tuples of arrays
        The fields of ``Lanes`` and ``Columns``. Plain tuples: code that is kept must not depend on classes.
    Q : array, (N, C)
        Orthonormal covariates with the intercept.
    products : array, (T, F)
        Cross-products of the two sides, the rows of the features taken in ``order``.
    order : int array, (2, N)
        Row of the features that stands at each row of the targets, and its inverse.
    by : int
        Whose slope has its error filled: 0 none, 1 that on the target, 2 that on the feature.
    found : tuple of arrays
        Filled: the fields of ``Found``.
    """
    f_values, f_sums, f_missing_at, f_missing, by_row_at, by_row = features
    t_values, t_sums, t_missing_at, t_missing = targets
    found_t, found_error, found_df, found_n, found_code = found
    N, C = Q.shape
    T, F = products.shape
    P = C * (C + 1) // 2
    QQ = np.empty((N, P))
    for i in range(N):
        for j in range(C):
            for k in range(j + 1):
                QQ[i, j * (j + 1) // 2 + k] = Q[i, j] * Q[i, k]
    lost = np.empty((BLOCK, C + 1, LANE + 8))  # a power of two between rows would crowd the cache
    work = np.empty((P + 2 * C + SQUARES, LANE + 8))
    n = np.empty(LANE, dtype=np.int64)
    for first in range(0, F, LANE):
        width = min(LANE, F - first)
        for t0 in range(0, T, BLOCK):
            block = min(BLOCK, T - t0)
            _feature_losses(t_values, f_missing_at, f_missing, order[1], Q, lost, (first, width, t0, block))
            for t in range(t0, t0 + block):
                rows = t_missing[t_missing_at[t] : t_missing_at[t + 1]]
                for m in range(width):
                    gone = f_missing_at[first + m + 1] - f_missing_at[first + m]
                    n[m] = N - rows.size - gone
                    work[P + 2 * C + 2, m] = products[t, first + m]
                _begin(f_sums, t_sums, lost[t - t0], work, (first, width, t))
                _drop_target_rows(f_values, rows, order[0], Q, work, (first, width))
                _restore_shared(by_row_at, by_row, rows, order[0], QQ, work, n, first)
                if rows.size == 0 and f_missing_at[first + width] == f_missing_at[first]:
                    _project(work, C, width)
                else:
                    _eliminate(work, C, width)
                stop = first + width
                _conclude(work, n, C, found_t[t, first:stop], found_n[t, first:stop], found_df[t, first:stop])
                for m in range(width):
                    found_code[t, first + m] = DONE if work[P + 2 * C + 3, m] > SAFE else EXACT
                if by > 0:
                    for m in range(width):
                        root, square = work[P + 2 * C + 4, m], work[P + 2 * C + 2 - by, m]
                        found_error[t, first + m] = root / square


@njit(cache=True, nogil=True, error_model="numpy")
def _feature_losses(
    values: FloatArray,
    missing_at: IntArray,
    missing: IntArray,
    row_to: IntArray,
    Q: FloatArray,
    lost: FloatArray,
    place: tuple[int, int, int, int],
) -> None:
    """Sum what the missing rows of each feature of the lane take from a block of targets."""
    first, width, t0, block = place
    C = Q.shape[1]
    few = np.empty((8, C + 1, block))
    for m in range(width):
        own = few[m % 8]
        for c in range(C + 1):
            for u in range(block):
                own[c, u] = 0.0
        end = missing_at[first + m + 1]
        for at in range(missing_at[first + m], end, 2):  # two rows at a time: fewer trips through memory
            i = row_to[missing[at]]
            k, both = (row_to[missing[at + 1]], 1.0) if at + 1 < end else (i, 0.0)
            v, w = values[i, t0 : t0 + block], values[k, t0 : t0 + block]
            for c in range(C):
                p, q, line = Q[i, c], Q[k, c] * both, own[c]
                for u in range(v.size):
                    line[u] += p * v[u] + q * w[u]
            line = own[C]
            for u in range(v.size):
                line[u] += v[u] * v[u] + both * w[u] * w[u]
        if m % 8 == 7 or m == width - 1:  # eight features at a time fill whole lines of the cache
            start = m - m % 8
            for u in range(block):
                for c in range(C + 1):
                    for k in range(m % 8 + 1):
                        lost[u, c, start + k] = few[k, c, u]


@njit(cache=True, nogil=True, error_model="numpy")
def _begin(
    lane_sums: FloatArray,
    own_sums: FloatArray,
    lost: FloatArray,
    work: FloatArray,
    place: tuple[int, int, int],
) -> None:
    """Set the sums of one target and a lane of features, the features' missing rows already gone."""
    first, width, t = place
    C = lost.shape[0] - 1
    P = C * (C + 1) // 2
    for j in range(C):
        for k in range(j + 1):
            p = j * (j + 1) // 2 + k
            own = own_sums[p, t] - (1.0 if j == k else 0.0)
            line, gram = work[p], lane_sums[p, first : first + width]
            for m in range(gram.size):
                line[m] = gram[m] + own
    for c in range(C):
        line, other = work[P + c], work[P + C + c]
        start, taken, own = lane_sums[P + c, first : first + width], lost[c], own_sums[P + c, t]
        for m in range(start.size):
            line[m] = start[m]
            other[m] = own - taken[m]
    line, other, taken = work[P + 2 * C], work[P + 2 * C + 1], lost[C]
    for m in range(width):
        line[m] = 1.0
        other[m] = 1.0 - taken[m]


@njit(cache=True, nogil=True, error_model="numpy")
def _drop_target_rows(
    values: FloatArray,
    rows: IntArray,
    row_of: IntArray,
    Q: FloatArray,
    work: FloatArray,
    place: tuple[int, int],
) -> None:
    """Take the rows where the target is missing out of the feature's sums."""
    first, width = place
    C = Q.shape[1]
    P = C * (C + 1) // 2
    for at in range(0, rows.size, 2):
        i = rows[at]
        k, both = (rows[at + 1], 1.0) if at + 1 < rows.size else (i, 0.0)
        v, w = values[row_of[i], first : first + width], values[row_of[k], first : first + width]
        line = work[P + 2 * C]
        for m in range(v.size):
            line[m] -= v[m] * v[m] + both * w[m] * w[m]
        for c in range(C):
            p, q, line = Q[i, c], Q[k, c] * both, work[P + c]
            for m in range(v.size):
                line[m] -= p * v[m] + q * w[m]


@njit(cache=True, nogil=True, error_model="numpy")
def _restore_shared(
    by_row_at: IntArray,
    by_row: IntArray,
    rows: IntArray,
    row_of: IntArray,
    QQ: FloatArray,
    work: FloatArray,
    n: IntArray,
    first: int,
) -> None:
    """Put back what was taken out twice: rows that feature and target both miss."""
    N, P = QQ.shape
    for at in range(rows.size):
        here = (first // LANE) * N + row_of[rows[at]]
        for k in range(by_row_at[here], by_row_at[here + 1]):
            m = by_row[k] - first
            n[m] += 1
            for p in range(P):
                work[p, m] += QQ[rows[at], p]


@njit(cache=True, nogil=True, error_model="numpy")
def _project(work: FloatArray, C: int, width: int) -> None:
    """Project both sides on the covariates where nothing is missing, so that these are orthonormal."""
    P = C * (C + 1) // 2
    s0, s1, s2 = work[P + 2 * C], work[P + 2 * C + 1], work[P + 2 * C + 2]
    for m in range(width):
        work[P + 2 * C + 3, m] = 1.0
        work[P + 2 * C + 5, m] = 0.0
    for j in range(C):
        aj, bj = work[P + j], work[P + C + j]
        for m in range(width):
            s0[m] -= aj[m] * aj[m]
            s1[m] -= bj[m] * bj[m]
            s2[m] -= aj[m] * bj[m]


@njit(cache=True, nogil=True, error_model="numpy")
def _eliminate(work: FloatArray, C: int, width: int) -> None:
    """Project both sides on the covariates by an LDL' decomposition, all lanes together."""
    P = C * (C + 1) // 2
    s0, s1, s2, safe = work[P + 2 * C], work[P + 2 * C + 1], work[P + 2 * C + 2], work[P + 2 * C + 3]
    emptied = work[P + 2 * C + 5]
    inverse, factor = np.empty(LANE), np.empty(LANE)
    for m in range(width):
        safe[m] = 1.0
        emptied[m] = 0.0
    for j in range(C):
        aj, bj, pivot = work[P + j], work[P + C + j], work[j * (j + 1) // 2 + j]
        for m in range(width):
            there = pivot[m] > GONE
            safe[m] = min(safe[m], pivot[m] if there else 1.0)
            emptied[m] += 0.0 if there else 1.0
            inverse[m] = 1.0 / pivot[m] if there else 0.0
            s0[m] -= aj[m] * aj[m] * inverse[m]
            s1[m] -= bj[m] * bj[m] * inverse[m]
            s2[m] -= aj[m] * bj[m] * inverse[m]
        for k in range(j + 1, C):
            ak, bk, kj = work[P + k], work[P + C + k], work[k * (k + 1) // 2 + j]
            for m in range(width):
                factor[m] = kj[m] * inverse[m]
                ak[m] -= factor[m] * aj[m]
                bk[m] -= factor[m] * bj[m]
            for q in range(j + 1, k + 1):
                kq, qj = work[k * (k + 1) // 2 + q], work[q * (q + 1) // 2 + j]
                for m in range(width):
                    kq[m] -= factor[m] * qj[m]


@njit(cache=True, nogil=True, error_model="numpy")
def _conclude(
    work: FloatArray,
    n: IntArray,
    C: int,
    t_row: FloatArray,
    n_row: SmallArray,
    df_row: SmallArray,
) -> None:
    """Turn the sums of a lane into t statistics; the pivots become the smallest share that must be safe."""
    P = C * (C + 1) // 2
    s0, s1, s2 = work[P + 2 * C], work[P + 2 * C + 1], work[P + 2 * C + 2]
    safe, roots, emptied = work[P + 2 * C + 3], work[P + 2 * C + 4], work[P + 2 * C + 5]
    for m in range(t_row.size):
        left = s0[m] * s1[m] - s2[m] * s2[m]
        df = n[m] - C - 1 + emptied[m]
        unexplained = left / (s0[m] * s1[m]) * (SAFE / NEAR_PERFECT)
        share = min(min(safe[m], unexplained), min(s0[m], s1[m]))
        safe[m] = share if df > 0 else 0.0
        roots[m] = math.sqrt(left / df)
        t_row[m] = s2[m] / roots[m]
    for m in range(t_row.size):
        n_row[m] = n[m]
        df_row[m] = n[m] - C - 1 + int(emptied[m])


@njit(cache=True, nogil=True)
def largest_by_df(t: FloatArray, df: SmallArray, code: CodeArray, largest: FloatArray) -> None:
    """Raise ``largest``, by degrees of freedom, to the largest absolute t of the pairs with code 0."""
    for k in range(t.size):
        if code[k] == DONE and abs(t[k]) > largest[df[k]]:
            largest[df[k]] = abs(t[k])
