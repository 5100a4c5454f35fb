"""A share k of n: its intervals, the test against a known share, and the counts behind a rounded percentage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.counts import part_of_whole, whole_numbers
from imagenomics.stats.effects import Interval, critical_z
from imagenomics.stats.side import Side, checked_side

FloatArray = npt.NDArray[np.float64]
TIE = 1e-7  # outcomes whose probability is equal to this relative precision count as equally probable


def wilson_interval(k: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return the score interval of a share.

    Parameters
    ----------
    k, n : arrays of counts that broadcast
    confidence : float

    Returns
    -------
    low, high : arrays
        NaN where n is 0.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts; ``IGX-STAT-005``: an impossible confidence.

    Source
    ------
    Wilson 1927, Journal of the American Statistical Association 22:209.
    """
    part, whole = part_of_whole(k, n)
    z2 = critical_z(confidence) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = part / whole
        center = (share + z2 / (2 * whole)) / (1 + z2 / whole)
        step = np.sqrt(z2 * (share * (1 - share) / whole + z2 / (4 * whole**2))) / (1 + z2 / whole)
        low = np.where(part == 0, 0.0, np.maximum(center - step, 0.0))
        high = np.where(part == whole, 1.0, np.minimum(center + step, 1.0))
    return np.where(whole > 0, low, np.nan), np.where(whole > 0, high, np.nan)


def clopper_pearson_interval(k: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return the exact interval of a share, which covers at least as often as it says.

    Parameters, returns and errors as in :func:`wilson_interval`.

    Source
    ------
    Clopper & Pearson 1934, Biometrika 26:404.
    """
    part, whole = part_of_whole(k, n)
    critical_z(confidence)
    tail = (1.0 - confidence) / 2.0
    with np.errstate(invalid="ignore"):
        low = np.where(part == 0, 0.0, special.betaincinv(np.maximum(part, 0.5), whole - part + 1, tail))
        high = np.where(
            part == whole, 1.0, special.betainccinv(part + 1, np.maximum(whole - part, 0.5), tail)
        )
    return np.where(whole > 0, low, np.nan), np.where(whole > 0, high, np.nan)


def binomial_p(k: int, n: int, *, chance: float = 0.5, side: Side = "two-sided") -> float:
    """Return the exact p value of k successes of n where each has the probability ``chance``.

    Parameters
    ----------
    k, n : int
    chance : float
        Probability under the null hypothesis, inside 0 and 1.
    side : {'two-sided', 'greater', 'less'}
        Two-sided: all outcomes that are no more probable than the one seen.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts; ``IGX-STAT-043``: an unknown side.
    """
    part_of_whole(k, n)
    checked_side(side)
    outcomes = np.arange(n + 1)
    log_p = special.gammaln(n + 1) - special.gammaln(outcomes + 1) - special.gammaln(n - outcomes + 1)
    p = np.exp(log_p + special.xlogy(outcomes, chance) + special.xlog1py(n - outcomes, -chance))
    if side == "greater":
        chosen = outcomes >= k
    elif side == "less":
        chosen = outcomes <= k
    else:
        chosen = p <= p[k] * (1.0 + TIE)
    return float(min(p[chosen].sum(), 1.0))


def counts_within(low: float, high: float, n: int) -> npt.NDArray[np.int64]:
    """Return all counts k for which k / n lies between two limits, both included.

    Parameters
    ----------
    low, high : float
        Limits of a rounded share: 0.875 and 0.885 for a printed 88%.
    n : int

    Returns
    -------
    array of int
        In rising order; empty where no count of n prints like that.
    """
    size = float(whole_numbers(n))
    slack = 1e-9  # a limit such as 0.875 of 8 must not be lost to binary rounding
    least, most = np.ceil(low * size - slack), np.floor(high * size + slack)
    return np.arange(max(least, 0.0), min(most, size) + 1.0).astype(np.int64)
