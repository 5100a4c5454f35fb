"""What the core of the linear engine reads and fills; plain tuples of arrays, as compiled code takes them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
LANE = 128  # features done side by side
BLOCK = 64  # targets whose losses are summed together


class Lanes(NamedTuple):
    """Features, side by side in memory (rows x features)."""

    values: FloatArray  # (N, F) residualised, unit length, zero where missing
    gram: FloatArray  # (P, F) lower triangle of Q'Q over the observed rows
    start: FloatArray  # (C, F) Q'f over the observed rows
    missing_at: IntArray  # (F + 1,) where each feature's missing rows start
    missing: IntArray
    by_row_at: IntArray  # (chunks * N + 1,) where the features of a chunk missing at a row start
    by_row: IntArray
    ones: npt.NDArray[np.int8]  # (N, F) 1 where a binary feature is 1; (0, 0) for other features
    total: IntArray  # (F,) how many patients have 1; zero for other features


class Columns(NamedTuple):
    """Targets (rows x targets)."""

    values: FloatArray  # (N, T)
    n: IntArray  # (T,)
    gram: FloatArray  # (P, T)
    start: FloatArray  # (C, T)
    missing_at: IntArray
    missing: IntArray
    ones: npt.NDArray[np.int8]  # (N, T) or (0, 0)
    total: IntArray  # (T,) zero for other targets


class Found(NamedTuple):
    """What the core fills, (T, F) each."""

    t: FloatArray
    error: FloatArray  # standard error of the slope, in the unit-length scale; (0, 0) when not wanted
    df: npt.NDArray[np.int32]
    n: npt.NDArray[np.int32]
    code: npt.NDArray[np.int8]


class Work(NamedTuple):
    """Scratch of one lane of features."""

    A: FloatArray  # (P, LANE) cross-products of the covariates on the rows of the pair
    a: FloatArray  # (C, LANE) covariates with the feature
    b: FloatArray  # (C, LANE) covariates with the target
    s: FloatArray  # (3, LANE) feature with itself, target with itself, both
    counts: IntArray  # (3, LANE) patients, of those with target 1, with feature 1
    lost: FloatArray  # (BLOCK, C + 2, LANE) what each feature's missing rows take from a block of targets
    safe: FloatArray  # (LANE,) smallest pivot
