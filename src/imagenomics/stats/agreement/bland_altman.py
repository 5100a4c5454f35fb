"""Bland and Altman's limits: between which two numbers the differences of two measurements lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.agreement.estimate import Estimate, FloatArray, centred, paired
from imagenomics.stats.effects import critical_z


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Mean difference and the limits that hold a share of all differences, each with its interval.

    Parameters
    ----------
    bias, lower, upper : Estimate
        Mean of first minus second; lower and upper limit; in the unit of the measurements.
    sd : array
        Standard deviation of the differences.
    trend : array
        Slope of the differences on the means of the pairs: not near 0 when the disagreement grows with the value,
        and then the limits should be taken of logarithms.
    """

    bias: Estimate
    lower: Estimate
    upper: Estimate
    sd: FloatArray
    trend: FloatArray


def limits_of_agreement(
    x: npt.ArrayLike, y: npt.ArrayLike, *, coverage: float = 0.95, confidence: float = 0.95
) -> LimitsOfAgreement:
    """Say how much two measurements of one patient may differ.

    Parameters
    ----------
    x, y : arrays, (..., n)
        Two measurements of n patients, for any number of features; incomplete pairs do not count.
    coverage : float
        Share of differences that the limits are to hold.
    confidence : float
        Of the intervals of bias and limits.

    Returns
    -------
    LimitsOfAgreement
        NaN with fewer than 2 pairs.

    Raises
    ------
    InputError
        ``IGX-STAT-020``: the shapes differ; ``IGX-STAT-022``: a value is infinite; ``IGX-STAT-005``: coverage or
        confidence is not between 0 and 1.

    Assumes
    -------
    Normal differences. The intervals of the limits are exact then: a limit is a normal quantile, whose
    estimate follows a non-central t.

    Source
    ------
    Bland & Altman 1986, Lancet 327:307; exact intervals: Carkeet 2015, Optometry and Vision Science 92:e71.
    """
    z = critical_z(coverage)
    critical_z(confidence)
    first, second, known, n = paired(x, y)
    mean, deviation = centred(first - second, known, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.where(n > 1, n - 1.0, np.nan)
        sd = np.sqrt((deviation**2).sum(axis=-1) / df)
        half = special.stdtrit(df, 0.5 + confidence / 2.0) * sd / np.sqrt(n)
        near, far = (sd * _quantile(df, n, z, tail) for tail in (0.5 - confidence / 2, 0.5 + confidence / 2))
        _, level = centred((first + second) / 2.0, known, n)
        trend = (deviation * level).sum(axis=-1) / (level**2).sum(axis=-1)
    mean = np.where(np.isnan(df), np.nan, mean)
    bias = Estimate(mean, mean - half, mean + half, n)
    lower = Estimate(mean - z * sd, mean - far, mean - near, n)
    upper = Estimate(mean + z * sd, mean + near, mean + far, n)
    return LimitsOfAgreement(bias, lower, upper, sd, trend)


def _quantile(df: FloatArray, n: FloatArray, z: float, tail: float) -> FloatArray:
    """Return the non-central t quantile that bounds mean + z sd, in units of sd."""
    # Each n once: the quantile is found by iteration, and features mostly share their n.
    sizes, place = np.unique(n, return_inverse=True)
    found = np.array([_one_quantile(float(size), z, tail) for size in sizes])
    return np.where(np.isnan(df), np.nan, found[place].reshape(n.shape))


def _one_quantile(n: float, z: float, tail: float) -> float:
    if n < 2:
        return float("nan")
    return float(special.nctdtrit(n - 1.0, z * np.sqrt(n), tail) / np.sqrt(n))
