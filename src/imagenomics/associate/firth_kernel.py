"""Compiled core of Firth's logistic regression: penalised fits, some coefficients held, and their profile limits."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
ROUNDS = 500
CALM = 1e-20  # expected gain, relative to the penalised likelihood, at which a fit stands
FLAT = 1e-13  # pivot of the information, relative to its largest, below which it has no inverse


@njit(cache=True, nogil=True, error_model="numpy")
def scan_firth(X: FloatArray, y: FloatArray, base: int, cutoff: float, found: FloatArray) -> None:
    """Fit one response with and without the rows from ``base`` on.

    Parameters
    ----------
    X : array, (p, n)
        Orthonormal rows; the last ones are tested.
    y : array, (n,)
        0 or 1.
    base : int
        Rows that are not tested.
    cutoff : float
        Chi-square that the profile interval is cut at; none is made unless one row is tested.
    found : array, (4,)
        Filled: penalised likelihood ratio; last coefficient, its lower and its upper limit. NaN: no maximum.
    """
    p = X.shape[0]
    beta, held = np.zeros(p), np.zeros(p)
    found[:] = math.nan
    without = _maximise(X, y, base, held)
    best = _maximise(X, y, p, beta)
    found[0] = max(2.0 * (best - without), 0.0)
    if p - base > 1:
        return
    found[1] = beta[base]
    found[2] = _limit(X, y, beta, best, -1.0, cutoff)
    found[3] = _limit(X, y, beta, best, 1.0, cutoff)


@njit(cache=True, nogil=True, error_model="numpy")
def _maximise(X: FloatArray, y: FloatArray, free: int, beta: FloatArray) -> float:
    """Return the largest penalised log likelihood over the first ``free`` coefficients, or NaN; fill ``beta``."""
    p, n = X.shape
    L, U, hat = np.empty((p, p)), np.empty(p), np.empty(n)
    trial, step = beta.copy(), np.empty(p)
    best = _penalised(X, y, trial, L)
    for _ in range(ROUNDS):
        if not best > -math.inf:
            return math.nan
        _score(X, y, beta, L, U, hat)
        gain = _direction(L, U, free, step)
        if not gain > CALM * (1.0 + abs(best)):
            return best
        value = -math.inf
        for _half in range(40):
            for j in range(free):
                trial[j] = beta[j] + step[j]
            value = _penalised(X, y, trial, L)
            if value >= best - 1e-13 * (1.0 + abs(best)):
                break
            for j in range(free):
                step[j] *= 0.5
        for j in range(free):
            beta[j] = trial[j]
        best = value
    return math.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _penalised(X: FloatArray, y: FloatArray, beta: FloatArray, L: FloatArray) -> float:
    """Return the log likelihood plus half the log determinant of the information; fill its Cholesky factor."""
    p, n = X.shape
    total, top = 0.0, 0.0
    L[:, :] = 0.0
    for i in range(n):
        eta = 0.0
        for j in range(p):
            eta += beta[j] * X[j, i]
        signed = eta if y[i] == 1.0 else -eta
        small = math.exp(-abs(eta))
        total -= math.log1p(small) + (0.0 if signed > 0 else -signed)
        weight = small / ((1.0 + small) * (1.0 + small))
        for j in range(p):
            scaled = weight * X[j, i]
            for m in range(j + 1):
                L[j, m] += scaled * X[m, i]
    for j in range(p):
        top = max(top, L[j, j])
    for j in range(p):
        for m in range(j + 1):
            left = L[j, m]
            for k in range(m):
                left -= L[j, k] * L[m, k]
            if m < j:
                L[j, m] = left / L[m, m]
            elif left > FLAT * top:
                L[j, j] = math.sqrt(left)
                total += math.log(L[j, j])
            else:
                return -math.inf
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _score(
    X: FloatArray, y: FloatArray, beta: FloatArray, L: FloatArray, U: FloatArray, z: FloatArray
) -> None:
    """Fill the derivatives of the penalised log likelihood; ``z`` is scratch."""
    p, n = X.shape
    U[:] = 0.0
    for i in range(n):
        eta, share = 0.0, 0.0
        for j in range(p):
            eta += beta[j] * X[j, i]
        for j in range(p):
            left = X[j, i]
            for k in range(j):
                left -= L[j, k] * z[k]
            z[j] = left / L[j, j]
            share += z[j] * z[j]
        mean = 1.0 / (1.0 + math.exp(-eta))
        pull = y[i] - mean + share * mean * (1.0 - mean) * (0.5 - mean)
        for j in range(p):
            U[j] += pull * X[j, i]


@njit(cache=True, nogil=True, error_model="numpy")
def _direction(L: FloatArray, U: FloatArray, free: int, step: FloatArray) -> float:
    """Fill the step of Fisher's scoring in the first ``free`` coefficients; return the gain it promises."""
    gain = 0.0
    for j in range(free):
        step[j] = U[j]
        for k in range(j):
            step[j] -= L[j, k] * step[k]
        step[j] /= L[j, j]
        gain += step[j] * step[j]
    for j in range(free - 1, -1, -1):
        for k in range(j + 1, free):
            step[j] -= L[k, j] * step[k]
        step[j] /= L[j, j]
    return gain


@njit(cache=True, nogil=True, error_model="numpy")
def _limit(X: FloatArray, y: FloatArray, fit: FloatArray, best: float, sign: float, cutoff: float) -> float:
    """Return where the profile has fallen by half the cutoff, on one side of the maximum.

    The root of the fall is nearly a straight line in the coefficient, and the derivative of a profile is that of
    the likelihood: Newton's method, kept inside a bracket.
    """
    p, n = X.shape
    L, U, hat, beta = np.empty((p, p)), np.empty(p), np.empty(n), fit.copy()
    _penalised(X, y, fit, L)
    goal = math.sqrt(cutoff)
    step = goal / L[p - 1, p - 1]
    inside, outside, at = 0.0, math.inf, step
    for _ in range(200):
        beta[p - 1] = fit[p - 1] + sign * at
        profile = _maximise(X, y, p - 1, beta)
        if math.isnan(profile):
            beta[:] = fit  # too far out: from the maximum again, nearer to it
            outside = at
            at = 0.5 * (inside + outside)
            continue
        root = math.sqrt(max(2.0 * (best - profile), 0.0))
        if root < goal:
            inside = at
        else:
            outside = at
        if abs(root - goal) < 1e-12 * goal or outside - inside < 1e-14 * at:
            return fit[p - 1] + sign * at
        _penalised(X, y, beta, L)
        _score(X, y, beta, L, U, hat)
        slope = -sign * U[p - 1] / root if root > 0 else 0.0
        at += (goal - root) / slope if slope > 0 else step
        if not inside < at < outside:
            at = 0.5 * (inside + outside) if outside < math.inf else 2.0 * inside + step
    return math.nan
