"""Compiled core of Cox models: Newton's method on the partial likelihood, patients sorted by time."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ROUNDS = 50
HALVINGS = 12
GAIN = 1e-13  # relative gain of the log likelihood below which a fit stands
FAR = 25.0  # a log hazard ratio of one standard deviation beyond this grows without end

OK, FEW, FEATURE_CONSTANT, FEW_EVENTS, SEPARATED, NO_MAXIMUM = range(6)
# Columns of `fits`.
N, EVENTS, BETA, SE, LIKELIHOOD_RATIO, SCORE = range(6)


@njit(cache=True, nogil=True, error_model="numpy")
def scan_cox(
    features: FloatArray,
    Z: FloatArray,
    risk: IntArray,
    entry: FloatArray,
    time: FloatArray,
    rules: tuple[int, int, int],
    fits: FloatArray,
    codes: IntArray,
) -> None:
    """Fit one model for each feature beside the same covariates.

    Parameters
    ----------
    features : array, (G, N)
        Features as rows, NaN for missing; patients sorted by stratum, then time.
    Z : array, (N, C)
        Covariates, centred.
    risk : int array, (2, N)
        Stratum and event (0, 1) of each patient.
    entry, time : array, (N,)
        When a patient came under observation (-inf: from the start) and left it.
    rules : (int, int, int)
        Fewest patients, fewest events for each term, and 1 for Efron's or 0 for Breslow's handling of ties.
    fits : array, (G, 6)
        Filled: patients, events, log hazard ratio of one unit, its standard error, likelihood ratio, score statistic.
    codes : int array, (G,)
        Filled: what became of each.
    """
    G, n_all = features.shape
    C = Z.shape[1]
    X = np.empty((n_all, C + 1))
    part = np.empty((2, n_all), dtype=np.int64)
    when = np.empty((2, n_all))
    null = math.nan  # log likelihood and coefficients without the feature, where no value is missing
    base = np.zeros(C + 1)
    for g in range(G):
        n, events, mean = 0, 0, 0.0
        for i in range(n_all):
            value = features[g, i]
            if value == value:
                for c in range(C):
                    X[n, c] = Z[i, c]
                X[n, C] = value
                part[0, n], part[1, n] = risk[0, i], risk[1, i]
                when[0, n], when[1, n] = entry[i], time[i]
                events += risk[1, i]
                mean += value
                n += 1
        fits[g, N], fits[g, EVENTS] = n, events
        for k in range(2, 6):
            fits[g, k] = math.nan
        codes[g] = OK
        if n < rules[0]:
            codes[g] = FEW
            continue
        mean /= n
        spread = 0.0
        for i in range(n):
            X[i, C] -= mean
            spread += X[i, C] ** 2
        spread = math.sqrt(spread / n)
        if not spread > 1e-12 * abs(mean):
            codes[g] = FEATURE_CONSTANT
            continue
        if events < rules[1] * (C + 1) or events == 0:
            codes[g] = FEW_EVENTS
            continue
        for i in range(n):
            X[i, C] /= spread
        beta = np.zeros(C + 1)
        if n < n_all or math.isnan(null):
            without = maximise(X[:n], C, part[:, :n], when[:, :n], rules[2], beta, np.empty((C + 1, C + 1)))
            if n == n_all:
                null = without
                base[:] = beta
        else:
            without = null
            beta[:] = base
        H = np.empty((C + 1, C + 1))
        gradient = np.empty(C + 1)
        partial_likelihood(X[:n], C + 1, part[:, :n], when[:, :n], rules[2], beta, gradient, H)
        score = _score(H, gradient[C], C)
        whole = maximise(X[:n], C + 1, part[:, :n], when[:, :n], rules[2], beta, H)
        if math.isnan(whole) or math.isnan(without):
            codes[g] = NO_MAXIMUM
            continue
        if abs(beta[C]) > FAR:
            codes[g] = SEPARATED
            fits[g, LIKELIHOOD_RATIO], fits[g, SCORE] = max(2.0 * (whole - without), 0.0), score
            fits[g, BETA] = math.inf if beta[C] > 0 else -math.inf
            continue
        fits[g, BETA] = beta[C] / spread
        fits[g, SE] = math.sqrt(_last_of_inverse(H, C + 1)) / spread
        fits[g, LIKELIHOOD_RATIO] = max(2.0 * (whole - without), 0.0)
        fits[g, SCORE] = score


@njit(cache=True, nogil=True, error_model="numpy")
def maximise(
    X: FloatArray, k: int, risk: IntArray, when: FloatArray, efron: int, beta: FloatArray, H: FloatArray
) -> float:
    """Climb from ``beta`` with the first ``k`` columns; return the log likelihood, NaN where it has no maximum.

    ``beta`` and the information matrix ``H`` (k, k) are left at the maximum.
    """
    gradient, step = np.empty(k), np.zeros(k)
    best = partial_likelihood(X, k, risk, when, efron, beta, gradient, H)
    if k == 0:
        return best
    old = np.empty(k)
    for _ in range(ROUNDS):
        if not _solve(H, gradient, k, step):
            return math.nan
        old[:] = beta[:k]
        length, found = 1.0, -math.inf
        for _ in range(HALVINGS):
            for a in range(k):
                beta[a] = old[a] + length * step[a]
            found = partial_likelihood(X, k, risk, when, efron, beta, gradient, H)
            if found >= best - GAIN * (1.0 + abs(best)):
                break
            length *= 0.5
        if not found >= best - 1e-6 * (1.0 + abs(best)):
            return math.nan
        gained = found - best
        best = found
        if gained <= GAIN * (1.0 + abs(best)):
            return best
        if abs(beta[k - 1]) > 2.0 * FAR:
            return best
    return best


@njit(cache=True, nogil=True, error_model="numpy")
def partial_likelihood(
    X: FloatArray,
    k: int,
    risk: IntArray,
    when: FloatArray,
    efron: int,
    beta: FloatArray,
    gradient: FloatArray,
    H: FloatArray,
) -> float:
    """Return the log partial likelihood; fill its gradient (k,) and information matrix (k, k)."""
    n = X.shape[0]
    for a in range(k):
        gradient[a] = 0.0
        for b in range(k):
            H[a, b] = 0.0
    s1, d1, s2, d2 = np.zeros(k), np.zeros(k), np.zeros((k, k)), np.zeros((k, k))
    out = _by_entry(risk, when)
    eta = _weights(X, k, risk, beta)
    total = 0.0
    last = n
    while last > 0:  # one stratum after the other, from its end
        first = last
        while first > 0 and risk[0, first - 1] == risk[0, last - 1]:
            first -= 1
        s0, i, gone = 0.0, last, 0
        for a in range(k):
            s1[a] = 0.0
            for b in range(k):
                s2[a, b] = 0.0
        while i > first:
            t = when[1, i - 1]
            d, d0 = 0, 0.0
            for a in range(k):
                d1[a] = 0.0
                for b in range(k):
                    d2[a, b] = 0.0
            while i > first and when[1, i - 1] == t:
                i -= 1
                w = math.exp(eta[i])
                s0 += w
                _add(s1, s2, X, i, k, w)
                if risk[1, i] == 1:
                    d += 1
                    d0 += w
                    _add(d1, d2, X, i, k, w)
                    total += eta[i]
                    for a in range(k):
                        gradient[a] += X[i, a]
            while gone < last - first and when[0, out[first + gone]] >= t:
                j = out[first + gone]
                w = math.exp(eta[j])
                s0 -= w
                _add(s1, s2, X, j, k, -w)
                gone += 1
            for event in range(d):
                f = event / d if efron == 1 else 0.0
                below = s0 - f * d0
                total -= math.log(below)
                for a in range(k):
                    mean = (s1[a] - f * d1[a]) / below
                    gradient[a] -= mean
                    for b in range(a + 1):
                        H[a, b] += (s2[a, b] - f * d2[a, b]) / below - mean * (s1[b] - f * d1[b]) / below
        last = first
    for a in range(k):
        for b in range(a):
            H[b, a] = H[a, b]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _by_entry(risk: IntArray, when: FloatArray) -> IntArray:
    """Return the patients of each stratum from the latest entry to the earliest; in place where all start at once."""
    n = when.shape[1]
    order = np.arange(n)
    if not (when[0] > -math.inf).any():
        return order
    first = 0
    while first < n:
        last = first
        while last < n and risk[0, last] == risk[0, first]:
            last += 1
        order[first:last] = first + np.argsort(-when[0, first:last])
        first = last
    return order


@njit(cache=True, nogil=True, error_model="numpy")
def _weights(X: FloatArray, k: int, risk: IntArray, beta: FloatArray) -> FloatArray:
    """Return the linear predictor of each patient, less the largest of its stratum, so that no weight overflows."""
    n = X.shape[0]
    eta = np.zeros(n)
    for i in range(n):
        for a in range(k):
            eta[i] += X[i, a] * beta[a]
    first = 0
    while first < n:
        last, largest = first, -math.inf
        while last < n and risk[0, last] == risk[0, first]:
            largest = max(largest, eta[last])
            last += 1
        for i in range(first, last):
            eta[i] -= largest
        first = last
    return eta


@njit(cache=True, nogil=True, error_model="numpy")
def _add(s1: FloatArray, s2: FloatArray, X: FloatArray, i: int, k: int, w: float) -> None:
    for a in range(k):
        wx = w * X[i, a]
        s1[a] += wx
        for b in range(a + 1):
            s2[a, b] += wx * X[i, b]


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(H: FloatArray, right: FloatArray, k: int, out: FloatArray) -> bool:
    """Solve H out = right by Cholesky; False where H is not positive definite."""
    L = np.zeros((k, k))
    for a in range(k):
        for b in range(a + 1):
            value = H[a, b]
            for c in range(b):
                value -= L[a, c] * L[b, c]
            if a == b:
                if not value > 1e-14 * max(H[a, a], 1e-300):
                    return False
                L[a, a] = math.sqrt(value)
            else:
                L[a, b] = value / L[b, b]
    for a in range(k):
        value = right[a]
        for c in range(a):
            value -= L[a, c] * out[c]
        out[a] = value / L[a, a]
    for a in range(k - 1, -1, -1):
        value = out[a]
        for c in range(a + 1, k):
            value -= L[c, a] * out[c]
        out[a] = value / L[a, a]
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _last_of_inverse(H: FloatArray, k: int) -> float:
    unit, out = np.zeros(k), np.zeros(k)
    unit[k - 1] = 1.0
    return out[k - 1] if _solve(H, unit, k, out) else math.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _score(H: FloatArray, slope: float, c: int) -> float:
    """Return the score statistic of column ``c``, where the gradient of the others is 0."""
    variance = _last_of_inverse(H, c + 1)
    return slope * slope * variance if variance == variance else math.nan
