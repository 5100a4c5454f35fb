"""What was found as tables: patients, trees, numbers of clusters, groups, profiles and the values behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.clusters.find import Found, NotFound
from imagenomics.associate.clusters.trees import Tree

PATIENTS = ("analysis", "patient", "cluster", "silhouette", "leaf", "reason")
TREES = ("analysis", "side", "node", "name", "leaf", "left", "right", "height", "size")
CHOICE = (
    *("analysis", "k", "chosen", "log_within", "expected", "gap", "se", "silhouette"),
    *("area", "area_gain", "ambiguous", "index", "index_expected", "p"),
)
GROUPS = ("analysis", "cluster", "n", "silhouette", "jaccard", "recovered")
PROFILES = ("analysis", "feature", "cluster", "n", "mean_z", "leaf", "reason")
VALUES = ("analysis", "patient", "feature", "z")
TABLES = {
    "clusters": PATIENTS,
    "cluster_trees": TREES,
    "cluster_choice": CHOICE,
    "cluster_groups": GROUPS,
    "cluster_profiles": PROFILES,
    "cluster_values": VALUES,
}
Frames = dict[str, pd.DataFrame]


def cluster_frames(found: Found | NotFound, *, analysis: str) -> Frames:
    """Return the tables of one analysis, by name; without clusters those of patients and features give the reason."""
    if isinstance(found, NotFound):
        scaled = found.scaled
        patients = _left_out(dict.fromkeys(map(str, scaled.ids), found.reason) | scaled.patients_out)
        features = dict.fromkeys(scaled.names, found.reason) | scaled.features_out
        made: dict[str, pd.DataFrame] = {
            "clusters": patients,
            "cluster_profiles": _features_out(features),
        }
    else:
        made = {
            "clusters": _patients(found),
            "cluster_trees": pd.concat(
                [
                    tree_frame(found.patients, list(map(str, found.scaled.ids)), side="patients"),
                    tree_frame(found.features, found.scaled.names, side="features"),
                ],
                ignore_index=True,
            ),
            "cluster_choice": _choice(found),
            "cluster_groups": _groups(found),
            "cluster_profiles": _profiles(found),
            "cluster_values": _values(found),
        }
    return {
        name: typed_frame(
            made.get(name, pd.DataFrame(columns=list(columns))).assign(analysis=analysis), columns
        )
        for name, columns in TABLES.items()
    }


def tree_frame(tree: Tree, names: Sequence[str], *, side: str) -> pd.DataFrame:
    """Return a dendrogram as rows: the leaves by their place, then the merges from low to high.

    ``node`` counts leaves from 0 in the order of ``names`` and merges after them; ``left`` and ``right`` are nodes
    (-1 for a leaf), ``leaf`` the place from the left (-1 for a merge).
    """
    n = len(names)
    place = np.empty(n, dtype=np.int64)
    place[tree.order] = np.arange(n)
    sizes = np.ones(2 * n - 1, dtype=np.int64)
    for m, (a, b) in enumerate(tree.merges.tolist()):
        sizes[n + m] = sizes[a] + sizes[b]
    none = np.full(n, -1)
    return pd.DataFrame(
        {
            "side": side,
            "node": np.arange(2 * n - 1),
            "name": [*names, *[""] * (n - 1)],
            "leaf": np.concatenate([place, np.full(n - 1, -1)]),
            "left": np.concatenate([none, tree.merges[:, 0]]),
            "right": np.concatenate([none, tree.merges[:, 1]]),
            "height": np.concatenate([np.zeros(n), tree.heights]),
            "size": sizes,
        }
    )


def _patients(found: Found) -> pd.DataFrame:
    row = found.k - 1
    table = pd.DataFrame(
        {
            "patient": found.scaled.ids.astype(str),
            "cluster": found.labels[row] + 1,
            "silhouette": found.silhouettes[row],
            "leaf": _places(found.patients.order),
            "reason": "",
        }
    )
    return pd.concat([table, _left_out(found.scaled.patients_out)], ignore_index=True)


def _left_out(patients: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient": list(patients),
            "cluster": 0,
            "silhouette": np.nan,
            "leaf": -1,
            "reason": list(patients.values()),
        }
    )


def _places(order: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    return place


def _choice(found: Found) -> pd.DataFrame:
    gap, again, index = found.gap, found.resampled, found.significance
    k = np.arange(1, gap.gap.size + 1)
    area = np.where(k > 1, again.area, np.nan)
    gain = np.full(k.size, np.nan)
    gain[2:] = np.diff(area[1:]) / np.maximum(area[1:-1], np.finfo(np.float64).tiny)
    return pd.DataFrame(
        {
            "k": k,
            "chosen": k == found.k,
            "log_within": gap.log_within,
            "expected": gap.expected,
            "gap": gap.gap,
            "se": gap.error,
            "silhouette": found.silhouettes.mean(axis=1),
            "area": area,
            "area_gain": gain,
            "ambiguous": np.where(k > 1, again.ambiguous, np.nan),
            "index": index.ratio,
            "index_expected": index.expected,
            "p": index.p,
        }
    )


def _groups(found: Found) -> pd.DataFrame:
    row, labels = found.k - 1, found.labels[found.k - 1]
    silhouettes = pd.Series(found.silhouettes[row]).groupby(labels).mean()
    return pd.DataFrame(
        {
            "cluster": np.arange(1, found.k + 1),
            "n": np.bincount(labels, minlength=found.k),
            "silhouette": silhouettes.to_numpy(),
            "jaccard": found.resampled.jaccard[row, : found.k],
            "recovered": found.resampled.recovered[row, : found.k],
        }
    )


def _profiles(found: Found) -> pd.DataFrame:
    labels, names = found.labels[found.k - 1], found.scaled.names
    place = _places(found.features.order)
    parts = [
        pd.DataFrame(
            {
                "feature": names,
                "cluster": c + 1,
                "n": int((labels == c).sum()),
                "mean_z": found.scaled.z[labels == c].mean(axis=0),
                "leaf": place,
                "reason": "",
            }
        )
        for c in range(found.k)
    ]
    return pd.concat([*parts, _features_out(found.scaled.features_out)], ignore_index=True)


def _features_out(features: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "feature": list(features),
            "cluster": 0,
            "n": 0,
            "mean_z": np.nan,
            "leaf": -1,
            "reason": list(features.values()),
        }
    )


def _values(found: Found) -> pd.DataFrame:
    n, p = found.scaled.z.shape
    ids = pd.Categorical.from_codes(np.repeat(np.arange(n), p), found.scaled.ids.astype(str))
    names = pd.Categorical.from_codes(np.tile(np.arange(p), n), pd.Index(found.scaled.names))
    return pd.DataFrame(
        {"patient": ids, "feature": names, "z": found.scaled.z.reshape(-1).astype(np.float32)}
    )


def typed_frame(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the columns in order with one type each, also where there is no row."""
    types: dict[str, Any] = {
        **dict.fromkeys(("cluster", "leaf", "node", "left", "right", "size", "k", "n"), np.int64),
        **dict.fromkeys(("silhouette", "height", "jaccard", "recovered", "mean_z"), np.float64),
        **dict.fromkeys(CHOICE[3:], np.float64),
        "z": np.float32,
        "chosen": np.bool_,
    }
    kept = frame[list(columns)]
    if "z" in columns:
        for name in ("patient", "feature"):
            types[name] = "category"
    return kept.astype({name: types.get(name, object) for name in columns})
