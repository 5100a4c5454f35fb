"""Who came in, who was analysed, who was lost and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.report.acquisition import acquisition_part
from imagenomics.report.characteristics import characteristics
from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.losses import losses, names_lost
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, count, many

SIDE_ORDER = ("read", "matched", "n", "missing", "analysed", "lost")
SIDE_WORDS = {"n": "patients found", "source": "table or image series"}


def flow_section(results: Results) -> Html:
    """Return the flow of patients, the sides of the linkage and the table of losses."""
    steps = results.entries("flow.json", "steps")
    diagram = (
        _diagram(steps, results)
        if steps
        else el("p.absent", "The patient flow was not recorded in this run folder.")
    )
    found = results.document("flow.json").get("notes")
    said = [el("li", str(n)) for n in found] if isinstance(found, list) and found else None
    return el(
        "div",
        diagram,
        el("ul.notes", said) if said else None,
        characteristics(results),
        _sides(results),
        losses(results),
        acquisition_part(results),
    )


def _diagram(steps: list[dict[str, Any]], results: Results) -> Html:
    rows: list[Html] = []
    for i, step in enumerate(steps):
        removed = [r for r in step.get("removed") or [] if isinstance(r, dict)]
        if i:
            rows.append(el("div.flow-arrow", _removed(removed, results) if removed else None))
        last = ".last" if i == len(steps) - 1 else ""
        label = el("span", str(step.get("label") or ""))
        rows.append(el(f"div.flow-box{last}", el("b", count(step.get("n"))), label))
    return el("div.flow", rows, attrs={"role": "list", "aria-label": "Flow of patients"})


def _removed(removed: list[dict[str, Any]], results: Results) -> Html:
    total = sum(int(n) for r in removed if (n := as_float(r.get("n"))) is not None)
    rows = []
    for r in removed:
        reason = str(r.get("reason") or "")
        who = names_lost(results, reason, as_float(r.get("n")))
        rows.append(el("li", el("b", count(r.get("n"))), " ", reason, el("small", who) if who else None))
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
    return data_table(frame, columns, caption="Patients found in each table and image series.")
