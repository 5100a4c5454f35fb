"""Groups of patients: their survival curves, medians, and whether they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.survival.cut_point import CutPoint, find_cut
from imagenomics.associate.survival.frame import COMPETING, INCIDENCE, SURVIVAL
from imagenomics.associate.survival.incidence import gray, half_incidence, incidence_curve
from imagenomics.associate.survival.kaplan_meier import kaplan_meier, median_survival
from imagenomics.associate.survival.log_rank import LogRank, log_rank
from imagenomics.associate.survival.settings import Competing, GroupSettings
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.stats.cumulative_incidence import GrayTest

IntArray = npt.NDArray[np.int64]
GRAY = "Gray"
CURVE_COLUMNS = (
    *("analysis", "grouping", "group", "curve", "time"),
    *("estimate", "ci_low", "ci_high", "at_risk", "events", "censored"),
)
GROUP_COLUMNS = (
    *("analysis", "grouping", "group", "cut", "threshold", "n", "events", "competing", "expected"),
    *("median", "median_low", "median_high", "test", "statistic", "df", "p"),
    *("p_naive", "p_corrected", "draws", "status", "reason"),
)


@dataclass(frozen=True)
class Grouping:
    """Which group each patient belongs to.

    Parameters
    ----------
    codes : array of int, (n,)
        Group 0 ... k - 1 of each patient of ``times``.
    names : tuple of str
        Names of the groups.
    cut : CutPoint, optional
        Where a number was cut at a place chosen by survival.
    threshold : float
        Where a number was cut; NaN for others.
    """

    codes: IntArray
    names: tuple[str, ...]
    cut: CutPoint | None = None
    threshold: float = float("nan")


def group_patients(
    column: pd.Series,
    times: SurvivalTimes,
    *,
    levels: tuple[str, ...] | None,
    strata: pd.Series | None = None,
    within: pd.Series | None = None,
    settings: GroupSettings,
    seed: int = 0,
) -> Grouping:
    """Divide patients by the levels of a column, or by cutting a number.

    Parameters
    ----------
    column : Series
        By patient, without missing values among those followed.
    times : SurvivalTimes
        Follow-up.
    levels : tuple of str or None
        Names of the codes of the column in order; None for a number.
    strata, within : Series, optional
        See :func:`imagenomics.associate.survival.cut_point.find_cut`.
    settings : GroupSettings
        How a number is cut.
    seed : int
        Of folds and draws.
    """
    values = column.reindex(times.ids).to_numpy(dtype=np.float64)
    if levels is not None:
        present = [k for k in range(len(levels)) if (values == k).any()]
        place = {k: i for i, k in enumerate(present)}
        codes = np.array([place[int(v)] for v in values], dtype=np.int64)
        return Grouping(codes, tuple(levels[k] for k in present))
    if settings.cut == "maximal":
        found = find_cut(column, times, strata=strata, within=within, settings=settings, seed=seed)
        return Grouping(found.high, ("lower risk", "higher risk"), found, found.cut)
    threshold = float(np.median(values)) if settings.at is None else settings.at
    names = (f"{threshold:.4g} or less", f"above {threshold:.4g}")
    return Grouping((values > threshold).astype(np.int64), names, threshold=threshold)


def group_tables(
    grouping: Grouping,
    times: SurvivalTimes,
    *,
    name: str,
    strata: pd.Series | None = None,
    settings: GroupSettings,
    confidence: float = 0.95,
    competing: Competing = "cause-specific",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the curves of the groups and one row for each group with its median and the test of them all.

    Where another event can come first, curves are cumulative incidence, that of the event and that of all competing
    events; the median is when half have had the event. ``competing`` says what is compared: 'cause-specific' hazards
    (log-rank test) or 'subdistribution' hazards (Gray's test).

    Groups of a cut that survival chose are those of patients whom the cut had not seen; their p is that of the
    permutation.
    """
    present = np.unique(grouping.codes)
    curves = []
    rows = []
    for k in present:
        own = times.rows(np.flatnonzero(grouping.codes == k))
        drawn, middle = _curves(own, confidence)
        curves += [c.assign(grouping=name, group=grouping.names[k], curve=word) for word, c in drawn.items()]
        row = dict(zip(("median", "median_low", "median_high"), middle, strict=True))
        other = int((own.causes > 1).sum())
        rows.append(
            {"group": grouping.names[k], "n": len(own.ids), "events": own.n_events, "competing": other, **row}
        )
    table = pd.DataFrame(rows).assign(grouping=name, cut=_cut_name(settings), threshold=grouping.threshold)
    codes = None if strata is None else pd.factorize(strata.reindex(times.ids).astype(str), sort=True)[0]
    tested = _test(grouping, times, present, codes, weight=settings.weight, competing=competing)
    for column, value in tested.items():
        table[column] = value
    return pd.concat(curves, ignore_index=True), table


def _curves(
    times: SurvivalTimes, confidence: float
) -> tuple[dict[str, pd.DataFrame], tuple[float, float, float]]:
    """Return the curves of one group by what they show, and its median with its interval."""
    if times.cause is None:
        curve = kaplan_meier(times, confidence=confidence)
        named = {SURVIVAL: curve.rename(columns={"survival": "estimate"})}
        return named, median_survival(kaplan_meier(times))
    own = incidence_curve(times, confidence=confidence)
    other = incidence_curve(times, competing=True, confidence=confidence)
    return {INCIDENCE: own, COMPETING: other}, half_incidence(incidence_curve(times))


def _cut_name(settings: GroupSettings) -> str:
    return "fixed" if settings.at is not None else settings.cut


def _test(
    grouping: Grouping,
    times: SurvivalTimes,
    present: IntArray,
    strata: IntArray | None,
    *,
    weight: float,
    competing: Competing,
) -> dict[str, Any]:
    nan = float("nan")
    nothing: dict[str, Any] = dict.fromkeys(("statistic", "p", "p_naive", "p_corrected"), nan)
    facts = {
        **nothing,
        "test": "",
        "df": 0,
        "draws": 0,
        "expected": nan,
        "status": "not testable",
        "reason": "",
    }
    cut = grouping.cut
    if cut is not None and np.isnan(cut.cut):
        return {**facts, "reason": "no cut-point leaves enough patients on both sides"}
    if present.size < 2:
        return {**facts, "reason": "all patients are in one group"}
    codes = np.searchsorted(present, grouping.codes).astype(np.int64)
    if competing == "subdistribution":
        found: LogRank | GrayTest = gray(times, codes, strata=strata)
        word = GRAY
    else:
        found = log_rank(times, codes, strata=strata, weight=weight)
        word = "log-rank" if not weight else f"Fleming-Harrington, rho {weight:g}"
        word += "" if times.cause is None else " of cause-specific hazards"
    facts |= {"statistic": found.statistic, "df": found.df, "p": found.p, "expected": found.expected}
    facts |= {"test": word, "status": "ok"}
    if found.df == 0:
        facts |= {
            "status": "not testable",
            "p": nan,
            "reason": "no event happened while both groups were at risk",
        }
    if cut is not None:
        words = "log-rank of groups that the cut had not seen, permutation of the whole choice"
        facts |= {"test": words, "p": cut.p, "statistic": cut.z_held_out, "draws": cut.draws}
        facts |= {"p_naive": cut.p_naive, "p_corrected": cut.p_corrected}
    return facts
