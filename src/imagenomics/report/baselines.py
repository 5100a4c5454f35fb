"""What is reached without the images, beside a prediction: baselines on the same scale, and the gains in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from imagenomics.report.badges import ORDER
from imagenomics.report.folder import Results, records
from imagenomics.report.glossary import hint
from imagenomics.report.html import Html, el
from imagenomics.report.intervals import interval_picture
from imagenomics.report.text import as_float, fixed, interval, listed

Verdict = Mapping[str, Any]
NAMES = {"clinical": "clinical variables", "volume": "volume"}
CONSTANT = "majority"  # says the same of everybody: 0.5 by definition


def baseline_rows(results: Results, verdict: Verdict) -> list[dict[str, Any]]:
    """Return the cross-validated rows of the baselines of a prediction, in the measure of its verdict."""
    frame = results.table("performance.parquet")
    if frame.empty:
        return []
    named = {c: frame[c].astype(str) for c in ("analysis", "target", "role", "split", "model", "metric")}
    keep = pd.Series(True, index=frame.index)
    wanted = {
        "analysis": verdict.get("analysis"),
        "target": verdict.get("target"),
        "metric": verdict.get("estimate_name"),
        "role": "baseline",
    }
    for column, value in wanted.items():
        keep &= named[column] == str(value)
    keep &= ~named["split"].str.startswith("site:") & (named["model"] != CONSTANT)
    return [row for row in records(frame[keep]) if as_float(row["estimate"]) is not None]


def baseline_list(
    rows: Sequence[Mapping[str, Any]], scale: str, domain: tuple[float, float], chance: float | None
) -> Html | None:
    """Return the baselines, one line each, drawn on the scale of the card's own interval."""
    if not rows:
        return None
    lines = []
    for row in rows:
        ends = interval(row.get("ci_low"), row.get("ci_high"), chance=chance)
        name = NAMES.get(str(row["model"]), str(row["model"]))
        said = [el("b", fixed(row["estimate"])), el("span.detail", f"({ends})")]
        lines.append(
            el(
                "li",
                el("span.who-else", f"{name} alone"),
                el("span.reached", said),
                interval_picture(dict(row), domain, chance=chance, kind="beside", width=350),
            )
        )
    title = hint("baseline", f"{scale} of the baselines")
    return el("div.baselines", el("p.eyebrow", title), el("ul", lines))


def added(verdicts: Sequence[Verdict]) -> str:
    """Return what was added to the baselines: the ``source`` of the verdicts."""
    return next((str(v["source"]) for v in verdicts if v.get("source")), "images")


def gains_in_words(verdict: Verdict, gains: Sequence[Verdict]) -> str:
    """Say whether a supported prediction is shown to be better than what is known without images; '' for others."""
    if verdict.get("verdict") != ORDER[0]:
        return ""
    shown = [_over(g) for g in gains if g.get("verdict") == ORDER[0]]
    absent = [_over(g) for g in gains if g.get("verdict") != ORDER[0]]
    if not gains:
        return "Better than chance; whether it is better than a baseline was not asked."
    if not shown:
        return f"Better than chance, but not shown to be better than {listed(absent, 'or')} alone."
    better = f"Better than chance, and with the {added(gains)} better than {listed(shown)} alone"
    return (
        f"{better}, but not shown to be better than {listed(absent, 'or')} alone." if absent else f"{better}."
    )


def _over(gain: Verdict) -> str:
    model = str(gain.get("model") or "")
    name = model.rpartition(" vs ")[2] or model
    return NAMES.get(name, name)
