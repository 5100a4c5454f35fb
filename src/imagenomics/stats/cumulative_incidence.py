"""Competing events: how many have had which of them by when, and whether groups differ in that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import chi2

from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Incidence(NamedTuple):
    """Cumulative incidence of one cause at each distinct time (m,).

    ``at_risk``: under observation and without any event just before; ``events`` of the cause, ``competing`` ones, and
    ``censored`` patients; ``event_free``: the share without any event after the time (Kaplan-Meier).
    """

    time: FloatArray
    at_risk: FloatArray
    events: FloatArray
    competing: FloatArray
    censored: FloatArray
    event_free: FloatArray
    incidence: FloatArray
    variance: FloatArray
    low: FloatArray
    high: FloatArray


class GrayTest(NamedTuple):
    """Statistic (chi-square), degrees of freedom, p, and observed and expected events of each group (k,)."""

    statistic: float
    df: int
    p: float
    observed: FloatArray
    expected: FloatArray


def cumulative_incidence(
    time: FloatArray,
    cause: IntArray,
    *,
    of: int = 1,
    entry: FloatArray | None = None,
    confidence: float = 0.95,
) -> Incidence:
    """Estimate the share of patients who have had an event of one cause by each time.

    Parameters
    ----------
    time, cause : arrays, (n,)
        When each patient left observation, and why: 0 censored, 1, 2, ... the causes.
    of : int
        The cause.
    entry : array, (n,), optional
        When a patient came under observation (left truncation).
    confidence : float
        Of the pointwise limits, built on log(-log(1 - F)).

    Returns
    -------
    Incidence
        Aalen and Johansen's estimate with its delta-method variance; without competing events it is one less the
        Kaplan-Meier estimate with Greenwood's. Limits are NaN where the variance is not known (everybody gone).

    Raises
    ------
    InputError
        ``IGX-STAT-049``: causes that are no whole numbers from 0 on, or times that are not known.

    Source
    ------
    Aalen & Johansen 1978, Scandinavian Journal of Statistics 5:141; variance: Marubini & Valsecchi 1995, Analysing
    Survival Data from Clinical Trials and Observational Studies, equation 10.12; Choudhury 2002, Statistics in Medicine
    21:1129 (limits).
    """
    t, c = _checked(time, cause)
    moments = np.unique(t)
    n, counts = _at_risk(t, entry, moments), _counts(t, c, moments)
    own, every = counts[of] if of < len(counts) else np.zeros(moments.size), counts[1:].sum(axis=0)
    free = np.cumprod(1.0 - every / np.maximum(n, 1.0))
    before = np.r_[1.0, free[:-1]]
    F = np.cumsum(before * own / np.maximum(n, 1.0))
    variance = _variance(F, before, own, every, n)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.sqrt(variance) / np.abs((1.0 - F) * np.log1p(-F))
        factor = np.exp(ndtri(0.5 + confidence / 2.0) * spread)
        low, high = 1.0 - (1.0 - F) ** (1.0 / factor), 1.0 - (1.0 - F) ** factor
    none = F == 0.0
    low, high = np.where(none, 0.0, low), np.where(none, 0.0, high)
    return Incidence(moments, n, own, every - own, counts[0], free, F, variance, low, high)


def gray_test(
    time: FloatArray,
    cause: IntArray,
    groups: IntArray,
    *,
    of: int = 1,
    entry: FloatArray | None = None,
    strata: IntArray | None = None,
) -> GrayTest:
    """Compare the cumulative incidence of one cause in k groups.

    A log-rank test of subdistribution hazards: who had a competing event counts as still at risk, as far as follow-up
    would have gone on.

    Parameters
    ----------
    time, cause, entry, of
        As in :func:`cumulative_incidence`.
    groups : array of int, (n,)
        Group 0 ... k - 1 of each patient.
    strata : array of int, (n,), optional
        Groups are compared within these.

    Returns
    -------
    GrayTest
        With late entry a group may once have had nobody left without an event: what it is at risk of later is not
        known, and its later events do not count.

    Raises
    ------
    InputError
        ``IGX-STAT-049``: see there; ``IGX-STAT-050``: fewer than two groups.

    Source
    ------
    Gray 1988, Annals of Statistics 16:1141 (rho = 0): the score of section 2 with R = Y (1 - F(t-)) / S(t-), the
    covariance of section 3 with its estimates under the null hypothesis.
    """
    t, c = _checked(time, cause)
    g = np.asarray(groups, dtype=np.int64)
    if np.unique(g).size < 2:
        raise InputError(
            "IGX-STAT-050", "a comparison needs two groups of patients", expected="two groups or more"
        )
    k = int(g.max()) + 1
    score, spread, observed = np.zeros(k), np.zeros((k, k)), np.zeros(k)
    parts = np.zeros(t.size, dtype=np.int64) if strata is None else np.asarray(strata)
    start = np.full(t.size, -np.inf) if entry is None else np.asarray(entry, dtype=np.float64)
    for part in np.unique(parts):
        rows = parts == part
        z, v, o = _one_stratum(t[rows], c[rows], g[rows], k, of, start[rows])
        score, spread, observed = score + z, spread + v, observed + o
    inside = spread[:-1, :-1]
    df = int(np.linalg.matrix_rank(inside))
    statistic = max(float(score[:-1] @ np.linalg.pinv(inside, hermitian=True) @ score[:-1]), 0.0)
    p = float(chi2.sf(statistic, df)) if df else 1.0
    return GrayTest(statistic, df, p, observed, observed - score)


def _checked(time: FloatArray, cause: IntArray) -> tuple[FloatArray, IntArray]:
    t, c = np.asarray(time, dtype=np.float64), np.asarray(cause)
    if t.shape != c.shape or not np.isfinite(t).all() or not (np.equal(np.mod(c, 1), 0) & (c >= 0)).all():
        raise InputError(
            "IGX-STAT-049",
            "times or causes cannot be used",
            expected="as many causes as times: 0 for censored, 1, 2, ... for events; times that are known",
            remedy="leave out patients without follow-up",
        )
    return t, c.astype(np.int64)


def _counts(time: FloatArray, cause: IntArray, moments: FloatArray) -> FloatArray:
    """Return how many left at each moment by each cause (causes, m), the censored first."""
    place = np.searchsorted(moments, time)
    table = np.zeros((max(int(cause.max(initial=0)), 1) + 1, moments.size))
    np.add.at(table, (cause, place), 1.0)
    return table


def _at_risk(time: FloatArray, entry: FloatArray | None, moments: FloatArray) -> FloatArray:
    still = time.size - np.searchsorted(np.sort(time), moments, side="left")
    if entry is None:
        return still.astype(np.float64)
    late = time.size - np.searchsorted(np.sort(entry), moments, side="left")
    return (still - late).astype(np.float64)


def _variance(
    F: FloatArray, before: FloatArray, own: FloatArray, every: FloatArray, n: FloatArray
) -> FloatArray:
    """Return the variance at each time t, summed over earlier ones s: D^2 a(s) + b(s) - 2 D c(s), D = F(t) - F(s)."""
    n = np.maximum(n, 1.0)
    a = np.where(n > every, every / (n * np.maximum(n - every, 1.0)), 0.0)
    b = before**2 * own * (n - own) / n**3
    c = before * own / n**2
    A, AF, AFF, C, CF = (np.cumsum(x) for x in (a, a * F, a * F * F, c, c * F))
    total = F * F * A - 2.0 * F * AF + AFF + np.cumsum(b) - 2.0 * (F * C - CF)
    return np.maximum(total, 0.0)


def _one_stratum(
    time: FloatArray, cause: IntArray, groups: IntArray, k: int, of: int, start: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return score (k,), its covariance (k, k) and observed events (k,) of one stratum."""
    moments = np.unique(time[cause > 0])
    shape = (k, moments.size)
    Y, d1, d2 = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for j in range(k):
        own = groups == j
        Y[j] = _at_risk(time[own], start[own], moments)
        for kind, table in ((cause == of, d1), ((cause > 0) & (cause != of), d2)):
            inside = time[own & kind]
            table[j] = np.bincount(np.searchsorted(moments, inside), minlength=moments.size)
    free = np.cumprod(1.0 - (d1 + d2) / np.maximum(Y, 1.0), axis=1)
    before = np.c_[np.ones(k), free[:, :-1]]
    F = np.cumsum(before * d1 / np.maximum(Y, 1.0), axis=1)
    F_before = np.c_[np.zeros(k), F[:, :-1]]
    alive = (Y > 0) & (before > 0)
    d1, d2 = np.where(alive, d1, 0.0), np.where(alive, d2, 0.0)
    R = np.where(alive, Y * (1.0 - F_before) / np.where(before > 0, before, 1.0), 0.0)
    total, happened = R.sum(axis=0), d1.sum(axis=0)
    share = np.divide(R, total, out=np.zeros_like(R), where=total > 0)
    score = (d1 - share * happened).sum(axis=1)
    spread = _covariance(Y, np.asarray(free, dtype=np.float64), happened, d2)
    return score, spread, d1.sum(axis=1)


