"""Whether several groups have one mean: ANOVA, classical or Welch's; also from published means, SD and n."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.explained import partial_eta_squared
from imagenomics.stats.samples import few, groups, summary, summary_numbers
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]


def anova(
    samples: Sequence[npt.ArrayLike], *, equal_variances: bool = True, confidence: float = 0.95
) -> tuple[Tested, float]:
    """Test whether k groups have one mean.

    Parameters
    ----------
    samples : k arrays
        Measurements of each group; missing ones are left out.
    equal_variances : bool
        The classical test; Welch's where False.
    confidence : float

    Returns
    -------
    Tested
        The effect is eta squared, the share of the variance between groups; ``df`` is that of the denominator. With
        Welch's test it is worked out of F and its degrees of freedom, and only approximate.
    df_between : float
        k - 1.

    Raises
    ------
    InputError
        ``IGX-STAT-022``: not finite numbers; ``IGX-STAT-044``: fewer than two groups, or two in a group.

    Source
    ------
    Fisher 1925, Statistical Methods for Research Workers; Welch 1951, Biometrika 38:330.
    """
    mean, sd, n = summary(groups(samples, least=2))
    return anova_from_summary(mean, sd, n, equal_variances=equal_variances, confidence=confidence)


def anova_from_summary(
    mean: npt.ArrayLike,
    sd: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    equal_variances: bool = True,
    confidence: float = 0.95,
) -> tuple[Tested, float]:
    """Test whether k groups have one mean, from their published numbers.

    Parameters
    ----------
    mean, sd, n : arrays, (k, ...)
        What follows the first axis broadcasts.
    equal_variances, confidence : as in :func:`anova`

    Raises
    ------
    InputError
        ``IGX-STAT-020``, ``IGX-STAT-022``, ``IGX-STAT-040``, ``IGX-STAT-044``, ``IGX-STAT-046``: impossible numbers.
    """
    m, s, size = summary_numbers(mean, sd, n)
    if m.ndim == 0 or len(m) < 2:
        raise few("an analysis of variance compares groups", "at least two groups")
    k = float(len(m))
    with np.errstate(divide="ignore", invalid="ignore"):
        f, df = _classical(m, s, size) if equal_variances else welch_f(m, s**2, size)
    eta, low, high = partial_eta_squared(f, k - 1.0, df, confidence=confidence)
    return tested(eta, low, high, f, df, special.fdtrc(k - 1.0, df, f)), k - 1.0


def _classical(m: FloatArray, s: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    df = n.sum(axis=0) - len(m)
    between = (n * (m - (n * m).sum(axis=0) / n.sum(axis=0)) ** 2).sum(axis=0) / (len(m) - 1)
    return np.asarray(between / (((n - 1) * s**2).sum(axis=0) / df)), np.asarray(df)


def welch_f(mean: FloatArray, variance: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Welch's F of k groups and the degrees of freedom of its denominator.

    Parameters
    ----------
    mean, variance, n : arrays, (k, ...)
        Groups of nobody do not count; NaN where a group has no variance.
    """
    here = n > 0
    k = here.sum(axis=0, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(here, n / variance, 0.0)
        share = weight / weight.sum(axis=0)
        center = (share * np.where(here, mean, 0.0)).sum(axis=0)
        spread = np.where(here, (1.0 - share) ** 2 / (n - 1.0), 0.0).sum(axis=0)
        between = (weight * np.where(here, mean - center, 0.0) ** 2).sum(axis=0) / (k - 1.0)
        f = between / (1.0 + 2.0 * (k - 2.0) / (k * k - 1.0) * spread)
        return np.asarray(f), np.asarray((k * k - 1.0) / (3.0 * spread))
