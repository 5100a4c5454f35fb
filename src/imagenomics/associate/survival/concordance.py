"""How well a score orders patients by their time to the event."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.associate.survival.times import SurvivalTimes

FloatArray = npt.NDArray[np.float64]


def harrell_c(
    times: SurvivalTimes, score: FloatArray, *, within: npt.NDArray[np.int64] | None = None
) -> float:
    """Return Harrell's C of a risk score (n,): of all pairs whose order is known, the share that the score orders.

    Pairs with equal scores count half; who came under observation after the event of the other is in no pair with it.
    NaN where no pair can be ordered. ``within`` (n,): pairs of one of these groups only (strata, folds).

    Source
    ------
    Harrell, Lee & Mark 1996, Statistics in Medicine 15:361.
    """
    return _concordance(times, np.asarray(score, dtype=np.float64), np.ones(times.time.size), within)


def uno_c(times: SurvivalTimes, score: FloatArray, *, until: float | None = None) -> float:
    """Return Uno's C: pairs weighted by the inverse chance of not being censored, up to a time.

    Unlike Harrell's it does not depend on how patients were censored.

    Source
    ------
    Uno et al. 2011, Statistics in Medicine 30:1105.
    """
    weight = np.where(times.event, 1.0, 0.0)
    if until is not None:
        weight = np.where(times.time < until, weight, 0.0)
    chance = uncensored(times, times.time)
    weight = np.divide(weight, chance**2, out=np.zeros_like(weight), where=weight > 0)
    return _concordance(times, np.asarray(score, dtype=np.float64), weight)


def uncensored(times: SurvivalTimes, moments: FloatArray) -> FloatArray:
    """Return the chance (m,) of not being censored just before each moment (Kaplan-Meier of the censoring)."""
    distinct = np.unique(times.time)
    place = np.searchsorted(distinct, times.time)
    left = np.bincount(place[~times.event], minlength=distinct.size)
    events = np.bincount(place[times.event], minlength=distinct.size)
    at_risk = np.bincount(place, minlength=distinct.size)[::-1].cumsum()[::-1] - events  # events come first
    steps = np.cumprod(1.0 - left / np.maximum(at_risk, 1))
    return np.r_[1.0, steps][np.searchsorted(distinct, moments, side="left")]


class TimeAuc(NamedTuple):
    """Area under the ROC curve at each time, with the patients who had the event by then and who had not."""

    time: FloatArray
    auc: FloatArray
    cases: FloatArray
    controls: FloatArray


def time_auc(times: SurvivalTimes, score: FloatArray, moments: npt.ArrayLike) -> TimeAuc:
    """Return the cumulative/dynamic AUC of a risk score at some times.

    Cases had the event by the time, weighted by the inverse chance of not being censored; controls have not yet.

    Source
    ------
    Uno et al. 2007, JASA 102:527; Hung & Chiang 2010, Canadian Journal of Statistics 38:8.
    """
    asked = np.atleast_1d(np.asarray(moments, dtype=np.float64))
    value = np.asarray(score, dtype=np.float64)
    weight = 1.0 / uncensored(times, times.time)
    area, cases, controls = (np.full(asked.size, np.nan) for _ in range(3))
    for i, moment in enumerate(asked):
        case = times.event & (times.time <= moment)
        control = times.time > moment
        cases[i], controls[i] = case.sum(), control.sum()
        if case.any() and control.any():
            high = value[case][:, None]
            low = value[control][None, :]
            wins = ((high > low) + 0.5 * (high == low)).mean(axis=1)
            area[i] = float(np.average(wins, weights=weight[case]))
    return TimeAuc(asked, area, cases, controls)


def _concordance(
    times: SurvivalTimes,
    score: FloatArray,
    weight: FloatArray,
    within: npt.NDArray[np.int64] | None = None,
) -> float:
    part = np.zeros(times.time.size, dtype=np.int64) if within is None else within
    good, known = _count(times.start, times.time, times.event, score, weight, part)
    return float(good / known) if known > 0 else float("nan")


@njit(cache=True, nogil=True, error_model="numpy")
def _count(start, time, event, score, weight, part):  # type: ignore[no-untyped-def]
    good, known = 0.0, 0.0
    for i in range(time.size):
        if not event[i] or weight[i] == 0.0:
            continue
        for j in range(time.size):
            if part[j] != part[i] or start[j] >= time[i]:
                continue
            # Of two equal times the censored patient lived longer.
            if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                known += weight[i]
                if score[i] > score[j]:
                    good += weight[i]
                elif score[i] == score[j]:
                    good += 0.5 * weight[i]
    return good, known
