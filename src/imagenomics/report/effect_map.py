"""Features and targets of a family by likeness: their effects between both dendrograms."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.report.dendrogram import read_dendrogram
from imagenomics.report.effects import placed, scale_of
from imagenomics.report.families import Family, feature_names, short_names
from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.text import many, measure
from imagenomics.report.tree_map import scale_key, tree_map

MOST_DOTS = 1500


def effect_map(results: Results, family: Family) -> Html | None:
    """Draw the effects of a family in the order of the trees of its features and targets; nothing without trees."""
    trees = results.table("effect_trees.parquet")
    own = trees[trees["analysis"].astype(str) == family.analysis] if not family.stratum else trees.iloc[:0]
    sides = [read_dendrogram(own[own["side"] == side]) for side in ("features", "targets")]
    if sides[0] is None or sides[1] is None:
        return None
    name = str(own["effect_name"].iloc[0])
    features, targets = sides[0].names, sides[1].names
    rows = family.rows[family.rows["effect_name"].astype(str) == name]
    rows = rows.assign(feature=rows["feature"].astype(str), target=rows["target"].astype(str))
    rows = rows.drop_duplicates(["feature", "target"]).set_index(["feature", "target"])
    cells = rows.reindex(pd.MultiIndex.from_product([features, targets]))
    scale, shape = scale_of(name), (len(features), len(targets))
    values = np.array([_number(placed(v, scale)) for v in cells["effect"]]).reshape(shape)
    reach = _reach(values)
    passing = np.argwhere((cells["q"].to_numpy(dtype=np.float64) <= family.alpha).reshape(shape))
    described = feature_names(features, results.table("features.columns.parquet"))
    short = short_names(targets)
    picture = tree_map(
        values,
        (sides[0], sides[1]),
        names=([described[f][1] for f in features], [short[t] for t in targets]),
        reach=reach,
        dots=[(int(i), int(j)) for i, j in passing] if len(passing) <= MOST_DOTS else (),
        words=(
            f"Effects of {family.name} by likeness",
            f"{many(shape[0], 'feature')} in rows and {many(shape[1], 'target')} in columns, in the order of trees",
        ),
    )
    drawn = measure(name) + (", as its logarithm to base 2" if scale.ratio else "")
    away = f" less {scale.neutral:g}" if scale.neutral and not scale.ratio else ""
    return el(
        "div.chart-block",
        el("h4", "Features and targets by likeness"),
        picture,
        scale_key(reach, f"{drawn}{away}"),
        el("p.note", f"{_left(family, shape)}A dot marks pairs with q of at most {family.alpha:g}."),
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _reach(values: np.ndarray) -> float:
    """Return the value with the strongest colour, rounded up to one digit."""
    largest = float(np.nanquantile(np.abs(values), 0.99)) if np.isfinite(values).any() else 1.0
    step = 10.0 ** np.floor(np.log10(largest)) if largest > 0 else 1.0
    return float(f"{np.ceil(largest / step) * step:.1g}") if largest > 0 else 1.0


def _left(family: Family, shape: tuple[int, int]) -> str:
    wholes = family.rows["feature"].nunique(), family.rows["target"].nunique()
    if wholes == shape:
        return ""
    return (
        f"Drawn are {shape[0]:,} of {wholes[0]:,} features and {shape[1]:,} of {wholes[1]:,} targets: the strongest "
        "with the commonest measure of effect. "
    )
