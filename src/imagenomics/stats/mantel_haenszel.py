"""2 x 2 tables of several strata: a common odds ratio, its test, and whether the strata agree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.errors import InputError
from imagenomics.stats.counts import four_cells
from imagenomics.stats.effects import critical_z
from imagenomics.stats.fisher import Counts
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]


class Homogeneity(NamedTuple):
    """Breslow and Day's statistic of differing odds ratios with its p, without and with Tarone's correction."""

    breslow_day: float
    tarone: float
    df: int
    p_breslow_day: float
    p_tarone: float


def mantel_haenszel(counts: Counts, *, correction: bool = False, confidence: float = 0.95) -> Tested:
    """Estimate the odds ratio that several 2 x 2 tables share, and test whether it is 1.

    Parameters
    ----------
    counts : four arrays of counts, (K,)
        In each of K strata: first group with and without the trait, second group with and without.
    correction : bool
        Continuity correction of one half.
    confidence : float

    Returns
    -------
    Tested
        The effect is the common odds ratio with the interval of Robins, Breslow and Greenland; the statistic is
        chi-square with one degree of freedom. NaN where no stratum compares anything.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts; ``IGX-STAT-044``: no stratum has both groups and both outcomes.

    Assumes
    -------
    One odds ratio in all strata; see :func:`breslow_day`.

    Source
    ------
    Mantel & Haenszel 1959, JNCI 22:719; Robins, Breslow & Greenland 1986, Biometrics 42:311.
    """
    a, b, c, d, n = _strata(counts)
    expected = (a + b) * (a + c) / n
    spread = ((a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1.0))).sum()
    away = abs((a - expected).sum())
    statistic = max(away - (0.5 if correction else 0.0), 0.0) ** 2 / spread
    r, s = (a * d / n), (b * c / n)
    R, S = r.sum(), s.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = R / S
        p, q = (a + d) / n, (b + c) / n
        variance = (
            (p * r).sum() / (2 * R * R) + (p * s + q * r).sum() / (2 * R * S) + (q * s).sum() / (2 * S * S)
        )
        step = critical_z(confidence) * np.sqrt(variance)
        low, high = ratio * np.exp(-step), ratio * np.exp(step)
    return tested(ratio, low, high, statistic, 1.0, special.chdtrc(1.0, statistic))


def breslow_day(counts: Counts) -> Homogeneity:
    """Test whether the odds ratios of several 2 x 2 tables differ.

    Parameters, errors as in :func:`mantel_haenszel`. NaN with fewer than two strata that compare something, or
    where the common odds ratio is 0 or infinite.

    Source
    ------
    Breslow & Day 1980, Statistical Methods in Cancer Research I, IARC, section 4.4; Tarone 1985, Biometrika 72:91.
    """
    a, b, c, d, n = _strata(counts)
    common = float(mantel_haenszel((a, b, c, d)).effect)
    df = a.size - 1
    if df < 1 or not 0.0 < common < np.inf:
        return Homogeneity(np.nan, np.nan, df, np.nan, np.nan)
    fitted = _fitted(common, a + b, a + c, n)
    variance = 1.0 / (
        1 / fitted + 1 / (a + b - fitted) + 1 / (a + c - fitted) + 1 / (n - (a + b) - (a + c) + fitted)
    )
    plain = float(((a - fitted) ** 2 / variance).sum())
    tarone = plain - float((a - fitted).sum() ** 2 / variance.sum())
    return Homogeneity(
        plain, tarone, df, float(special.chdtrc(df, plain)), float(special.chdtrc(df, max(tarone, 0.0)))
    )


def _strata(counts: Counts) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the cells of the strata that compare something; an empty margin says nothing."""
    a, b, c, d = (np.atleast_1d(cell) for cell in four_cells(counts))
    good = np.minimum(np.minimum(a + b, c + d), np.minimum(a + c, b + d)) > 0
    if not good.any():
        raise InputError(
            "IGX-STAT-044",
            "no stratum has both groups and both outcomes",
            expected="at least one 2 x 2 table without an empty margin",
        )
    a, b, c, d = (cell[good] for cell in (a, b, c, d))
    return a, b, c, d, a + b + c + d


def _fitted(ratio: float, row: FloatArray, column: FloatArray, n: FloatArray) -> FloatArray:
    """Return the first cell that has this odds ratio and these margins."""
    if abs(ratio - 1.0) < 1e-12:
        return row * column / n
    q = 1.0 - ratio
    half = (n - row - column + ratio * (row + column)) / 2.0
    # q x^2 + 2 half x - ratio row column = 0; this form of the root does not cancel
    root = np.sqrt(half * half + q * ratio * row * column)
    return np.asarray(ratio * row * column / (half + root), dtype=np.float64)
