"""Effects of several studies or cohorts put together: one common effect, or effects that differ between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.errors import InputError
from imagenomics.stats.effects import critical_z
from imagenomics.stats.tails import LN10, log_sf_chi2, log_two_sided_normal, log_two_sided_t

FloatArray = npt.NDArray[np.float64]
Method = Literal["reml", "dersimonian-laird", "fixed"]
Interval = Literal["hartung-knapp", "wald"]
STEPS = 500
SETTLED = 1e-10  # of the typical variance of an effect
DAMPED = 50  # steps after which only half of each step is taken: some tables make full steps swing


@dataclass(frozen=True)
class Pooled:
    """Pooled effects, one for each row of effects.

    Parameters
    ----------
    cohorts : int array
        Effects that entered.
    effect, error, low, high : arrays
        The pooled effect with its standard error and interval; NaN without any effect.
    statistic, df, p, neg_log10_p : arrays
        t with ``df`` degrees of freedom (Hartung-Knapp), or z with ``df`` NaN, and its two-sided p.
    heterogeneity, p_heterogeneity : arrays
        Cochran's Q and its p on ``cohorts - 1`` degrees of freedom.
    i2 : array
        Share of the spread of the effects that their errors do not explain, 0 to 1.
    tau2 : array
        Variance of the effects between cohorts; 0 for the common effect.
    """

    cohorts: npt.NDArray[np.int32]
    effect: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    df: FloatArray
    p: FloatArray
    neg_log10_p: FloatArray
    heterogeneity: FloatArray
    p_heterogeneity: FloatArray
    i2: FloatArray
    tau2: FloatArray


def pool(
    effects: npt.ArrayLike,
    errors: npt.ArrayLike,
    *,
    method: Method = "reml",
    interval: Interval = "hartung-knapp",
    confidence: float = 0.95,
) -> Pooled:
    """Pool effects by the inverse of their variances.

    Parameters
    ----------
    effects, errors : arrays, (..., K)
        Effects of K cohorts on a scale on which they are about normal (Fisher z, log odds ratio), and their standard
        errors. A cohort with NaN in either does not enter.
    method : {"reml", "dersimonian-laird", "fixed"}
        How the variance between cohorts is estimated; 'fixed': one common effect is assumed, and there is none.
    interval : {"hartung-knapp", "wald"}
        Of the random effects: t on K - 1 degrees of freedom with the spread that the effects show, or normal with
        the errors taken for known, which is too narrow for few cohorts. 'fixed' is always Wald.
    confidence : float

    Returns
    -------
    Pooled
        Arrays of shape (...).

    Raises
    ------
    InputError
        ``IGX-META-001``: shapes differ, or a standard error is not above 0; ``IGX-STAT-005``: confidence.

    Assumes
    -------
    Cohorts share no patients; errors are known well, which takes more than a handful of patients each.

    Source
    ------
    DerSimonian & Laird 1986, Controlled Clinical Trials 7:177; Viechtbauer 2005, J Educ Behav Stat 30:261 (REML);
    Hartung & Knapp 2001, Statistics in Medicine 20:3875; Higgins & Thompson 2002, Statistics in Medicine 21:1539.
    """
    y, v = _checked(effects, errors)
    seen = ~np.isnan(y)
    k = seen.sum(axis=-1)
    y, w = np.where(seen, y, 0.0), np.where(seen, 1.0 / v, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        q = _spread(y, w)
        tau2 = np.zeros(k.shape)
        if method != "fixed":
            tau2 = _moments(q, w, k)
        if method == "reml":
            tau2 = _restricted(y, np.where(seen, v, 1.0), seen, tau2)
        w = np.where(seen, 1.0 / (np.where(seen, v, 1.0) + tau2[..., None]), 0.0)
        total = w.sum(axis=-1)
        effect = np.where(k > 0, (w * y).sum(axis=-1) / total, np.nan)
        random = method != "fixed" and interval == "hartung-knapp"
        error = np.sqrt(_spread(y, w) / ((k - 1) * total)) if random else np.sqrt(1.0 / total)
        error = np.where(k > int(random), error, np.nan)
        df = np.where(k > 1, k - 1.0, np.nan) if random else np.full(k.shape, np.nan)
        statistic = effect / error
        half = (1.0 + confidence) / 2.0
        normal = critical_z(confidence)
        step = (special.stdtrit(df, half) if random else normal) * error
        log_p = log_two_sided_t(statistic, df) if random else log_two_sided_normal(statistic)
        i2 = np.where(k > 1, np.maximum(0.0, 1.0 - (k - 1) / np.maximum(q, 1e-300)), np.nan)
    return Pooled(
        cohorts=k.astype(np.int32),
        effect=effect,
        error=error,
        low=effect - step,
        high=effect + step,
        statistic=statistic,
        df=df,
        p=np.exp(log_p),
        neg_log10_p=-log_p / LN10,
        heterogeneity=np.where(k > 1, q, np.nan),
        p_heterogeneity=np.exp(log_sf_chi2(q, k - 1.0)),
        i2=i2,
        tau2=np.where(k > 1, tau2, 0.0 if method == "fixed" else np.nan),
    )


def _checked(effects: npt.ArrayLike, errors: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return effects and variances, NaN in both where either is unknown."""
    y, e = np.asarray(effects, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if y.shape != e.shape or not y.ndim:
        raise InputError(
            "IGX-META-001",
            f"{y.shape} effects cannot be pooled with {e.shape} standard errors",
            expected="one standard error for each effect, cohorts along the last axis",
        )
    if (e <= 0).any() or np.isinf(y).any() or np.isinf(e).any():
        raise InputError(
            "IGX-META-001",
            "an effect is infinite, or a standard error is not a finite number above 0",
            expected="finite effects and standard errors above 0; NaN where a cohort has none",
            remedy="leave out the cohort (NaN), or correct the empty cell of its table",
        )
    known = ~np.isnan(y) & ~np.isnan(e)
    return np.where(known, y, np.nan), np.where(known, e * e, np.nan)


def _spread(y: FloatArray, w: FloatArray) -> FloatArray:
    """Return the weighted sum of squares around the weighted mean; weight 0 where a cohort has no effect."""
    mean = (w * y).sum(axis=-1, keepdims=True) / w.sum(axis=-1, keepdims=True)
    return np.asarray((w * (y - mean) ** 2).sum(axis=-1), dtype=np.float64)


def _moments(q: FloatArray, w: FloatArray, k: npt.NDArray[np.intp]) -> FloatArray:
    """Return DerSimonian and Laird's variance between cohorts, at least 0."""
    total = w.sum(axis=-1)
    scale = total - (w * w).sum(axis=-1) / total
    return np.asarray(np.where(k > 1, np.maximum(0.0, (q - (k - 1)) / scale), 0.0), dtype=np.float64)


def _restricted(y: FloatArray, v: FloatArray, seen: npt.NDArray[np.bool_], start: FloatArray) -> FloatArray:
    """Return the variance between cohorts of largest restricted likelihood by Fisher's scoring, at least 0.

    NaN where the scoring does not settle.
    """
    tau2 = start.copy()
    k = seen.sum(axis=-1)
    typical = np.where(seen, v, 0.0).sum(axis=-1) / np.maximum(k, 1)
    moving = k > 1
    for step in range(STEPS):
        w = np.where(seen, 1.0 / (v + tau2[..., None]), 0.0)
        s1, s2, s3 = (np.asarray((w**power).sum(axis=-1)) for power in (1, 2, 3))
        mean = (w * y).sum(axis=-1, keepdims=True) / s1[..., None]
        squares = (w * w * (y - mean) ** 2).sum(axis=-1)
        change = (squares - (s1 - s2 / s1)) / (s2 - 2.0 * s3 / s1 + (s2 / s1) ** 2)
        new = np.maximum(0.0, tau2 + change * (0.5 if step >= DAMPED else 1.0))
        far = moving & (np.abs(new - tau2) > SETTLED * (typical + tau2))
        tau2 = np.where(moving, new, tau2)
        moving = far
        if not moving.any():
            break
    return np.where(moving, np.nan, tau2)


def sign_chance(positive: npt.ArrayLike, negative: npt.ArrayLike) -> FloatArray:
    """Return how likely so many effects of one sign are when each sign is a coin toss.

    Parameters
    ----------
    positive, negative : int arrays that broadcast
        Cohorts with an effect above and below none.

    Returns
    -------
    array
        Probability that at least ``max(positive, negative)`` of them have the same sign, whichever it is; 1 where
        there are none. It cannot fall below 2 / 2^K.
    """
    a, b = np.broadcast_arrays(np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64))
    most, k = np.maximum(a, b), a + b
    return np.minimum(1.0, 2.0 * special.bdtrc(most - 1, k.astype(int), 0.5) if k.size else k)
