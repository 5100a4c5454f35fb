"""The sums of one target with a tile of eight features, each pair's missing rows taken out.

The sums stand in one array, eight numbers for each entry of a lower triangle, row by row: the covariates with each
other (P sums), the feature with the covariates and itself (C + 1), the target with the covariates, the feature and
itself (C + 2). Behind them stand the inverse pivots of the C covariates, the smallest pivot, and how many covariates
have nothing left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.associate.linear_layout import BITS
from imagenomics.stats.eight import WIDTH, load, spread, spread_at, store, transpose

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BitArray = npt.NDArray[np.uint8]


@njit(nogil=True, error_model="numpy", forceinline=True)
def sum_rows(
    values: FloatArray,
    place: tuple[int, int],
    rows: IntArray,
    span: tuple[int, int],
    covariates: tuple[FloatArray, int, int],
    into: FloatArray,
    there: tuple[int, int],
) -> None:
    """Sum what some rows hold of eight columns: their products with the covariates, and their squares.

    Parameters
    ----------
    values : array
    place : tuple of int
        Where the columns start in the values, and the step from row to row.
    rows : int array
    span : tuple of int
        Which of the rows: from, to.
    covariates : tuple
        As laid out.
    into : array
        Filled: C + 1 sums.
    there : tuple of int
        Where the sums start, and the step from one to the next.
    """
    Q, C, room = covariates
    start, stride = place
    at, step = there
    for c in range(0, C - 3, 4):
        s0, s1, s2, s3 = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
        for k in range(span[0], span[1]):
            r = rows[k]
            v, q = load(values, start + r * stride), r * room + c
            s0 += spread_at(Q, q) * v
            s1 += spread_at(Q, q + 1) * v
            s2 += spread_at(Q, q + 2) * v
            s3 += spread_at(Q, q + 3) * v
        store(into, at + c * step, s0)
        store(into, at + (c + 1) * step, s1)
        store(into, at + (c + 2) * step, s2)
        store(into, at + (c + 3) * step, s3)
    c = C - C % 4
    s0, s1, s2, square = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
    for k in range(span[0], span[1]):
        r = rows[k]
        v, q = load(values, start + r * stride), r * room + c
        s0 += spread_at(Q, q) * v
        s1 += spread_at(Q, q + 1) * v
        s2 += spread_at(Q, q + 2) * v
        square += v * v
    if c < C:
        store(into, at + c * step, s0)
    if c + 1 < C:
        store(into, at + (c + 1) * step, s1)
    if c + 2 < C:
        store(into, at + (c + 2) * step, s2)
    store(into, at + C * step, square)


@njit(nogil=True, error_model="numpy")
def lose_feature_rows(
    values: FloatArray,
    missing_at: IntArray,
    missing: IntArray,
    covariates: tuple[FloatArray, int, int],
    scratch: FloatArray,
    lost: FloatArray,
) -> None:
    """Sum what the missing rows of each feature of a tile take from a block of targets.

    Parameters
    ----------
    values : array, (N * B,)
        The block's values, row by row.
    missing_at : int array, (M + 1,)
        Where the missing rows of each feature start.
    missing : int array
        Missing rows of all features.
    covariates : tuple
        As laid out.
    scratch : array, (8 * (C + 1) * B,)
    lost : array, (B * (C + 1) * 8,)
        Filled: for each target, what is lost of its sums with the covariates, and of its square.
    """
    sums = covariates[1] + 1
    B = lost.size // (sums * WIDTH)
    for m in range(missing_at.size - 1):
        span = missing_at[m], missing_at[m + 1]
        for u in range(0, B, WIDTH):
            sum_rows(values, (u, B), missing, span, covariates, scratch, (m * sums * B + u, B))
    for u in range(0, B, WIDTH):
        for c in range(sums):
            transpose(scratch, c * B + u, sums * B, lost, (u * sums + c) * WIDTH, sums * WIDTH)


@njit(nogil=True, error_model="numpy", forceinline=True)
def find_shared(absent: BitArray, rows: IntArray, span: tuple[int, int], shared: IntArray) -> int:
    """List the rows that the target and some feature of the tile miss; return how many they are."""
    both = 0
    for k in range(span[0], span[1]):
        shared[both] = rows[k]
        both += absent[rows[k]] != 0
    return both


@njit(nogil=True, error_model="numpy", forceinline=True)
def begin(
    sums: tuple[FloatArray, FloatArray],
    losses: tuple[FloatArray, FloatArray],
    starts: tuple[int, int, int],
    C: int,
    work: FloatArray,
) -> None:
    """Set the sums of one target and a tile of features, what either side misses taken out of the other's.

    Parameters
    ----------
    sums : tuple of arrays
        Of the features and of the target, as laid out.
    losses : tuple of arrays
        What the target's missing rows take from the features' sums, and the features' from the target's.
    starts : tuple of int
        Where the tile, the target and the target's losses start.
    C : int
        Number of covariates.
    work : array
        Filled, but for the covariates with each other, and the product of feature and target.
    """
    P = C * (C + 1) // 2
    tile, own, taken = starts
    for c in range(C):
        feature = load(sums[0], tile + (P + c) * WIDTH) - load(losses[0], c * WIDTH)
        store(work, (P + c) * WIDTH, feature)
        target = spread_at(sums[1], own + P + c) - load(losses[1], taken + c * WIDTH)
        store(work, (P + C + 1 + c) * WIDTH, target)
    store(work, (P + C) * WIDTH, spread(1.0) - load(losses[0], C * WIDTH))
    store(work, (P + 2 * C + 2) * WIDTH, spread(1.0) - load(losses[1], taken + C * WIDTH))


@njit(nogil=True, error_model="numpy", forceinline=True)
def begin_covariates(
    sums: tuple[FloatArray, FloatArray], starts: tuple[int, int, int], C: int, work: FloatArray
) -> None:
    """Set the sums of the covariates with each other; see ``begin``."""
    for p in range(C * (C + 1) // 2):
        store(work, p * WIDTH, load(sums[0], starts[0] + p * WIDTH) + spread_at(sums[1], starts[1] + p))


@njit(nogil=True, error_model="numpy", forceinline=True)
def restore_shared(
    shared: IntArray, both: int, absent: BitArray, covariates: tuple[FloatArray, int, int], work: FloatArray
) -> None:
    """Put back the covariates' sums over rows that feature and target both miss, as they were taken out twice."""
    Q, C, room = covariates
    for i in range(both):
        mask, start = load(BITS, absent[shared[i]] * WIDTH), shared[i] * room
        at = 0
        for j in range(C):
            share = spread_at(Q, start + j) * mask
            for k in range(j + 1):
                store(work, at, load(work, at) + spread_at(Q, start + k) * share)
                at += WIDTH
