"""Survival curves of groups, with those at risk under them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from imagenomics.associate.survival.times import SurvivalTimes

FloatArray = npt.NDArray[np.float64]


def kaplan_meier(times: SurvivalTimes, *, confidence: float = 0.95) -> pd.DataFrame:
    """Estimate how many are still without the event after each time.

    Parameters
    ----------
    times : SurvivalTimes, (n,)
    confidence : float
        Of the interval, built on log(-log S).

    Returns
    -------
    DataFrame
        ``time, at_risk, events, censored, survival, ci_low, ci_high``: one row for each distinct time, and time 0.

    Source
    ------
    Kaplan & Meier 1958, JASA 53:457; Greenwood's variance; Kalbfleisch & Prentice 1980 for the scale of the interval.
    """
    moments = np.unique(times.time)
    at_risk, events, left = _counts(times, moments)
    survival = np.cumprod(1.0 - events / np.maximum(at_risk, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(events > 0, events / (at_risk * (at_risk - events)), 0.0)
        spread = np.sqrt(np.cumsum(steps)) / np.abs(np.log(survival))
        factor = np.exp(ndtri(0.5 + confidence / 2.0) * spread)
        low, high = survival**factor, survival ** (1.0 / factor)
    sure = events.cumsum() == 0
    low, high = (np.where(sure, 1.0, v) for v in (low, high))
    gone = survival <= 0
    low, high = np.where(gone, np.nan, low), np.where(gone, np.nan, high)
    table = pd.DataFrame(
        {
            "time": moments,
            "at_risk": at_risk,
            "events": events,
            "censored": left,
            "survival": survival,
            "ci_low": low,
            "ci_high": high,
        }
    )
    start = pd.DataFrame(
        {
            "time": [0.0],
            "at_risk": [_beginning(times)],
            "events": [0],
            "censored": [0],
            "survival": [1.0],
            "ci_low": [1.0],
            "ci_high": [1.0],
        }
    )
    return pd.concat([start, table], ignore_index=True)


def number_at_risk(times: SurvivalTimes, moments: Sequence[float]) -> npt.NDArray[np.int64]:
    """Return how many patients are under observation just before each moment (k,)."""
    asked = np.asarray(moments, dtype=np.float64)
    return ((times.time[:, None] >= asked) & (times.start[:, None] < np.maximum(asked, 1e-300))).sum(axis=0)


def survival_at(curve: pd.DataFrame, moments: Sequence[float]) -> FloatArray:
    """Return the survival of a curve at some moments (k,); NaN beyond the last time that anybody was observed."""
    asked = np.asarray(moments, dtype=np.float64)
    place = np.searchsorted(curve["time"].to_numpy(), asked, side="right") - 1
    found = curve["survival"].to_numpy()[np.maximum(place, 0)]
    end = curve["time"].iloc[-1]
    return np.where((asked > end) & (found > 0), np.nan, found)


def median_survival(curve: pd.DataFrame) -> tuple[float, float, float]:
    """Return the median with its interval (median, low, high); NaN where the curve does not come down to it."""
    return tuple(_first_below(curve, name) for name in ("survival", "ci_low", "ci_high"))  # type: ignore[return-value]


def _first_below(curve: pd.DataFrame, name: str) -> float:
    reached = curve[name].to_numpy() <= 0.5
    return float(curve["time"].to_numpy()[np.argmax(reached)]) if reached.any() else float("nan")


def _beginning(times: SurvivalTimes) -> int:
    return int((times.start <= 0).sum())


def _counts(
    times: SurvivalTimes, moments: FloatArray
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return at each distinct moment (m,) those at risk, those with the event, those censored."""
    place = np.searchsorted(moments, times.time)
    events = np.bincount(place[times.event], minlength=moments.size)
    left = np.bincount(place[~times.event], minlength=moments.size)
    leaving = np.bincount(place, minlength=moments.size)
    still = leaving[::-1].cumsum()[::-1]
    late = 0 if times.entry is None else np.array([(times.start >= t).sum() for t in moments])
    return (still - late).astype(np.int64), events.astype(np.int64), left.astype(np.int64)
