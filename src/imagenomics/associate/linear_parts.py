"""What the linear engine hands to its compiled core, and what it gets back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Columns(NamedTuple):
    """The columns of one side (rows x columns)."""

    values: FloatArray  # (N, K) residualised, unit length, zero where missing
    sums: FloatArray  # (P + C, K) lower triangle of Q'Q, and Q'values, over the observed rows
    missing_at: IntArray  # (K + 1,) where each column's missing rows start
    missing: IntArray


class Found(NamedTuple):
    """What the core fills, (T, F) each."""

    t: FloatArray
    error: FloatArray  # standard error of the slope, in the unit-length scale; (0, 0) when not wanted
    df: npt.NDArray[np.int32]
    n: npt.NDArray[np.int32]
    code: npt.NDArray[np.int8]
