"""Scores become probabilities through a logistic line."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from imagenomics.prepare.base import FloatArray


def fit_line(x: FloatArray, targets: FloatArray) -> tuple[float, float]:
    """Fit slope and intercept of a logistic regression on one score.

    Parameters
    ----------
    x : array, (n,)
        Scores.
    targets : array, (n,)
        Labels, or probabilities strictly inside 0 and 1 (then the fit is always finite).

    Returns
    -------
    tuple of float
        Slope and intercept by Newton's method; (0, logit of the mean) where all scores are equal. Where the
        scores separate the labels, the slope is that of the last of 50 steps: large, and not an estimate.
    """
    centre, spread = float(x.mean()), float(x.std())
    mean = float(np.clip(targets.mean(), 1e-9, 1.0 - 1e-9))
    start = float(np.log(mean / (1.0 - mean)))
    if spread <= 1e-12 * max(1.0, abs(centre)):
        return 0.0, start
    z = (x - centre) / spread
    design = np.column_stack([z, np.ones(z.size)])
    beta = np.array([0.0, start])
    for _ in range(50):
        p = expit(design @ beta)
        gradient = design.T @ (targets - p)
        weight = np.maximum(p * (1.0 - p), 1e-10)
        step = np.linalg.solve((design * weight[:, None]).T @ design, gradient)
        beta = beta + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        if float(np.abs(step).max()) < 1e-10:
            break
    return float(beta[0] / spread), float(beta[1] - beta[0] * centre / spread)


def platt_targets(y: FloatArray) -> FloatArray:
    """Return labels 0/1 moved inside, so that no line fitted to them is infinitely steep.

    Source
    ------
    Platt 1999, Advances in Large Margin Classifiers, section 2.1.
    """
    positive, negative = float(y.sum()), float(y.size - y.sum())
    return np.where(y > 0, (positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0))
