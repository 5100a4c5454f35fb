"""What the heat map and the volcano plot of one family need, in few bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.report.effects import scale_of
from imagenomics.report.families import Family, feature_names, short_names

MOST_CELLS = 30_000  # of all heat maps of a page together
LEAST_CELLS = 1_500
MOST_TARGETS = 150
VOLCANO_STRONGEST = 1_200
MOST_LABELLED = 200  # pairs of which the short names are on the page
VOLCANO_GRID = (90, 60)  # pairs that would fall on one spot of this grid are drawn once
NUMBERS = {"e": "effect", "a": "ci_low", "b": "ci_high", "l": "neg_log10_p", "q": "q", "m": "p_maxt"}


def heatmap_data(family: Family, columns: pd.DataFrame, *, most_cells: int) -> dict[str, Any]:
    """Return the strongest features and targets of a family as flat lists of cells, feature by feature.

    Parameters
    ----------
    family : Family
        Its pairs.
    columns : DataFrame
        Descriptions of the features.
    most_cells : int
        Largest number of cells; weaker features are left out first.
    """
    rows = family.rows
    all_features, all_targets = rows["feature"].astype(str).unique(), rows["target"].astype(str).unique()
    targets = list(all_targets[:MOST_TARGETS])
    features = list(all_features[: max(1, most_cells // max(1, len(targets)))])
    table = rows.assign(feature=rows["feature"].astype(str), target=rows["target"].astype(str))
    table = table.drop_duplicates(["feature", "target"]).set_index(["feature", "target"])
    cells = table.reindex(pd.MultiIndex.from_product([features, targets]))
    names, short = feature_names(features, columns), short_names(targets)
    groups = sorted({g for g, _ in names.values()})
    kinds, kind_of = _codes(cells, ("effect_name", "test"))
    reasons, reason_of = _codes(cells, ("status", "reason"), only=cells["p"].isna())
    return {
        "features": [visible_pair(f, names[f][1]) for f in features],
        "group": [groups.index(names[f][0]) for f in features],
        "groups": groups,
        "targets": [visible_pair(t, short[t]) for t in targets],
        "all": [len(all_features), len(all_targets)],
        **{key: compact(cells[name]) for key, name in NUMBERS.items()},
        "n": _whole(cells["n"]),
        "k": kind_of,
        "kinds": [_kind(*k) for k in kinds],
        "r": reason_of,
        "reasons": reasons,
        "passes": family.alpha,
    }


def volcano_data(family: Family, short: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the pairs of a family as points; points that would lie on one spot are drawn once.

    Parameters
    ----------
    family : Family
        Its pairs.
    short : mapping of str to str, optional
        Feature or target -> the name that labels the strongest pairs.
    """
    rows = family.tested[family.tested["effect"].notna()]
    drawn = _thinned(rows)
    features, f = np.unique(drawn["feature"].astype(str).to_numpy(dtype=object), return_inverse=True)
    targets, t = np.unique(drawn["target"].astype(str).to_numpy(dtype=object), return_inverse=True)
    kinds, kind_of = _codes(drawn, ("effect_name",))
    counts = rows["effect_name"].astype(str).value_counts(sort=False)
    return {
        "features": [str(x) for x in features],
        "targets": [str(x) for x in targets],
        "f": f.tolist(),
        "t": t.tolist(),
        "x": compact(drawn["effect"]),
        "y": compact(drawn["neg_log10_p"]),
        "q": compact(drawn["q"]),
        "n": _whole(drawn["n"]),
        "k": kind_of,
        "kinds": [_kind(*k) for k in kinds],
        "counts": [int(counts.get(k[0], 0)) for k in kinds],
        "passes": family.alpha,
        "short": _labels(family, short or {}),
        "all": len(rows),
    }


def _labels(family: Family, short: Mapping[str, str]) -> dict[str, str]:
    strongest = family.passing.head(MOST_LABELLED)
    names = [str(n) for side in ("feature", "target") for n in strongest[side]]
    return {n: short[n] for n in dict.fromkeys(names) if short.get(n, n) != n}


def _kind(effect: str, test: str = "") -> list[Any]:
    """Return name, test, neutral value, whether it is a ratio, and whether it has a direction."""
    scale = scale_of(effect)
    return [effect, test, scale.neutral, int(scale.ratio), int(scale.signed)]


def compact(values: pd.Series) -> list[float | None]:
    """Return numbers with four significant digits; None where there is none."""
    return [float(f"{v:.4g}") if v == v and abs(v) != float("inf") else None for v in values.astype(float)]


def visible_pair(name: str, short: str) -> list[str]:
    """Return [name] or [name, short name]."""
    return [name] if name == short else [name, short]


def _whole(values: pd.Series) -> list[int | None]:
    return [int(v) if v == v else None for v in values.astype(float)]


def _codes(
    frame: pd.DataFrame, names: Sequence[str], *, only: pd.Series | None = None
) -> tuple[list[list[str]], list[int]]:
    """Return the distinct combinations of text columns, and for each row its number (-1: none)."""
    keys: dict[tuple[str, ...], int] = {}
    codes = []
    wanted = [True] * len(frame) if only is None else only.tolist()
    for values, use in zip(zip(*(frame[n].tolist() for n in names), strict=True), wanted, strict=True):
        if not use or all(v is None or v != v for v in values):
            codes.append(-1)
            continue
        key = tuple("" if v is None or v != v else str(v) for v in values)
        codes.append(keys.setdefault(key, len(keys)))
    return [list(k) for k in keys], codes


def _thinned(rows: pd.DataFrame) -> pd.DataFrame:
    strong, rest = rows.head(VOLCANO_STRONGEST), rows.iloc[VOLCANO_STRONGEST:]
    if rest.empty:
        return strong
    spots = pd.DataFrame(
        {
            "x": _bins(rest["effect"], VOLCANO_GRID[0]),
            "y": _bins(rest["neg_log10_p"], VOLCANO_GRID[1]),
            "kind": rest["effect_name"],
        },
        index=rest.index,
    )
    return pd.concat([strong, rest[~spots.duplicated()]])


def _bins(values: pd.Series, n: int) -> pd.Series:
    number = values.astype(float)
    low, high = number.min(), number.max()
    return ((number - low) / ((high - low) or 1.0) * n).round().fillna(-1).astype(int)
