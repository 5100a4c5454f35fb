"""Two-sided p values of millions of t statistics: one small table for each number of degrees of freedom.

With a = df / 2, p = h (1 + t^2 / df)^-a. In z = |t| / sqrt(1 + t^2 / df) the product (1 + k z) h, with
k = sqrt(pi / 2), is smooth and close to 1; in s = z (1 + 2 / sqrt(df)) / (z + 2) it is a polynomial of degree
9 on each of 20 equal pieces of 0 to 1.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.stats.tails import LN10, log_beta

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]
PIECES = 20
DEGREE = 9
SERIES_BELOW = 2.5  # |t| up to which the power series is used; the continued fraction beyond
STEPS = 2000
CHUNK = 16384
MILLS = math.sqrt(math.pi / 2.0)


def two_sided_t(t: FloatArray, df: npt.NDArray[np.integer]) -> tuple[FloatArray, FloatArray]:
    """Return p and -log10 p of t statistics, two-sided.

    Parameters
    ----------
    t : array, any shape
        Statistics; NaN gives NaN.
    df : int array, same shape
        Degrees of freedom; less than 1 gives NaN.

    Returns
    -------
    p, neg_log10_p : arrays, same shape
        Within 1e-12 (relative) of the incomplete beta function; the second is finite where p underflows.

    Source
    ------
    Abramowitz & Stegun 26.5.4 (series) and 26.5.8 (continued fraction).
    """
    flat = np.ascontiguousarray(t, dtype=np.float64).ravel()
    degrees = np.ascontiguousarray(df, dtype=np.int32).ravel()
    present = _present(degrees)
    front = np.full(int(present.max(initial=0)) + 1, np.nan)
    front[present] = _front(present)
    p, neg = np.empty(flat.size), np.empty(flat.size)
    if not present.size:
        p[:], neg[:] = np.nan, np.nan
    elif flat.size < PIECES * (DEGREE + 1) * present.size:
        _one_by_one(flat, degrees, front, p, neg)
    else:
        row = np.zeros(front.size, dtype=np.int64)
        row[present] = np.arange(present.size) * PIECES
        table = _polynomials(present, front[present]).reshape(-1, DEGREE + 1)
        for start in range(0, flat.size, CHUNK):
            part = slice(start, start + CHUNK)
            _by_table(flat[part], degrees[part], (row, table), p[part], neg[part])
    return p.reshape(np.shape(t)), neg.reshape(np.shape(t))


def _present(df: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    seen = np.zeros(max(int(df.max(initial=0)), 0) + 1, dtype=np.int64)
    _mark(df, seen)
    return np.flatnonzero(seen)


def _by_table(
    t: FloatArray,
    df: npt.NDArray[np.int32],
    tables: tuple[npt.NDArray[np.int64], FloatArray],
    p: FloatArray,
    neg: FloatArray,
) -> None:
    """Fill p and -log10 p of one chunk; numpy's logarithms are several times faster than compiled loops."""
    row, table = tables
    root = np.sqrt(np.arange(row.size, dtype=np.float64))
    root[0] = np.nan
    h, power = np.empty(t.size), np.empty(t.size)
    _look_up(t, df, root, row, table, h, power)
    np.log1p(power, out=power)
    power *= df
    power *= 0.5
    np.exp(-power, out=p)
    p *= h
    np.minimum(p, 1.0, out=p)
    np.log(h, out=h)
    np.subtract(power, h, out=neg)
    neg *= 1.0 / LN10
    np.maximum(neg, 0.0, out=neg)


def _front(df: npt.NDArray[np.int64]) -> FloatArray:
    """Return log(a B(a, 1/2)), a = df / 2."""
    a = df / 2.0
    return np.asarray(np.log(a) + log_beta(a, np.full(a.shape, 0.5)), dtype=np.float64)


def _polynomials(df: npt.NDArray[np.int64], front: FloatArray) -> FloatArray:
    """Return the polynomials of (1 + k z) h: (df, PIECES, DEGREE + 1), lowest power first."""
    nodes = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
    to_powers = np.linalg.inv(np.vander(nodes, increasing=True))
    s = ((np.arange(PIECES)[:, None] + 0.5 + 0.5 * nodes) / PIECES).ravel()
    values = np.empty((df.size, s.size))
    _at_nodes(df, front, s, values)
    return np.ascontiguousarray(values.reshape(df.size, PIECES, DEGREE + 1) @ to_powers.T)


