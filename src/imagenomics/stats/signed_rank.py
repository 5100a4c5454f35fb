"""Whether paired differences lie around zero: Wilcoxon's signed-rank test and the sign test."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.effects import critical_z
from imagenomics.stats.proportion import binomial_p
from imagenomics.stats.ranks import midranks, tie_term
from imagenomics.stats.samples import pairs
from imagenomics.stats.side import Side, checked_side, normal_p
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]
EXACT_UP_TO = 50  # pairs; beyond it, and with ties or zeros, the normal approximation


def signed_rank(
    x: npt.ArrayLike, y: npt.ArrayLike, *, side: Side = "two-sided", confidence: float = 0.95
) -> Tested:
    """Test whether the differences of two measurements of the same patients are symmetric around zero.

    Parameters
    ----------
    x, y : arrays, (n,)
        The same patients in the same order; incomplete pairs are left out.
    side : {'two-sided', 'greater', 'less'}
        'greater': x tends to be larger.
    confidence : float

    Returns
    -------
    Tested
        The effect is the pseudomedian of x - y (Hodges and Lehmann: the median of the means of all pairs of
        differences) with the limits that belong to the test; the statistic is the rank sum of the positive
        differences. Zero differences are left out of the test. p is exact for at most 50 pairs without ties and zeros.

    Raises
    ------
    InputError
        ``IGX-STAT-020``: different lengths; ``IGX-STAT-022``: not finite numbers; ``IGX-STAT-043``: an unknown side;
        ``IGX-STAT-044``: no pair.

    Source
    ------
    Wilcoxon 1945, Biometrics Bulletin 1:80; Hodges & Lehmann 1963, Annals of Mathematical Statistics 34:598.
    """
    checked_side(side)
    first, second = pairs(x, y)
    every = first - second
    d = every[every != 0]
    means = np.sort(((every[:, None] + every) / 2.0)[np.triu_indices(every.size)])
    center = np.median(means)
    cut = _cut(every.size, confidence)
    low, high = (means[cut - 1], means[-cut]) if cut > 0 else (-np.inf, np.inf)
    if d.size == 0:
        return tested(0.0, low, high, 0.0, np.nan, 1.0)
    ranks, ties = midranks(np.abs(d)), tie_term(np.abs(d))
    statistic = ranks[d > 0].sum()
    exact = ties == 0 and d.size == every.size and d.size <= EXACT_UP_TO
    p = _exact_p(round(statistic), d.size, side) if exact else _normal_p(statistic, d.size, ties, side)
    return tested(center, low, high, statistic, np.nan, p)


def sign_test(
    x: npt.ArrayLike, y: npt.ArrayLike, *, side: Side = "two-sided", confidence: float = 0.95
) -> Tested:
    """Test whether a difference of two measurements of the same patients is as often positive as negative.

    Parameters, errors as in :func:`signed_rank`.

    Returns
    -------
    Tested
        The effect is the median difference with limits from order statistics that cover at least as often as they
        say (infinite with few pairs); the statistic is the number of positive differences.
    """
    checked_side(side)
    first, second = pairs(x, y)
    d = np.sort(first - second)
    n, positive = int((d != 0).sum()), int((d > 0).sum())
    critical_z(confidence)
    tails = special.bdtr(np.arange(d.size // 2 + 1), d.size, 0.5)
    cut = int((tails <= (1.0 - confidence) / 2.0).sum())
    low, high = (d[cut - 1], d[-cut]) if cut > 0 else (-np.inf, np.inf)
    return tested(np.median(d), low, high, positive, np.nan, binomial_p(positive, n, side=side) if n else 1.0)


def _distribution(n: int) -> FloatArray:
    """Return the probability of each rank sum of the positive differences."""
    counts = np.zeros(n * (n + 1) // 2 + 1)
    counts[0] = 1.0
    for i in range(1, n + 1):
        moved = np.zeros_like(counts)
        moved[i:] = counts[:-i]
        counts = 0.5 * (counts + moved)
    return counts


def _cut(n: int, confidence: float) -> int:
    """Return which of the ordered Walsh means is the limit; 0 where no interval is that sure."""
    tail = (1.0 - confidence) / 2.0
    if n <= EXACT_UP_TO:
        critical_z(confidence)
        return int((np.cumsum(_distribution(n)) <= tail).sum())
    spread = np.sqrt(n * (n + 1.0) * (2.0 * n + 1.0) / 24.0)
    return int(max(np.floor(n * (n + 1.0) / 4.0 - critical_z(confidence) * spread), 0.0))


def _exact_p(statistic: int, n: int, side: Side) -> float:
    p = _distribution(n)
    less, greater = p[: statistic + 1].sum(), p[statistic:].sum()
    if side == "two-sided":
        return float(min(2.0 * min(less, greater), 1.0))
    return float(less if side == "less" else greater)


def _normal_p(statistic: float, n: int, ties: float, side: Side) -> float:
    spread = np.sqrt(n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0)
    away = statistic - n * (n + 1.0) / 4.0
    if side == "two-sided":
        return float(normal_p(max(abs(away) - 0.5, 0.0) / spread))
    return float(normal_p((away + (-0.5 if side == "greater" else 0.5)) / spread, side=side))
