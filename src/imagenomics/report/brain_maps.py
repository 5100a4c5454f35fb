"""Maps of the brain against gene expression: what is left once the smoothness of both is allowed for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from imagenomics.report.badges import badge
from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.set_charts import random_set_chart
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import as_float, count, fixed, listed, many, p_value

MOST_ROWS = 30
NULLS = {"spin": "the map turned on the sphere", "moran": "maps of the same spatial autocorrelation"}
APPROXIMATE = (
    "With few, large regions such a null is approximate and on the generous side: a q near its limit is weak."
)
P_RANDOM = "How often a random set of as many genes, equally co-expressed over regions, does as well."
P_INDEPENDENT = (
    "What a plain test says, which takes regions for independent of their neighbours. It is no evidence."
)


def brain_map_blocks(results: Results) -> list[Html]:
    """Return one block for each ``[[brain_maps]]`` block of the study."""
    tables = [results.table(f"brain_map_{name}.parquet") for name in ("genes", "sets", "parcels")]
    found = []
    for block in results.blocks("brain_maps"):
        name = str(block.get("name"))
        genes, sets, parcels = (t[t["analysis"].astype(str) == name] for t in tables)
        if genes.empty:
            continue
        null = NULLS.get(str(block.get("null")), "surrogate maps")
        title = el("summary.block-head", el("span", name), el("small", f"map of the brain, against {null}"))
        parts = [*_genes(genes, block, null), *_sets(sets, block), _parcels(parcels)]
        found.append(el("details.block", title, parts, attrs={"open": True}))
    return found


def _genes(rows: pd.DataFrame, block: Mapping[str, Any], null: str) -> list[Html]:
    alpha = as_float(block.get("alpha")) or 0.05
    tested = rows[rows["p"].notna()].sort_values(["p", "gene"], kind="stable")
    if tested.empty:
        return [el("p.absent", "No gene could be tested.")]
    plain, low = int((tested["p_independent"] <= 0.05).sum()), int((tested["p"] <= 0.05).sum())
    found = int((tested["verdict"] == "supported").sum())
    passing = (
        f"{found:,} {'has' if found == 1 else 'have'} q of at most {alpha:g}"
        if found
        else f"none has q of at most {alpha:g}; the smallest is {p_value(tested['q'].min())}"
    )
    words = (
        f"{many(len(tested), 'gene')} over {many(int(tested['n'].iloc[0]), 'region')}. Were regions independent, "
        f"{plain:,} would have p of at most .05; against {null} {low:,} do (chance gives "
        f"{0.05 * len(tested):,.0f}), and {passing}."
    )
    columns = [
        Column("gene", "gene"),
        Column("effect", "correlation", fixed, numeric=True, hint=str(tested["effect_name"].iloc[0])),
        Column("q", "q", p_value, numeric=True),
        Column("p", "p", p_value, numeric=True),
        Column("p_maxt", "p maxT", p_value, numeric=True),
        Column("p_independent", "p if independent", p_value, numeric=True, hint=P_INDEPENDENT),
        Column("verdict", "verdict", badge),
    ]
    return [
        el("p.lead", words),
        el("h4", "Strongest genes"),
        data_table(tested.head(MOST_ROWS), columns, search=True),
        el("p.note", f"All {many(len(rows), 'row')} are in brain_map_genes.parquet. {APPROXIMATE}"),
    ]


def _sets(rows: pd.DataFrame, block: Mapping[str, Any]) -> list[Html | None]:
    if rows.empty:
        return []
    alpha = as_float(block.get("alpha")) or 0.05
    first = rows.assign(_last=rows["verdict"] != "supported")
    tested = first[first["p"].notna()].sort_values(["_last", "p", "set"], kind="stable")
    if tested.empty:
        return [el("p.absent", "No set has enough genes with expression.")]
    passing = int((tested["q"] <= alpha).sum())
    beating = int((tested["verdict"] == "supported").sum())
    words = (
        f"{passing:,} of {many(len(tested), 'set')} with q of at most {alpha:g}; {beating:,} of these beat "
        "random sets of the same size and co-expression."
        if passing
        else f"None of {many(len(tested), 'set')} passes a false discovery rate of {alpha:.0%}; the smallest q is "
        f"{p_value(tested['q'].min())}."
    )
    columns = [
        Column("set", "gene set", breaks=True),
        Column("effect", "mean correlation", fixed, numeric=True),
        Column("q", "q", p_value, numeric=True),
        Column("p", "p", p_value, numeric=True),
        Column("p_random_sets", "p random sets", p_value, numeric=True, hint=P_RANDOM),
        Column("verdict", "verdict", badge),
        Column("reason", "note"),
        Column("size_tested", "genes tested", count, numeric=True),
    ]
    drawn = tested.assign(statistic=tested["effect"], feature=tested["analysis"].astype(str))
    return [
        el("h4", "Gene sets"),
        el("p", words),
        random_set_chart(drawn),
        data_table(tested.head(MOST_ROWS), columns, search=True),
        el("p.note", f"All {many(len(rows), 'row')} are in brain_map_sets.parquet."),
    ]


def _parcels(parcels: pd.DataFrame) -> Html | None:
    left = parcels[~parcels["used"].astype(bool)]
    if left.empty:
        return None
    reasons = [f"{n} ({why})" for why, n in left["reason"].value_counts().items()]
    return el("p.note", f"Regions left out: {listed(reasons)}; brain_map_parcels.parquet has their names.")


def brain_map_sentence(block: Mapping[str, Any]) -> str:
    """Return how a map was laid against genes, as a sentence of the methods paragraph."""
    effects = block.get("effects")
    source = (
        f"the effects of {effects.get('target')} (analysis “{effects.get('analysis')}”)"
        if isinstance(effects, Mapping)
        else f"the map {block.get('table')}"
    )
    kind = "Spearman's" if block.get("correlation") == "spearman" else "Pearson's"
    null = (
        "turned maps (spin test, Alexander-Bloch 2018; regions assigned one to one)"
        if block.get("null") == "spin"
        else "surrogates by Moran spectral randomisation (Wagner and Dray 2015, inverse distances)"
    )
    sets = (
        f" Gene sets were tested by the mean correlation of their genes against the same maps, and count as supported "
        f"when they beat {block.get('random_sets')} random sets of the same size and co-expression, too."
        if block.get("sets")
        else ""
    )
    return (
        f"{source[0].upper()}{source[1:]} was laid against regional gene expression ({block.get('expression')}) by "
        f"{kind} correlation over regions, with {block.get('draws')} {null} as the null (analysis "
        f"“{block.get('name')}”); q values control the false discovery rate over all genes, and over all sets.{sets}"
    )
