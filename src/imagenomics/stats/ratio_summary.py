"""What a published ratio (hazard, odds, risk) says: its standard error, z and p from the interval, or the other way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.errors import InputError
from imagenomics.stats.correlation import checked_p
from imagenomics.stats.effects import Interval, critical_z
from imagenomics.stats.samples import finite
from imagenomics.stats.side import Side, normal_p
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]


class RatioTest(NamedTuple):
    """The test of a ratio, the standard error of its logarithm, and how far the interval leans.

    ``lean`` is the log distance from the ratio to the upper limit over that to the lower one: 1 for an interval made on
    the log scale, more or less where it was made otherwise, or where a number was mistyped or rounded.
    """

    test: Tested
    error: FloatArray
    lean: FloatArray


def ratio_from_interval(
    ratio: npt.ArrayLike,
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    *,
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> RatioTest:
    """Return z and p of ratios from their confidence intervals.

    Parameters
    ----------
    ratio, low, high : arrays that broadcast
        Hazard, odds or risk ratios with their limits, all above 0.
    side : {'two-sided', 'greater', 'less'}
        'greater': the ratio is above 1.
    confidence : float
        Confidence of the published interval.

    Raises
    ------
    InputError
        ``IGX-STAT-046``: a number is not above 0, limits are equal or exchanged, or the ratio lies outside.

    Assumes
    -------
    A Wald interval on the log scale, as programs for Cox and logistic regression print it.

    Source
    ------
    Altman & Bland 2011, BMJ 343:d2304.
    """
    r, lower, upper = np.broadcast_arrays(*(finite(v, what="ratios") for v in (ratio, low, high)))
    if not ((lower > 0) & (lower < upper) & (lower <= r) & (r <= upper)).all():
        raise InputError(
            "IGX-STAT-046",
            "the ratio and its interval do not belong together",
            expected="0 < lower limit <= ratio <= upper limit, on the scale of the ratio",
            remedy="look whether two numbers were exchanged, or whether these are logarithms",
        )
    center, down, up = np.log(r), np.log(lower), np.log(upper)
    error = (up - down) / (2.0 * critical_z(confidence))
    z = center / error
    with np.errstate(divide="ignore"):
        lean = (up - center) / (center - down)
    return RatioTest(tested(r, lower, upper, z, np.nan, normal_p(z, side=side)), error, np.asarray(lean))


def ratio_from_p(
    ratio: npt.ArrayLike, p: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, Interval]:
    """Return the standard error of the logarithm and the interval of ratios from their two-sided p values.

    Parameters
    ----------
    ratio, p : arrays that broadcast
    confidence : float

    Returns
    -------
    error : array
        NaN where the ratio is 1 or p is 0 or 1.
    low, high : arrays

    Raises
    ------
    InputError
        ``IGX-STAT-046``: a ratio not above 0; ``IGX-STAT-042``: p outside 0 and 1.

    Source
    ------
    Altman & Bland 2011, BMJ 343:d2090.
    """
    r = finite(ratio, what="ratios")
    if (r <= 0).any():
        raise InputError("IGX-STAT-046", "a ratio is not above 0", expected="numbers above 0")
    z = -special.ndtri(checked_p(p) / 2.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(np.log(r)) / z
    error = np.where(np.isfinite(error) & (error > 0), error, np.nan)
    step = critical_z(confidence) * error
    return error, (np.asarray(r * np.exp(-step)), np.asarray(r * np.exp(step)))
