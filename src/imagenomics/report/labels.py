"""What every spelling of a label was taken for, which sources disagree, and which columns were left out."""

from __future__ import annotations

import pandas as pd

from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import count, many

AS_WRITTEN = "as written"
MISSING = "missing"
MOST_KINDS = 60


def labels(results: Results) -> Html:
    """Return derived labels, label mappings, conflicts between sources and columns left out."""
    return el("div", _derived(results), _mappings(results), _conflicts(results), _left_out(results))


def _derived(results: Results) -> Html | None:
    """Return by which rule each derived label was called, from what, for how many, and why not for the others."""
    frame = results.table("derived.csv")
    if frame.empty:
        return None
    columns = [
        Column("column", "label", breaks=True),
        Column("rule", "rule"),
        Column("inputs", "from", breaks=True),
        Column("called", "called", count, numeric=True),
        Column("not_called", "not called", count, numeric=True),
        Column("why", "why not"),
        Column("learned", "estimated across"),
    ]
    words = f"{many(len(frame), 'label')} derived from molecules; whom each was not called for is in not_called.csv."
    return el("div", el("h3", "Derived labels"), data_table(frame, columns, caption=words, search=True))


def _mappings(results: Results) -> Html:
    title = el("h3", "How labels were read")
    if not results.has("mappings.csv"):
        return el("div", title, el("p.absent", "No label mappings were written."))
    frame = results.table("mappings.csv")
    if frame.empty:
        return el("div", title, el("p.absent", "No label needed a mapping."))
    same = frame["written"].str.strip() == frame["mapped"].str.strip()
    if "how" in frame.columns:
        same |= frame["how"] == AS_WRITTEN
        missing = (frame["how"] == MISSING) & (frame["mapped"] == "")
        frame = frame.assign(mapped=frame["mapped"].mask(missing, MISSING))
    ordered = pd.concat([frame[~same], frame[same]])
    columns = [
        Column("source", "table"),
        Column("column", "column", breaks=True),
        Column("written", "as written", _quoted),
        Column("mapped", "taken for"),
        Column("how", "how"),
        Column("n", "cells", count, numeric=True),
    ]
    words = f"{many(int((~same).sum()), 'spelling')} taken for something else than written; these come first."
    return el("div", title, data_table(ordered, columns, caption=words, search=True))


def _conflicts(results: Results) -> Html | None:
    frame = results.table("conflicts.csv")
    if frame.empty:
        return None
    columns = [
        Column("patient", "patient", breaks=True),
        Column("column", "label", breaks=True),
        Column("source", "source"),
        Column("value", "says"),
        Column("taken", "taken"),
        Column("block", "table"),
    ]
    words = f"{many(len(frame), 'label')} on which two sources disagree."
    return el(
        "div", el("h3", "Sources that disagree"), data_table(frame, columns, caption=words, search=True)
    )


def _left_out(results: Results) -> Html | None:
    frame = results.table("columns_left_out.csv")
    if frame.empty:
        return None
    counted = frame.groupby(["source", "reason"], sort=False).size().reset_index(name="columns")
    counted = counted.sort_values("columns", ascending=False, kind="stable")
    kinds = [
        Column("columns", "columns", count, numeric=True),
        Column("reason", "reason"),
        Column("source", "table"),
    ]
    each = [
        Column("column", "column", breaks=True),
        Column("source", "table"),
        Column("reason", "reason"),
        Column("n", "patients", count, numeric=True),
    ]
    return el(
        "div",
        el("h3", "Columns left out"),
        data_table(counted, kinds, most=MOST_KINDS),
        el(
            "details",
            el("summary", f"All {many(len(frame), 'column')}, one by one"),
            data_table(frame, each, search=True),
        ),
    )


def _quoted(value: object) -> Html:
    return el("code", f"“{value}”")
