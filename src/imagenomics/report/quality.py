"""How labels were read, what failed, and what the run warned of."""

from __future__ import annotations

import pandas as pd

from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.labels import labels
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import count, many


def quality_section(results: Results) -> Html:
    """Return label mappings, failures and warnings."""
    return el("div", labels(results), _failures(results), _warnings(results))


def _failures(results: Results) -> Html:
    title = el("h3", "Failures")
    if not results.has("failures.csv"):
        return el("div", title, el("p.absent", "No table of failures was written."))
    frame = results.table("failures.csv")
    if frame.empty:
        return el("div", title, el("p.absent", "Nothing failed."))
    columns = [
        Column("patient", "patient", breaks=True),
        Column("stage", "stage"),
        Column("error", "what went wrong"),
        Column("remedy", "what to do"),
        Column("file", "file", breaks=True),
        Column("code", "code", _code),
    ]
    words = f"{many(len(frame), 'failure')}; the other patients went on."
    return el("div", title, data_table(frame, columns, caption=words, search=True))


def _warnings(results: Results) -> Html:
    title = el("h3", "Warnings")
    if not results.has("warnings.csv"):
        return el("div", title, el("p.absent", "No table of warnings was written."))
    frame = results.table("warnings.csv")
    if frame.empty:
        return el("div", title, el("p.absent", "No warning was given."))
    keys = [c for c in ("stage", "code", "message", "remedy") if c in frame.columns]
    counted = frame.groupby(keys, sort=False, dropna=False).size().reset_index(name="n")
    if "patient" in frame.columns:
        names = frame.groupby(keys, sort=False, dropna=False)["patient"].agg(_some).reset_index()
        counted = counted.assign(patients=names["patient"])
    counted = counted.sort_values("n", ascending=False, kind="stable")
    columns = [
        Column("n", "times", count, numeric=True),
        Column("message", "warning"),
        Column("remedy", "what to do"),
        Column("patients", "patients"),
        Column("stage", "stage"),
        Column("code", "code", _code),
    ]
    words = f"{many(len(frame), 'warning')} of {many(len(counted), 'kind')}."
    return el("div", title, data_table(counted, columns, caption=words, search=True))


def _some(patients: pd.Series) -> str:
    names = [p for p in dict.fromkeys(map(str, patients)) if p]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _code(value: object) -> Html | str:
    return el("code", str(value)) if value else ""
