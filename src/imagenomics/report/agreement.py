"""How far readers, examinations or repetitions agree: coefficients of all, of every two, and their differences."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.report.agreement_words import SOURCES, in_words
from imagenomics.report.folder import Results, records
from imagenomics.report.forest import Line, forest_chart
from imagenomics.report.html import Child, Html, el
from imagenomics.report.outlines import outlines_part
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, count, fixed, interval, interval_name, many, number

FOREST = 20
SIDES = {
    "mean difference": "bias",
    "lower limit of agreement": "lower",
    "upper limit of agreement": "upper",
}
LEAD = (
    "A coefficient of 1 is agreement in every patient; 0 is what chance alone would give (kappa, alpha) or readings no "
    "more alike than those of different patients (ICC, concordance). Kappa is low where nearly all patients get one "
    "and the same answer, even if readers agree: look at the share of equal answers beside it. There is no p value: "
    "that readers do better than dice is not the question."
)


def agreement_section(results: Results) -> Html | None:
    """Return the section of agreement, None where nothing is compared."""
    blocks, outlines = results.blocks("agreement"), outlines_part(results)
    if not results.declares("agreement"):
        return outlines
    if not results.has("agreement.parquet"):
        return el("p.absent", "The readers were not compared, or the run stopped before.")
    parts = [_block(results, b, i) for i, b in enumerate(blocks)]
    return el("div", el("p.lead", LEAD), parts, el("p.note", SOURCES), outlines)


def _block(results: Results, block: dict[str, Any], i: int) -> Html:
    name = str(block.get("name"))
    rows = results.rows_of("agreement.parquet", name)
    title = el("summary.block-head", el("span", name), el("small", f"of {block.get('of')}"))
    several = rows["readers"].max() > 2 if len(rows) else False
    joint = rows[(rows["first"] == "") | ((rows["readers"] == 2) & _is_coefficient(rows) & (not several))]
    pairs = rows[(rows["first"] != "") & _is_coefficient(rows)] if several else rows.head(0)
    ends = interval_name(block.get("confidence"))
    parts: list[Child] = [
        el("p.lead", _said(joint)),
        _chart(joint, ends),
        _coefficients(joint, ends),
        _details(pairs, f"Every two readers, {many(len(pairs), 'row')}", ends),
        _differences(rows, ends),
    ]
    return el("details.block", title, parts, attrs={"open": i < 3})


def _is_coefficient(rows: pd.DataFrame) -> pd.Series:
    return ~rows["statistic"].isin(list(SIDES))


def _said(joint: pd.DataFrame) -> str:
    features = joint["feature"].nunique()
    without = joint.groupby("feature", sort=False)["estimate"].count().eq(0).sum()
    words = f"{many(features, 'column')} compared between up to {count(joint['readers'].max())} readers or repetitions."
    return words + (
        f" Of {count(without)} nothing can be said, for the reason in its row." if without else ""
    )


def _chart(joint: pd.DataFrame, ends: str) -> Html | None:
    """Draw one coefficient of each column, the first of its rows, the least agreement on top."""
    first = joint[joint["estimate"].notna()].drop_duplicates("feature")
    if first.empty:
        return None
    shown = first.sort_values(["estimate", "feature"], kind="stable").head(FOREST)
    lines = [
        Line(
            f"{row['feature']}",
            (row["estimate"], row["ci_low"], row["ci_high"]),
            f"{fixed(row['estimate'])} ({interval(row['ci_low'], row['ci_high'])})",
        )
        for row in records(shown)
    ]
    said = (
        f"The first coefficient of each column in the table below, with its {ends}; least agreement first "
        f"({len(shown)} of {len(first)})."
    )
    chart = forest_chart(
        lines, measure="agreement", label="agreement by column", title="agreement (0: chance)"
    )
    return el("div.chart-block", el("h4", "Agreement by column"), el("p.caption", said), chart)


def _columns(ends: str, *, pair: bool) -> list[Column]:
    who = [Column("pair", "readers")] if pair else [Column("readers", "readers", count, numeric=True)]
    return [
        Column("feature", "column", breaks=True),
        Column("statistic", "coefficient"),
        *who,
        Column("n", "patients", count, numeric=True, hint="Patients whose values entered."),
        Column("estimate", "estimate", fixed, numeric=True),
        Column("interval", ends),
        Column("words", "in words", hint=SOURCES),
        Column("percent", "equal answers", numeric=True, hint="Share of pairs of answers that are equal."),
        Column("reason", "why not"),
    ]


def _coefficients(rows: pd.DataFrame, ends: str, *, pair: bool = False) -> Html:
    shown = rows.assign(
        pair=rows["first"] + " – " + rows["second"],
        interval=[interval(a, b) for a, b in zip(rows["ci_low"], rows["ci_high"], strict=True)],
        words=[
            in_words(str(row["statistic"]), (row["estimate"], row["ci_low"], row["ci_high"]))
            for row in records(rows)
        ],
        percent=[_percent(share) for share in rows["agreed"]],
    )
    said = [
        c
        for c in _columns(ends, pair=pair)
        if c.name not in ("percent", "reason") or shown[c.name].ne("").any()
    ]
    return data_table(shown, said, search=True)


def _percent(share: Any) -> str:
    known = as_float(share)
    return "" if known is None else f"{known:.0%}"


def _details(pairs: pd.DataFrame, title: str, ends: str) -> Html | None:
    if pairs.empty:
        return None
    return el("details", el("summary", title), _coefficients(pairs, ends, pair=True))


def _differences(rows: pd.DataFrame, ends: str) -> Html | None:
    """Return mean differences and limits of agreement of every two readers, one row for each column and pair."""
    own = rows[rows["statistic"].isin(list(SIDES)) & rows["estimate"].notna()]
    if own.empty:
        return None
    keys = ["feature", "first", "second", "n", "unit"]
    own = own.assign(
        side=own["statistic"].map(SIDES),
        said=[
            f"{number(r['estimate'])} ({number(r['ci_low'])} to {number(r['ci_high'])})" for r in records(own)
        ],
    )
    wide = own.pivot(index=keys, columns="side", values="said").reset_index()
    order = {feature: k for k, feature in enumerate(dict.fromkeys(own["feature"]))}
    wide = wide.sort_values("feature", key=lambda c: c.map(order), kind="stable")
    wide["pair"] = wide["first"] + " − " + wide["second"]
    columns = [
        Column("feature", "column", breaks=True),
        Column("pair", "difference"),
        Column("n", "patients", count, numeric=True),
        Column("bias", f"mean ({ends})"),
        Column("lower", f"lower limit ({ends})"),
        Column("upper", f"upper limit ({ends})"),
        Column("unit", "unit"),
    ]
    if not wide["unit"].astype(str).str.len().any():
        columns = columns[:-1]
    said = "Between the limits lie 95% of the differences, if these are normal (Bland and Altman 1986)."
    table = data_table(wide, columns, search=True)
    return el("details", el("summary", "Differences of every two"), el("p.caption", said), table)
