"""Who did not come through and why, in words: at which step, and what to do where ids did not meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from imagenomics.report.folder import Results
from imagenomics.report.html import Child, Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import count, many, sentence
from imagenomics.report.title import seen

MOST_NAMED = 4
MOST_KINDS = 40
PATIENTS = "patients"  # the source of the table of patients
STUDY = "study"  # the source of those who left the linked cohort itself
LEFT = {
    "no picture": "only molecules",
    "no readings": "only molecules",
    "no features": "only molecules",
    "no molecules": "only images",
}  # reason in the flow: category of the loss
SAMPLE = ("sample type", "vial")
NEAR = "spelled almost like"
RULES = (
    "Most often nothing is wrong here: these patients were not examined, or their labels count as missing (see How "
    "labels were read). Only where ids of one patient are written in two ways, declare how the ids of a table become "
    "patients (its rule = ..., or that of the patients); imagenomics check shows ids of both sides."
)
Loss = Mapping[str, Any]


def names_lost(results: Results, reason: str, n: float | None) -> str:
    """Return the patients that a step of the flow removed, where they are few and the loss table names them."""
    losses = results.table("losses.csv")
    if reason not in LEFT or "source" not in losses.columns:
        return ""
    own = losses[(losses["source"] == STUDY) & (losses["category"] == LEFT[reason])]["patient"].tolist()
    return ", ".join(own) if n == len(own) <= MOST_NAMED else ""


def losses(results: Results) -> Html:
    """Return one sentence for each kind of loss, the largest first, and all rows behind them."""
    title = el("h3", "Who did not come through, and what to do")
    if not results.has("losses.csv"):
        return el("div", title, el("p.absent", "No table of lost patients was written."))
    frame = results.table("losses.csv")
    frame = frame[frame["category"] != "matched"]
    if frame.empty:
        return el("div", title, el("p.absent", "Nobody was lost: every id that was read came through."))
    where = next((c for c in ("source", "side") if c in frame.columns), None)
    kinds = [
        (
            own,
            str(own["category"].iloc[0]),
            str(own["reason"].iloc[0]),
            str(own[where].iloc[0]) if where else "",
        )
        for _, own in frame.groupby(
            [*([where] if where else []), "category", "reason"], dropna=False, sort=False
        )
    ]
    kinds.sort(key=lambda kind: -len(kind[0]))
    rows = [el("li", list(_kind(results, *kind))) for kind in kinds[:MOST_KINDS]]
    more = len(kinds) - MOST_KINDS
    note = el("p.note", f"{many(more, 'further kind')} in the table below.") if more > 0 else None
    rules = (
        el("p.note", RULES) if any(_of_ids(category, reason) for _, category, reason, _ in kinds) else None
    )
    return el("div", title, el("ul.losses", rows), note, rules, _each(frame))


def _of_ids(category: str, reason: str) -> bool:
    """Tell whether ids of two sides did not meet."""
    return category.startswith("only ") or reason.startswith("not in ")


def _kind(results: Results, own: pd.DataFrame, category: str, reason: str, where: str) -> Iterator[Child]:
    """Yield what happened to the ids of one kind, and what to do about it."""
    what, remedy = _said(results, category, reason, where, n=len(own))
    yield el("b", what)
    names = [n for n in own["patient"].astype(str) if n] or own.get("id_as_written", own["patient"]).tolist()
    yield f" {_some(names)} "
    near = own[own["detail"].astype(str).str.startswith(NEAR)] if "detail" in own.columns else own.head(0)
    if len(near):
        first = near.iloc[0]
        yield f"{many(len(near), 'id')} differ only in spelling: {first['patient']} is {first['detail']}. "
    if remedy:
        yield el("span.remedy", remedy)


def _said(results: Results, category: str, reason: str, where: str, *, n: int) -> tuple[str, str]:
    """Return what happened, and the remedy."""
    ids, patients = many(n, "id"), many(n, "patient")
    have = "has" if n == 1 else "have"
    are = "is" if n == 1 else "are"
    if where == STUDY:
        seen_as = {"images": "pictures"}.get(seen(results), seen(results))
        other = "molecules" if category == "only images" else seen_as
        said = (
            f"{patients} of the table {have} no {other} and {'does' if n == 1 else 'do'} not enter the study."
        )
        return said, ""
    if category == "missing":
        left = "The patient stays" if n == 1 else "They stay"
        said = f"{patients} {have} no “{where}” that can be used ({reason}). {left} in the study without its features."
        path = next((str(b.get("path")) for b in results.blocks("images") if b.get("name") == where), "")
        return said, f"If the files exist under another name, correct the path ({path})." if path else ""
    if where == PATIENTS and reason.startswith("not in "):
        return f"{patients} of the table {are} {reason}: nothing is known of them there.", ""
    if _of_ids(category, reason):
        said = f"{ids} of “{where}” {are} not in the table of patients, and {are} not used."
        return said, "Expected where a source covers more people than the study."
    if category == "ambiguous":
        said = f"{ids} of “{where}” may mean more than one patient or sample ({reason}), and {are} not used."
        return said, "Write them so that each is one patient, or declare which one counts."
    if reason.startswith(SAMPLE):
        said = f"{many(n, 'sample')} of “{where}” {are} not used: {reason}."
        return said, "To use them, declare their types: samples = { types = [...] }."
    return f"{ids} of “{where}” {are} not used: {sentence(reason)}", ""


def _some(names: list[str]) -> str:
    left = len(names) - MOST_NAMED
    return f"({', '.join(names[:MOST_NAMED])}{f' and {left:,} more' if left > 0 else ''})."


def _each(frame: pd.DataFrame) -> Html:
    columns = [
        Column("patient", "patient", breaks=True),
        Column("source", "where"),
        Column("side", "where"),
        Column("id_as_written", "id as written", breaks=True),
        Column("category", "category"),
        Column("reason", "reason"),
        Column("detail", "detail"),
    ]
    summary = el("summary", f"All {count(len(frame))} of them, one by one")
    return el("details", summary, data_table(frame, columns, search=True))
