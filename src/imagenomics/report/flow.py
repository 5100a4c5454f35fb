"""Who came in, who was analysed, who was lost and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.report.acquisition import acquisition_part
from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, count, many

SIDE_ORDER = ("read", "matched", "n", "missing", "analysed", "lost")
SIDE_WORDS = {"n": "patients found", "source": "table or image series"}


def flow_section(results: Results) -> Html:
    """Return the flow of patients, the sides of the linkage and the table of losses."""
    steps = results.entries("flow.json", "steps")
    diagram = (
        _diagram(steps) if steps else el("p.absent", "The patient flow was not recorded in this run folder.")
    )
    notes = results.document("flow.json").get("notes")
    said = [el("li", str(n)) for n in notes] if isinstance(notes, list) and notes else None
    return el(
        "div",
        diagram,
        el("ul.notes", said) if said else None,
        _sides(results),
        _losses(results),
        acquisition_part(results),
    )


def _diagram(steps: list[dict[str, Any]]) -> Html:
    rows: list[Html] = []
    for i, step in enumerate(steps):
        removed = [r for r in step.get("removed") or [] if isinstance(r, dict)]
        if i:
            rows.append(el("div.flow-arrow", _removed(removed) if removed else None))
        last = ".last" if i == len(steps) - 1 else ""
        label = el("span", str(step.get("label") or ""))
        rows.append(el(f"div.flow-box{last}", el("b", count(step.get("n"))), label))
    return el("div.flow", rows, attrs={"role": "list", "aria-label": "Flow of patients"})


def _removed(removed: list[dict[str, Any]]) -> Html:
    total = sum(int(n) for r in removed if (n := as_float(r.get("n"))) is not None)
    rows = [el("li", el("b", count(r.get("n"))), " ", str(r.get("reason") or "")) for r in removed]
    return el("div.flow-out", el("p", f"{many(total, 'patient')} excluded"), el("ul", rows))


def _sides(results: Results) -> Html | None:
    """Return ids read, matched and lost per table or image series, however the sides are written."""
    found = results.document("flow.json").get("sides")
    if isinstance(found, dict):
        entries = [{"side": k, **v} for k, v in found.items() if isinstance(v, dict)]
    else:
        entries = [dict(v) for v in found if isinstance(v, dict)] if isinstance(found, list) else []
    if not entries:
        return None
    frame = pd.DataFrame(entries).astype(object)
    words = [c for c in frame.columns if any(isinstance(v, str) for v in frame[c])]
    order = [*words, *(c for c in SIDE_ORDER if c in frame.columns and c not in words)]
    order += [c for c in frame.columns if c not in order]
    columns = [
        Column(str(c), SIDE_WORDS.get(str(c), str(c)), None if c in words else count, numeric=c not in words)
        for c in order
    ]
    return data_table(frame, columns, caption="What each table and image series holds.")


def _losses(results: Results) -> Html:
    if not results.has("losses.csv"):
        return el("p.absent", "No table of lost patients was written.")
    losses = results.table("losses.csv")
    losses = losses[losses["category"] != "matched"]
    if losses.empty:
        return el("p.absent", "Nobody was lost: every id that was read came through.")
    keys = [c for c in ("source", "side") if c in losses.columns]
    counted = losses.groupby([*keys, "reason"], dropna=False, sort=False).size().reset_index(name="n")
    counted = counted.sort_values("n", ascending=False, kind="stable")
    reasons = [
        Column("n", "ids", count, numeric=True),
        Column("reason", "reason"),
        Column("source", "where"),
        Column("side", "where"),
    ]
    detail = [
        Column("patient", "patient", breaks=True),
        Column("source", "where"),
        Column("side", "where"),
        Column("id_as_written", "id as written", breaks=True),
        Column("category", "category"),
        Column("reason", "reason"),
        Column("detail", "detail"),
    ]
    return el(
        "div",
        el("h3", "Why ids were lost"),
        data_table(counted, reasons, most=40),
        el(
            "details",
            el("summary", f"All {many(len(losses), 'lost id')}, one by one"),
            data_table(losses, detail, search=True),
        ),
    )
