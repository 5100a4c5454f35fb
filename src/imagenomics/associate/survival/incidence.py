"""Cumulative incidence of groups where another event can come first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.stats.cumulative_incidence import GrayTest, cumulative_incidence, gray_test


def incidence_curve(
    times: SurvivalTimes, *, competing: bool = False, confidence: float = 0.95
) -> pd.DataFrame:
    """Estimate how many have had the event by each time, or (``competing``) any of the events that exclude it.

    Returns
    -------
    DataFrame
        ``time, at_risk, events, censored, estimate, ci_low, ci_high``: one row for each distinct time, and time 0.
        ``events`` are those of the curve; ``censored`` patients had no event of any kind.

    Source
    ------
    See :func:`imagenomics.stats.cumulative_incidence.cumulative_incidence`.
    """
    found = cumulative_incidence(
        times.time,
        np.minimum(times.causes, 2),
        of=2 if competing else 1,
        entry=times.entry,
        confidence=confidence,
    )
    start = float((times.start <= 0).sum())
    columns = {
        "time": np.r_[0.0, found.time],
        "at_risk": np.r_[start, found.at_risk].astype(np.int64),
        "events": np.r_[0.0, found.events].astype(np.int64),
        "censored": np.r_[0.0, found.censored].astype(np.int64),
        "estimate": np.r_[0.0, found.incidence],
        "ci_low": np.r_[0.0, found.low],
        "ci_high": np.r_[0.0, found.high],
    }
    return pd.DataFrame(columns)


def half_incidence(curve: pd.DataFrame) -> tuple[float, float, float]:
    """Return when half of the patients have had the event, with its interval; NaN where the curve stays below."""
    found = []
    for name in ("estimate", "ci_high", "ci_low"):
        reached = curve[name].to_numpy() >= 0.5
        found.append(float(curve["time"].to_numpy()[np.argmax(reached)]) if reached.any() else float("nan"))
    return found[0], found[1], found[2]


def gray(
    times: SurvivalTimes, groups: npt.NDArray[np.int64], *, strata: npt.NDArray[np.int64] | None = None
) -> GrayTest:
    """Compare the cumulative incidence of the event in k groups; all competing events count as one."""
    cause = np.minimum(times.causes, 2)
    return gray_test(times.time, cause, groups, entry=times.entry, strata=strata)
