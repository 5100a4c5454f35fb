"""Compiled core of the logistic engine: two nested fits by Newton's method for every pair."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
COLLINEAR = 1e-16
ROUNDS = 200
GAIN = 1e-14  # relative gain of log likelihood below which a fit stands
DRIFT = 0.05  # a coefficient whose fitted values still move this much by then goes to infinity
PERFECT = 1e-6  # log likelihood (without sign) at which a model predicts every patient

# As in ``codes``; written out, because compiled code that is kept does not notice changes of another file.
OK, FEW, SMALL_GROUP, FEATURE_CONSTANT, TARGET_CONSTANT, FEATURE_EXPLAINED, TARGET_EXPLAINED = range(7)
SEPARATED, NO_MAXIMUM, MANY_COVARIATES = 12, 13, 14


@njit(cache=True, nogil=True, error_model="numpy")
def scan_logits(
    responses: IntArray, levels: IntArray, Q: FloatArray, rules: tuple[int, int, int], fits: FloatArray
) -> None:
    """Fit all pairs.

    Parameters
    ----------
    responses : int array, (K, N)
        0 or 1, -1 for missing.
    levels : int array, (G, N)
        Level of each predictor, -1 for missing.
    Q : array, (N, C)
        Orthonormal covariates with the intercept.
    rules : (int, int, int)
        Fewest patients, fewest in a group, and fewest in the smaller group of the response per term.
    fits : array, (G, K, 7)
        Filled: a code; patients; degrees of freedom; likelihood ratio; Wald's chi-square; and for a predictor of two
        levels its log odds ratio and the standard error of that.
    """
    N, C = Q.shape
    for g in range(levels.shape[0]):
        size = 0
        for i in range(N):
            size = max(size, levels[g, i] + 1)
        counts = np.zeros(size + 1, dtype=np.int64)
        for k in range(responses.shape[0]):
            ones, n = 0, 0
            for level in range(size):
                counts[level] = 0
            for i in range(N):
                if levels[g, i] >= 0 and responses[k, i] >= 0:
                    n += 1
                    ones += responses[k, i]
                    counts[levels[g, i]] += 1
            X, y = np.empty((C + size, n)), np.empty(n)
            at = 0
            for i in range(N):
                if levels[g, i] >= 0 and responses[k, i] >= 0:
                    y[at] = responses[k, i]
                    for c in range(C):
                        X[c, at] = Q[i, c]
                    for level in range(size):
                        X[C + level, at] = 1.0 if levels[g, i] == level else 0.0
                    at += 1
            for part in range(2, 7):
                fits[g, k, part] = math.nan
            fits[g, k, 1] = n
            code = _refusal(n, ones, counts, rules)
            fits[g, k, 0] = (
                fit_nested(X, y, C, min(ones, n - ones) // rules[2], fits[g, k]) if code == OK else code
            )


@njit(cache=True, nogil=True, error_model="numpy")
def _refusal(n: int, ones: int, counts: IntArray, rules: tuple[int, int, int]) -> int:
    present = 0
    smallest = min(ones, n - ones)
    for level in range(counts.size):
        if counts[level] > 0:
            present += 1
            smallest = min(smallest, counts[level])
    if n < rules[0]:
        return FEW
    if ones == 0 or ones == n:
        return FEATURE_CONSTANT
    if present < 2:
        return TARGET_CONSTANT
    return SMALL_GROUP if smallest < rules[1] else OK


@njit(cache=True, nogil=True, error_model="numpy")
def fit_nested(X: FloatArray, y: FloatArray, C: int, terms: int, fit: FloatArray) -> int:
    """Fit one pair without and with the predictor; the rows of ``X`` are covariates, then level indicators."""
    rank = base = 0 * C  # not plain 0: numba would compile what takes them twice
    length = 0.0
    for c in range(X.shape[0]):
        if c == C:
            base = rank  # and skip: the first level is the reference
        else:
            left = _append(X, rank, c)
            if left > 0.0:
                rank += 1
                length = left
    if rank == base:
        return TARGET_EXPLAINED
    if rank > terms:
        return MANY_COVARIATES
    beta, drift = np.zeros(rank), np.zeros(rank)
    H = np.empty((rank, rank))
    null = _maximise(X, base, y, beta, drift, H)
    if null > -PERFECT:
        return FEATURE_EXPLAINED
    full = _maximise(X, rank, y, beta, drift, H)
    if math.isnan(null) or math.isnan(full):
        return NO_MAXIMUM
    fit[2] = rank - base
    fit[3] = max(2.0 * (full - null), 0.0)
    if full > -PERFECT or _drifts(X, drift, base, rank):
        return SEPARATED
    fit[4] = _wald(H, beta, base, rank)
    if rank - base == 1:
        fit[5] = beta[base] / length
        fit[6] = 1.0 / math.sqrt(H[base, base]) / length
    return OK


@njit(cache=True, nogil=True, error_model="numpy")
def _drifts(X: FloatArray, drift: FloatArray, base: int, rank: int) -> bool:
    """Return whether a coefficient of the predictor is still on its way to infinity."""
    for j in range(base, rank):
        widest = 0.0
        for i in range(X.shape[1]):
            widest = max(widest, abs(X[j, i]))
        if abs(drift[j]) * widest > DRIFT:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _wald(H: FloatArray, beta: FloatArray, base: int, rank: int) -> float:
    """Return Wald's chi-square of the predictor, from the factor LDL' of the information (as :func:`_solve` leaves it).

    The last rows of L and D are the factor of the information that the covariates leave.
    """
    total = 0.0
    for j in range(base, rank):
        moved = beta[j]
        for i in range(j + 1, rank):
            moved += H[i, j] / H[j, j] * beta[i]
        total += H[j, j] * moved * moved
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _append(X: FloatArray, rank: int, c: int) -> float:
    """Make row ``c`` orthogonal to the first ``rank`` rows and put it after them; return its length, or 0."""
    n = X.shape[1]
    before, after = 0.0, 0.0
    for i in range(n):
        before += X[c, i] * X[c, i]
    for _ in range(2):
        for j in range(rank):
            share = 0.0
            for i in range(n):
                share += X[j, i] * X[c, i]
            for i in range(n):
                X[c, i] -= share * X[j, i]
    for i in range(n):
        after += X[c, i] * X[c, i]
    if not after > COLLINEAR * before:
        return 0.0
    length = math.sqrt(after)
    for i in range(n):
        X[rank, i] = X[c, i] / length
    return length


@njit(cache=True, nogil=True, error_model="numpy")
def _maximise(
    X: FloatArray, p: int, y: FloatArray, beta: FloatArray, drift: FloatArray, H: FloatArray
) -> float:
    """Return the largest log likelihood, or NaN; fill coefficients, their last step and the factor of H.

    Starts from ``beta``: the fit with the predictor goes on from the fit without it.
    """
    n = y.size
    eta = np.zeros(n)
    trial = np.empty(p)
    best = _predict(X, p, y, beta, eta)
    calm = 0
    for _ in range(ROUNDS):
        for j in range(p):
            drift[j] = 0.0
            for m in range(p):
                H[j, m] = 0.0
        for i in range(n):
            mean = 1.0 / (1.0 + math.exp(-eta[i]))
            weight = mean * (1.0 - mean)
            for j in range(p):
                drift[j] += (y[i] - mean) * X[j, i]
                scaled = weight * X[j, i]
                for m in range(j + 1):
                    H[j, m] += scaled * X[m, i]
        if not _solve(H, drift, p):
            return math.nan
        value = -math.inf
        for _half in range(30):
            for j in range(p):
                trial[j] = beta[j] + drift[j]
            value = _predict(X, p, y, trial, eta)
            if value >= best - 1e-12 * abs(best):
                break
            for j in range(p):
                drift[j] *= 0.5
        for j in range(p):
            beta[j] = trial[j]
        gain = value - best
        best = max(value, best)
        calm = calm + 1 if gain < GAIN * (1.0 + abs(best)) else 0
        if calm == 2:  # the second round makes the coefficients and H as exact as the likelihood
            return best
    return math.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _predict(X: FloatArray, p: int, y: FloatArray, beta: FloatArray, eta: FloatArray) -> float:
    """Fill the linear predictor and return the log likelihood."""
    total = 0.0
    for i in range(y.size):
        eta[i] = 0.0
        for j in range(p):
            eta[i] += beta[j] * X[j, i]
        signed = eta[i] if y[i] == 1.0 else -eta[i]
        total -= math.log1p(math.exp(-signed)) if signed > 0 else -signed + math.log1p(math.exp(signed))
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(H: FloatArray, g: FloatArray, p: int) -> bool:
    """Solve H x = g in place by an LDL' decomposition; the last pivot of H is left in its place."""
    top = 0.0
    for j in range(p):
        top = max(top, H[j, j])
    for j in range(p):
        if not H[j, j] > 1e-15 * top:
            H[j, j] = 1e-15 * top  # a direction in which the likelihood has gone flat
        for i in range(j + 1, p):
            share = H[i, j] / H[j, j]
            for m in range(j + 1, i + 1):
                H[i, m] -= share * H[m, j]
            g[i] -= share * g[j]
    for j in range(p - 1, -1, -1):
        for i in range(j + 1, p):
            g[j] -= H[i, j] * g[i]
        g[j] /= H[j, j]
    return top > 0.0
