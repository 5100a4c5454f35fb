"""Correlations with their intervals, of millions of t statistics in one pass through memory."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
SmallArray = npt.NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_correlations(
    t: FloatArray,
    df: SmallArray,
    width: FloatArray,
    effect: FloatArray,
    low: FloatArray,
    high: FloatArray,
    se: FloatArray,
) -> None:
    """Fill the correlation of each t statistic, its limits and its standard error.

    Parameters
    ----------
    t, df : arrays, (n,)
        Statistics and their degrees of freedom.
    width : array, (largest df + 1,)
        Hyperbolic tangent of half the interval's width on Fisher's scale, by degrees of freedom.
    effect, low, high, se : arrays, (n,)
        Filled.
    """
    for k in range(t.size):
        error = 1.0 / math.sqrt(t[k] * t[k] + df[k])
        r, w = t[k] * error, width[df[k]]
        se[k] = error
        effect[k] = r
        low[k] = (r - w) / (1.0 - r * w)
        high[k] = (r + w) / (1.0 + r * w)
