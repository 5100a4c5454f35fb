"""Upper tails as natural logarithms, finite far below the smallest number a p value could be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]
LN10 = float(np.log(10.0))
SMALL = 1e-280  # below this the library value loses digits; the continued fractions take over
LEVELS = 400  # depth of the continued fractions: they converge in tens of steps in the far tail


def log_sf_normal(z: npt.ArrayLike) -> FloatArray:
    """Return the log probability that a standard normal exceeds ``z``.

    Parameters
    ----------
    z : array, any shape

    Returns
    -------
    array, same shape
    """
    return np.asarray(special.log_ndtr(-np.asarray(z, dtype=np.float64)), dtype=np.float64)


def log_two_sided_normal(z: npt.ArrayLike) -> FloatArray:
    """Return the log of the two-sided p value of a standard normal statistic, at most 0."""
    return np.minimum(np.log(2.0) + log_sf_normal(np.abs(np.asarray(z, dtype=np.float64))), 0.0)


def log_two_sided_t(t: npt.ArrayLike, df: npt.ArrayLike) -> FloatArray:
    """Return the log of the two-sided p value of a t statistic.

    Parameters
    ----------
    t, df : arrays that broadcast
        Statistic and degrees of freedom (above 0).
    """
    return log_sf_f(np.asarray(t, dtype=np.float64) ** 2, 1.0, df)


def log_sf_f(f: npt.ArrayLike, df1: npt.ArrayLike, df2: npt.ArrayLike) -> FloatArray:
    """Return the log probability that F with ``df1`` and ``df2`` degrees of freedom exceeds ``f``.

    Parameters
    ----------
    f, df1, df2 : arrays that broadcast
        NaN, or degrees of freedom not above 0, give NaN.

    Returns
    -------
    array, broadcast shape

    Source
    ------
    Incomplete beta continued fraction: Abramowitz & Stegun 26.5.8.
    """
    ratio, d1, d2 = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (f, df1, df2)))
    good = (d1 > 0) & (d2 > 0) & (ratio >= 0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        odds = d1 * ratio / d2  # (1 - x) / x
        a, b = d2 / 2.0, d1 / 2.0
        # The smaller of x and 1 - x keeps its digits; the other is taken as its complement.
        x = np.where(good, 1.0 / (1.0 + odds), np.nan)
        y = np.where(np.isfinite(odds), odds / (1.0 + odds), 1.0)
        p = np.where(odds > 1.0, special.betainc(a, b, x), special.betaincc(b, a, np.where(good, y, np.nan)))
        out = np.log(p)
        far = good & (p < SMALL) & np.isfinite(ratio)
        if far.any():
            out = np.array(out, ndmin=1)
            where = np.atleast_1d(far)
            parts = (np.atleast_1d(v)[where] for v in (a, b, odds))
            out[where] = _log_beta_tail(*parts)
    return np.asarray(out, dtype=np.float64).reshape(ratio.shape)


def _log_beta_tail(a: FloatArray, b: FloatArray, odds: FloatArray) -> FloatArray:
    """Return log I_x(a, b) for small x = 1 / (1 + odds), as prefactor and continued fraction."""
    log_x = -np.log1p(odds)
    x = np.exp(log_x)
    log_front = a * log_x + b * (np.log(odds) + log_x) - np.log(a) - log_beta(a, b)
    # Modified Lentz; the coefficients are those of the incomplete beta function.
    c = np.ones_like(a)
    d = 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    h = d.copy()
    for m in range(1, LEVELS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / (1.0 + even * d)
        c = 1.0 + even / c
        h *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / (1.0 + odd * d)
        c = 1.0 + odd / c
        h *= d * c
        if np.all(np.abs(d * c - 1.0) < 1e-16):
            break
    return np.asarray(log_front + np.log(h), dtype=np.float64)


def log_beta(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return log B(a, b); for large ``a`` as a Stirling difference, which does not cancel."""
    large = np.maximum(a, 20.0)
    rise = (large - 0.5) * np.log1p(b / large) + b * np.log(large + b) - b
    rise += _stirling(large + b) - _stirling(large)
    return np.where(a >= 20.0, special.gammaln(b) - rise, special.betaln(a, b))


def _stirling(z: FloatArray) -> FloatArray:
    """Return the Stirling correction of log Gamma(z), to double precision from z = 20 on."""
    w = 1.0 / (z * z)
    return (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188)))) / z


def log_sf_chi2(x: npt.ArrayLike, df: npt.ArrayLike) -> FloatArray:
    """Return the log probability that chi-square with ``df`` degrees of freedom exceeds ``x``.

    Parameters
    ----------
    x, df : arrays that broadcast
        NaN, or degrees of freedom not above 0, give NaN.

    Returns
    -------
    array, broadcast shape

    Source
    ------
    Incomplete gamma continued fraction: Abramowitz & Stegun 6.5.31.
    """
    value, nu = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(df, dtype=np.float64))
    good = (nu > 0) & (value >= 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        tail = special.gammaincc(np.where(good, nu, 1.0) / 2.0, np.where(good, value, 0.0) / 2.0)
        p = np.where(good, tail, np.nan)
        out = np.log(p)
    far = good & (p < SMALL) & np.isfinite(value)
    if far.any():
        out = np.array(out, ndmin=1)
        where = np.atleast_1d(far)
        out[where] = _log_gamma_tail(np.atleast_1d(nu)[where] / 2.0, np.atleast_1d(value)[where] / 2.0)
    return np.asarray(out, dtype=np.float64).reshape(value.shape)


def _log_gamma_tail(s: FloatArray, x: FloatArray) -> FloatArray:
    """Return log Q(s, x) for x far above s, by the modified Lentz continued fraction."""
    b = x + 1.0 - s
    c = np.full_like(x, 1e300)
    d = 1.0 / b
    h = d.copy()
    for m in range(1, LEVELS):
        step = -m * (m - s)
        b = b + 2.0
        d = 1.0 / (step * d + b)
        c = b + step / c
        h *= d * c
        if np.all(np.abs(d * c - 1.0) < 1e-16):
            break
    return np.asarray(s * np.log(x) - x - special.gammaln(s) + np.log(h), dtype=np.float64)


def p_and_log10(log_p: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return p and -log10 p of natural log p values; the second stays finite where the first is 0."""
    logs = np.asarray(log_p, dtype=np.float64)
    return np.exp(logs), np.abs(logs) / LN10
