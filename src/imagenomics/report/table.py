"""Tables on the page: they scroll inside themselves, sort by a click and can be searched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from imagenomics.report.html import Child, Html, el, join, visible
from imagenomics.report.text import NOTHING, as_float, many

MOST_ROWS = 1000
LONG_TEXT = 40  # characters; such cells get room


@dataclass(frozen=True)
class Column:
    """One column of a table on the page.

    Parameters
    ----------
    name : str
        Column of the frame.
    title : str
        Head on the page.
    show : callable, optional
        Value -> text or markup; default: the value as text.
    numeric : bool
        Right-aligned, sorted as a number.
    hint : str
        One sentence that explains the head.
    breaks : bool
        Names of features, files, genes: broken across lines at their dots and underscores.
    """

    name: str
    title: str
    show: Callable[[Any], Child] | None = None
    numeric: bool = False
    hint: str = ""
    breaks: bool = False


def data_table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    caption: str = "",
    search: bool = False,
    most: int = MOST_ROWS,
) -> Html:
    """Return the frame as a table; rows beyond ``most`` are left out and counted.

    Parameters
    ----------
    frame : DataFrame
        Rows in the order in which they are shown.
    columns : sequence of Column
        Those the frame lacks are left out.
    caption : str
        Sentence above the table.
    search : bool
        Put a search field above the table.
    most : int
        Largest number of rows on the page.
    """
    there = [c for c in columns if c.name in frame.columns]
    head = el("tr", [_head(c) for c in there])
    rows = [_row(there, values) for values in _records(frame.head(most), there)]
    body = el("table.data", el("thead", head), el("tbody", rows))
    left = len(frame) - most
    return el(
        "div.table-block",
        el("p.caption", caption) if caption else None,
        _search() if search and len(frame) > 8 else None,
        el("div.scroll", body, attrs={"tabindex": "0"}),
        el("p.note", f"{many(left, 'further row')} are in the run folder.") if left > 0 else None,
    )


def without_constant(
    frame: pd.DataFrame, columns: Sequence[Column], names: Sequence[str]
) -> tuple[list[Column], str]:
    """Return the columns without those of ``names`` that say the same in every row, and what they say as words.

    Parameters
    ----------
    frame : DataFrame
        The rows that are shown.
    columns : sequence of Column
        All columns of the table.
    names : sequence of str
        Columns of text that may be said once, in the order in which they are said; nothing is said of empty ones.
    """
    there = [n for n in names if n in frame.columns and frame[n].astype(str).nunique() == 1]
    titles = {c.name: c.title for c in columns}
    said = {n: str(frame[n].iloc[0] or "") for n in there if n in titles}
    words = "".join(
        f" {titles[n][:1].upper()}{titles[n][1:]}: {value}." for n, value in said.items() if value
    )
    return [c for c in columns if c.name not in said], words.strip()


def facts(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Return names and values as a definition list."""
    return el("dl.facts", [[el("dt", name), el("dd", value)] for name, value in pairs])


def breakable(name: str) -> Html:
    """Return a name that may be broken after dots, underscores and slashes."""
    parts = re.split(r"(?<=[._/=-])(?=[^._/=-])", visible(name))
    return join([[part, el("wbr")] for part in parts[:-1]] + [parts[-1]])


def _records(frame: pd.DataFrame, columns: Sequence[Column]) -> Iterable[tuple[Any, ...]]:
    return zip(*(frame[c.name].tolist() for c in columns), strict=True)


def _head(column: Column) -> Html:
    attrs = {"scope": "col", "title": column.hint or None, "data-numeric": column.numeric}
    return el("th.number" if column.numeric else "th", column.title, attrs=attrs)


def _row(columns: Sequence[Column], values: tuple[Any, ...]) -> Html:
    return el("tr", [_cell(c, v) for c, v in zip(columns, values, strict=True)])


def _cell(column: Column, value: Any) -> Html:
    missing = value is None or value != value
    if missing or value == "":
        shown: Child = column.show(value) if column.show else NOTHING
    else:
        shown = column.show(value) if column.show else breakable(str(value)) if column.breaks else str(value)
    attrs = {"data-value": as_float(value)} if column.numeric else None
    long = not column.breaks and isinstance(value, str) and len(value) > LONG_TEXT
    kind = "td.number" if column.numeric else "td.name" if column.breaks else "td.long" if long else "td"
    return el(kind, shown, attrs=attrs)


def _search() -> Html:
    field = el("input", attrs={"type": "search", "data-search": True, "aria-label": "Search this table"})
    return el("label.search.screen-only", el("span", "Search"), field, el("span.found"))
