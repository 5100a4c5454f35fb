"""How the pictures were made: scanners, spacings, field strengths, as the headers of the patients' images say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, breakable, data_table
from imagenomics.report.text import count, listed, many, number, short

ROLES = ("acquisition", "confounder")
MOST_LEVELS = 4
LEVEL = 32  # characters of a level that are shown
WORDS = (
    "What the headers of the images say, and variables that are there to adjust for. Where these differ between the "
    "groups that are compared, a difference between pictures may be one between scanners. They are not predictors; an "
    "analysis accounts for them where it names them."
)


def acquisition_part(results: Results) -> Html | None:
    """Return the table of acquisition and confounders; None where the study has none."""
    columns, values = results.table("clinical.columns.parquet"), results.table("clinical.parquet")
    if "role" not in columns.columns:
        return None
    names = [n for n in columns.index[columns["role"].isin(ROLES)] if n in values.columns]
    if not names:
        return None
    used = _used(results)
    rows = [_row(name, columns.loc[name], values[name], used.get(str(name), [])) for name in names]
    varied = [row for row in rows if row["different"] > 1]
    alike = [row for row in rows if row["different"] == 1]
    shown = [
        Column("name", "column", breaks=True, hint="The name by which an analysis adjusts for it."),
        Column("different", "values", count, numeric=True, hint="How many different values there are."),
        Column("what", "which"),
        Column("lacking", "not known", count, numeric=True),
        Column("used", "used in"),
    ]
    same = [[breakable(row["name"]), f" {row['what']}; "] for row in alike]
    return el(
        "div",
        el("h3", "How the pictures were made"),
        el("p", WORDS),
        data_table(pd.DataFrame(varied), shown, search=True)
        if varied
        else el("p.absent", "Nothing of it differs between patients."),
        el("details", el("summary", f"{many(len(alike), 'column')} with one value"), el("p.note", same))
        if alike
        else None,
    )


def _row(name: Any, column: pd.Series, values: pd.Series, used: list[str]) -> dict[str, Any]:
    known = values.dropna()
    counts = known.value_counts()
    return {
        "name": str(name),
        "different": int(known.nunique()),
        "what": _range(known, str(column["unit"]))
        if column["kind"] == "continuous"
        else _levels(counts, column),
        "lacking": int(values.isna().sum()),
        "used": listed(used),
    }


def _range(known: pd.Series, unit: str) -> str:
    low, high = number(known.min()), number(known.max())
    return f"{low if low == high else f'{low} to {high}'} {unit}".strip()


def _levels(counts: pd.Series, column: pd.Series) -> str:
    names = str(column["levels"]).split("|") if column["kind"] in ("binary", "ordinal") else []
    words = [f"{_level(value, names)} ({n:,})" for value, n in list(counts.items())[:MOST_LEVELS]]
    left = len(counts) - MOST_LEVELS
    return ", ".join(words) + (f" and {many(left, 'more value')}" if left > 0 else "")


def _level(value: Any, names: list[str]) -> str:
    return short(names[int(value)] if names and int(value) < len(names) else str(value), LEVEL)


def _used(results: Results) -> dict[str, list[str]]:
    """Return the analyses that name a column, as covariate or as predictor."""
    found: dict[str, list[str]] = {}
    for kind, key in (("associate", "adjust"), ("train", "clinical")):
        for block in results.blocks(kind):
            names = block.get(key) or ()
            for name in [names] if isinstance(names, str) else names:
                found.setdefault(str(name), []).append(str(block.get("name")))
    for step, names in _steps(results).items():
        for name in names:
            found.setdefault(name, []).append(step)
    return found


def _steps(results: Results) -> dict[str, list[str]]:
    """Return the columns that steps of [predict.prepare] name, by the step."""
    predict = results.study.get("predict")
    prepare = predict.get("prepare") if isinstance(predict, Mapping) else None
    if not isinstance(prepare, Mapping):
        return {}
    harmonise = prepare.get("harmonise")
    by = [str(harmonise["by"])] if isinstance(harmonise, Mapping) and harmonise.get("by") else []
    taken = prepare.get("residualise")
    return {
        "harmonise": by,
        "residualise": [str(c) for c in taken] if isinstance(taken, (list, tuple)) else [],
    }
