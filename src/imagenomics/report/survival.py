"""Survival: what was followed, the curves of the groups, and what the tests may say."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.associate.survival.frame import INCIDENCE, SURVIVAL
from imagenomics.report.folder import Results, records
from imagenomics.report.forest import Line, forest_chart
from imagenomics.report.html import Child, Html, el
from imagenomics.report.survival_charts import curve_chart, curve_key
from imagenomics.report.survival_models import model_part
from imagenomics.report.survival_proportional import proportional_part
from imagenomics.report.survival_scores import score_part
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import (
    adjusted_for,
    as_float,
    count,
    fixed,
    interval_name,
    listed,
    many,
    number,
    p_value,
)
from imagenomics.report.wording import wording_of

Block = dict[str, Any]
FOREST = 20
NAIVE = (
    "The p of a log-rank test that does not know the cut was chosen where it separates best. It is far too small: in "
    "patients without any difference such a search 'finds' one in about a third of all studies."
)
HONEST = (
    "How often the whole search does as well when the number is exchanged between patients; groups are those of "
    "patients whom the cut had not seen."
)


def survival_section(results: Results) -> Html | None:
    """Return the section of survival, None where the study declares none."""
    blocks = results.blocks("survival")
    parts = [_block(results, block, i) for i, block in enumerate(blocks)]
    if not parts and results.declares("survival"):
        return el("p.absent", "Survival was not analysed: the run stopped before.")
    return el("div", parts) if parts else None


def _block(results: Results, block: Block, i: int) -> Html:
    name, endpoint = str(block.get("name")), str(block.get("endpoint") or "survival")
    title = el("summary.block-head", el("span", name), el("small", f"{endpoint}, {adjustment(block)}"))
    parts: list[Child] = [
        el("p.lead", _lead(block, endpoint)),
        _forest(results, block, endpoint),
        _groupings(results, block),
        model_part(results, name),
        score_part(results, name),
        proportional_part(results, block),
    ]
    return el("details.block", title, parts, attrs={"open": i < 3})


def adjustment(block: Block) -> str:
    """Return in words what every model of a block holds."""
    strata = [str(v) for v in block.get("strata") or ()]
    words = [adjusted_for(block, otherwise="not adjusted")]
    if strata:
        words.append(f"baseline hazards of their own for {listed(strata)}")
    return ", ".join(words)


def _lead(block: Block, endpoint: str) -> str:
    late = (
        f" Patients enter at their own time ({block['entry']}) and count as at risk from then on."
        if block.get("entry")
        else ""
    )
    meaning = "the event comes sooner"
    other = ""
    if block.get("competing_values"):
        other = " " + competing_words(block)
    if block.get("competing") == "subdistribution":
        meaning = "more patients ever have the event"
    return (
        f"{endpoint[:1].upper()}{endpoint[1:]} in {block.get('unit')}, counted from {_origin(block)}.{late}{other} A "
        f"hazard ratio above 1 means that {meaning} where the value is higher; it describes patients such as these and "
        "says nothing about what a treatment would change."
    )


def competing_words(block: Block) -> str:
    """Return in words what competing events do in a block."""
    names = listed([str(v) for v in block.get("competing_values") or ()])
    if block.get("competing") == "subdistribution":
        return (
            f"Competing events ({names}) exclude the event; patients who had one stay at risk with the weight of not "
            "being censored (subdistribution hazards), and curves are cumulative incidence."
        )
    return (
        f"Competing events ({names}) exclude the event; they end observation as censoring does (cause-specific "
        "hazards, of patients still without any event), and curves are cumulative incidence, which counts them as they "
        "happened."
    )


def _origin(block: Block) -> str:
    words = str(block.get("origin") or "an origin that is not said")
    return words.rstrip(".")


def _forest(results: Results, block: Block, endpoint: str) -> Html | None:
    """Return the strongest hazard ratios of a block, on one scale."""
    table = results.table("associations.parquet")
    name, ends = str(block.get("name")), interval_name(block.get("confidence"))
    ratios = table["effect_name"].astype(str).str.contains("hazard ratio")
    own = table[
        ratios & (table["analysis"].astype(str) == name) & table["p"].notna() & table["ci_low"].notna()
    ]
    if own.empty:
        return None
    wording = wording_of(results)
    ordered = own.sort_values(["p", "feature"], kind="stable").head(FOREST)
    several = own["effect_name"].astype(str).str.startswith("subdistribution").any()
    ratio = "subdistribution hazard" if several else "hazard"
    lines = [
        Line(
            wording.name(row["feature"]),
            (row["effect"], row["ci_low"], row["ci_high"]),
            f"{fixed(row['effect'])} ({fixed(row['ci_low'])} to {fixed(row['ci_high'])}), q {p_value(row['q'])}",
        )
        for row in records(ordered)
    ]
    said = (
        f"The {many(len(lines), 'strongest column')} of {many(len(own), 'tested one')}: {ratio} ratio with its {ends}, "
        "per standard deviation of a number, against its absence for a state; q of the pair. The largest of many "
        "are overestimates."
    )
    return el(
        "div.chart-block",
        el("h4", "Hazard ratios"),
        el("p.caption", said),
        forest_chart(
            lines,
            measure="hazard ratio",
            label=f"hazard ratios for {endpoint}",
            title=f"{ratio} ratio (right of 1: event {'in more' if several else 'sooner'})",
        ),
    )


def _groupings(results: Results, block: Block) -> Html | None:
    curves, groups = results.table("survival_curves.parquet"), results.table("survival_groups.parquet")
    own = groups[groups["analysis"].astype(str) == str(block.get("name"))]
    if own.empty:
        return None
    figures = [
        _figure(curves, rows, str(grouping), block) for grouping, rows in own.groupby("grouping", sort=False)
    ]
    return el("div", el("h4", "Groups of patients"), el("div.km-charts", figures), _table(own, block))


def _figure(curves: pd.DataFrame, rows: pd.DataFrame, grouping: str, block: Block) -> Html:
    drawn = curves[
        (curves["analysis"].astype(str) == str(block.get("name")))
        & (curves["grouping"].astype(str) == grouping)
        & curves["curve"].astype(str).isin((SURVIVAL, INCIDENCE))
    ]
    names = [str(g) for g in rows["group"]]
    endpoint = str(block.get("endpoint") or "survival")
    several = (drawn["curve"].astype(str) == INCIDENCE).any()
    title = f"had the event: {endpoint}" if several else endpoint
    chart = curve_chart(drawn, names, unit=str(block.get("unit")), title=title)
    head = el("figcaption", el("b", grouping), _sentence(records(rows)[0], len(rows)))
    if chart is None:
        return el("figure.km", head)
    return el("figure.km", head, curve_key(names), chart)


def _sentence(row: dict[str, Any], groups: int) -> Child:
    if str(row.get("status")) != "ok" or as_float(row.get("p")) is None:
        reason = str(row.get("reason") or "")
        return f"Not tested: {reason}." if reason else "Not tested."
    if str(row.get("cut")) == "maximal":
        return [
            f"Cut chosen by survival itself (at {number(row.get('threshold'))} among all patients). ",
            el("span", f"Honest p {p_value(row['p'])}", attrs={"title": HONEST}),
            f", {many(int(row.get('draws') or 0), 'permutation')}; corrected for the search "
            f"{p_value(row.get('p_corrected'))}; ",
            el(
                "span.hint",
                f"naive p {p_value(row.get('p_naive'))}, not to be quoted",
                attrs={"title": NAIVE},
            ),
            ". The curves are those of patients whom the cut had not seen.",
        ]
    if str(row.get("cut")) == "score":
        learned = int(row.get("draws") or 0)
        said = f"Trend over points: p {p_value(row['p'])}"
        return (
            f"{said}, {many(learned, 'permutation')}; each patient has the points that the others teach."
            if (learned)
            else f"{said}, one-sided (more points, sooner event)."
        )
    freedom = f", {int(row['df'])} degrees of freedom" if groups > 2 else ""
    return f"{row.get('test')} test: p {p_value(row['p'])}{freedom}."


def _table(own: pd.DataFrame, block: Block) -> Html:
    ends = [
        f"{fixed(r['median_low'], 1)} to {fixed(r['median_high'], 1)}"
        if as_float(r["median_low"]) is not None or as_float(r["median_high"]) is not None
        else "–"
        for r in records(own)
    ]
    columns = [
        Column("grouping", "grouping", breaks=True),
        Column("group", "group"),
        Column("n", "patients", count, numeric=True),
        Column("events", "events", count, numeric=True),
        *([Column("competing", "competing", count, numeric=True)] if block.get("competing_values") else []),
        Column("median", f"median ({block.get('unit')})", lambda v: fixed(v, 1), numeric=True),
        Column("interval", interval_name(block.get("confidence"))),
        Column("p", "p", p_value, numeric=True, hint=HONEST),
        Column("reason", "why not"),
    ]
    shown = [c for c in columns if c.name != "reason" or own["reason"].astype(str).ne("").any()]
    caption = "A dash: the curve does not come to one half, or its interval has no end there."
    return data_table(own.assign(interval=ends), shown, caption=caption)
