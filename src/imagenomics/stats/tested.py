"""What a test of summary numbers or arrays gives back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Tested(NamedTuple):
    """An effect with its interval, and the test that there is none; arrays where many were computed at once.

    Parameters
    ----------
    effect, low, high : array
        Effect with its confidence interval; NaN where the data do not define it.
    statistic, df : array
        Statistic of the test and its degrees of freedom; NaN where the test has none.
    p : array
    """

    effect: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    df: FloatArray
    p: FloatArray


def tested(*parts: npt.ArrayLike) -> Tested:
    """Return effect, low, high, statistic, df and p as float64 arrays of one shape."""
    return Tested(
        *(np.array(v) for v in np.broadcast_arrays(*(np.asarray(p, dtype=np.float64) for p in parts)))
    )
