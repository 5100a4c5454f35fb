"""Proportional odds: one odds ratio for every way to cut a response with levels in order in two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.codes import NOT_PROPORTIONAL, OK
from imagenomics.associate.design import orthonormal
from imagenomics.associate.likelihood.model import DRIFT, GAIN, ROUNDS, Compared, Fit
from imagenomics.associate.score_flips import NullScores, scaled_scores
from imagenomics.stats.tails import log_sf_chi2

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
FLAT = 1e-14  # share of the largest information that every direction has: levels may separate
DOUBTFUL = 0.01  # p of the score test at which a row says that odds may not be proportional


class ProportionalOdds:
    """Cumulative logit model: logit P(response > level) = x beta - threshold of the level.

    Source
    ------
    McCullagh 1980, Journal of the Royal Statistical Society B 42:109.
    """

    test = "proportional odds (LR)"
    measure = "cumulative odds ratio"
    note = ""

    def columns(self, nuisance: FloatArray) -> FloatArray:
        """Return the columns without the intercept, for which thresholds stand."""
        return orthonormal(np.hstack([np.ones((len(nuisance), 1)), nuisance]))[:, 1:]

    def terms(self, response: FloatArray) -> float:
        """Return n less the sum of the cubes of level sizes over n squared.

        Source
        ------
        Harrell 2015, Regression Modeling Strategies, section 4.4.
        """
        sizes = np.unique(response, return_counts=True)[1].astype(np.float64)
        return float(sizes.sum() - (sizes**3).sum() / sizes.sum() ** 2)

    def fit(self, response: FloatArray, X: FloatArray, start: Fit | None) -> Fit:
        """Fit by Newton's method with halved steps."""
        y = levels_of(response)
        k = int(y.max())
        if start is None:
            shares = np.cumsum(np.bincount(y)) / y.size
            at = np.concatenate([special.logit(shares[:-1]), np.zeros(X.shape[1])])
        else:
            at = np.concatenate([start.own, start.beta, np.zeros(X.shape[1] - start.beta.size)])
        best, calm, step = _likelihood(y, X, at), 0, np.zeros_like(at)
        for _ in range(ROUNDS):
            gradient, information = _derivatives(y, X, at)
            step = np.linalg.solve(information, gradient)
            value = _likelihood(y, X, at + step)
            for _half in range(40):
                if value >= best - 1e-12 * abs(best):
                    break
                step = step / 2.0
                value = _likelihood(y, X, at + step)
            at, gain, best = at + step, value - best, max(best, value)
            calm = calm + 1 if gain < GAIN * (1.0 + abs(best)) else 0
            if calm == 2:
                break
        if calm < 2:
            return Fit(np.nan, at[k:], np.full((X.shape[1], X.shape[1]), np.nan), at[:k])
        drifts = bool(np.abs(X @ step[k:]).max(initial=0.0) > DRIFT)
        covariance: FloatArray = np.asarray(np.linalg.inv(_derivatives(y, X, at)[1]), dtype=np.float64)
        return Fit(best, at[k:], covariance[k:, k:], at[:k], drifts)

    def compare(self, response: FloatArray, X: FloatArray, without: Fit, whole: Fit) -> Compared:
        """Return the likelihood ratio."""
        ratio = max(2.0 * (whole.likelihood - without.likelihood), 0.0)
        d = whole.beta.size - without.beta.size
        return Compared(ratio, float(log_sf_chi2(ratio, d)), d, d, ratio)

    def code(self, response: FloatArray, X: FloatArray, without: Fit, whole: Fit) -> int:
        """Return ``NOT_PROPORTIONAL`` where the score test of the tested columns is below ``DOUBTFUL``."""
        statistic, df = proportional_odds_test(response, X, whole, first=without.beta.size)
        return NOT_PROPORTIONAL if df and log_sf_chi2(statistic, df) < np.log(DOUBTFUL) else OK

    def scores(self, response: FloatArray, X: FloatArray, fit: Fit) -> NullScores:
        """Return what each patient says, thresholds among the nuisances."""
        y = levels_of(response)
        said, chances = level_scores(X, fit)  # (K, n, m), (K, n)
        pull = -said[:, :, : fit.own.size].sum(axis=2)  # all thresholds down is the linear predictor up
        patient = np.arange(y.size)
        return scaled_scores(
            pull[y, patient],
            said[y, patient],
            (chances * pull**2).sum(axis=0),
            np.einsum("kn,knm->nm", chances * pull, said),
            np.einsum("kn,knm,knl->nml", chances, said, said, optimize=True),
        )


