"""What the core of the factor engine reads and fills; plain tuples of arrays, as compiled code takes them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Factor(NamedTuple):
    """One categorical column with the covariates."""

    basis: FloatArray  # (N, D) orthonormal on the rows where the factor is known, zero elsewhere
    covariates: int  # how many columns of the basis stand for the covariates
    level: IntArray  # (N,) level of each row, -1 for missing
    sizes: IntArray  # (levels,)
    n: int


class Responses(NamedTuple):
    """Numeric columns (rows x responses)."""

    values: FloatArray  # (N, K) zero where missing
    missing_at: IntArray  # (K + 1,)
    missing: IntArray


class Fits(NamedTuple):
    """What the core fills, (K,) each."""

    f: FloatArray
    df1: IntArray
    df2: IntArray
    n: IntArray
    code: npt.NDArray[np.int8]
