"""A random intercept for each patient, by restricted maximum likelihood, for many responses at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import NO_REPEATS, NO_WITHIN, OK
from imagenomics.associate.nested.sample import Fitted, Sample

FloatArray = npt.NDArray[np.float64]
GRID = np.concatenate([np.linspace(0.0, 0.96, 25), [0.98, 0.99, 0.995, 0.999, 0.9999, 0.999999]])
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
ROUNDS, POLISH = 16, 12
NOTHING = 1e-12  # share of a response's squares inside patients at which it is constant there


class Moments(NamedTuple):
    """Cross-products of a sample; what stands for a patient's units is their sum."""

    n: FloatArray  # (G,) units
    rows: int
    S: FloatArray  # (G, R) sums of the model's columns
    pairs: FloatArray  # (G, R * R) their products
    Sy: FloatArray  # (G, k) sums of the responses
    Xy: FloatArray  # (k, R)
    yy: FloatArray  # (k,)


class Solved(NamedTuple):
    """Generalised least squares at given ratios of the variances, (k, ...)."""

    C: FloatArray  # (k, R, R) inverse of X'V^-1 X
    beta: FloatArray  # (k, R)
    rss: FloatArray  # (k,)
    value: FloatArray  # (k,) minus twice the profiled restricted log likelihood, without constants


def fit_mixed(sample: Sample) -> Fitted:
    """Return slopes of a model with a random intercept for each patient.

    With V = I + ratio * J inside a patient everything is a sum over patients, so that a fit costs little more than
    one with independent rows. Degrees of freedom are Satterthwaite's, from the expected information of both variances.

    Source
    ------
    Patterson & Thompson 1971, Biometrika 58:545; Fai & Cornelius 1996, J Stat Comput Simul 54:363.
    """
    k = sample.responses.shape[1]
    code = np.full(k, OK, dtype=np.int8)
    if sample.sizes.max() < 2:
        return _nothing(np.full(k, NO_REPEATS, dtype=np.int8))
    means = sample.sums(sample.responses) / sample.sizes[:, None]
    inside = ((sample.responses - np.repeat(means, sample.sizes, axis=0)) ** 2).sum(axis=0)
    code[inside <= NOTHING * (sample.responses**2).sum(axis=0)] = NO_WITHIN
    good = np.flatnonzero(code == OK)
    found = _nothing(code)
    if not good.size:
        return found
    m = _moments(sample, sample.responses[:, good])
    ratio = _polish(m, _best_ratio(m))
    solved = solve(m, ratio)
    scale = solved.rss / (m.rows - m.S.shape[1])
    variance = solved.C[:, -1, -1]
    found.slope[good] = solved.beta[:, -1]
    found.error[good] = np.sqrt(scale * variance)
    found.df[good] = _degrees(m, ratio, solved)
    found.icc[good] = ratio / (1.0 + ratio)
    return found


def _nothing(code: npt.NDArray[np.int8]) -> Fitted:
    empty = [np.full(code.shape, np.nan) for _ in range(4)]
    return Fitted(empty[0], empty[1], empty[2], code, empty[3])


def _moments(sample: Sample, responses: FloatArray) -> Moments:
    X = sample.design
    S = sample.sums(X)
    pairs = (S[:, :, None] * S[:, None, :]).reshape(len(S), -1)
    n = sample.sizes.astype(np.float64)
    return Moments(
        n, len(X), S, pairs, sample.sums(responses), (X.T @ responses).T, (responses**2).sum(axis=0)
    )


def solve(m: Moments, ratio: FloatArray) -> Solved:
    """Return the fits at ``ratio``, the variance between patients over that inside them, (k,)."""
    R = m.S.shape[1]
    weight = ratio[:, None] / (1.0 + ratio[:, None] * m.n)
    M = np.eye(R) - (weight @ m.pairs).reshape(-1, R, R)
    q = m.Xy - (weight * m.Sy.T) @ m.S
    yy = m.yy - (weight * m.Sy.T**2).sum(axis=1)
    C = np.asarray(np.linalg.inv(M), dtype=np.float64)
    beta = np.einsum("kij,kj->ki", C, q)
    rss = np.maximum(yy - (beta * q).sum(axis=1), 1e-300)
    value = np.log1p(ratio[:, None] * m.n).sum(axis=1) + np.linalg.slogdet(M)[1] + (m.rows - R) * np.log(rss)
    return Solved(C, beta, rss, value)


