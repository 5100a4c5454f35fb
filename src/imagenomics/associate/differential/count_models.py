"""Negative binomial models of counts with a log link: coefficients for given dispersions, all genes at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
STEPS = 100
TOLERANCE = 1e-8  # change of the deviance, relative
SLACK = 1e-9  # of the deviance: rounding
HALVINGS = 20
LOWEST_MEAN = 0.5  # of fitted counts, so that logs and weights stay finite
RIDGE = 1e-6  # on the log2 scale: keeps models of separated groups finite
LN2 = float(np.log(2.0))
LARGEST = 30.0  # natural logs of fold changes beyond which a model has no maximum


class CountFit(NamedTuple):
    """Coefficients (natural logs) (G, K), means (N, G), and whether the fit came to rest (G,)."""

    beta: FloatArray
    mean: FloatArray
    done: npt.NDArray[np.bool_]


def fit_counts(
    counts: FloatArray,
    design: FloatArray,
    offset: FloatArray,
    dispersion: FloatArray,
    *,
    lowest: float = LOWEST_MEAN,
    steady: float = np.inf,
    ridge: float = RIDGE,
) -> CountFit:
    """Fit log mean = offset + design beta for every gene by Newton's method with halved steps.

    Parameters
    ----------
    counts : array, (N, G)
    design : array, (N, K)
        The intercept among its columns.
    offset : array, (N,)
        Logs of the size factors.
    dispersion : array, (G,)
        Variance = mean + dispersion mean^2.
    lowest : float
        Smallest mean of a count.
    steady : float
        Largest last step of a coefficient, besides a deviance that falls no more.
    ridge : float
        Penalty on log2 coefficients.

    Source
    ------
    McCullagh & Nelder 1989, Generalized Linear Models, chapter 2; Love, Huber & Anders 2014, Genome Biology 15:550.
    """
    start = np.log(counts / np.exp(offset)[:, None] + 0.1)
    beta: FloatArray = np.asarray(np.linalg.lstsq(design, start, rcond=None)[0].T, dtype=np.float64)
    mean = _mean(design, beta, offset, lowest)
    last = _deviance(counts, mean, dispersion)
    done = np.zeros(counts.shape[1], dtype=np.bool_)
    open_ = np.arange(counts.shape[1])
    for _ in range(STEPS):
        y, mu, alpha = counts[:, open_], mean[:, open_], dispersion[open_]
        penalty = _ridge(design.shape[1], ridge)
        spread = 1.0 + alpha * mu
        gram = information(mu * (1.0 + alpha * y) / spread**2, design) + penalty
        away = np.log(mu) - offset[:, None] - design @ beta[open_].T  # not 0 where means are held up
        score = ((mu * away + y - mu) / spread).T @ design - beta[open_] @ penalty
        new: FloatArray = beta[open_] + np.linalg.solve(gram, score[:, :, None])[:, :, 0]
        mean[:, open_] = _mean(design, new, offset, lowest)
        deviance = _deviance(y, mean[:, open_], alpha)
        for _half in range(HALVINGS):
            far = _too_far(new, deviance, last[open_])
            if not far.size:
                break
            new[far] = (new[far] + beta[open_[far]]) / 2.0
            mean[:, open_[far]] = _mean(design, new[far], offset, lowest)
            deviance[far] = _deviance(y[:, far], mean[:, open_[far]], alpha[far])
        lost = ~(np.abs(new).max(axis=1) < LARGEST)
        new[lost] = beta[open_[lost]]
        moved = np.abs(new - beta[open_]).max(axis=1)
        beta[open_] = new
        rest = np.abs(deviance - last[open_]) <= TOLERANCE * (np.abs(deviance) + 0.1)
        rest &= moved <= steady
        last[open_] = deviance
        done[open_[rest & ~lost]] = True
        open_ = open_[~(rest | lost)]
        if not open_.size:
            break
    return CountFit(beta, mean, done)


def _too_far(new: FloatArray, deviance: FloatArray, last: FloatArray) -> npt.NDArray[np.intp]:
    """Return the genes whose step led uphill or out of all bounds."""
    uphill = ~(deviance <= last + SLACK * (np.abs(last) + 1.0))
    return np.flatnonzero(uphill | ~(np.abs(new).max(axis=1) < LARGEST))


def information(weights: FloatArray, design: FloatArray) -> FloatArray:
    """Return X'WX of every gene, (G, K, K), of weights (N, G)."""
    k = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    return np.asarray((weights.T @ products).reshape(-1, k, k))


def wald_errors(fit: CountFit, design: FloatArray, dispersion: FloatArray) -> FloatArray:
    """Return the standard error of the last coefficient of every gene, (G,), in natural logs."""
    weights = fit.mean / (1.0 + dispersion * fit.mean)
    plain = information(weights, design)
    inverse = np.linalg.inv(plain + _ridge(design.shape[1], RIDGE))
    return np.asarray(np.sqrt((inverse @ plain @ inverse)[:, -1, -1]))


def _mean(design: FloatArray, beta: FloatArray, offset: FloatArray, lowest: float) -> FloatArray:
    predictor = np.clip(design @ beta.T + offset[:, None], -50.0, 50.0)
    return np.asarray(np.maximum(np.exp(predictor), lowest))


def _ridge(k: int, size: float) -> FloatArray:
    return np.asarray(np.eye(k) * size / LN2**2)


def _deviance(counts: FloatArray, mean: FloatArray, dispersion: FloatArray) -> FloatArray:
    """Return -2 log likelihood up to what does not depend on the mean."""
    size = 1.0 / dispersion
    return np.asarray(-2.0 * (counts * np.log(mean) - (counts + size) * np.log(mean + size)).sum(axis=0))
