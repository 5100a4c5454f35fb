"""Variances of thousands of genes shrunk towards what they share: empirical Bayes with an inverse chi-square prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]
FLOOR = 1e-5  # of the median variance: smaller ones say that a gene was rounded
STEPS = 50
KNOTS_FROM = (3, 6, 30)  # genes from which the curve over expression gets one more degree of freedom


@dataclass(frozen=True)
class Squeezed:
    """Posterior variances and the prior they were drawn to.

    Parameters
    ----------
    variance : array, (G,)
        Posterior variances.
    prior : array, (G,)
        Prior variance of each gene: one value, or a curve over mean expression.
    prior_df : float
        Degrees of freedom that the prior is worth; infinite where genes differ by chance alone.
    df : array, (G,)
        Degrees of freedom of the posterior variances: residual and prior ones, never more than all genes have together.
    """

    variance: FloatArray
    prior: FloatArray
    prior_df: float
    df: FloatArray


def squeeze_variances(variance: FloatArray, df: FloatArray, *, level: FloatArray | None = None) -> Squeezed:
    """Return variances shrunk towards a common value, or towards a curve over the level of expression.

    The log variances are matched by their first two moments: what they differ by beyond chance says how much a gene's
    own variance is worth against the common one.

    Parameters
    ----------
    variance : array, (G,)
        Residual variances; NaN where a gene was not fitted.
    df : array, (G,)
        Their degrees of freedom.
    level : array, (G,), optional
        Mean expression: the prior follows a natural cubic spline of it.

    Returns
    -------
    Squeezed

    Assumes
    -------
    Variances of genes come from one scaled inverse chi-square distribution (around the curve).

    Source
    ------
    Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3:3, section 6.2; the trend: Sartor and
    others 2006, BMC Bioinformatics 7:538, Law and others 2014, Genome Biology 15:R29.
    """
    known = np.isfinite(variance) & (df > 0)
    prior, prior_df = np.full(variance.size, np.nan), np.inf
    if known.sum() < 3:  # too few genes to learn anything from
        return Squeezed(variance, variance.copy(), 0.0, np.where(known, df, np.nan))
    s2, d = variance[known], df[known]
    typical = float(np.median(s2))
    s2 = np.maximum(s2, FLOOR * (typical if typical > 0 else 1.0))
    e = np.log(s2) - special.digamma(d / 2) + np.log(d / 2)
    centre, spread = _around(e, None if level is None else level[known])
    excess = spread - float(special.polygamma(1, d / 2).mean())
    if excess > 0:
        prior_df = 2 * trigamma_inverse(excess)
        prior[known] = np.exp(centre + special.digamma(prior_df / 2) - np.log(prior_df / 2))
    else:
        prior[known] = np.exp(centre) if level is not None else s2.mean()
    total = np.full(variance.size, np.nan)
    total[known] = np.minimum(d + prior_df, d.sum())
    posterior = np.full(variance.size, np.nan)
    if np.isinf(prior_df):
        posterior[known] = prior[known]
    else:
        posterior[known] = (d * variance[known] + prior_df * prior[known]) / (d + prior_df)
    return Squeezed(posterior, prior, float(prior_df), total)


def _around(e: FloatArray, level: FloatArray | None) -> tuple[FloatArray, float]:
    """Return the centre of the log variances, and their variance around it."""
    if level is None:
        return np.full(e.size, e.mean()), float(e.var(ddof=1))
    degree = 1 + sum(np.unique(level).size >= least for least in KNOTS_FROM)
    basis = natural_spline(level, degree)
    weights, *_ = np.linalg.lstsq(basis, e, rcond=None)
    fitted = basis @ weights
    return fitted, float(((e - fitted) ** 2).sum() / max(e.size - basis.shape[1], 1))


def natural_spline(x: FloatArray, degree: int) -> FloatArray:
    """Return columns that span natural cubic splines of ``degree`` dimensions, the constant among them.

    Inner knots lie at equal quantiles, outer ones at the ends.

    Source
    ------
    Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, equation 5.4.
    """
    span = float(np.ptp(x)) or 1.0
    z = (x - x.min()) / span
    if degree < 3:
        return np.column_stack([np.ones(x.size), z][:degree])
    knots = np.concatenate([[0.0], np.quantile(z, np.arange(1, degree - 1) / (degree - 1)), [1.0]])

    def bent(k: int) -> FloatArray:
        both = np.maximum(z - knots[k], 0) ** 3 - np.maximum(z - knots[-1], 0) ** 3
        return np.asarray(both / (knots[-1] - knots[k]))

    last = bent(degree - 2)
    return np.column_stack([np.ones(x.size), z, *(bent(k) - last for k in range(degree - 2))])


def trigamma_inverse(value: float) -> float:
    """Return x with trigamma(x) = ``value``, by Newton steps on 1 / trigamma, which is convex.

    Source
    ------
    Smyth 2004, Appendix.
    """
    if value > 1e7:
        return float(1 / np.sqrt(value))
    if value < 1e-6:
        return 1 / value
    x = 0.5 + 1 / value
    for _ in range(STEPS):
        third = float(special.polygamma(1, x))
        step = third * (1 - third / value) / float(special.polygamma(2, x))
        x += step
        if -step / x < 1e-10:
            break
    return float(x)
