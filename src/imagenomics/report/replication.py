"""Forest plots: the effect of one pair in each cohort, and the pooled effects below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.associate.replication.frame import POOLED_TESTS
from imagenomics.report.effects import stated
from imagenomics.report.families import Family
from imagenomics.report.folder import Results, records
from imagenomics.report.forest import Line, forest_chart
from imagenomics.report.html import Html, el
from imagenomics.report.text import as_float, count, p_value, short

SHOWN = 6
Row = Mapping[str, Any]


def forest_plots(results: Results, family: Family) -> Html | None:
    """Draw the strongest pooled pairs of a replication; nothing for other families."""
    own = results.rows_of("replication.parquet", family.analysis)
    if own.empty or family.tested.empty:
        return None
    table = results.table("associations.parquet")
    cohorts = table[(table["analysis"].astype(str) == family.analysis) & ~table["test"].isin(POOLED_TESTS)]
    known = {(str(r["feature"]), str(r["target"])): r for r in records(own)}
    charts = []
    for best in records(family.tested.head(SHOWN)):
        names = str(best["feature"]), str(best["target"])
        mine = cohorts[
            (cohorts["feature"].astype(str) == names[0]) & (cohorts["target"].astype(str) == names[1])
        ]
        if names in known:
            charts.append(_figure(known[names], records(mine)))
    words = (
        "Dots: the effect in each cohort alone, with its interval. Diamonds: pooled effects, once as one common "
        "effect, once as effects that differ between cohorts (random effects). I² is the share of their "
        "spread that chance does not explain."
    )
    return el(
        "div.chart-block",
        el("h4", "The strongest pairs in each cohort"),
        el("p.note", words),
        el("div.charts.wide", charts),
    )


def _figure(pair: Row, cohorts: Sequence[Row]) -> Html:
    spread = as_float(pair["i2"])
    said = [
        f"{pair['effect_name']}; I² {'–' if spread is None else f'{spread:.0%}'}",
        f"p of heterogeneity {p_value(pair['p_heterogeneity'])}",
        f"same sign in {max(int(pair['positive']), int(pair['negative']))} of {count(pair['cohorts'])} cohorts "
        f"(p {p_value(pair['p_sign'])})",
    ]
    title = el("b", f"{short(str(pair['feature']), 44)} · {short(str(pair['target']), 30)}")
    return el("figure.small-chart", el("figcaption", title, ", ".join(said)), _chart(pair, cohorts))


def _chart(pair: Row, cohorts: Sequence[Row]) -> Html:
    lines = []
    for row in cohorts:
        values = row["effect"], row["ci_low"], row["ci_high"]
        lines.append(
            Line(f"{row['stratum']} ({count(row['n'])})", values, stated(values, str(pair["effect_name"])))
        )
    for label, column in (("common effect", "fixed"), ("random effects", "random")):
        values = pair[column], pair[f"{column}_low"], pair[f"{column}_high"]
        lines.append(Line(label, values, stated(values, str(pair["effect_name"])), pooled=True))
    measure, label = str(pair["effect_name"]), f"{pair['feature']} and {pair['target']} in each cohort"
    return forest_chart(lines, measure=measure, label=label)