def _covariance(Y: FloatArray, free: FloatArray, happened: FloatArray, d2: FloatArray) -> FloatArray:
    """Return the covariance of the scores under the null hypothesis, Gray's section 3.

    With h = Y / S(t-) of each group and the pooled F0 = integral of dN / sum of h, the score of group k moves with an
    event of the cause in group r by d = (1[k = r] - h_k / sum of h) h_r, and every event of either cause moves what
    comes later, c(end) - c(t) with c the integral of d / (1 - F0(t-)) dF0. Among d tied events each counts
    1 - (d - 1) / (n - 1) (hypergeometric), n = S_r(t-) sum of h being those at risk as group r sees them all.
    """
    k = Y.shape[0]
    before = np.c_[np.ones(k), free[:, :-1]]
    h = np.where((Y > 0) & (before > 0), Y / np.where(before > 0, before, 1.0), 0.0)
    total = h.sum(axis=0)
    jump = np.divide(happened, total, out=np.zeros_like(happened), where=happened > 0)
    G = np.maximum(1.0 - np.cumsum(jump), 0.0)
    G_before = np.r_[1.0, G[:-1]]
    share = np.divide(h, total, out=np.zeros_like(h), where=total > 0)
    spread = np.zeros((k, k))
    for r in range(k):
        at = Y[r] > 0
        S, y = np.where(at, before[r], 1.0), np.where(at, Y[r], 1.0)
        own = (np.eye(k)[:, [r]] - share) * h[r]
        step = np.divide(own * jump, G_before, out=np.zeros_like(own), where=G_before > 0)
        later = step[:, ::-1].cumsum(axis=1)[:, ::-1] - step
        ratio = np.divide(G, free[r], out=np.zeros_like(G), where=free[r] > 0)
        first, second = own + (1.0 - ratio) * later, ratio * later
        weight = jump * _tied(happened, total * S) * S / y
        spread += (first * np.where(at, weight, 0.0)) @ first.T
        weight = d2[r] * _tied(d2[r], y) * (S / y) ** 2
        spread += (second * np.where(at, weight, 0.0)) @ second.T
    return spread


def _tied(events: FloatArray, at_risk: FloatArray) -> FloatArray:
    """Return the variance of each of ``events`` drawn without replacement, relative to a single one."""
    others = np.where((events > 1.0) & (at_risk != 1.0), at_risk - 1.0, np.inf)
    return np.asarray(1.0 - (events - 1.0) / others)
