"""Compiled core of the linear engine: every pair on its own complete cases, without solving it anew.

Both sides come residualised on the covariates as if their missing values were the mean, zero where missing
and of unit length. For a pair, the rows missing on either side are taken out of the cross-products (a
low-rank downdate of the C x C matrix of the orthonormal covariates), for a lane of features at a time. Where
that would cancel, the pair is solved from its rows.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_EXPLAINED,
    FEW,
    NO_DF,
    OK,
    SMALL_GROUP,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
)
from imagenomics.associate.linear_parts import BLOCK, LANE, Columns, Found, Lanes, Work
from imagenomics.associate.outcome import Rules

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SAFE = 1e-3  # smallest pivot and share of variance left for which the downdate is trusted
NEAR_PERFECT = 0.05  # share of unexplained variance below which residuals are formed explicitly
PERFECT = 1e-26  # share of variance at which a fit counts as perfect
COLLINEAR = 1e-16  # squared length left, relative, at which a column counts as explained


@njit(cache=True, nogil=True, error_model="numpy")
def scan_pairs(
    lanes: Lanes,
    columns: Columns,
    Q: FloatArray,
    products: FloatArray,
    order: IntArray,
    rules: Rules,
    found: Found,
) -> None:
    """Fill ``found`` for all pairs.

    Parameters
    ----------
    lanes, columns : the two sides
    Q : array, (N, C)
        Orthonormal covariates with the intercept.
    products : array, (T, F)
        Cross-products of the two sides, the rows of the features taken in ``order``.
    order : int array, (2, N)
        Row of the features that stands at each row of the targets, and its inverse.
    """
    C, (T, F) = Q.shape[1], products.shape
    QQ = _row_products(Q)
    work = Work(
        np.empty((QQ.shape[1], LANE)),
        np.empty((C, LANE)),
        np.empty((C, LANE)),
        np.empty((3, LANE)),
        np.zeros((3, LANE), dtype=np.int64),
        np.empty((BLOCK, C + 2, LANE + 8)),  # a power of two between rows would crowd the cache
        np.empty(LANE),
    )
    for first in range(0, F, LANE):
        width = min(LANE, F - first)
        for t0 in range(0, T, BLOCK):
            block = min(BLOCK, T - t0)
            _feature_losses(lanes, columns, Q, order[1], work, (first, width, t0, block))
            for t in range(t0, t0 + block):
                place = (first, width, t, t - t0)
                _begin(lanes, columns, work, place)
                for m in range(width):
                    work.s[2, m] = products[t, first + m]
                _drop_target_rows(lanes, columns, Q, QQ, order[0], work, place)
                _eliminate(work, width)
                _conclude(lanes, columns, Q, order, work, place, rules, found)


@njit(cache=True, nogil=True, error_model="numpy")
def _row_products(Q: FloatArray) -> FloatArray:
    """Return the lower triangle of q q' of every row."""
    N, C = Q.shape
    out = np.empty((N, C * (C + 1) // 2))
    for i in range(N):
        p = 0
        for j in range(C):
            for k in range(j + 1):
                out[i, p] = Q[i, j] * Q[i, k]
                p += 1
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _feature_losses(
    lanes: Lanes,
    columns: Columns,
    Q: FloatArray,
    row_to: IntArray,
    work: Work,
    place: tuple[int, int, int, int],
) -> None:
    """Sum what the missing rows of each feature of the lane take from a block of targets."""
    first, width, t0, block = place
    C = Q.shape[1]
    depth = C + 1 + min(columns.ones.shape[0], 1)
    few = np.empty((8, depth, block))
    for m in range(width):
        own = few[m % 8]
        own[:] = 0.0
        end = lanes.missing_at[first + m + 1]
        for at in range(lanes.missing_at[first + m], end, 2):
            i = row_to[lanes.missing[at]]
            k, both = (row_to[lanes.missing[at + 1]], 1.0) if at + 1 < end else (i, 0.0)
            v, w = columns.values[i, t0 : t0 + block], columns.values[k, t0 : t0 + block]
            for c in range(C):
                p, q, line = Q[i, c], Q[k, c] * both, own[c]
                for u in range(v.size):
                    line[u] += p * v[u] + q * w[u]
            line = own[C]
            for u in range(v.size):
                line[u] += v[u] * v[u] + both * w[u] * w[u]
            if depth > C + 1:
                line, x, z = own[C + 1], columns.ones[i, t0 : t0 + block], columns.ones[k, t0 : t0 + block]
                for u in range(v.size):
                    line[u] += x[u] + both * z[u]
        if m % 8 == 7 or m == width - 1:  # eight features at a time fill whole lines of the cache
            for u in range(block):
                for c in range(depth):
                    line = work.lost[u, c, m - m % 8 : m + 1]
                    for k in range(line.size):
                        line[k] = few[k, c, u]


@njit(cache=True, nogil=True, error_model="numpy")
def _begin(lanes: Lanes, columns: Columns, work: Work, place: tuple[int, int, int, int]) -> None:
    """Set the sums of one target and a lane of features, the features' missing rows already gone."""
    first, width, t, u = place
    C = work.a.shape[0]
    p = 0
    for j in range(C):
        for k in range(j + 1):
            own = columns.gram[p, t] - (1.0 if j == k else 0.0)
            line, gram = work.A[p], lanes.gram[p, first : first + width]
            for m in range(gram.size):
                line[m] = gram[m] + own
            p += 1
    for c in range(C):
        line, start = work.a[c], lanes.start[c, first : first + width]
        other, lost, own = work.b[c], work.lost[u, c], columns.start[c, t]
        for m in range(start.size):
            line[m] = start[m]
            other[m] = own - lost[m]
    s0, s1, square, total = work.s[0], work.s[1], work.lost[u, C], lanes.total[first : first + width]
    n, n1, m1 = work.counts[0], work.counts[1], work.counts[2]
    for m in range(total.size):
        s0[m] = 1.0
        s1[m] = 1.0 - square[m]
        n[m] = columns.n[t] - (lanes.missing_at[first + m + 1] - lanes.missing_at[first + m])
        m1[m] = total[m]
    if columns.ones.shape[0]:
        ones = work.lost[u, C + 1]
        for m in range(total.size):
            n1[m] = columns.total[t] - int(ones[m])


@njit(cache=True, nogil=True, error_model="numpy")
def _drop_target_rows(
    lanes: Lanes,
    columns: Columns,
    Q: FloatArray,
    QQ: FloatArray,
    row_of: IntArray,
    work: Work,
    place: tuple[int, int, int, int],
) -> None:
    """Take the rows where the target is missing out of the feature's sums."""
    first, width, t, _ = place
    N = Q.shape[0]
    end = columns.missing_at[t + 1]
    for at in range(columns.missing_at[t], end, 2):  # two rows at a time: fewer trips through memory
        i = columns.missing[at]
        k, both = (columns.missing[at + 1], 1.0) if at + 1 < end else (i, 0.0)
        v = lanes.values[row_of[i], first : first + width]
        w, line = lanes.values[row_of[k], first : first + width], work.s[0]
        for m in range(v.size):
            line[m] -= v[m] * v[m] + both * w[m] * w[m]
        for c in range(Q.shape[1]):
            p, q, line = Q[i, c], Q[k, c] * both, work.a[c]
            for m in range(v.size):
                line[m] -= p * v[m] + q * w[m]
    for at in range(columns.missing_at[t], end):
        i = columns.missing[at]
        row = row_of[i]
        if lanes.ones.shape[0]:
            for m in range(width):
                work.counts[2, m] -= lanes.ones[row, first + m]
        here = (first // LANE) * N + row
        for at_feature in range(lanes.by_row_at[here], lanes.by_row_at[here + 1]):
            m = lanes.by_row[at_feature] - first
            work.counts[0, m] += 1  # missing on both sides: counted out once only
            for entry in range(QQ.shape[1]):
                work.A[entry, m] += QQ[i, entry]


@njit(cache=True, nogil=True, error_model="numpy")
def _eliminate(work: Work, width: int) -> None:
    """Project both sides on the covariates by an LDL' decomposition, all lanes together."""
    C = work.a.shape[0]
    s0, s1, s2, safe = work.s[0], work.s[1], work.s[2], work.safe
    inverse = np.empty(LANE)
    factor = np.empty(LANE)
    safe[:] = 1.0
    for j in range(C):
        aj, bj, pivot = work.a[j], work.b[j], work.A[j * (j + 1) // 2 + j]
        for m in range(width):
            safe[m] = min(safe[m], pivot[m])
            inverse[m] = 1.0 / pivot[m]
            s0[m] -= aj[m] * aj[m] * inverse[m]
            s1[m] -= bj[m] * bj[m] * inverse[m]
            s2[m] -= aj[m] * bj[m] * inverse[m]
        for k in range(j + 1, C):
            ak, bk, kj = work.a[k], work.b[k], work.A[k * (k + 1) // 2 + j]
            for m in range(width):
                factor[m] = kj[m] * inverse[m]
                ak[m] -= factor[m] * aj[m]
                bk[m] -= factor[m] * bj[m]
            for q in range(j + 1, k + 1):
                kq, qj = work.A[k * (k + 1) // 2 + q], work.A[q * (q + 1) // 2 + j]
                for m in range(width):
                    kq[m] -= factor[m] * qj[m]


@njit(cache=True, nogil=True, error_model="numpy")
def _conclude(
    lanes: Lanes,
    columns: Columns,
    Q: FloatArray,
    order: IntArray,
    work: Work,
    place: tuple[int, int, int, int],
    rules: Rules,
    found: Found,
) -> None:
    """Turn the sums of a lane into t, degrees of freedom and a code."""
    first, width, t, _ = place
    C = Q.shape[1]
    swapped = lanes.ones.shape[0] > 0
    errors = found.error.shape[0] > 0
    safe = work.safe
    ff, tt, ft, n_all = work.s[0], work.s[1], work.s[2], work.counts[0]
    t_row, n_row = found.t[t, first : first + width], found.n[t, first : first + width]
    df_row, code_row = found.df[t, first : first + width], found.code[t, first : first + width]
    for m in range(t_row.size):
        left = ff[m] * tt[m] - ft[m] * ft[m]
        df = n_all[m] - C - 1
        unexplained = left / (ff[m] * tt[m]) * (SAFE / NEAR_PERFECT)
        share = min(min(safe[m], unexplained), min(ff[m], tt[m]))
        root = math.sqrt(left / df)
        t_row[m] = ft[m] / root
        safe[m] = share if df > 0 else 0.0
        if errors:
            found.error[t, first + m] = root / (ff[m] if swapped else tt[m])
    for m in range(n_row.size):
        n_row[m] = n_all[m]
        df_row[m] = n_all[m] - C - 1
        code_row[m] = OK
    for m in range(width):
        n, n1, m1 = work.counts[0, m], work.counts[1, m], work.counts[2, m]
        code = OK
        smallest = n
        if columns.ones.shape[0]:
            smallest = min(n1, n - n1)
        if swapped:
            smallest = min(m1, n - m1)
        if n < rules.patients:
            code = FEW
        elif smallest == 0:
            code = FEATURE_CONSTANT if swapped else TARGET_CONSTANT
        elif smallest < rules.group:
            code = SMALL_GROUP
        if code != OK:
            _refuse(found, t, first + m, code)
        elif not safe[m] > SAFE:
            code, rank, yy, xx, xy, left = _solve(lanes, columns, Q, order, (first + m, t))
            df = n - rank - 1
            code = NO_DF if code == OK and df < 1 else code
            _refuse(found, t, first + m, code)
            if code == OK:
                found.df[t, first + m] = df
                found.t[t, first + m] = xy * math.sqrt(df / left)
                if errors:
                    found.error[t, first + m] = math.sqrt(left / df) / (yy if swapped else xx)


@njit(cache=True, nogil=True, error_model="numpy")
def _refuse(found: Found, t: int, f: int, code: int) -> None:
    found.code[t, f] = code
    found.df[t, f] = 0
    found.t[t, f] = math.nan
    if found.error.shape[0]:
        found.error[t, f] = math.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(
    lanes: Lanes, columns: Columns, Q: FloatArray, order: IntArray, pair: tuple[int, int]
) -> tuple[int, int, float, float, float, float]:
    """Solve one pair from its own rows: code, rank of the covariates, squared lengths and product left."""
    f, t = pair
    N, C = Q.shape
    gone = np.zeros(N, dtype=np.bool_)
    for at in range(columns.missing_at[t], columns.missing_at[t + 1]):
        gone[columns.missing[at]] = True
    for at in range(lanes.missing_at[f], lanes.missing_at[f + 1]):
        gone[order[1, lanes.missing[at]]] = True
    basis = np.empty((C + 2, N))
    n = 0
    for i in range(N):
        if not gone[i]:
            for c in range(C):
                basis[c, n] = Q[i, c]
            basis[C, n] = lanes.values[order[0, i], f]
            basis[C + 1, n] = columns.values[i, t]
            n += 1
    y, x = basis[C, :n], basis[C + 1, :n]
    yy, xx = _dot(y, y), _dot(x, x)
    rank = 0
    for c in range(C):
        column = basis[c, :n]
        if _clear(basis, rank, column) > COLLINEAR:
            length = math.sqrt(_dot(column, column))
            for i in range(n):
                basis[rank, i] = column[i] / length
            rank += 1
    if not yy > 0.0 or _clear(basis, rank, y) <= COLLINEAR:
        return FEATURE_EXPLAINED, rank, 0.0, 0.0, 0.0, 0.0
    if not xx > 0.0 or _clear(basis, rank, x) <= COLLINEAR:
        return TARGET_EXPLAINED, rank, 0.0, 0.0, 0.0, 0.0
    yy, xx, xy = _dot(y, y), _dot(x, x), _dot(x, y)
    left = 0.0
    for i in range(n):
        left += (y[i] - xy / xx * x[i]) ** 2
    if left < PERFECT * yy:
        left = 0.0
    return OK, rank, yy, xx, xy, left * xx


@njit(cache=True, nogil=True, error_model="numpy")
def _dot(x: FloatArray, y: FloatArray) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _clear(basis: FloatArray, rank: int, column: FloatArray) -> float:
    """Project ``column`` off the first ``rank`` rows of ``basis``, twice; return the share of length left."""
    before = _dot(column, column)
    for _ in range(2):
        for k in range(rank):
            share = _dot(basis[k, : column.size], column)
            for i in range(column.size):
                column[i] -= share * basis[k, i]
    return _dot(column, column) / before if before > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def largest_by_df(found: Found, largest: FloatArray) -> None:
    """Raise ``largest``, by degrees of freedom, to the largest absolute t of the pairs tested."""
    for t in range(found.t.shape[0]):
        for f in range(found.t.shape[1]):
            if found.code[t, f] == OK:
                value, df = abs(found.t[t, f]), found.df[t, f]
                if value > largest[df]:
                    largest[df] = value