@njit(cache=True, nogil=True)
def _mark(df: IntArray, seen: npt.NDArray[np.int64]) -> None:
    for k in range(df.size):
        if df[k] > 0:
            seen[df[k]] = 1


@njit(cache=True, nogil=True)
def _h(odds: float, nu: float, front: float) -> float:
    """Return h at t^2 = odds * nu; ``front`` is log(a B(a, 1/2))."""
    a = 0.5 * nu
    y = odds / (1.0 + odds)
    if odds * nu < SERIES_BELOW * SERIES_BELOW:
        total = 1.0
        term = 1.0
        for k in range(STEPS):
            term *= (a + 0.5 + k) / (1.5 + k) * y
            total += term
            if term < 1e-17 * total:
                break
        return math.exp(a * math.log1p(odds)) - 2.0 * a * math.sqrt(y) * math.exp(-front) * total
    x = 1.0 / (1.0 + odds)
    c = 1.0
    d = 1.0 / (1.0 - (a + 0.5) * x / (a + 1.0))
    h = d
    for m in range(1, STEPS):
        even = m * (0.5 - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / (1.0 + even * d)
        c = 1.0 + even / c
        h *= d * c
        odd = -(a + m) * (a + 0.5 + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / (1.0 + odd * d)
        c = 1.0 + odd / c
        h *= d * c
        if abs(d * c - 1.0) < 4e-16:
            break
    return math.sqrt(y) * math.exp(-front) * h


@njit(cache=True, nogil=True)
def _at_nodes(df: npt.NDArray[np.int64], front: FloatArray, s: FloatArray, values: FloatArray) -> None:
    for i in range(df.size):
        nu = float(df[i])
        c = 2.0 / math.sqrt(nu)
        for k in range(s.size):
            r = c * s[k] / (1.0 + c - s[k])
            odds = r * r / ((1.0 - r) * (1.0 + r))
            values[i, k] = _h(odds, nu, front[i]) * (1.0 + MILLS * r * math.sqrt(nu))


@njit(cache=True, nogil=True)
def _one_by_one(t: FloatArray, df: IntArray, front: FloatArray, p: FloatArray, neg: FloatArray) -> None:
    for k in range(t.size):
        p[k] = math.nan
        neg[k] = math.nan
        if df[k] > 0 and not math.isnan(t[k]):
            odds = t[k] * t[k] / df[k]
            log_p = -math.inf
            if odds < math.inf:
                h = _h(odds, float(df[k]), front[df[k]])
                log_p = min(math.log(h) - 0.5 * df[k] * math.log1p(odds), 0.0)
            p[k] = math.exp(log_p)
            neg[k] = abs(log_p) / LN10


@njit(cache=True, nogil=True)
def _look_up(
    t: FloatArray,
    df: IntArray,
    root: FloatArray,
    row: npt.NDArray[np.int64],
    table: FloatArray,
    h: FloatArray,
    odds: FloatArray,
) -> None:
    """Fill h and t^2 / df; the polynomial is written out so that the loop becomes vector instructions."""
    for k in range(t.size):
        nu = df[k] if df[k] > 0 else 0
        ratio = t[k] / root[nu]
        odds[k] = ratio * ratio
        z = abs(t[k]) / math.sqrt(1.0 + odds[k])
        z = z if z < root[nu] else root[nu]
        s = z * (1.0 + 2.0 / root[nu]) / (z + 2.0) * PIECES
        s = s if s > 0.0 else 0.0
        piece = int(s) if s < PIECES - 1.0 else PIECES - 1
        u = 2.0 * (s - piece) - 1.0
        place = row[nu] + piece
        g = table[place, 9] * u + table[place, 8]
        g = g * u + table[place, 7]
        g = g * u + table[place, 6]
        g = g * u + table[place, 5]
        g = g * u + table[place, 4]
        g = g * u + table[place, 3]
        g = g * u + table[place, 2]
        g = g * u + table[place, 1]
        g = g * u + table[place, 0]
        h[k] = g / (1.0 + MILLS * z)
