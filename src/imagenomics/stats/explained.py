"""Shares of variance and strength of contingency, with intervals from noncentral distributions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.effects import critical_z

FloatArray = npt.NDArray[np.float64]


def partial_eta_squared(
    f: npt.ArrayLike, df1: npt.ArrayLike, df2: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the share of the remaining variance that a factor explains, with its interval.

    Parameters
    ----------
    f, df1, df2 : arrays that broadcast
        F statistic with its degrees of freedom.
    confidence : float

    Returns
    -------
    eta_squared, low, high : arrays
        The limits invert the noncentral F distribution (to about four digits).

    Source
    ------
    Steiger 2004, Psychological Methods 9:164.
    """
    critical_z(confidence)
    ratio, a, b = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (f, df1, df2)))
    eta = a * ratio / (a * ratio + b)
    limits = []
    for level in (0.5 + confidence / 2.0, 0.5 - confidence / 2.0):
        known = np.isfinite(ratio) & (special.fdtr(a, b, ratio) > level)
        center = np.zeros(ratio.shape)
        center[known] = special.ncfdtrinc(a[known], b[known], level, ratio[known])
        limit = center / (center + a + b + 1.0)
        limits.append(np.where(np.isfinite(ratio), limit, np.nan))
    return eta, limits[0], np.maximum(limits[1], eta)


def epsilon_squared(h: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Return rank epsilon squared, H / (n - 1), of a Kruskal-Wallis statistic; no interval is established.

    Source
    ------
    Kelley 1935, PNAS 21:554; Tomczak & Tomczak 2014, Trends in Sport Sciences 1:19.
    """
    return np.asarray(
        np.asarray(h, dtype=np.float64) / (np.asarray(n, dtype=np.float64) - 1.0), dtype=np.float64
    )


def cramers_v(
    chi2: npt.ArrayLike, df: npt.ArrayLike, scale: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return Cramer's V of contingency tables with its interval.

    Parameters
    ----------
    chi2, df : arrays that broadcast
        Pearson's statistic and its degrees of freedom.
    scale : array
        n times (the smaller number of levels minus 1).
    confidence : float

    Returns
    -------
    v, low, high : arrays
        The limits invert the noncentral chi-square distribution; at most 1.

    Source
    ------
    Smithson 2003, Confidence Intervals, chapter 4.
    """
    critical_z(confidence)
    x, k, total = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (chi2, df, scale)))
    v = np.sqrt(x / total)
    limits = []
    for level in (0.5 + confidence / 2.0, 0.5 - confidence / 2.0):
        known = np.isfinite(x) & (special.chdtr(k, x) > level)
        center = np.zeros(x.shape)
        center[known] = special.chndtrinc(x[known], k[known], level)
        limit = np.minimum(np.sqrt((center + k) / total), 1.0)
        limits.append(np.where(np.isfinite(x), np.where(known, limit, 0.0), np.nan))
    return v, limits[0], np.maximum(limits[1], v)
