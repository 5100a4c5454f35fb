"""The linear engine's columns laid out as its compiled core reads them: by tiles, by blocks, in reach of the cache."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.stats.eight import WIDTH

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BitArray = npt.NDArray[np.uint8]


BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(float).ravel()


def lay_out_covariates(Q: FloatArray) -> tuple[FloatArray, int, int]:
    """Return the covariates row by row, how many they are, and the step from row to row."""
    C = Q.shape[1]
    room = C - C % 4 + 4  # they are read by fours
    return np.pad(Q, ((0, 0), (0, room - C))).ravel(), C, room


@njit(nogil=True, error_model="numpy")
def lay_out_features(
    features: tuple[FloatArray, FloatArray, IntArray, IntArray],
    first: int,
    width: int,
    lane: tuple[FloatArray, FloatArray, BitArray, FloatArray],
) -> None:
    """Lay some features out by tiles.

    Parameters
    ----------
    features : tuple of arrays
        The fields of ``Columns``.
    first, width : int
        Which features.
    lane : tuple of arrays
        Filled: values, eight for each row; sums, eight for each of a tile's; a bit for each missing
        value, tile by row; how many values each feature has.
    """
    all_values, all_sums, missing_at, missing = features
    values, sums, absent, known = lane
    N, S = all_values.shape[0], all_sums.shape[0]
    absent[:] = 0
    for m in range(width):
        start, end = missing_at[first + m], missing_at[first + m + 1]
        known[m] = N - (end - start)
        for k in range(start, end):
            absent[m // WIDTH, missing[k]] |= 1 << m % WIDTH
    for i in range(N):
        for m in range(width):
            values[(m // WIDTH * N + i) * WIDTH + m % WIDTH] = all_values[i, first + m]
    for p in range(S):
        for m in range(width):
            sums[(m // WIDTH * S + p) * WIDTH + m % WIDTH] = all_sums[p, first + m]


@njit(nogil=True, error_model="numpy")
def lay_out_targets(
    targets: tuple[FloatArray, FloatArray, IntArray, IntArray],
    C: int,
    first: int,
    end: int,
    block: int,
    part: tuple[FloatArray, FloatArray],
) -> None:
    """Lay some targets out by blocks.

    Parameters
    ----------
    targets : tuple of arrays
        The fields of ``Columns``.
    C : int
        Number of covariates.
    first, end : int
        Which targets.
    block : int
        Targets of a block.
    part : tuple of arrays
        Filled: values, block by block, in each row by row; sums, target by target, less 1 for each covariate's square
        (so that those of feature and target together count the patients once).
    """
    values, sums = part
    all_values, all_sums = targets[0], targets[1]
    N, S = all_values.shape[0], all_sums.shape[0]
    for i in range(N):
        for t in range(end - first):
            values[(t // block * N + i) * block + t % block] = all_values[i, first + t]
    for p in range(S):
        for t in range(end - first):
            sums[t * S + p] = all_sums[p, first + t]
    for t in range(end - first):
        for j in range(C):
            sums[t * S + j * (j + 3) // 2] -= 1.0
