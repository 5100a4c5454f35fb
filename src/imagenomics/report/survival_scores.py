"""Additive scores: what gives a point, and what points say of patients who did not teach the score."""

from __future__ import annotations

import pandas as pd

from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, count, fixed, interval, number, p_value
from imagenomics.report.wording import Wording, wording_of

SOURCES = {
    "card": "Frozen: cut-points and sides come from another study's card, and nothing was learned here.",
    "declared": "Cut-points and sides were declared beforehand; nothing was learned.",
    "learned": "Cut-points or sides were learned here; each patient's points are those that the others teach.",
}


def score_part(results: Results, analysis: str) -> Html | None:
    """Return the scores of one block, each with its terms."""
    own = results.rows_of("survival_scores.parquet", analysis)
    if own.empty:
        return None
    wording = wording_of(results)
    inside = results.rows_of("survival_score_terms.parquet", analysis)
    parts = [
        _score(row, inside[inside["score"].astype(str) == str(row["score"])], wording) for row in records(own)
    ]
    return el("div", el("h4", "Scores"), parts)


def _score(row: dict[str, object], terms: pd.DataFrame, wording: Wording) -> Html:
    said = el("p.note", el("b", str(row["score"])), f": {SOURCES[str(row['source'])]} {_figures(row)}")
    if terms.empty:
        return el("div", said)
    frame = terms.assign(
        point=[f"{'>' if r['worse'] == 'above' else '≤'} {number(r['cut'])}" for r in records(terms)],
        spread=[_spread(r) for r in records(terms)],
        side=[f"{float(r['same_side']):.0%}" for r in records(terms)],
    )
    learned = str(row["source"]) == "learned"
    columns = [
        Column("term", "term", wording.feature, breaks=True),
        Column("point", "a point where"),
        Column("chosen", "cut-point"),
        *([Column("spread", "in training parts")] if learned else []),
        *(
            [Column("side", "same side", hint="Share of training parts with the same worse side.")]
            if learned
            else []
        ),
    ]
    return el("div", said, data_table(frame, columns, caption="One point for each term."))


def _figures(row: dict[str, object]) -> str:
    if str(row["status"]) != "ok":
        return f"Not tested: {row['reason']}."
    base = (
        f"{count(row['n'])} patients, {count(row['events'])} events: hazard ratio {fixed(row['ratio'])} "
        f"({interval(row['ci_low'], row['ci_high'], chance=1.0)}) per point, C-index {fixed(row['c_index'])}, "
        f"p {p_value(row['p'])}, q {p_value(row['q'])}."
    )
    if as_float(row["c_apparent"]) is None:
        return base
    return (
        f"{base} In the patients who taught it: hazard ratio {fixed(row['ratio_apparent'])}, C-index "
        f"{fixed(row['c_apparent'])} (optimism {fixed(row['optimism'])}), naive p {p_value(row['p_naive'])}, not "
        "to be quoted."
    )


def _spread(row: dict[str, object]) -> str:
    low, high = as_float(row["cut_low"]), as_float(row["cut_high"])
    return "–" if low is None or high is None else f"{number(low)} to {number(high)}"
