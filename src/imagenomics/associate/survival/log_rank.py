"""Whether groups of patients differ in how soon the event comes: the log-rank test."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class LogRank(NamedTuple):
    """Statistic (chi-square with k - 1 degrees of freedom), p, observed and expected events of each group (k,)."""

    statistic: float
    df: int
    p: float
    observed: FloatArray
    expected: FloatArray


def log_rank(
    times: SurvivalTimes, groups: IntArray, *, strata: IntArray | None = None, weight: float = 0.0
) -> LogRank:
    """Compare the survival of k groups.

    Parameters
    ----------
    times : SurvivalTimes, (n,)
    groups : array of int, (n,)
        Group 0 ... k - 1 of each patient.
    strata : array of int, (n,), optional
        Patients are compared within these (sites).
    weight : float
        Exponent of the survival before each event (Fleming and Harrington's rho): 0 is the log-rank test, 1 gives
        early differences more weight.

    Raises
    ------
    InputError
        ``IGX-SURV-004``: fewer than two groups.

    Source
    ------
    Mantel 1966, Cancer Chemotherapy Reports 50:163; Fleming & Harrington 1981, Communications in Statistics A 10:763.
    """
    k = int(groups.max()) + 1 if groups.size else 0
    if np.unique(groups).size < 2:
        raise InputError(
            "IGX-SURV-004", "a comparison needs two groups of patients", expected="two groups or more"
        )
    observed, expected, spread = np.zeros(k), np.zeros(k), np.zeros((k, k))
    parts = np.zeros(groups.size, dtype=np.int64) if strata is None else strata
    for part in np.unique(parts):
        rows = np.flatnonzero(parts == part)
        o, e, v = _one_stratum(times.rows(rows), groups[rows], k, weight)
        observed, expected, spread = observed + o, expected + e, spread + v
    difference = (observed - expected)[:-1]
    inside = spread[:-1, :-1]
    statistic = float(difference @ np.linalg.pinv(inside) @ difference)
    df = int(np.linalg.matrix_rank(inside))
    return LogRank(statistic, df, float(chi2.sf(statistic, df)) if df else 1.0, observed, expected)


def _one_stratum(
    times: SurvivalTimes, groups: IntArray, k: int, weight: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    observed, expected, spread = np.zeros(k), np.zeros(k), np.zeros((k, k))
    survival = 1.0
    for moment in np.unique(times.time[times.event]):
        here = (times.time >= moment) & (times.start < moment)
        at_risk = np.bincount(groups[here], minlength=k).astype(np.float64)
        dying = times.event & (times.time == moment)
        d = np.bincount(groups[dying], minlength=k).astype(np.float64)
        n, total = at_risk.sum(), d.sum()
        w = survival**weight
        share = at_risk / n
        observed += w * d
        expected += w * total * share
        if n > 1:
            spread += w * w * total * (n - total) / (n - 1) * (np.diag(share) - np.outer(share, share))
        survival *= 1.0 - total / n
    return observed, expected, spread
