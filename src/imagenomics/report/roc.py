"""Features as markers: their ROC curves, and cut-offs as they look where they were chosen and in other patients."""

from __future__ import annotations

from functools import partial

import pandas as pd

from imagenomics.associate.roc.comparisons import COMPARED
from imagenomics.report.curves import roc_picture
from imagenomics.report.effects import effect_interval
from imagenomics.report.families import Family
from imagenomics.report.folder import Results, records
from imagenomics.report.html import Html, el
from imagenomics.report.survival_charts import curve_key
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, beside, count, fixed, many, number, p_value
from imagenomics.report.wording import Wording

TARGETS, LINES, ROWS = 6, 4, 40
OPTIMISM = (
    "Balanced accuracy (mean of sensitivity and specificity) in the patients in whom the cut-off was chosen, less that "
    "in patients left out."
)
CHOSEN = (
    " Features stand here because they were the strongest in all patients, which the cross-validation does not repeat: "
    "expect less in a new hospital."
)
PAIR = ["feature", "target"]


def marker_part(results: Results, family: Family, wording: Wording) -> Html | None:
    """Draw the strongest markers of each target, with their cut-offs; nothing for other families."""
    cuts = results.rows_of("roc_cutoffs.parquet", family.analysis)
    if cuts.empty or family.tested.empty:
        return None
    curves = results.rows_of("roc_curves.parquet", family.analysis)
    ranked = family.tested[PAIR].astype(str).merge(cuts.astype(dict.fromkeys(PAIR, str)), on=PAIR)
    targets = list(ranked["target"].drop_duplicates())[:TARGETS]
    figures = [_figure(curves, ranked[ranked["target"] == target], target, wording) for target in targets]
    return el(
        "div.chart-block",
        el("h4", "Markers and cut-offs"),
        el("p.note", _sentence(ranked)),
        el("div.charts", figures),
        _cut_table(ranked, wording),
        _comparisons(results, family, wording),
    )


def _sentence(ranked: pd.DataFrame) -> str:
    top = ranked.head(LINES * TARGETS)
    naive, tried = top["naive_balanced_accuracy"].mean(), top["balanced_accuracy"].mean()
    return (
        f"Cut-offs are chosen by {top['rule'].iloc[0]}. Where they were chosen, those of the "
        f"{many(len(top), 'strongest pair')} have a balanced accuracy of {fixed(naive)} on average; chosen in some "
        f"patients and tried on others, {fixed(tried)} (0.50 is a coin toss). The difference is optimism, and only the "
        f"second figure may be quoted.{CHOSEN}"
    )


def _figure(curves: pd.DataFrame, ranked: pd.DataFrame, target: str, wording: Wording) -> Html:
    own = curves[curves["target"].astype(str) == target] if len(curves) else curves
    drawn = [name for name in ranked["feature"] if (own["feature"].astype(str) == name).any()][:LINES]
    head = el("b", target)
    if not drawn:
        return el("figure.small-chart", el("figcaption", head, "No curve was kept (curves = 0)."))
    lines = [
        (own.loc[own["feature"].astype(str) == name, ["false_positive_rate", "sensitivity"]], f"s{k}")
        for k, name in enumerate(drawn)
    ]
    first = records(ranked[ranked["feature"] == drawn[0]])[0]
    points = [
        (1 - float(first[f"{prefix}specificity"]), float(first[f"{prefix}sensitivity"]), f"point {look}")
        for prefix, look in (("naive_", "cut-naive"), ("", "cut-tried"))
        if as_float(first[f"{prefix}specificity"]) is not None
    ]
    words = "Filled: the cut-off of the first where it was chosen; open: the same rule on patients left out."
    picture = roc_picture(lines, label=f"ROC curves of markers of {target}", points=points)
    named = [f"{wording.name(name)}{_low(ranked, name)}" for name in drawn]
    return el("figure.small-chart", el("figcaption", head, words), curve_key(named), picture)


def _low(ranked: pd.DataFrame, feature: str) -> str:
    return " (low values)" if (ranked.loc[ranked["feature"] == feature, "direction"] == "lower").any() else ""


def _cut_table(ranked: pd.DataFrame, wording: Wording) -> Html:
    frame = ranked.head(ROWS).copy()
    frame["cut"] = [
        f"{'≤' if r['direction'] == 'lower' else '≥'} {_cut(r['cutoff'])} ({_cut(r['cutoff_low'])} to "
        f"{_cut(r['cutoff_high'])})"
        for r in records(frame)
    ]
    for name in ("sensitivity", "specificity", "accuracy"):
        frame[f"both_{name}"] = [f"{fixed(r[f'naive_{name}'])} → {fixed(r[name])}" for r in records(frame)]
    arrow = "Where the cut-off was chosen → in patients left out."
    columns = [
        Column("feature", "feature", wording.feature, breaks=True),
        Column("target", "target", breaks=True),
        Column(
            "cut", "positive where", hint="Chosen in all patients, and the range over all training parts."
        ),
        *(Column(f"both_{n}", n, hint=arrow) for n in ("sensitivity", "specificity", "accuracy")),
        Column("largest_class", "by chance", fixed, numeric=True, hint="Accuracy of the larger class alone."),
        Column("optimism", "optimism", partial(beside, chance=0.0), numeric=True, hint=OPTIMISM),
        Column("n_positive", "positive", count, numeric=True),
        Column("n", "n", count, numeric=True),
    ]
    return data_table(frame, columns, caption=f"{arrow} The strongest pairs first.", search=True)


def _cut(value: object) -> str:
    return "∞" if value == float("inf") else "−∞" if value == float("-inf") else number(value)


def _comparisons(results: Results, family: Family, wording: Wording) -> Html | None:
    table = results.table("associations.parquet")
    own = table[(table["analysis"].astype(str) == family.analysis) & (table["test"] == COMPARED)]
    if own.empty:
        return None
    ends = [effect_interval(r["ci_low"], r["ci_high"], str(r["effect_name"])) for r in records(own)]
    columns = [
        Column("feature", "features", breaks=True),
        Column("target", "target", breaks=True),
        Column("effect", "difference of AUCs", partial(beside, chance=0.0), numeric=True),
        Column("interval", family.ends),
        Column("p", "p", p_value, numeric=True),
        Column("q", "q", p_value, numeric=True),
        Column("n", "n", count, numeric=True),
        Column("reason", "note"),
    ]
    said = "The first feature's AUC less the second's, in the same patients (DeLong's paired test)."
    return el(
        "div",
        el("h4", "One marker against another"),
        data_table(own.assign(interval=ends), columns, caption=said),
    )
