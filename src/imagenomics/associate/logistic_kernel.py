"""Compiled core of the logistic engine: two nested fits by Newton's method for every pair."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_EXPLAINED,
    FEW,
    MANY_COVARIATES,
    NO_MAXIMUM,
    OK,
    SEPARATED,
    SMALL_GROUP,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
)
from imagenomics.associate.outcome import Rules

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
COLLINEAR = 1e-16
ROUNDS = 200
GAIN = 1e-14  # relative gain of log likelihood below which a fit stands
DRIFT = 0.05  # a coefficient whose fitted values still move this much by then goes to infinity
PERFECT = 1e-6  # log likelihood (without sign) at which the covariates alone predict every patient


class Logits(NamedTuple):
    """What the core fills, (G, K) each: predictors x responses."""

    ratio: FloatArray  # likelihood ratio
    slope: FloatArray  # log odds ratio, for a predictor of two levels
    error: FloatArray  # its standard error
    df: IntArray
    n: IntArray
    code: npt.NDArray[np.int8]


@njit(cache=True, nogil=True, error_model="numpy")
def scan_logits(responses: IntArray, levels: IntArray, Q: FloatArray, rules: Rules, logits: Logits) -> None:
    """Fit all pairs.

    Parameters
    ----------
    responses : int array, (K, N)
        0 or 1, -1 for missing.
    levels : int array, (G, N)
        Level of each predictor, -1 for missing.
    Q : array, (N, C)
        Orthonormal covariates with the intercept.
    """
    N, C = Q.shape
    for g in range(levels.shape[0]):
        size = 0
        for i in range(N):
            size = max(size, levels[g, i] + 1)
        for k in range(responses.shape[0]):
            X, y = np.empty((C + size, N)), np.empty(N)
            counts, ones, n = np.zeros(size, dtype=np.int64), 0, 0
            for i in range(N):
                if levels[g, i] >= 0 and responses[k, i] >= 0:
                    y[n] = responses[k, i]
                    ones += responses[k, i]
                    counts[levels[g, i]] += 1
                    for c in range(C):
                        X[c, n] = Q[i, c]
                    for level in range(size):
                        X[C + level, n] = 1.0 if levels[g, i] == level else 0.0
                    n += 1
            logits.n[g, k] = n
            logits.ratio[g, k], logits.slope[g, k], logits.error[g, k] = math.nan, math.nan, math.nan
            logits.df[g, k] = 0
            logits.code[g, k] = _refusal(n, ones, counts, rules)
            if logits.code[g, k] == OK:
                _fit_pair(X[:, :n], y[:n], C, min(ones, n - ones), logits, g, k)


@njit(cache=True, nogil=True, error_model="numpy")
def _refusal(n: int, ones: int, counts: IntArray, rules: Rules) -> int:
    present = 0
    smallest = min(ones, n - ones)
    for level in range(counts.size):
        if counts[level] > 0:
            present += 1
            smallest = min(smallest, counts[level])
    if n < rules.patients:
        return FEW
    if ones == 0 or ones == n:
        return FEATURE_CONSTANT
    if present < 2:
        return TARGET_CONSTANT
    return SMALL_GROUP if smallest < rules.group else OK


@njit(cache=True, nogil=True, error_model="numpy")
def _fit_pair(X: FloatArray, y: FloatArray, C: int, smaller: int, logits: Logits, g: int, k: int) -> None:
    """Fit one pair without and with the predictor; the rows of ``X`` are covariates, then level indicators."""
    rank = 0
    for c in range(C):
        if _append(X, rank, c) > 0.0:
            rank += 1
    base = rank
    length = 0.0
    for c in range(C + 1, X.shape[0]):  # the first level is the reference
        left = _append(X, rank, c)
        if left > 0.0:
            rank += 1
            length = left
    if rank == base:
        logits.code[g, k] = TARGET_EXPLAINED
        return
    if smaller <= rank:
        logits.code[g, k] = MANY_COVARIATES
        return
    beta, drift = np.zeros(X.shape[0]), np.zeros(X.shape[0])
    H = np.empty((X.shape[0], X.shape[0]))
    null = _maximise(X[:base], y, beta, drift, H)
    if null > -PERFECT:
        logits.code[g, k] = FEATURE_EXPLAINED
        return
    full = _maximise(X[:rank], y, beta, drift, H)
    if math.isnan(null) or math.isnan(full):
        logits.code[g, k] = NO_MAXIMUM
        return
    logits.ratio[g, k] = max(2.0 * (full - null), 0.0)
    logits.df[g, k] = rank - base
    if rank - base == 1:
        logits.slope[g, k] = beta[base] / length
        logits.error[g, k] = 1.0 / math.sqrt(H[base, base]) / length
        if abs(drift[base]) * np.max(np.abs(X[base])) > DRIFT:
            logits.code[g, k] = SEPARATED
            logits.slope[g, k] = math.inf if beta[base] > 0 else -math.inf
            logits.error[g, k] = math.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _append(X: FloatArray, rank: int, c: int) -> float:
    """Make row ``c`` orthogonal to the first ``rank`` rows and put it after them; return its length, or 0."""
    row = X[c].copy()
    before = np.sum(row * row)
    for _ in range(2):
        for j in range(rank):
            share = np.sum(X[j] * row)
            for i in range(row.size):
                row[i] -= share * X[j, i]
    after = np.sum(row * row)
    if not after > COLLINEAR * before:
        return 0.0
    length = math.sqrt(after)
    for i in range(row.size):
        X[rank, i] = row[i] / length
    return length


@njit(cache=True, nogil=True, error_model="numpy")
def _maximise(X: FloatArray, y: FloatArray, beta: FloatArray, drift: FloatArray, H: FloatArray) -> float:
    """Return the largest log likelihood, or NaN; fill coefficients, their last step and the factor of H.

    Starts from ``beta``: the fit with the predictor goes on from the fit without it.
    """
    p, n = X.shape
    eta = np.zeros(n)
    trial = np.empty(p)
    best = _predict(X, y, beta, eta)
    calm = 0
    for _ in range(ROUNDS):
        H[:p, :p] = 0.0
        drift[:p] = 0.0
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
            value = _predict(X, y, trial, eta)
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
def _predict(X: FloatArray, y: FloatArray, beta: FloatArray, eta: FloatArray) -> float:
    """Fill the linear predictor and return the log likelihood."""
    total = 0.0
    for i in range(y.size):
        eta[i] = 0.0
        for j in range(X.shape[0]):
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
