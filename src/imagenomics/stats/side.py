"""To which side a test looks, and the p values of normal and t statistics on that side."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.errors import unknown_name

FloatArray = npt.NDArray[np.float64]
Side = Literal["two-sided", "greater", "less"]


def checked_side(side: str) -> None:
    """Refuse a side that no test has (``IGX-STAT-043``)."""
    if side not in get_args(Side):
        raise unknown_name("IGX-STAT-043", "side of a test", side, get_args(Side))


def normal_p(z: npt.ArrayLike, *, side: Side = "two-sided") -> FloatArray:
    """Return the p value of a standard normal statistic; 'greater' is the upper tail."""
    checked_side(side)
    value = np.asarray(z, dtype=np.float64)
    if side == "two-sided":
        return np.asarray(2.0 * special.ndtr(-np.abs(value)), dtype=np.float64)
    return np.asarray(special.ndtr(value if side == "less" else -value), dtype=np.float64)


def t_p(t: npt.ArrayLike, df: npt.ArrayLike, *, side: Side = "two-sided") -> FloatArray:
    """Return the p value of a t statistic; NaN where ``df`` is not above 0."""
    checked_side(side)
    value, degrees = np.asarray(t, dtype=np.float64), np.asarray(df, dtype=np.float64)
    degrees = np.where(degrees > 0, degrees, np.nan)
    if side == "two-sided":
        return np.asarray(2.0 * special.stdtr(degrees, -np.abs(value)), dtype=np.float64)
    return np.asarray(special.stdtr(degrees, value if side == "less" else -value), dtype=np.float64)
