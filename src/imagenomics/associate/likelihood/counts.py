"""Counts with a log link: the negative binomial model, and Poisson's with what counts spread beyond it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.codes import OK
from imagenomics.associate.design import orthonormal
from imagenomics.associate.likelihood.model import DRIFT, GAIN, ROUNDS, Compared, Fit
from imagenomics.associate.score_flips import NullScores, linear_scores
from imagenomics.stats.tails import log_sf_f

FloatArray = npt.NDArray[np.float64]
LEAST, MOST = 1e-6, 1e4  # dispersions; below the least the model is Poisson's


class CountModel:
    """What both models of counts share: columns with the intercept, and coefficients for a given dispersion."""

    note = "error and test allow for more spread than the model's"
    measure = "rate ratio"

    def compare(self, response: FloatArray, X: FloatArray, without: Fit, whole: Fit) -> Compared:
        """Return the quasi-score F test: the score of the model without the columns over the spread of what is left.

        Pearson's residuals of the model without them are regressed on the columns, both freed of the others and
        weighted by the root of mean / (1 + dispersion mean). Large counts that a likelihood is surprised by raise the
        score and the spread alike, so that small p do not come too often.

        Source
        ------
        McCullagh & Nelder 1989, Generalized Linear Models, section 9.2.
        """
        q, df = without.beta.size, max(response.size - whole.beta.size, 1)
        mean = np.exp(X[:, :q] @ without.beta)
        spread = 1.0 + without.own[0] * mean
        residual = (response - mean) / np.sqrt(mean * spread)
        turned, _ = np.linalg.qr(np.sqrt(mean / spread)[:, None] * X)
        pull = turned.T @ residual
        explained = float(np.square(pull[q:]).sum())
        rest = float(np.square(residual).sum() - np.square(pull).sum()) / df
        d = whole.beta.size - q
        f = explained / d / max(rest, 1e-300)
        return Compared(f, float(log_sf_f(f, d, df)), df, d, f * d, float(np.sqrt(rest)))

    def columns(self, nuisance: FloatArray) -> FloatArray:
        """Return the columns with the intercept in their span."""
        return orthonormal(nuisance)

    def terms(self, response: FloatArray) -> float:
        """Return the patients with another count than the commonest."""
        return float(response.size - np.unique(response, return_counts=True)[1].max())

    def code(self, response: FloatArray, X: FloatArray, without: Fit, whole: Fit) -> int:
        """Return ``OK``: what counts spread beyond the model is part of it."""
        return OK

    def scores(self, response: FloatArray, X: FloatArray, fit: Fit) -> NullScores:
        """Return what each patient says; the dispersion is taken as known, for it is orthogonal to the means."""
        mean = np.exp(X @ fit.beta)
        spread = 1.0 + fit.own[0] * mean
        return linear_scores((response - mean) / spread, mean / spread, X)


class NegativeBinomial(CountModel):
    """Variance = mean + dispersion mean squared, the dispersion of each model by maximum likelihood.

    Source
    ------
    Lawless 1987, Canadian Journal of Statistics 15:209.
    """

    test = "negative binomial regression (quasi-score F)"

    def fit(self, response: FloatArray, X: FloatArray, start: Fit | None) -> Fit:
        """Fit coefficients and dispersion in turns, until the likelihood rises no more."""
        fit = fit_log_mean(response, X, 0.0, start)
        mean = np.exp(X @ fit.beta)
        if np.isnan(fit.likelihood) or np.square(response - mean).sum() <= response.sum():
            return fit  # no more spread than Poisson's: the likelihood falls from a dispersion of 0 on
        alpha = float(
            np.clip((np.square(response - mean) - response).sum() / np.square(mean).sum(), 1e-3, 10.0)
        )
        alpha = start.own[0] if start is not None and start.own[0] > LEAST else alpha
        best = -np.inf
        for _ in range(ROUNDS):
            fit = fit_log_mean(response, X, alpha, fit)
            alpha = best_dispersion(response, np.exp(X @ fit.beta), alpha)
            value = log_likelihood(response, np.exp(X @ fit.beta), alpha)
            if not value > best + GAIN * (1.0 + abs(value)):
                break
            best = value
        joint = _covariance(response, X, fit.beta, alpha)
        return Fit(value, fit.beta, joint, np.array([alpha]), fit.drifts)


class QuasiPoisson(CountModel):
    """Variance = overdispersion times mean.

    Source
    ------
    McCullagh & Nelder 1989, Generalized Linear Models, sections 6.2 and 9.2.
    """

    test = "Poisson regression (quasi-score F)"

    def fit(self, response: FloatArray, X: FloatArray, start: Fit | None) -> Fit:
        """Fit the coefficients."""
        return fit_log_mean(response, X, 0.0, start)


def fit_log_mean(y: FloatArray, X: FloatArray, alpha: float, start: Fit | None) -> Fit:
    """Fit log mean = X beta for one dispersion by Newton's method with halved steps."""
    p = X.shape[1]
    first = np.asarray(
        X.T @ np.log(y + 0.5) if start is None else start.beta
    )  # the columns of X are orthonormal
    beta: FloatArray = np.zeros(p, dtype=np.float64)
    beta[: first.size] = first
    best, calm, step = log_likelihood(y, np.exp(X @ beta), alpha), 0, np.zeros(p)
    information: FloatArray = np.eye(p)
    for _ in range(ROUNDS):
        mean = np.exp(X @ beta)
        spread = 1.0 + alpha * mean
        information = np.asarray(X.T @ ((mean * (1.0 + alpha * y) / spread**2)[:, None] * X))
        information[np.diag_indices(p)] += max(1e-14 * information.diagonal().max(), 1e-300)
        step = np.asarray(np.linalg.solve(information, X.T @ ((y - mean) / spread)))
        value = -np.inf
        for _half in range(60):
            eta = X @ (beta + step)
            value = log_likelihood(y, np.exp(eta), alpha) if eta.max() < 300.0 else -np.inf
            if value >= best - 1e-12 * abs(best):
                break
            step = step / 2.0
        beta, gain, best = beta + step, value - best, max(best, value)
        calm = calm + 1 if gain < GAIN * (1.0 + abs(best)) else 0
        if calm == 2:
            break
    drifts = bool(np.abs(X @ step).max(initial=0.0) > DRIFT)
    likelihood = best if calm == 2 else np.nan
    covariance: FloatArray = np.asarray(np.linalg.inv(information), dtype=np.float64)
    return Fit(likelihood, beta, covariance, np.array([alpha]), drifts)


