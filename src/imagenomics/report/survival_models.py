"""Cox models beside each other: what terms add to others."""

from __future__ import annotations

from functools import partial

import pandas as pd

from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import NOTHING, as_float, beside, count, fixed, interval, p_value

APPARENT = "In the patients of the fit: the more terms, the higher, whether they say anything or not."
HELD_OUT = "In patients left out, mean over repeats; only patients of one fold (and stratum) are compared."
GAIN = (
    "C-index of this model less that of the model before it, both in patients left out. The interval draws patients "
    "again, and is widened to how far the gain moves when tenths of the patients are left out and all is fitted again."
)
AIC = "Akaike's criterion; smaller is better. It is counted in the patients of the fit."


def model_part(results: Results, analysis: str) -> Html | None:
    """Return the comparisons of models of one block, a table for each."""
    own = results.rows_of("survival_models.parquet", analysis)
    if own.empty:
        return None
    parts = [_comparison(rows, str(name)) for name, rows in own.groupby("comparison", sort=False)]
    note = (
        "AIC, likelihood ratio and the apparent C-index are counted in the patients to whom the models were fitted: "
        "terms that were chosen because they did well among these patients look better in all three than they are. "
        "What patients left out say stands beside them."
    )
    return el("div", el("h4", "What terms add"), el("p.note", note), parts)


def _comparison(rows: pd.DataFrame, name: str) -> Html:
    models = records(rows)
    frame = rows.assign(adds=_added([str(r["terms"]) for r in models]), gain=[_gain(r) for r in models])
    test = "Of the likelihood ratio of what the model has beyond the one before it."
    columns = [
        Column("model", "model", breaks=True),
        Column("adds", "terms", breaks=True, hint="A plus: all terms of the model before, and these."),
        Column("df", "df", count, numeric=True, hint="A column of levels has one for each but the first."),
        Column("aic", "AIC", partial(fixed, places=1), numeric=True, hint=AIC),
        Column("aic_difference", "change", partial(fixed, places=1), numeric=True, hint=AIC),
        Column("lr_p", "p", p_value, numeric=True, hint=test),
        Column("q", "q", p_value, numeric=True, hint=test),
        Column("c_apparent", "C, fit", fixed, numeric=True, hint=APPARENT),
        Column("c_index", "C, left out", fixed, numeric=True, hint=HELD_OUT),
        Column("gain", "gain (95% interval)", hint=GAIN),
        Column("reason", "note"),
    ]
    shown = [c for c in columns if c.name != "reason" or rows["reason"].astype(str).ne("").any()]
    patients, events = count(models[0]["n"]), count(models[0]["events"])
    caption = f"{name}: {patients} patients with all terms of all models, {events} events."
    return data_table(frame, shown, caption=caption)


def _added(terms: list[str]) -> list[str]:
    """Return the terms of each model, those of the model before it left out where it holds them all."""
    before, found = "", []
    for own in terms:
        found.append(
            f"+{own.removeprefix(f'{before} +')}" if before and own.startswith(f"{before} +") else own
        )
        before = own
    return found


def _gain(row: dict[str, object]) -> str:
    if as_float(row["c_gain"]) is None:
        return NOTHING
    return f"{beside(row['c_gain'], 0.0)} ({interval(row['c_gain_low'], row['c_gain_high'])})"
