"""The smallest effect that a design could have shown: from its size, never from what was observed.

All figures are optimistic: they take for granted that the method would find the pattern as well as it found
nothing in permuted data, and they treat null draws and estimates as normal.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from imagenomics.stats.auc_summary import hanley_mcneil

FloatArray = npt.NDArray[np.float64]
NAN = float("nan")
LEVEL = 0.975  # the interval that must exclude chance has 95%


def detectable_auc(
    positives: int,
    negatives: int,
    *,
    alpha: float,
    power: float = 0.8,
    null_spread: float = NAN,
    null_centre: float = 0.5,
) -> float:
    """Find the smallest true AUC that the rule would call supported with the stated power.

    Parameters
    ----------
    positives, negatives : int
        Class counts.
    alpha : float
        One-sided level after adjustment (alpha / number of targets).
    power : float
        Wanted probability.
    null_spread, null_centre : float
        Standard deviation and mean of the pipeline's own null draws; the textbook spread at 0.5 where NaN.

    Returns
    -------
    float
        AUC; NaN where even a perfect one would not do. The spread at a larger AUC is the null spread,
        scaled as the Hanley-McNeil error scales with the AUC.
    """
    textbook = float(hanley_mcneil(0.5, positives, negatives))
    spread, centre = _null(null_spread, null_centre, textbook, 0.5)

    def error(auc: FloatArray) -> FloatArray:
        return np.asarray(spread * hanley_mcneil(auc, positives, negatives) / textbook)

    return _smallest(error, centre + norm.isf(alpha) * spread, chance=max(0.5, centre), top=1.0, power=power)


def detectable_c(
    events: int, *, alpha: float, power: float = 0.8, null_spread: float = NAN, null_centre: float = 0.5
) -> float:
    """Find the smallest true C-index that the rule would call supported.

    Parameters as in :func:`detectable_auc`. The textbook spread is that of an AUC of as many patients with the event
    against very many without (Hanley and McNeil): no censoring gives a smaller one.
    """

    def textbook(c: FloatArray) -> FloatArray:
        return np.sqrt(np.maximum(2.0 * c**2 / (1.0 + c) - c**2, 0.0) / events)

    chance = float(textbook(np.array(0.5)))
    spread, centre = _null(null_spread, null_centre, chance, 0.5)
    return _smallest(
        lambda c: spread * textbook(c) / chance,
        centre + norm.isf(alpha) * spread,
        chance=max(0.5, centre),
        top=1.0,
        power=power,
    )


def detectable_r2(
    n: int, *, alpha: float, power: float = 0.8, null_spread: float = NAN, null_centre: float = 0.0
) -> float:
    """Find the smallest true share of explained variance that the rule would call supported.

    Parameters as in :func:`detectable_auc`; the spread at a share R is the larger of the null spread and
    the textbook 2 sqrt(R) (1 - R) / sqrt(n).
    """
    spread, centre = _null(null_spread, null_centre, 2.0 / n, 0.0)

    def error(r2: FloatArray) -> FloatArray:
        return np.maximum(spread, 2.0 * np.sqrt(r2) * (1.0 - r2) / float(np.sqrt(n)))

    return _smallest(error, centre + norm.isf(alpha) * spread, chance=max(0.0, centre), top=1.0, power=power)


def detectable_gain(
    *,
    alpha: float,
    null_spread: float,
    null_centre: float = 0.0,
    own_error: float = NAN,
    power: float = 0.8,
) -> float:
    """Find the smallest true gain of one model over another that the rule would call supported.

    Parameters as in :func:`detectable_auc`; ``own_error`` is the standard error of the paired difference. Only the
    image rows move in the null of a gain, so its spread leaves out most of the error of a gain: the larger of both
    is used.
    """
    if not null_spread > 0.0:
        return NAN
    centre = 0.0 if np.isnan(null_centre) else null_centre
    error = null_spread if np.isnan(own_error) else max(null_spread, own_error)
    return _smallest(
        lambda gain: np.full(gain.shape, error),
        centre + norm.isf(alpha) * null_spread,
        chance=max(0.0, centre),
        top=1.0,
        power=power,
    )


def detectable_correlation(n: int, *, alpha: float, tests: int = 1, power: float = 0.8) -> float:
    """Find the smallest correlation that one of ``tests`` two-sided tests would show among n patients.

    By Fisher's z with standard error 1 / sqrt(n - 3), at alpha / tests: the level of the first test to pass
    a false-discovery or Bonferroni rule. NaN for fewer than 4 patients.
    """
    if n < 4:
        return NAN
    z = norm.isf(alpha / (2.0 * tests)) + norm.isf(1.0 - power)
    return float(np.tanh(z / np.sqrt(n - 3.0)))


def detectable_group_auc(
    positives: int, negatives: int, *, alpha: float, tests: int = 1, power: float = 0.8
) -> float:
    """Find the smallest AUC of one feature that one of ``tests`` two-sided rank tests would show."""
    if min(positives, negatives) < 1:
        return NAN
    critical = 0.5 + norm.isf(alpha / (2.0 * tests)) * float(hanley_mcneil(0.5, positives, negatives))
    return _smallest(
        lambda auc: hanley_mcneil(auc, positives, negatives),
        float(critical),
        chance=0.5,
        top=1.0,
        power=power,
        interval=False,
    )


def _null(spread: float, centre: float, textbook: float, chance: float) -> tuple[float, float]:
    """Use the pipeline's own null, but nothing below the textbook: few draws can look narrow by chance."""
    own = max(spread, textbook) if spread > 0.0 else textbook
    return own, chance if np.isnan(centre) else centre


def _smallest(
    error: Callable[[FloatArray], FloatArray],
    critical: float,
    *,
    chance: float,
    top: float,
    power: float,
    interval: bool = True,
) -> float:
    """Return the smallest effect whose estimate passes the test (and the interval) with the wanted power."""
    grid = np.linspace(chance, top, 2001)[1:-1]
    errors = error(grid)
    bar = np.full(grid.size, critical)
    if interval:
        bar = np.maximum(bar, chance + norm.ppf(LEVEL) * errors)
    passed = np.flatnonzero(grid - norm.ppf(power) * errors >= bar)
    return float(round(grid[passed[0]], 4)) if passed.size else NAN
