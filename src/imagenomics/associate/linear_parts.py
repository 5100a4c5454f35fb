"""What the linear engine hands to its compiled core, and what it gets back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Lanes(NamedTuple):
    """Features, side by side in memory (rows x features)."""

    values: FloatArray  # (N, F) residualised, unit length, zero where missing
    sums: FloatArray  # (P + C, F) lower triangle of Q'Q, and Q'f, over the observed rows
    missing_at: IntArray  # (F + 1,) where each feature's missing rows start
    missing: IntArray
    by_row_at: IntArray  # (chunks * N + 1,) where the features of a chunk missing at a row start
    by_row: IntArray


class Columns(NamedTuple):
    """Targets (rows x targets)."""

    values: FloatArray  # (N, T)
    sums: FloatArray  # (P + C, T)
    missing_at: IntArray
    missing: IntArray


class Found(NamedTuple):
    """What the core fills, (T, F) each."""

    t: FloatArray
    error: FloatArray  # standard error of the slope, in the unit-length scale; (0, 0) when not wanted
    df: npt.NDArray[np.int32]
    n: npt.NDArray[np.int32]
    code: npt.NDArray[np.int8]
