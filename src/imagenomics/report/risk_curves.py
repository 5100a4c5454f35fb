"""Survival of patients of low and high predicted risk, beside a prediction of survival."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.report.folder import Results
from imagenomics.report.html import Child, Html, el
from imagenomics.report.models import Model
from imagenomics.report.survival_charts import curve_chart, curve_key
from imagenomics.report.text import listed, number

GROUPS = {"risk:low": "low risk", "risk:high": "high risk"}
WORDS = (
    "Low and high risk are split at a cut-off fixed without these patients: the median score of the training part of "
    "their fold. Scores are of models that never saw the patient, groups those of the first repeat. Bands are 95% "
    "intervals."
)
FEW = 5
ALONE = "All patients lie on one side of the median. "


def survival_block(results: Results, analysis: str) -> Mapping[str, Any]:
    """Return the ``[[train]]`` block of a prediction of survival; {} for any other prediction."""
    named = (b for b in results.blocks("train") if str(b.get("name")) == analysis and b.get("event"))
    return next(named, {})


def risk_chart(curves: pd.DataFrame, model: Model, block: Mapping[str, Any], *, patients: int) -> Html | None:
    """Draw the Kaplan-Meier curves of the risk groups of a model with those at risk; None where there are none.

    ``patients`` are all whom the model scored: those of folds in which it says the same of everybody are in no group.
    """
    own = curves[(curves["model"].astype(str) == model.name) & curves["curve"].isin(list(GROUPS))]
    if own.empty:
        return None
    table = pd.concat([_points(own[own["curve"] == curve], name) for curve, name in GROUPS.items()])
    names = list(dict.fromkeys(table["group"]))
    picture = curve_chart(
        table,
        names,
        unit=f"{block.get('unit') or 'time'} since {block.get('origin') or 'the origin'}",
        title=str(block.get("endpoint") or "survival"),
    )
    if picture is None:
        return None
    title: Child = el("b", "Survival by predicted risk")
    alone = ALONE if len(names) < len(GROUPS) else ""
    words = el(
        "span", f"{alone}{WORDS}{_not_drawn(table, patients)}{_few(table, str(block.get('unit') or ''))}"
    )
    return el("figure.small-chart", el("figcaption", title, words), picture, curve_key(names))


def _not_drawn(table: pd.DataFrame, patients: int) -> str:
    left = patients - int(table.groupby("group")["at_risk"].max().sum())
    if left <= 0:
        return ""
    return f" {left:,} of {patients:,} patients are not drawn: the model of their fold says the same of everybody."


def _few(table: pd.DataFrame, unit: str) -> str:
    """Say from when on a curve rests on few patients, where it goes on from there."""
    few = table[table["at_risk"] < FEW].groupby("group", sort=False)["time"].min()
    if few.empty:
        return ""
    said = listed([f"{name} from {number(time, 2)} {unit}".strip() for name, time in few.items()])
    return f" Fewer than {FEW} patients are at risk in {said} on: there one event moves a curve far."


def _points(rows: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return a curve as the chart takes it; who was censored follows from who is still at risk afterwards."""
    own = rows.sort_values("x", kind="stable")
    survival, at_risk = own["y"].to_numpy(dtype=float), own["n"].to_numpy(dtype=float)
    before = np.append(1.0, survival[:-1])
    share = np.divide(survival, before, out=np.zeros_like(survival), where=before > 0)
    events = np.round(at_risk * (1.0 - share))
    left = at_risk - np.append(at_risk[1:], 0.0) - events
    return pd.DataFrame(
        {
            "group": group,
            "time": own["x"].to_numpy(dtype=float),
            "estimate": survival,
            "ci_low": own["low"].to_numpy(dtype=float),
            "ci_high": own["high"].to_numpy(dtype=float),
            "at_risk": at_risk,
            "events": events,
            "censored": np.where(own["x"] > 0, left, 0.0),
        }
    )
