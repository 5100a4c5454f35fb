"""Cox models beside each other: what terms add to others."""

from __future__ import annotations

from functools import partial

import pandas as pd

from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, beside, count, fixed, interval, p_value

APPARENT = "In the patients of the fit: the more terms, the higher, whether they say anything or not."
HELD_OUT = (
    "In patients left out, mean over repeats; only patients of one fold (and stratum) are compared. 0.5 is chance."
)
GAIN = (
    "C-index of this model less that of the model before it, both in patients left out. The interval draws patients "
    "again and fits nothing anew, so that it is too narrow."
)
AIC = "Akaike's criterion; smaller is better. It is counted in the patients of the fit."


def model_part(results: Results, analysis: str) -> Html | None:
    """Return the comparisons of models of one block, a table for each."""
    table = results.table("survival_models.parquet")
    own = table[table["analysis"].astype(str) == analysis]
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
    first = records(rows)[0]
    frame = rows.assign(
        gain_interval=[interval(r["c_gain_low"], r["c_gain_high"]) for r in records(rows)],
        test=[_test(r) for r in records(rows)],
    )
    columns = [
        Column("model", "model", breaks=True),
        Column("terms", "terms", breaks=True),
        Column(
            "df", "df", count, numeric=True, hint="A term of several levels has one for each but the first."
        ),
        Column("log_likelihood", "log likelihood", fixed, numeric=True),
        Column("aic", "AIC", partial(fixed, places=1), numeric=True, hint=AIC),
        Column("aic_difference", "AIC, change", partial(fixed, places=1), numeric=True, hint=AIC),
        Column("test", "likelihood ratio", hint="Of what it has beyond the model before it."),
        Column("lr_p", "p", p_value, numeric=True),
        Column("q", "q", p_value, numeric=True),
        Column("c_apparent", "C, apparent", fixed, numeric=True, hint=APPARENT),
        Column("c_index", "C, left out", fixed, numeric=True, hint=HELD_OUT),
        Column("c_gain", "gain", partial(beside, chance=0.0), numeric=True, hint=GAIN),
        Column("gain_interval", "95% interval", hint=GAIN),
        Column("reason", "note"),
    ]
    shown = [c for c in columns if c.name != "reason" or rows["reason"].astype(str).ne("").any()]
    caption = (
        f"{name}: {count(first['n'])} patients with all terms of all models, {count(first['events'])} events."
    )
    return data_table(frame, shown, caption=caption)


def _test(row: dict[str, object]) -> str:
    if as_float(row["lr_statistic"]) is None:
        return "–"
    return f"χ² {fixed(row['lr_statistic'])} on {count(row['lr_df'])} df"
