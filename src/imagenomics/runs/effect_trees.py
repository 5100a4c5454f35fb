"""Which features, and which targets, have like effects: the trees beside the map of a family of pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.associate.clusters.frames import TREES, tree_frame, typed_frame
from imagenomics.associate.clusters.trees import grow_tree
from imagenomics.report.effects import placed, scale_of

EFFECT_TREES = "effect_trees"
COLUMNS = (*TREES, "effect_name")
FEWEST, MOST_FEATURES, MOST_TARGETS = 3, 400, 150


def effect_trees(rows: pd.DataFrame, *, analysis: str) -> pd.DataFrame:
    """Return both trees of a family, of the pairs that have its commonest measure of effect.

    Effects are taken on their scale (logarithms of ratios, the distance of an AUC from one half); a pair without one
    counts as no effect. Trees join features (and targets) by average linkage of Euclidean distances. Where there are
    more than 400 features or 150 targets the strongest are taken; those with an effect for less than half of the
    others stay out.

    Parameters
    ----------
    rows : DataFrame
        Rows of ``associations.parquet`` of one analysis.
    analysis : str

    Returns
    -------
    DataFrame
        As ``cluster_trees.parquet``, with sides ``features`` and ``targets``, and ``effect_name``; no row where fewer
        than three features or targets are alike.
    """
    nothing = typed_frame(pd.DataFrame(columns=list(COLUMNS)), COLUMNS)
    tested = rows[rows["p"].notna() & rows["effect"].notna()]
    if len(tested) < FEWEST**2:
        return nothing
    counts = tested["effect_name"].astype(str).value_counts()
    measure = min(counts.index, key=lambda name: (-int(counts[name]), name))
    alike = tested[tested["effect_name"] == measure]
    for side, most in (("feature", MOST_FEATURES), ("target", MOST_TARGETS)):
        alike = alike[alike[side].isin(_strongest(alike, side, most))]
    scale = scale_of(measure)
    effects = pd.DataFrame(
        {
            "feature": alike["feature"].astype(str),
            "target": alike["target"].astype(str),
            "effect": [placed(v, scale) for v in alike["effect"]],
        }
    ).drop_duplicates(["feature", "target"])
    table = effects.pivot(index="feature", columns="target", values="effect").astype(np.float64)
    known = table.notna()
    table = table.loc[known.mean(axis=1) >= 0.5, known.mean(axis=0) >= 0.5].fillna(0.0)
    if min(table.shape) < FEWEST:
        return nothing
    values = table.to_numpy()
    parts = [
        tree_frame(grow_tree(points, "euclidean", "average", ordered=True), list(names), side=side)
        for points, names, side in ((values, table.index, "features"), (values.T, table.columns, "targets"))
    ]
    whole = pd.concat(parts, ignore_index=True).assign(analysis=analysis, effect_name=measure)
    return typed_frame(whole, COLUMNS)


def _strongest(rows: pd.DataFrame, side: str, most: int) -> pd.Index:
    largest = rows.groupby(side, observed=True)["neg_log10_p"].max()
    return largest.sort_values(ascending=False, kind="stable").index[:most]