def _best_ratio(m: Moments) -> FloatArray:
    """Return the ratio of the smallest value: the best of a grid, then golden sections between its neighbours."""
    values = _values_on_grid(m)
    at = values.argmin(axis=0)
    low, high = GRID[np.maximum(at - 1, 0)], GRID[np.minimum(at + 1, len(GRID) - 1)]
    first, second = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    f, g = _value(m, first), _value(m, second)
    for _ in range(ROUNDS):
        left = f <= g
        low, high = np.where(left, low, first), np.where(left, second, high)
        new = np.where(left, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        fresh = _value(m, new)
        first, second = np.where(left, new, second), np.where(left, first, new)
        f, g = np.where(left, fresh, g), np.where(left, f, fresh)
    icc = (low + high) / 2.0
    border = solve(m, np.zeros(len(icc))).value
    icc = np.where(border <= _value(m, icc), 0.0, icc)
    return np.asarray(icc / (1.0 - icc))


def _values_on_grid(m: Moments) -> FloatArray:
    """Return the value of each response at each point of the grid; all share the inverses."""
    R = m.S.shape[1]
    ratio = GRID[:, None] / (1.0 - GRID[:, None])
    weight = ratio / (1.0 + ratio * m.n)
    M = np.eye(R) - (weight @ m.pairs).reshape(-1, R, R)
    q = m.Xy.T[None] - np.einsum("lg,gr,gk->lrk", weight, m.S, m.Sy, optimize=True)
    rss = m.yy - weight @ m.Sy**2 - (q * np.linalg.solve(M, q)).sum(axis=1)
    shared = np.log1p(ratio * m.n).sum(axis=1) + np.linalg.slogdet(M)[1]
    return np.asarray(shared[:, None] + (m.rows - R) * np.log(np.maximum(rss, 1e-300)))


def _value(m: Moments, icc: FloatArray) -> FloatArray:
    return solve(m, icc / (1.0 - icc)).value


class _Traces(NamedTuple):
    """Traces of the projection P with J = ZZ', per response: of PJ, PP, PPJ and PJPJ."""

    J: FloatArray
    PP: FloatArray
    PPJ: FloatArray
    PJPJ: FloatArray
    B: FloatArray  # (k, R, R) X'V^-2 X
    H: FloatArray  # (k, R, R) X'V^-1 J V^-1 X


def _traces(m: Moments, ratio: FloatArray, C: FloatArray) -> _Traces:
    R = m.S.shape[1]
    d = 1.0 / (1.0 + ratio[:, None] * m.n)

    def summed(weight: FloatArray) -> FloatArray:
        return np.asarray((weight @ m.pairs).reshape(-1, R, R))

    def trace(*parts: FloatArray) -> FloatArray:
        whole = parts[0]
        for part in parts[1:]:
            whole = whole @ part
        return np.asarray(np.trace(whole, axis1=1, axis2=2))

    B = np.eye(R) - summed((1.0 - d**2) / m.n)
    D = np.eye(R) - summed((1.0 - d**3) / m.n)
    H, K, L = summed(d**2), summed(d**3), summed(m.n * d**3)
    squares = (m.rows - len(m.n)) + (d**2).sum(axis=1)
    return _Traces(
        (m.n * d).sum(axis=1) - trace(C, H),
        squares - 2.0 * trace(C, D) + trace(C, B, C, B),
        (m.n * d**2).sum(axis=1) - 2.0 * trace(C, K) + trace(C, B, C, H),
        ((m.n * d) ** 2).sum(axis=1) - 2.0 * trace(C, L) + trace(C, H, C, H),
        B,
        H,
    )


def _polish(m: Moments, ratio: FloatArray) -> FloatArray:
    """Return the ratio after Fisher's scoring: to the last digits, whatever else is fitted in the same call."""
    free = m.rows - m.S.shape[1]
    inner = (ratio > 0) & (ratio < GRID[-2] / (1.0 - GRID[-2]))
    for _ in range(POLISH):
        solved = solve(m, ratio)
        t = _traces(m, ratio, solved.C)
        d = 1.0 / (1.0 + ratio[:, None] * m.n)
        sums = d * (m.Sy.T - solved.beta @ m.S.T)
        score = free * (sums**2).sum(axis=1) / solved.rss - t.J
        step = score / np.maximum(t.PJPJ - t.J**2 / free, 1e-300)
        ratio = np.where(inner, np.clip(ratio + step, ratio / 2.0, ratio * 2.0), ratio)
    return ratio


def _degrees(m: Moments, ratio: FloatArray, solved: Solved) -> FloatArray:
    """Return Satterthwaite's degrees of freedom of the predictor's slope, at most those of independent rows."""
    C, t = solved.C, _traces(m, ratio, solved.C)
    last = C[:, -1, :]
    inside = np.einsum("ki,kij,kj->k", last, t.B, last)
    between = np.einsum("ki,kij,kj->k", last, t.H, last)
    det = t.PP * t.PJPJ - t.PPJ**2
    quadratic = (inside**2 * t.PJPJ - 2.0 * inside * between * t.PPJ + between**2 * t.PP) / det
    with np.errstate(divide="ignore", invalid="ignore"):
        df = C[:, -1, -1] ** 2 / quadratic
    return np.asarray(np.clip(df, 0.0, m.rows - m.S.shape[1]))
