"""Whether hazard ratios hold over time: a plain warning where one does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from imagenomics.associate.survival.frame import ALL
from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, count, listed, many, p_value
from imagenomics.report.wording import wording_of

FILE = "survival_proportional.parquet"
NAMED = 4
TESTED = "Score test of the product of the term with time (one less Kaplan-Meier); q over all terms checked."


def proportional_part(results: Results, block: dict[str, Any]) -> Html | None:
    """Return what the check of the models of one block found."""
    own = _own(results, block)
    if own.empty:
        return None
    wording = wording_of(results)
    directed = own.assign(direction=[_direction(r) for r in records(own)])
    columns = [
        Column("model", "model", wording.feature, breaks=True),
        Column("term", "term", wording.feature, breaks=True),
        Column("direction", "with time the ratio", hint="To first order, from the first event to the last."),
        Column("p", "p", p_value, numeric=True, hint=TESTED),
        Column("q", "q", p_value, numeric=True, hint=TESTED),
        Column("events", "events", count, numeric=True),
        Column("reason", "note"),
    ]
    shown = [c for c in columns if c.name != "reason" or own["reason"].astype(str).ne("").any()]
    ordered = directed.assign(_p=own["p"].fillna(2.0)).sort_values("_p", kind="stable").drop(columns="_p")
    table = data_table(ordered, shown, caption=TESTED, search=True, most=40)
    return el("div", el("h4", "Do hazard ratios hold over time?"), _said(own, block), table)


def _said(own: pd.DataFrame, block: dict[str, Any]) -> Html:
    """Return the finding in words: a change, a doubt, or no sign of either."""
    failing = _failing(own, block)
    if len(failing):
        return el("p.note", el("b", "A hazard ratio changes with time. "), _warning(failing))
    checked = many(int(own.loc[own["term"].astype(str) != ALL, "p"].notna().sum()), "term")
    doubtful = own[own["p"] <= _alpha(block)].sort_values("p", kind="stable")
    if len(doubtful):
        named = [str(r["model"] if r["term"] == ALL else r["term"]) for r in records(doubtful)]
        return el(
            "p.note",
            el("b", "A hazard ratio may change with time: "),
            f"{_listed(list(dict.fromkeys(named)))}. Their p values are small, but among {checked} checked chance "
            f"gives some such: no q is of at most {_alpha(block):g}.",
        )
    words = (
        "No sign that a hazard ratio changes with time in {}; with few events only strong changes would show."
    )
    return el("p.note", words.format(f"{checked} checked"))


def _direction(row: dict[str, Any]) -> str:
    change = as_float(row["change"])
    return "" if change is None else "grows" if change > 0 else "falls"


def _alpha(block: dict[str, Any]) -> float:
    return as_float(block.get("alpha")) or 0.05


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}" if more else listed(names)


def changing_ratios(results: Results) -> Iterator[tuple[str, str]]:
    """Yield, for the box of limits, which hazard ratios do not hold over time."""
    for block in results.blocks("survival"):
        failing = _failing(_own(results, block), block)
        if len(failing):
            yield "Hazards not proportional", f"{block.get('name')}: {_warning(failing)}"


def _own(results: Results, block: dict[str, Any]) -> pd.DataFrame:
    return results.rows_of(FILE, str(block.get("name")))


def _failing(own: pd.DataFrame, block: dict[str, Any]) -> pd.DataFrame:
    return own[own["q"] <= _alpha(block)]


def _warning(failing: pd.DataFrame) -> str:
    ordered = records(failing.sort_values("p", kind="stable"))
    names = list(dict.fromkeys(f"{r['term']} ({_direction(r)})" for r in ordered))
    return (
        f"Of {_listed(names)} the hazard ratio is no single number: it is an average over the follow-up "
        "of these patients, and another follow-up would give another one. A level that behaves so can be taken as a "
        "stratum."
    )
