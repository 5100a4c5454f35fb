"""Clusters of patients: the map of their features, how many, whether they are there, and what follows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.clusters.rows import SIGNIFICANCE
from imagenomics.report.cluster_bands import cluster_band, target_band
from imagenomics.report.cluster_charts import choice_charts
from imagenomics.report.dendrogram import read_dendrogram
from imagenomics.report.effects import effect_interval, effect_text
from imagenomics.report.families import feature_names
from imagenomics.report.folder import Results, records
from imagenomics.report.html import Child, Html, el
from imagenomics.report.survival_charts import curve_chart, curve_key
from imagenomics.report.table import Column, data_table
from imagenomics.report.text import (
    adjusted_for,
    as_float,
    count,
    fixed,
    interval_name,
    listed,
    many,
    p_value,
    short,
)
from imagenomics.report.tree_map import Band, band_key, scale_key, tree_map
from imagenomics.report.wording import Wording

Block = dict[str, Any]
REACH = 3.0
BANDS = 6
STABLE, WEAK = 0.75, 0.6
JACCARD = (
    "Mean similarity (Jaccard) of the cluster to the best one when part of the patients is clustered anew: 1 comes "
    "back whole; 0.75 and more is stable, below 0.6 the cluster should not be relied on."
)
CHOSEN = {
    "gap": "the gap statistic with its one-standard-error rule",
    "consensus": "the share of ambiguous pairs in resampled patients",
    "silhouette": "the mean silhouette",
    "given": "the study file",
}


def cluster_blocks(results: Results, wording: Wording) -> list[Html]:
    """Return one block for each ``[[clusters]]`` block of the study."""
    made = [_block(results, block, i, wording) for i, block in enumerate(results.blocks("clusters"))]
    return [block for block in made if block is not None]


def _own(results: Results, table: str, block: Block) -> pd.DataFrame:
    return results.rows_of(table, str(block.get("name"))).reset_index(drop=True)


def _block(results: Results, block: Block, i: int, wording: Wording) -> Html | None:
    rows = _own(results, "associations.parquet", block)
    patients = _own(results, "clusters.parquet", block)
    if patients.empty:
        return None
    how = f"clusters of patients, {adjusted_for(block, otherwise='not adjusted')}"
    title = el("summary.block-head", el("span", str(block.get("name"))), el("small", how))
    own = rows[rows["test"] == SIGNIFICANCE]
    tested = rows[rows["test"] != SIGNIFICANCE].sort_values(["p", "target"], kind="stable")
    clustered = patients[patients["cluster"] > 0].sort_values("leaf", kind="stable")
    if clustered.empty:
        why = str(patients["reason"].iloc[0])
        return el(
            "details.block", title, el("p.absent", f"Nothing was clustered: {why}."), attrs={"open": True}
        )
    choice = _own(results, "cluster_choice.parquet", block)
    parts: list[Child] = [
        el("p.lead", _sentence(block, clustered, own)),
        _map(results, block, clustered, tested),
        _left_out(patients, _own(results, "cluster_profiles.parquet", block)),
        el("div.chart-block", el("h4", "How many clusters"), choice_charts(choice)),
        _groups(results, block, wording),
        _curves(results, block),
        _tests(tested, block),
    ]
    return el("details.block", title, parts, attrs={"open": i < 3})


def _sentence(block: Block, clustered: pd.DataFrame, own: pd.DataFrame) -> list[Child]:
    k, n = int(clustered["cluster"].max()), len(clustered)
    rule = CHOSEN.get(str(block.get("choose")), "a rule that is not said")
    found = f"{many(n, 'patient')}, {many(k, 'cluster')} by {rule}. "
    p = as_float(own["p"].iloc[0]) if len(own) else None
    if p is None:
        return [found]
    alpha = as_float(block.get("alpha")) or 0.05
    if p > alpha:
        there = (
            f"One normal cloud of patients gives clusters as tight as these (p {p_value(p)}): there is no evidence of "
            "groups, and what stands below is a cloud cut in pieces."
        )
        return [found, el("b", there)]
    said = f"They are tighter than those of one normal cloud of patients with the same correlations (p {p_value(p)})"
    more = "; the gap statistic all the same finds no number better than one." if k == 1 else "."
    return [found, said, more, " Features with long tails or several levels can do that without any groups."]


def _map(results: Results, block: Block, clustered: pd.DataFrame, tested: pd.DataFrame) -> Html | None:
    trees = _own(results, "cluster_trees.parquet", block)
    sides = [read_dendrogram(trees[trees["side"] == side]) for side in ("features", "patients")]
    values = _own(results, "cluster_values.parquet", block)
    if sides[0] is None or sides[1] is None or values.empty:
        return None
    features, patients = sides[0].names, sides[1].names
    wide = values.assign(patient=values["patient"].astype(str), feature=values["feature"].astype(str))
    z = wide.pivot(index="feature", columns="patient", values="z").reindex(index=features, columns=patients)
    described = feature_names(features, results.table("features.columns.parquet"))
    above = [cluster_band([int(c) for c in clustered["cluster"]])]
    below = _bands(results, tested, patients)
    picture = tree_map(
        z.to_numpy(dtype=np.float64),
        (sides[0], sides[1]),
        names=([described[f][1] for f in features], patients),
        reach=REACH,
        above=above,
        below=below,
        words=(
            f"Features of the patients of {block.get('name')}",
            f"{many(len(features), 'feature')} in rows and {many(len(patients), 'patient')} in columns, both in the "
            f"order of their trees, with {many(int(clustered['cluster'].max()), 'cluster')} of patients",
        ),
    )
    scale = "scaled value: how far from the middle of the patients" + (
        ", in standard deviations" if block.get("scale") != "robust" else ", in robust standard deviations"
    )
    return el(
        "div.chart-block",
        el("h4", "Patients and their features"),
        picture,
        scale_key(REACH, scale),
        band_key([*above, *below]),
    )


def _bands(results: Results, tested: pd.DataFrame, patients: tuple[str, ...]) -> list[Band]:
    """Return the strongest targets that can be drawn under the map; where none was tested, the first ones."""
    found = (
        target_band(results, str(t), patients) for t in tested["target"].astype(str).drop_duplicates()[:40]
    )
    drawn = [band for band in found if band is not None]
    return drawn[:BANDS]


def _left_out(patients: pd.DataFrame, profiles: pd.DataFrame) -> Html | None:
    said = []
    out, gone = patients[patients["cluster"] == 0], profiles[profiles["cluster"] == 0]
    if len(out):
        said.append(f"{many(len(out), 'patient')} left out ({_reasons(out['reason'])})")
    if len(gone):
        said.append(f"{many(len(gone), 'feature')} left out ({_reasons(gone['reason'])})")
    words = f"{'; '.join(said)}. clusters.parquet and cluster_profiles.parquet name them." if said else ""
    return el("p.note", words) if words else None


def _reasons(column: pd.Series) -> str:
    counts = column.astype(str).value_counts()
    more = f" and {len(counts) - 2} other reasons" if len(counts) > 2 else ""
    return short("; ".join(map(str, counts.index[:2])), 150) + more


def _groups(results: Results, block: Block, wording: Wording) -> Html | None:
    groups = _own(results, "cluster_groups.parquet", block)
    if len(groups) < 2:
        return None
    profiles = _own(results, "cluster_profiles.parquet", block)
    frame = groups.assign(marks=[_marks(profiles, int(c), wording) for c in groups["cluster"]])
    weak = groups[groups["jaccard"] < WEAK]
    stable = int((groups["jaccard"] >= STABLE).sum())
    back = "comes back" if stable == 1 else "come back"
    said = f"{stable} of {many(len(groups), 'cluster')} {back} in resampled patients."
    if len(weak):
        names = listed([str(int(c)) for c in weak["cluster"]])
        said += f" Not to be relied on: cluster{'s' if len(weak) > 1 else ''} {names}."
    columns = [
        Column("cluster", "cluster", count, numeric=True),
        Column("n", "patients", count, numeric=True),
        Column("jaccard", "comes back", fixed, numeric=True, hint=JACCARD),
        Column("recovered", "share of draws above 0.75", fixed, numeric=True),
        Column("silhouette", "silhouette", fixed, numeric=True),
        Column("marks", "features furthest from the middle"),
    ]
    return el("div", el("h4", "The clusters"), data_table(frame, columns, caption=said))


def _marks(profiles: pd.DataFrame, cluster: int, wording: Wording) -> str:
    own = profiles[profiles["cluster"] == cluster]
    strongest = own.reindex(own["mean_z"].abs().sort_values(ascending=False, kind="stable").index)[:3]
    return "; ".join(
        f"{wording.name(str(r['feature']))} {_signed(float(r['mean_z']))}" for r in records(strongest)
    )


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _curves(results: Results, block: Block) -> Html | None:
    curves = _own(results, "survival_curves.parquet", block)
    figures = []
    for end in block.get("survival") or ():
        endpoint = str(end.get("endpoint") or "survival")
        own = curves[curves["grouping"].astype(str).str.startswith(f"{endpoint} by ")]
        names = list(own["group"].astype(str).drop_duplicates())
        chart = curve_chart(own, names, unit=str(end.get("unit")), title=endpoint) if names else None
        if chart is not None:
            figures.append(el("figure.km", el("figcaption", el("b", endpoint)), curve_key(names), chart))
    return el("div", el("h4", "Survival of the clusters"), el("div.km-charts", figures)) if figures else None


def _tests(tested: pd.DataFrame, block: Block) -> Html | None:
    if tested.empty:
        return None
    reasons = tested["reason"].astype(str).unique()
    if tested["p"].isna().all() and len(reasons) == 1:
        return el("p.absent", f"{many(len(tested), 'target')} not tested against clusters: {reasons[0]}.")
    ends = [effect_interval(r["ci_low"], r["ci_high"], str(r["effect_name"])) for r in records(tested)]
    effects = [effect_text(r["effect"], str(r["effect_name"])) for r in records(tested)]
    compared = listed(sorted({str(f) for f in tested.loc[tested["p"].notna(), "feature"]}))
    columns = [
        Column("target", "target", breaks=True),
        Column("test", "test"),
        Column("effect_name", "effect is"),
        Column("shown", "effect", numeric=True),
        Column("interval", interval_name(block.get("confidence"))),
        Column("q", "q", p_value, numeric=True),
        Column("p", "p", p_value, numeric=True),
        Column("n", "n", count, numeric=True),
        Column("reason", "note"),
    ]
    caption = f"Compared: {compared}. " if compared else ""
    caption += f"Clusters of fewer than {block.get('min_group', 10)} patients are not compared."
    return el(
        "div",
        el("h4", "What follows the clusters"),
        data_table(
            tested.assign(interval=ends, shown=effects), columns, caption=caption, search=True, most=200
        ),
    )
