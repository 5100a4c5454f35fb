"""The effect of one pair in each stratum of a modifier, and the effect that the strata share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.associate.interaction.frame import COMMON
from imagenomics.report.effects import stated
from imagenomics.report.families import Family
from imagenomics.report.folder import Results, records
from imagenomics.report.forest import Line, forest_chart
from imagenomics.report.html import Html, el
from imagenomics.report.text import count, p_value, short

SHOWN = 6
Row = Mapping[str, Any]


def stratum_plots(results: Results, family: Family) -> Html | None:
    """Draw the pairs whose strata differ most; nothing for other families."""
    own = results.rows_of("strata.parquet", family.analysis)
    if own.empty or family.tested.empty:
        return None
    pairs = own["feature"].astype(str) + "\n" + own["target"].astype(str)
    charts = []
    for best in records(family.tested.head(SHOWN)):
        rows = records(own[pairs == f"{best['feature']}\n{best['target']}"])
        charts.append(_figure(best, rows))
    words = (
        f"Dots: the effect in each stratum of {family.modifier} alone, with its interval. Diamond: one effect for all "
        "strata, where it is on the same scale. That an effect is clear in one stratum and not in another is no "
        "evidence of a difference: the p of the difference is, and q counts all pairs."
    )
    return el(
        "div.chart-block",
        el("h4", f"The pairs that differ most along {family.modifier}, in each stratum"),
        el("p.note", words),
        el("div.charts.wide", charts),
    )


def _figure(best: Row, rows: Sequence[Row]) -> Html:
    common = [row for row in rows if row["stratum"] == COMMON]
    strata = [row for row in rows if row["stratum"] != COMMON]
    name = str((strata or common)[0]["effect_name"]) if rows else ""
    said = [
        f"p of the difference {p_value(best['p'])}, q {p_value(best['q'])}",
        _named(best),
        *(f"in all strata: {_named(row)}, p {p_value(row['p'])}" for row in common),
    ]
    lines = [
        Line(f"{row['stratum']} ({count(row['n'])})", _values(row), stated(_values(row), name))
        for row in strata
    ]
    lines += [
        Line("all strata", _values(row), stated(_values(row), name), pooled=True)
        for row in common
        if row["effect_name"] == name
    ]
    title = el("b", f"{short(str(best['feature']), 44)} · {short(str(best['target']), 30)}")
    label = f"{best['feature']} and {best['target']} in each stratum"
    chart = forest_chart(lines, measure=name, label=label, title=name) if lines else None
    return el("figure.small-chart", el("figcaption", title, "; ".join(said)), chart)


def _named(row: Row) -> str:
    name = str(row["effect_name"])
    return f"{name} {stated(_values(row), name)}"


def _values(row: Row) -> tuple[Any, Any, Any]:
    return row["effect"], row["ci_low"], row["ci_high"]