def log_likelihood(y: FloatArray, mean: FloatArray, alpha: float) -> float:
    """Return the log likelihood of counts; with a dispersion of 0 it is Poisson's."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if alpha < LEAST:
            return float((special.xlogy(y, mean) - mean - special.gammaln(y + 1.0)).sum())
        r = 1.0 / alpha
        known = special.gammaln(y + r) - special.gammaln(r) - special.gammaln(y + 1.0)
        return float((known - r * np.log1p(mean / r) + special.xlogy(y, mean / (r + mean))).sum())


def best_dispersion(y: FloatArray, mean: FloatArray, alpha: float) -> float:
    """Return the dispersion with the largest likelihood for these means, by Newton's method on its logarithm."""
    s = np.log(np.clip(alpha, LEAST, MOST))
    best = log_likelihood(y, mean, float(np.exp(s)))
    for _ in range(ROUNDS):
        gradient, curve = _dispersion_derivatives(y, mean, float(np.exp(s)))
        step = float(np.clip(-gradient / curve if curve < 0 else np.sign(gradient), -2.0, 2.0))
        value = -np.inf
        for _half in range(40):
            to = float(np.clip(s + step, np.log(LEAST), np.log(MOST)))
            value = log_likelihood(y, mean, float(np.exp(to)))
            if value >= best - 1e-13 * abs(best):
                break
            step /= 2.0
        s, best = to, max(best, value)
        if abs(step) < 1e-9:
            break
    return float(np.exp(s))


def _dispersion_derivatives(y: FloatArray, mean: FloatArray, alpha: float) -> tuple[float, float]:
    """Return the first two derivatives of the log likelihood in the logarithm of the dispersion."""
    r = 1.0 / alpha
    first = special.digamma(y + r) - special.digamma(r) - np.log1p(mean / r) + (mean - y) / (r + mean)
    second = special.polygamma(1, y + r) - special.polygamma(1, r) + 1.0 / r - 1.0 / (r + mean)
    second = second - (mean - y) / (r + mean) ** 2
    total = float(first.sum())
    return -r * total, r * r * float(second.sum()) + r * total


def _covariance(y: FloatArray, X: FloatArray, beta: FloatArray, alpha: float) -> FloatArray:
    """Return the covariance of the coefficients from the observed information of coefficients and dispersion."""
    mean, r = np.exp(X @ beta), 1.0 / alpha
    weights = mean * (1.0 + alpha * y) / (1.0 + alpha * mean) ** 2
    cross = r * X.T @ ((y - mean) * mean / (r + mean) ** 2)  # minus the derivative in log dispersion
    curve = -_dispersion_derivatives(y, mean, alpha)[1]
    information = X.T @ (weights[:, None] * X)
    if curve > 0:
        information = information - np.outer(cross, cross) / curve
    return np.asarray(np.linalg.inv(information))
