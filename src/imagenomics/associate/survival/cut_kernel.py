"""Compiled core of cut-points: the log-rank statistic of every split of a number, in one sweep of the patients."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.associate.survival.times import SurvivalTimes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def risk_spans(times: SurvivalTimes, strata: IntArray | None = None) -> IntArray:
    """Return for each patient the event times at which it is at risk.

    Event times are numbered stratum by stratum, so that a patient is at risk at those of its own stratum only.

    Returns
    -------
    int array, (3, n)
        First event time at risk, the one after the last, and 1 where the patient had the event at its last one.
    """
    groups = np.zeros(times.time.size, dtype=np.int64) if strata is None else strata
    spans = np.zeros((3, times.time.size), dtype=np.int64)
    before = 0
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        moments = np.unique(times.time[rows][times.event[rows]])
        spans[0, rows] = before + np.searchsorted(moments, times.start[rows], side="right")
        spans[1, rows] = before + np.searchsorted(moments, times.time[rows], side="right")
        before += moments.size
    spans[2] = times.event
    return spans


@njit(cache=True, nogil=True, error_model="numpy")
def log_rank_z(inside: IntArray, rows: IntArray, spans: IntArray) -> float:
    """Return the standardised log-rank statistic of one group among ``rows``: above 0 where it has more events.

    Parameters
    ----------
    inside : int array, (n,)
        1 for patients of the group.
    rows : int array, (m,)
        The patients that are compared.
    spans : int array, (3, n)
        From :func:`risk_spans`.
    """
    last = 0
    for i in rows:
        last = max(last, spans[1, i])
    n, own, died = np.zeros(last + 1), np.zeros(last + 1), np.zeros(last + 1)
    surplus = 0.0
    for i in rows:
        n[spans[0, i]] += 1.0
        n[spans[1, i]] -= 1.0
        if inside[i] == 1:
            own[spans[0, i]] += 1.0
            own[spans[1, i]] -= 1.0
        if spans[2, i] == 1:
            died[spans[1, i] - 1] += 1.0
            surplus += inside[i]
    at_risk, group, variance = 0.0, 0.0, 0.0
    for t in range(last):
        at_risk += n[t]
        group += own[t]
        d = died[t]
        if d > 0.0:
            share = group / at_risk
            surplus -= d * share
            if at_risk > 1.0:
                variance += d * share * (1.0 - share) * (at_risk - d) / (at_risk - 1.0)
    return surplus / math.sqrt(variance) if variance > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def best_cut(x: FloatArray, rows: IntArray, spans: IntArray, least: int) -> tuple[float, float]:
    """Return the cut with the largest absolute log-rank statistic, and the statistic of those above it.

    Parameters
    ----------
    x : array, (n,)
        The number that is cut, without missing values in ``rows``.
    least : int
        Fewest patients on either side.

    Returns
    -------
    (float, float)
        Cut (patients above it form the group) and statistic; NaN and 0 where no cut leaves enough on both sides.
    """
    m = rows.size
    order = rows[np.argsort(x[rows], kind="mergesort")]
    inside = np.zeros(x.size, dtype=np.int64)
    for i in rows:
        inside[i] = 1
    cut, best = math.nan, 0.0
    for k in range(m - 1):
        inside[order[k]] = 0
        if x[order[k + 1]] == x[order[k]] or k + 1 < least or m - k - 1 < least:
            continue
        z = log_rank_z(inside, rows, spans)
        if math.isnan(cut) or abs(z) > abs(best):
            cut, best = 0.5 * (x[order[k]] + x[order[k + 1]]), z
    return cut, best


@njit(cache=True, nogil=True, error_model="numpy")
def held_out(
    x: FloatArray, fold: IntArray, folds: int, spans: IntArray, share: float, high: IntArray
) -> float:
    """Choose a cut in each training part; return the log-rank statistic of the risk groups of the patients left out.

    ``high`` (n,) is filled with 1 for patients whom the cut of their training part puts on the side with more events.
    """
    n = x.size
    for k in range(folds):
        train = np.flatnonzero(fold != k)
        cut, z = best_cut(x, train, spans, max(1, math.ceil(share * train.size)))
        for i in range(n):
            if fold[i] == k:
                above = x[i] > cut
                high[i] = 1 if (above and z > 0.0) or (not above and z < 0.0) else 0
    return log_rank_z(high, np.arange(n), spans)


@njit(cache=True, nogil=True, error_model="numpy")
def trend_z(points: IntArray, spans: IntArray) -> float:
    """Return the standardised log-rank statistic for trend over points: above 0 where more points have more events.

    Parameters
    ----------
    points : int array, (n,)
        Points of each patient.
    spans : int array, (3, n)
        From :func:`risk_spans`.
    """
    last = 0
    for i in range(points.size):
        last = max(last, spans[1, i])
    sums, died = np.zeros((3, last + 1)), np.zeros(last + 1)
    surplus = 0.0
    for i in range(points.size):
        value = 1.0
        for power in range(3):
            sums[power, spans[0, i]] += value
            sums[power, spans[1, i]] -= value
            value *= points[i]
        if spans[2, i] == 1:
            died[spans[1, i] - 1] += 1.0
            surplus += points[i]
    n, first, second, variance = 0.0, 0.0, 0.0, 0.0
    for t in range(last):
        n += sums[0, t]
        first += sums[1, t]
        second += sums[2, t]
        d = died[t]
        if d > 0.0:
            mean = first / n
            surplus -= d * mean
            if n > 1.0:
                variance += d * (second / n - mean * mean) * (n - d) / (n - 1.0)
    return surplus / math.sqrt(variance) if variance > 0.0 else 0.0