def proportional_odds_test(
    response: FloatArray, X: FloatArray, fit: Fit, *, first: int = 0
) -> tuple[float, int]:
    """Test whether the coefficients of columns differ between the cuts of the response.

    Parameters
    ----------
    response : array, (n,)
    X : array, (n, p)
    fit : Fit
        Of proportional odds, to ``X``.
    first : int
        The columns from here on may have coefficients of their own at each cut.

    Returns
    -------
    statistic : float
        Rao's score statistic with expected information.
    df : int
        Columns times cuts but one; 0 where the response has two levels.

    Source
    ------
    Peterson & Harrell 1990, Applied Statistics 39:205.
    """
    y = levels_of(response)
    k = int(y.max())
    free = X[:, first:]
    df = (k - 1) * free.shape[1]
    if df == 0:
        return 0.0, 0
    scores, chances = level_scores(X, fit, free=free)
    own = scores[y, np.arange(y.size)].sum(axis=0)
    information = np.einsum("kni,kn,knj->ij", scores, chances, scores, optimize=True)
    return float(own @ np.linalg.solve(information, own)), df


def level_scores(X: FloatArray, fit: Fit, *, free: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Return what each level would score in every coefficient, (K, n, m), and how likely it is, (K, n).

    Coefficients are thresholds, those of ``X``, then those of ``free`` at each cut but the first.
    """
    eta, k = X @ fit.beta, fit.own.size
    cuts = fit.own[:, None] - eta  # (k, n)
    below = np.vstack([np.zeros_like(eta), special.expit(cuts), np.ones_like(eta)])
    slopes = np.vstack([np.zeros_like(eta), special.expit(cuts) * special.expit(-cuts), np.zeros_like(eta)])
    chances = np.diff(below, axis=0)
    parts = [
        slopes[1:, :, None] / chances[:, :, None] * _moved(X, free, np.arange(1, k + 2), k),
        slopes[:-1, :, None] / chances[:, :, None] * _moved(X, free, np.arange(k + 1), k),
    ]
    return parts[0] - parts[1], chances


def _moved(X: FloatArray, free: FloatArray | None, cuts: IntArray, k: int) -> FloatArray:
    """Return the derivatives of threshold less linear predictor at each cut (1 to k; others are outside)."""
    n = len(X)
    out = []
    for cut in cuts:
        thresholds = np.zeros((n, k))
        if 1 <= cut <= k:
            thresholds[:, cut - 1] = 1.0
        parts = [thresholds, -X]
        if free is not None:
            own = np.zeros((n, k - 1, free.shape[1]))
            if 2 <= cut <= k:
                own[:, cut - 2] = -free
            parts.append(own.reshape(n, -1))
        out.append(np.hstack(parts))
    return np.stack(out)


def levels_of(response: FloatArray) -> IntArray:
    """Return the levels that occur as 0, 1, ..."""
    return np.unique(response, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _ends(y: IntArray, X: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return threshold less linear predictor above and below the level of each patient."""
    k = at.size - X.shape[1]
    thresholds = np.concatenate([[-np.inf], at[:k], [np.inf]])
    eta = X @ at[k:]
    return thresholds[y + 1] - eta, thresholds[y] - eta


def _likelihood(y: IntArray, X: FloatArray, at: FloatArray) -> float:
    above, below = _ends(y, X, at)
    if not (above > below).all():
        return -np.inf
    inside = special.log_expit(above) + special.log_expit(-below) + np.log(-np.expm1(below - above))
    return float(inside.sum())


def _derivatives(y: IntArray, X: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return gradient and observed information of thresholds and coefficients."""
    k = at.size - X.shape[1]
    above, below = _ends(y, X, at)
    chance = special.expit(above) * special.expit(-below) * -np.expm1(below - above)
    up, down = (special.expit(v) * special.expit(-v) for v in (above, below))
    levels = np.arange(k)
    U = np.hstack([(y[:, None] == levels).astype(np.float64), -X])
    V = np.hstack([(y[:, None] - 1 == levels).astype(np.float64), -X])
    G = (up / chance)[:, None] * U - (down / chance)[:, None] * V
    curve_up, curve_down = up * (1.0 - 2.0 * special.expit(above)), down * (1.0 - 2.0 * special.expit(below))
    information = (
        G.T @ G - U.T @ ((curve_up / chance)[:, None] * U) + V.T @ ((curve_down / chance)[:, None] * V)
    )
    return G.sum(axis=0), information
