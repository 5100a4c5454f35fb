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

GROUPS = {"risk:low": "low risk", "risk:high": "high risk"}
WORDS = (
    "Patients above and below the median score of the training part of their fold, which had no say of what became of "
    "them; scores are of models that never saw the patient, groups those of the first repeat. Bands are 95% intervals. "
    "Folds whose model says the same of everybody are not drawn."
)
ALONE = "All patients lie on one side of the median. "


def survival_block(results: Results, analysis: str) -> Mapping[str, Any]:
    """Return the ``[[train]]`` block of a prediction of survival; {} for any other prediction."""
    named = (b for b in results.blocks("train") if str(b.get("name")) == analysis and b.get("event"))
    return next(named, {})


def risk_chart(curves: pd.DataFrame, model: Model, block: Mapping[str, Any]) -> Html | None:
    """Draw the Kaplan-Meier curves of the risk groups of a model with those at risk; None where there are none."""
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
    words = el("span", (ALONE if len(names) < len(GROUPS) else "") + WORDS)
    return el("figure.small-chart", el("figcaption", title, words), picture, curve_key(names))


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
