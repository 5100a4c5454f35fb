"""Tails of weighted sums of chi-squares, the null of quadratic statistics."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
STEP = 0.18  # of the trapezoid rule, in widths of the integrand at its saddle
LAST = 1e-14  # share of the sum below which a term ends it
TERMS = 4000
HALVINGS = 200


def mixture_tail(value: float, weights: npt.ArrayLike, df: npt.ArrayLike | None = None) -> float:
    """Return P(sum of w chi-square > value), to 10 digits relative to itself also far out.

    Parameters
    ----------
    value : float
        At least 0; with weights of both signs exactly 0 (bring the value into the weights).
    weights : array, (m,)
        Of any sign; those of 0 are left out.
    df : array, (m,), optional
        Degrees of freedom of each chi-square; 1 where not given.

    Raises
    ------
    ValueError
        A value that is negative, or not 0 beside negative weights.

    Source
    ------
    Rice 1980, SIAM Journal on Scientific and Statistical Computing 1:438: the inversion integral along a path of steep
    descent; Imhof 1961, Biometrika 48:419 (the same along the imaginary axis).
    """
    w = np.asarray(weights, dtype=np.float64)
    f = np.ones_like(w) if df is None else np.asarray(df, dtype=np.float64)
    w, f = w[w != 0.0], f[w != 0.0]
    if value < 0 or (value != 0 and (w < 0).any()):
        raise ValueError("the value is at least 0, and 0 where weights are negative")
    return float(upper_tail(float(value), w, f))


@njit(cache=True, nogil=True, error_model="numpy")
def upper_tail(value: float, weights: FloatArray, df: FloatArray) -> float:
    """Do :func:`mixture_tail` with weights other than 0."""
    return _tail(value, weights, df)[0]


@njit(cache=True, nogil=True, error_model="numpy")
def quantile(tail: float, weights: FloatArray, df: FloatArray) -> float:
    """Return the value whose upper tail is ``tail``, between 0 and 1; weights above 0.

    By Newton's method for the logarithm of the tail, inside an interval that always holds the value.
    """
    goal = math.log(tail)
    low, high = 0.0, math.inf
    value = (weights * df).sum()
    for _ in range(HALVINGS):
        found, density = _tail(value, weights, df)
        miss = math.log(found) - goal if found > 0.0 else -math.inf
        if abs(miss) < 1e-10 or high - low <= 1e-13 * low:
            break
        if miss > 0.0:
            low = value
        else:
            high = value
        value += miss * found / density if found > 0.0 and density > 0.0 else -math.inf
        if not low < value < high:
            value = 0.5 * (low + high) if high < math.inf else 2.0 * low
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def _tail(value: float, weights: FloatArray, df: FloatArray) -> tuple[float, float]:
    """Return upper tail and density."""
    if weights.size == 0:
        return 0.0 if value > 0.0 else 1.0, 0.0
    largest, least, mean = 0.0, 0.0, 0.0
    for k in range(weights.size):
        largest, least = max(largest, weights[k]), min(least, weights[k])
        mean += weights[k] * df[k]
    if largest <= 0.0:
        return 0.0, 0.0
    if least >= 0.0 and value <= 0.0:
        return 1.0, 0.0
    scale = max(largest, -least)
    w, q = weights / scale, value / scale
    if mean / scale < q:
        tail, density = _integral(q, w, df, _saddle(q, w, df, 0.0, 0.5 * scale / largest))
        return tail, density / scale
    low = 0.5 * scale / least if least < 0.0 else -1.01 * (0.5 * df.sum() + 1.0) / q
    tail, density = _integral(q, w, df, _saddle(q, w, df, low, 0.0))
    return 1.0 - tail, density / scale


@njit(cache=True, nogil=True, error_model="numpy")
def _saddle(q: float, w: FloatArray, df: FloatArray, low: float, high: float) -> float:
    """Return where the integrand is least on the real axis between two of its poles."""
    for _ in range(HALVINGS):
        c = 0.5 * (low + high)
        slope = -q - 1.0 / c
        for k in range(w.size):
            slope += df[k] * w[k] / (1.0 - 2.0 * w[k] * c)
        if slope > 0.0:
            high = c
        else:
            low = c
        if high - low <= 1e-9 * abs(c):
            break
    return 0.5 * (low + high)


@njit(cache=True, nogil=True, error_model="numpy")
def _integral(q: float, w: FloatArray, df: FloatArray, c: float) -> tuple[float, float]:
    """Return the tail on the far side of 0 from ``c`` (upper for c > 0, lower for c < 0), and the density."""
    second, third = 1.0 / c**2, -2.0 / c**3
    for k in range(w.size):
        ratio = w[k] / (1.0 - 2.0 * w[k] * c)
        second += 2.0 * df[k] * ratio**2
        third += 8.0 * df[k] * ratio**3
    width = 1.0 / math.sqrt(second)
    bend = max(third / (6.0 * second), 0.05 / width) if q > 0.0 else 0.0
    step, total, dense, peak = STEP * width, 0.0, 0.0, 0.0
    for j in range(TERMS):
        y = j * step
        s = complex(c + bend * y * y, y)
        log = -s * q - np.log(s)
        for k in range(w.size):
            log -= 0.5 * df[k] * np.log(1.0 - 2.0 * w[k] * s)
        term = np.exp(log) * complex(1.0, -2.0 * bend * y)
        share = 0.5 if j == 0 else 1.0
        total += share * term.real
        dense += share * (term * s).real
        peak = max(peak, abs(total))
        if abs(term) < LAST * peak:
            break
    return abs(total) * step / math.pi, abs(dense) * step / math.pi
