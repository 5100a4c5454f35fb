"""Compiled core of the linear engine: every pair on its own complete cases, without solving it anew.

Both sides come residualised on the covariates as if their missing values were the mean, zero where missing
and of unit length. For a pair, the rows missing on either side are taken out of the cross-products (a
low-rank downdate of the C x C matrix of the orthonormal covariates), for a tile of eight features at a time. Where
that would cancel, the pair is left to ``linear_exact``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.associate.linear_elimination import eliminate, project
from imagenomics.associate.linear_layout import BITS, lay_out_features, lay_out_targets
from imagenomics.associate.linear_tile import (
    begin,
    begin_covariates,
    find_shared,
    lose_feature_rows,
    restore_shared,
    sum_rows,
)
from imagenomics.stats.eight import WIDTH, Eight, load, spread, store

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SmallArray = npt.NDArray[np.int32]
CodeArray = npt.NDArray[np.int8]
# Code that is kept is compiled anew where this file changes: so the digest of the files above stands in it.
COMPILED_IN = "43a0bddfd7d6"
LANE, BLOCK = 256, 32  # features and targets whose values are kept at hand
PART, MOST = 1024, 2**21  # targets, and numbers of theirs, that are laid out at once
SAFE = 1e-3  # smallest pivot and share of variance left for which the downdate is trusted
NEAR_PERFECT = 0.05  # share of unexplained variance below which residuals must be formed explicitly
DONE, EXACT = 0, 127  # codes: a t statistic stands; the pair must be solved from its rows
LEFT = 6  # what remains of a pair: three products, smallest pivot, covariates with nothing left, patients


@njit(cache=True, nogil=True, error_model="numpy")
def scan_pairs(
    features: tuple[FloatArray, FloatArray, IntArray, IntArray],
    targets: tuple[FloatArray, FloatArray, IntArray, IntArray],
    covariates: tuple[FloatArray, int, int],
    products: FloatArray,
    by: int,
    found: tuple[FloatArray, FloatArray, SmallArray, SmallArray, CodeArray],
) -> None:
    """Test all pairs.

    Parameters
    ----------
    features, targets : tuples of arrays
        The fields of ``Columns``. Plain tuples: code that is kept must not depend on classes.
    covariates : tuple
        Orthonormal covariates with the intercept, laid out.
    products : array, (T, F)
        Cross-products of the two sides.
    by : int
        Whose slope has its error filled: 0 none, 1 that on the target, 2 that on the feature.
    found : tuple of arrays
        Filled: the fields of ``Found``.
    """
    f_missing_at, f_missing, t_missing_at, t_missing = features[2], features[3], targets[2], targets[3]
    N, C = features[0].shape[0], covariates[1]
    T, F = products.shape
    P = C * (C + 1) // 2
    S = P + C
    at_once = min(PART, max(BLOCK, MOST // N // BLOCK * BLOCK), -(-T // BLOCK) * BLOCK)
    part = np.zeros(N * at_once), np.zeros(S * at_once)
    bits = np.zeros((LANE // WIDTH, N), dtype=np.uint8)
    lane = np.zeros(N * LANE), np.zeros(S * LANE), bits, np.zeros(LANE)
    values, work = np.empty(N * BLOCK), np.zeros((P + 3 * C + 5) * WIDTH)
    gone, lost = np.empty((C + 1) * WIDTH), np.empty(BLOCK * (C + 1) * WIDTH)
    own_products = np.zeros(BLOCK * LANE)
    scratch, sums, losses = np.zeros(lost.size), (lane[1], part[1]), (gone, lost)
    shared, left = np.empty(N, dtype=np.int64), np.empty(BLOCK * LEFT * LANE)
    for t1 in range(0, T, at_once):
        t2 = min(t1 + at_once, T)
        lay_out_targets(targets, C, t1, t2, BLOCK, part)
        for first in range(0, F, LANE):
            stop = min(first + LANE, F)
            lay_out_features(features, first, stop - first, lane)
            for t0 in range(t1, t2, BLOCK):
                block, start = min(BLOCK, t2 - t0), (t0 - t1) * N
                for i in range(N * BLOCK):  # copied in order, as they are read in none
                    values[i] = part[0][start + i]
                for u in range(block):
                    for m in range(stop - first):
                        own_products[u * LANE + m] = products[t0 + u, first + m]
                for at in range(first, stop, WIDTH):
                    tile, wide = (at - first) // WIDTH, min(WIDTH, stop - at)
                    absent, missing = lane[2][tile], f_missing_at[at : at + wide + 1]
                    lose_feature_rows(values, missing, f_missing, covariates, scratch, lost)
                    for u in range(block):
                        span = t_missing_at[t0 + u], t_missing_at[t0 + u + 1]
                        sum_rows(
                            lane[0], (tile * N * WIDTH, WIDTH), t_missing, span, covariates, gone, (0, WIDTH)
                        )
                        starts = tile * S * WIDTH, (t0 - t1 + u) * S, u * (C + 1) * WIDTH
                        begin(sums, losses, starts, C, work)
                        store(work, (P + 2 * C + 1) * WIDTH, load(own_products, u * LANE + at - first))
                        n = load(lane[3], at - first) - spread(float(span[1] - span[0]))
                        if span[0] == span[1] and missing[wide] == missing[0]:
                            project(work, C)
                        else:
                            both = find_shared(absent, t_missing, span, shared)
                            for k in range(both):
                                n += load(BITS, absent[shared[k]] * WIDTH)
                            begin_covariates(sums, starts, C, work)
                            restore_shared(shared, both, absent, covariates, work)
                            eliminate(work, C)
                        _keep(work, n, C, left, u * LEFT * LANE + at - first)
                _conclude_block(left, C, by, found, (first, stop, t0, block))


@njit(nogil=True, error_model="numpy", forceinline=True)
def _keep(work: FloatArray, n: Eight, C: int, left: FloatArray, at: int) -> None:
    """Keep what remains of a tile: the three products, the smallest pivot, covariates emptied, patients."""
    feature, target, pivots = C * (C + 1) // 2, (C + 1) * (C + 2) // 2, (C + 2) * (C + 3) // 2
    store(left, at, load(work, (feature + C) * WIDTH))
    store(left, at + LANE, load(work, (target + C + 1) * WIDTH))
    store(left, at + 2 * LANE, load(work, (target + C) * WIDTH))
    store(left, at + 3 * LANE, load(work, (pivots + C) * WIDTH))
    store(left, at + 4 * LANE, load(work, (pivots + C + 1) * WIDTH))
    store(left, at + 5 * LANE, n)


@njit(nogil=True, error_model="numpy")
def _conclude_block(
    left: FloatArray,
    C: int,
    by: int,
    found: tuple[FloatArray, FloatArray, SmallArray, SmallArray, CodeArray],
    place: tuple[int, int, int, int],
) -> None:
    """Fill what is found for a block of targets and a lane of features."""
    found_t, found_error, found_df, found_n, found_code = found
    first, stop, t0, block = place
    for u in range(block):
        t = t0 + u
        sizes = found_n[t, first:stop], found_df[t, first:stop], found_code[t, first:stop]
        _conclude(left, u * LEFT * LANE, C, found_t[t, first:stop], sizes)
        if by > 0:
            root, square = (u * LEFT + 4) * LANE, (u * LEFT + 2 - by) * LANE
            for m in range(stop - first):
                found_error[t, first + m] = left[root + m] / left[square + m]


@njit(nogil=True, error_model="numpy")
def _conclude(
    left: FloatArray, at: int, C: int, t_row: FloatArray, sizes: tuple[SmallArray, SmallArray, CodeArray]
) -> None:
    """Turn what remains into t statistics, where it is safe; the counts of emptied covariates become roots."""
    n_row, df_row, code_row = sizes
    s0, s1, s2 = left[at : at + LANE], left[at + LANE : at + 2 * LANE], left[at + 2 * LANE : at + 3 * LANE]
    pivot, emptied = left[at + 3 * LANE : at + 4 * LANE], left[at + 4 * LANE : at + 5 * LANE]
    n = left[at + 5 * LANE : at + 6 * LANE]
    for m in range(t_row.size):
        n_row[m] = int(n[m])
        df_row[m] = int(n[m] + emptied[m]) - C - 1
    for m in range(t_row.size):
        both = s0[m] * s1[m]
        unexplained = both - s2[m] * s2[m]
        smallest = min(min(s0[m], s1[m]), pivot[m])
        safe = (smallest > SAFE) & (unexplained > NEAR_PERFECT * both) & (df_row[m] > 0)
        code_row[m] = DONE if safe else EXACT
        emptied[m] = math.sqrt(unexplained / df_row[m])
        t_row[m] = s2[m] / emptied[m]


@njit(cache=True, nogil=True)
def largest_by_df(t: FloatArray, df: SmallArray, code: CodeArray, largest: FloatArray) -> None:
    """Raise ``largest``, by degrees of freedom, to the largest absolute t of the pairs with code 0."""
    for k in range(t.size):
        if code[k] == DONE and abs(t[k]) > largest[df[k]]:
            largest[df[k]] = abs(t[k])
