"""The first table of a paper: who entered, for all patients and by site, as the run described them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.text import NOTHING, as_float, count, many, number
from imagenomics.report.title import site_column

ALL = ""
CAPTION = "Categories: patients (% of those in whom it is known). Numbers: median [quartiles]. A description, no tests."
Row = dict[str, Any]


def characteristics(results: Results) -> Html:
    """Return the table of characteristics in ``table1.csv``."""
    title = el("h3", "Who they are")
    if not results.has("table1.csv"):
        return el("div", title, el("p.absent", "No table of characteristics was written (table1.csv)."))
    frame = results.table("table1.csv")
    groups = list(dict.fromkeys(frame["group"].astype(str)))
    if len(groups) > 1:
        frame = frame[frame["variable"] != site_column(results)]  # the heads of the columns say it
    if frame.empty:
        return el("div", title, el("p.absent", "The study declares no clinical variable."))
    body = [row for _, own in frame.groupby("variable", sort=False) for row in _variable(own, groups)]
    table = el("table.data.plain.characteristics", el("thead", _head(frame, groups)), el("tbody", body))
    block = el(
        "div.table-block",
        el("p.caption", CAPTION, _elsewhere(frame, groups)),
        el("div.scroll", table, attrs={"tabindex": "0"}),
    )
    return el("div", title, block)


def _elsewhere(frame: pd.DataFrame, groups: Sequence[str]) -> str:
    """Say how many patients stand only in the column of all, because their site is not known."""
    sizes = {str(r["group"]): int(as_float(r["patients"]) or 0) for r in records(frame)}
    left = sizes.get(ALL, 0) - sum(sizes.get(g, 0) for g in groups if g != ALL)
    return (
        f" {many(left, 'patient')} without a known site only under “all”."
        if len(groups) > 1 and left > 0
        else ""
    )


def _head(frame: pd.DataFrame, groups: Sequence[str]) -> Html:
    sizes = {str(r["group"]): as_float(r["patients"]) for r in records(frame)}
    cells = [
        el("th", group or "all", el("small", many(int(sizes[group] or 0), "patient")), attrs={"scope": "col"})
        for group in groups
    ]
    return el("tr", el("th", "", attrs={"scope": "col"}), cells)


def _variable(own: pd.DataFrame, groups: Sequence[str]) -> list[Html]:
    """Return the rows of one variable: its numbers, or its levels below its name; then who is not known."""
    name = str(own["variable"].iloc[0])
    unit = str(own["unit"].iloc[0]) if "unit" in own.columns else ""
    by = {(str(r["level"]), str(r["group"])): r for r in records(own)}
    levels = list(dict.fromkeys(own["level"].astype(str)))
    title = f"{name} ({unit})" if unit else name
    if levels == [ALL]:
        cells = [_number(by.get((ALL, group), {})) for group in groups]
        rows = [_row("variable", title, cells)]
    else:
        rows = [_row("variable", title, [""] * len(groups))]
        rows += [_row("level", level, [_share(by.get((level, g), {})) for g in groups]) for level in levels]
    unknown = [_unknown(by.get((levels[0], group), {})) for group in groups]
    if any(u not in ("0", NOTHING) for u in unknown):
        rows.append(_row("unknown.level", "not known", unknown))
    return rows


def _row(kind: str, name: str, cells: Sequence[str]) -> Html:
    return el(f"tr.{kind}", el("th", name, attrs={"scope": "row"}), [el("td", c) for c in cells])


def _number(row: Row) -> str:
    middle, low, high = (as_float(row.get(k)) for k in ("median", "q1", "q3"))
    return NOTHING if middle is None else f"{_short(middle)} [{_short(low)} to {_short(high)}]"


def _short(value: float | None) -> str:
    """Return three digits without trailing zeros, whole numbers whole."""
    if value is None:
        return NOTHING
    return count(value) if value == int(value) else number(value)


def _share(row: Row) -> str:
    n, percent = as_float(row.get("n")), as_float(row.get("percent"))
    return NOTHING if n is None else count(n) if percent is None else f"{count(n)} ({percent:.0f}%)"


def _unknown(row: Row) -> str:
    patients, known = as_float(row.get("patients")), as_float(row.get("known"))
    return NOTHING if patients is None or known is None else count(patients - known)
