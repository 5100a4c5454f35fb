"""Correlations with intervals and tests: Pearson, Spearman, Kendall, partial; and what a published r with n says."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.errors import InputError, unknown_name
from imagenomics.stats.counts import whole_numbers
from imagenomics.stats.effects import correlation_interval, critical_z
from imagenomics.stats.ranks import midranks
from imagenomics.stats.samples import few, finite, pairs
from imagenomics.stats.side import Side, checked_side, normal_p, t_p
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]
CorrelationKind = Literal["pearson", "spearman", "kendall"]


def correlation_test(
    r: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    kind: CorrelationKind = "pearson",
    controlled: npt.ArrayLike = 0,
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> Tested:
    """Test correlations from their values and the number of patients alone.

    Parameters
    ----------
    r, n : arrays that broadcast
        Correlation and number of patients.
    kind : {'pearson', 'spearman', 'kendall'}
        Spearman's p comes from the t distribution, Kendall's from the normal one without ties.
    controlled : array
        Number of variables partialled out.
    side : {'two-sided', 'greater', 'less'}
    confidence : float

    Returns
    -------
    Tested
        The effect is r. NaN with too few patients.

    Raises
    ------
    InputError
        ``IGX-STAT-041``: r outside -1 and 1; ``IGX-STAT-040``: n is no count; ``IGX-STAT-045``: an unknown kind.

    Source
    ------
    Fisher 1921, Metron 1:3 (interval of Pearson's r); Bonett & Wright 2000, Psychometrika 65:23 (Spearman, and
    0.437 / (n - 4) for Kendall).
    """
    _known(kind)
    value, size = np.broadcast_arrays(_checked_r(r), whole_numbers(n, what="numbers of patients"))
    effective = size - whole_numbers(controlled, what="variables partialled out")
    if kind == "kendall":
        return _kendall_test(value, effective, side, confidence)
    df = np.where(effective > 2, effective - 2.0, np.nan)
    t = correlation_t(value, df)
    low, high = correlation_interval(value, effective, ranks=kind == "spearman", confidence=confidence)
    return tested(value, low, high, t, df, t_p(t, df, side=side))


def correlation_t(r: npt.ArrayLike, df: npt.ArrayLike) -> FloatArray:
    """Return the t statistic of a correlation; infinite at -1 and 1."""
    value, degrees = np.asarray(r, dtype=np.float64), np.asarray(df)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(value * np.sqrt(degrees / ((1.0 + value) * (1.0 - value))), dtype=np.float64)


def correlation_at(
    p: npt.ArrayLike, n: npt.ArrayLike, *, controlled: npt.ArrayLike = 0, side: Side = "two-sided"
) -> FloatArray:
    """Return how large a Pearson or Spearman correlation of n patients must be for a p value.

    Parameters
    ----------
    p, n : arrays that broadcast
    controlled, side : as in :func:`correlation_test`

    Raises
    ------
    InputError
        ``IGX-STAT-042``: p outside 0 and 1; ``IGX-STAT-040``: n is no count; ``IGX-STAT-043``: an unknown side.
    """
    checked_side(side)
    level = checked_p(p)
    df = whole_numbers(n, what="numbers of patients") - whole_numbers(controlled) - 2.0
    t = special.stdtrit(np.where(df > 0, df, np.nan), 1.0 - level / (2.0 if side == "two-sided" else 1.0))
    r = t / np.sqrt(t * t + df)
    return np.asarray(-r if side == "less" else r, dtype=np.float64)


def correlate(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    kind: CorrelationKind = "pearson",
    covariates: npt.ArrayLike | None = None,
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> Tested:
    """Test whether two measurements of the same patients rise together.

    Parameters
    ----------
    x, y : arrays, (n,)
        The same patients in the same order; incomplete ones are left out.
    kind : {'pearson', 'spearman', 'kendall'}
        Kendall's is tau-b, exact for at most 50 patients without ties.
    covariates : array, (n,) or (n, c), optional
        Partialled out, as ranks for Spearman's correlation; not for Kendall's.
    side, confidence : as in :func:`correlation_test`

    Raises
    ------
    InputError
        ``IGX-STAT-020``: different lengths; ``IGX-STAT-022``: not finite numbers; ``IGX-STAT-044``: fewer than 3
        patients beyond the covariates; ``IGX-STAT-045``: an unknown kind, or Kendall's with covariates.
    """
    _known(kind)
    rows, others = _complete(x, y, covariates)
    if kind == "kendall":
        if others.size:
            raise unknown_name("IGX-STAT-045", "kind of partial correlation", kind, ("pearson", "spearman"))
        return _kendall(rows[0], rows[1], side, confidence)
    if kind == "spearman":
        rows, others = (
            np.array([midranks(v) for v in part]).reshape(len(part), rows.shape[1]) for part in (rows, others)
        )
    basis = np.linalg.qr(np.vstack([np.ones(rows.shape[1]), others]).T)[0]
    left = rows - (rows @ basis) @ basis.T
    length = np.sqrt((left**2).sum(axis=1))
    constant = length <= 1e-10 * np.sqrt((rows**2).sum(axis=1))
    r = np.nan if constant.any() else float(np.clip(left[0] @ left[1] / (length[0] * length[1]), -1.0, 1.0))
    if np.isnan(r):
        return tested(*[np.nan] * 6)
    return correlation_test(
        r, rows.shape[1], kind=kind, controlled=len(others), side=side, confidence=confidence
    )


def kendall_interval(
    tau: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return Bonett and Wright's interval of Kendall's tau; NaN with 4 patients or fewer."""
    value, size = np.asarray(tau, dtype=np.float64), np.asarray(n, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        k = np.tanh(critical_z(confidence) * np.sqrt(np.where(size > 4, 0.437 / (size - 4.0), np.nan)))
        return (value - k) / (1.0 - value * k), (value + k) / (1.0 + value * k)


def checked_p(p: npt.ArrayLike) -> FloatArray:
    """Return p values between 0 and 1 (``IGX-STAT-042`` otherwise)."""
    level = finite(p, what="p values")
    if not ((level >= 0) & (level <= 1)).all():
        raise InputError("IGX-STAT-042", "a p value lies outside 0 and 1", expected="numbers between 0 and 1")
    return level


def _checked_r(r: npt.ArrayLike) -> FloatArray:
    value = finite(r, what="correlations")
    if (np.abs(value) > 1).any():
        raise InputError(
            "IGX-STAT-041",
            f"a correlation of {value[np.abs(value) > 1][0]:g} is impossible",
            expected="numbers between -1 and 1",
            remedy="write 0.57 for a printed 57%, and r rather than r squared",
        )
    return value


def _known(kind: str) -> None:
    if kind not in get_args(CorrelationKind):
        raise unknown_name("IGX-STAT-045", "kind of correlation", kind, get_args(CorrelationKind))


def _complete(
    x: npt.ArrayLike, y: npt.ArrayLike, covariates: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    first, second = (finite(v, what="measurements").ravel() for v in (x, y))
    others = (
        np.empty((0, first.size))
        if covariates is None
        else np.atleast_2d(finite(covariates, what="covariates").T)
    )
    if not first.size == second.size == others.shape[1]:
        pairs(first, second)
        pairs(first, others[0])
    everything = np.vstack([first, second, others])
    kept = everything[:, ~np.isnan(everything).any(axis=0)]
    if kept.shape[1] < 3 + len(others):
        raise few(f"{kept.shape[1]} complete patients are too few", f"at least {3 + len(others)}")
    return kept[:2], kept[2:]


def _kendall(x: FloatArray, y: FloatArray, side: Side, confidence: float) -> Tested:
    from scipy.stats import kendalltau

    tied = np.unique(x).size < x.size or np.unique(y).size < y.size
    method = "exact" if not tied and x.size <= 50 else "asymptotic"
    found = kendalltau(x, y, method=method, alternative=side)
    limits = _kendall_test(np.asarray(found.statistic), np.asarray(float(x.size)), side, confidence)
    return tested(found.statistic, limits.low, limits.high, found.statistic, np.nan, found.pvalue)


def _kendall_test(tau: FloatArray, n: FloatArray, side: Side, confidence: float) -> Tested:
    with np.errstate(divide="ignore", invalid="ignore"):
        z = tau / np.sqrt(np.where(n > 1, 2.0 * (2.0 * n + 5.0) / (9.0 * n * (n - 1.0)), np.nan))
    low, high = kendall_interval(tau, n, confidence=confidence)
    return tested(tau, low, high, z, np.nan, normal_p(z, side=side))
