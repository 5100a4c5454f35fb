"""How well each modality predicts, on the patients who have all of them: one row each, one column for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from imagenomics.report.badges import badge
from imagenomics.report.folder import Results, records
from imagenomics.report.glossary import hint
from imagenomics.report.html import Child, Html, el
from imagenomics.report.intervals import chance_of
from imagenomics.report.text import as_float, beside, count, interval, measure, p_value
from imagenomics.report.title import target_title

ROLE = "modality"
Row = Mapping[str, Any]


def without_modalities(performance: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of the models of all patients: modalities have patients of their own."""
    return performance[performance["role"].astype(str) != ROLE]


def modality_tables(results: Results) -> list[Html]:
    """Return one table for each prediction that declares modalities."""
    performance = results.table("performance.parquet")
    rows = records(performance[performance["role"].astype(str) == ROLE])
    compared = [v for v in results.entries("verdicts.json", "verdicts") if v.get("kind") == "comparison"]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["analysis"]).partition("=")[0], []).append(row)
    return [
        _block(results, name, own, [v for v in compared if str(v["analysis"]).partition("=")[0] == name])
        for name, own in groups.items()
    ]


def _block(results: Results, name: str, rows: Sequence[Row], compared: Sequence[Row]) -> Html:
    analyses = list(dict.fromkeys((str(r["analysis"]), str(r["target"])) for r in rows))
    scale = measure(str(rows[0]["metric"]))
    by = {(str(r["model"]), str(r["analysis"])): r for r in rows}
    heads: list[Child] = ["modality", *(_class(results, *pair) for pair in analyses)]
    body = [
        _line(model, [by.get((model, analysis)) for analysis, _ in analyses])
        for model in dict.fromkeys(str(r["model"]) for r in rows)
    ]
    pairs = list(dict.fromkeys(str(v["model"]) for v in compared))
    of = {(str(v["model"]), str(v["analysis"])): v for v in compared}
    body += [_difference(pair, [of.get((pair, analysis)) for analysis, _ in analyses]) for pair in pairs]
    body.append(_patients([next(r for r in rows if str(r["analysis"]) == a) for a, _ in analyses]))
    table = el("table.data.plain.measures", el("thead", _heads(heads)), el("tbody", body))
    return el(
        "div.modalities",
        el("h4", hint("comparison", "Modalities on the same patients"), f" · {rows[0]['target']} ({name})"),
        el(
            "p.note",
            f"{scale} (95% interval) of held-out patients who have every modality, in the same folds.",
        ),
        el("div.table-block", el("div.scroll", table, attrs={"tabindex": "0"})),
    )


def _class(results: Results, analysis: str, target: str) -> str:
    """Return the class of its own that an analysis is about, or the whole target."""
    return analysis.partition("=")[2] or target_title(results, analysis, target)


def _heads(heads: Sequence[Child]) -> Html:
    return el("tr", [el("th", head, attrs={"scope": "col"}) for head in heads])


def _line(model: str, rows: Sequence[Row | None]) -> Html:
    return el("tr", el("th", model, attrs={"scope": "row"}), [el("td.number", _value(row)) for row in rows])


def _value(row: Row | None) -> list[Child]:
    if row is None or as_float(row.get("estimate")) is None:
        return ["–"]
    chance = chance_of(str(row["metric"]))
    ends = interval(row.get("ci_low"), row.get("ci_high"), chance=chance)
    return [el("b", beside(row["estimate"], chance)), el("small", f" ({ends})")]


def _difference(pair: str, verdicts: Sequence[Row | None]) -> Html:
    name = el("th", pair.replace(" vs ", " minus "), attrs={"scope": "row"})
    return el("tr.difference", name, [el("td.number", _verdict(v)) for v in verdicts])


def _verdict(verdict: Row | None) -> list[Child]:
    if verdict is None:
        return ["–"]
    word = badge(str(verdict["verdict"]))
    estimate = as_float(verdict.get("estimate"))
    if estimate is None:
        return [word]
    ends = interval(verdict.get("ci_low"), verdict.get("ci_high"), chance=0.0)
    p = p_value(verdict.get("null_p_adjusted"))
    shown = f"{'+' if estimate > 0 else ''}{beside(estimate, 0.0)}"
    return [
        el("b", shown),
        el("small", f" ({ends})"),
        el("div", word),
        el("div", el("small", f"adjusted p {p}")),
    ]


def _patients(rows: Sequence[Row]) -> Html:
    cells = [el("td.number", count(row.get("n")), _positives(row)) for row in rows]
    return el("tr", el("th", "patients", attrs={"scope": "row"}), cells)


def _positives(row: Row) -> Html | None:
    positive = as_float(row.get("n_positive"))
    word = "with the event" if row["metric"] == "c_index" else "positive"
    return None if positive is None else el("small", f" ({count(positive)} {word})")
