"""Module networks: for each module a small tree whose splits are imaging phenotypes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.design import complete_rows, make_design, orthonormal
from imagenomics.associate.sides import read_side
from imagenomics.associate.strata import read_strata
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
COLUMNS = (
    "analysis",
    "module",
    "node",
    "parent",
    "side",
    "n",
    "mean",
    "feature",
    "threshold",
    "explained",
    "p",
    "status",
)


@dataclass(frozen=True)
class TreeRules:
    """When a tree splits.

    Parameters
    ----------
    depth : int
        Most splits from the root to a leaf.
    min_leaf : int
        Fewest patients of a leaf.
    permutations : int
        Draws of the null of a split; more for many modules, where fewer could not pass.
    alpha : float
        Divided by the number of modules, p at which a node splits; p holds for the search over all phenotypes and
        thresholds of one node.
    """

    depth: int = 2
    min_leaf: int = 8
    permutations: int = 999
    alpha: float = 0.05


def grow_trees(
    scores: PatientTable,
    phenotypes: PatientTable,
    *,
    rules: TreeRules,
    analysis: str,
    seed: int,
    covariates: PatientTable | None = None,
    strata: pd.Series | None = None,
) -> pd.DataFrame:
    """Grow one tree for each module, its splits being phenotypes that divide the patients by the module's activity.

    A node tries every threshold of every phenotype and keeps the split that explains most of the module's variance.
    The split stays when chance, patients permuted within strata, explains as much in few of the draws (``TreeRules``);
    each draw searches all phenotypes and thresholds again.

    Parameters
    ----------
    scores : PatientTable
        Modules by patient.
    phenotypes : PatientTable
        Continuous, ordinal or binary. A missing value goes with the lower side, which holds for the draws as well.
    rules : TreeRules
    analysis : str
    seed : int
    covariates : PatientTable, optional
        Taken out of the modules first; patients without them are left out.
    strata : Series, optional

    Returns
    -------
    DataFrame
        One row for each node (``COLUMNS``): its patients and their mean; the phenotype and threshold of the best split
        (lower side: at most the threshold), the share of the node's variance it explains and p. ``status``: ``split``,
        ``leaf`` (the best split is not beyond chance) or ``too small``.

    Source
    ------
    Segal et al. 2003, Nature Genetics 34:166, and 2007, Nature Biotechnology 25:675 (traits of pictures as splits);
    Hothorn, Hornik & Zeileis 2006, JCGS 15:651 (permutation decides when to stop).
    """
    ids = scores.values.index.intersection(phenotypes.values.index).sort_values()
    X = phenotypes.values.reindex(ids).to_numpy(dtype=np.float64, na_value=np.nan)
    groups = read_strata(strata, ids)
    keep, basis = np.ones(len(ids), dtype=np.bool_), np.empty((len(ids), 0))
    if covariates is not None and len(covariates.columns):
        adjust = read_side(covariates, ids, what="covariates")
        keep = complete_rows(adjust)
        design = make_design(adjust.rows(keep), int(keep.sum())).basis
        basis = np.zeros((len(ids), design.shape[1]))
        basis[keep] = design
    names = [str(c) for c in phenotypes.values.columns]
    rows: list[dict[str, object]] = []
    for module in scores.values.columns:
        y = scores.values[module].reindex(ids).to_numpy(dtype=np.float64, copy=True)
        known = np.flatnonzero(~np.isnan(y) & keep)
        own = orthonormal(basis[known]) if basis.shape[1] else basis[known]
        y[known] -= own @ (own.T @ y[known])
        tree = _Tree(X, y, groups, rules, (seed, analysis, str(module)), scores.values.shape[1])
        for row in tree.grow(known):
            feature = "" if row["feature"] is None else names[int(str(row["feature"]))]
            rows.append(row | {"analysis": analysis, "module": str(module), "feature": feature})
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Tree:
    X: FloatArray
    y: FloatArray
    strata: IntArray
    rules: TreeRules
    stream: tuple[int, str, str]
    modules: int

    def grow(self, root: IntArray) -> Iterator[dict[str, object]]:
        """Yield the nodes, parents before children."""
        waiting: list[tuple[IntArray, int, str, int]] = [(root, 0, "", 0)]
        number = 0
        while waiting:
            rows, parent, side, depth = waiting.pop(0)
            number += 1
            node: dict[str, object] = {
                "node": number,
                "parent": parent,
                "side": side,
                "n": len(rows),
                "mean": float(self.y[rows].mean()) if len(rows) else np.nan,
                "feature": None,
                "threshold": np.nan,
                "explained": np.nan,
                "p": np.nan,
                "status": "too small",
            }
            if len(rows) >= 2 * self.rules.min_leaf and np.ptp(self.y[rows]) > 0 and depth < self.rules.depth:
                alpha = self.rules.alpha / self.modules
                draws = max(self.rules.permutations, int(np.ceil(2.0 / alpha)))  # enough to pass at all
                feature, threshold, explained, p = self._split(rows, number, draws)
                passes = p <= alpha
                node |= {"feature": feature, "threshold": threshold, "explained": explained, "p": p}
                node["status"] = "split" if passes else "leaf"
                if passes and feature is not None:
                    low = ~(self.X[rows, feature] > threshold)
                    waiting += [
                        (rows[low], number, "low", depth + 1),
                        (rows[~low], number, "high", depth + 1),
                    ]
            elif depth >= self.rules.depth:
                node["status"] = "leaf"
            yield node

    def _split(self, rows: IntArray, number: int, draws: int) -> tuple[int | None, float, float, float]:
        """Return phenotype, threshold, share of variance explained, and p of the best split of a node."""
        X, y = self.X[rows], self.y[rows] - self.y[rows].mean()
        search = _Search.of(X, self.rules.min_leaf)
        explained, place = search.best(y[None])
        if place[0] < 0:
            return None, np.nan, np.nan, 1.0
        seed, analysis, module = self.stream
        random = generator(seed, "module network", analysis, module, number)
        orders = np.tile(np.arange(len(y)), (draws, 1))
        for stratum in np.unique(self.strata[rows]):
            members = np.flatnonzero(self.strata[rows] == stratum)
            orders[:, members] = random.permuted(orders[:, members], axis=1)
        null, _ = search.best(y[orders])
        p = (1.0 + (null >= explained[0] - 1e-9).sum()) / (draws + 1.0)
        feature, threshold = search.where(int(place[0]))
        return feature, threshold, float(explained[0]), float(p)


@dataclass(frozen=True)
class _Search:
    """All thresholds of all phenotypes in one node, as lists of rows ordered by each phenotype."""

    orders: IntArray  # (F, n)
    features: IntArray  # (S,) of each candidate split
    sizes: IntArray  # (S,) patients at or below its threshold
    thresholds: FloatArray  # (S,)

    @classmethod
    def of(cls, X: FloatArray, min_leaf: int) -> _Search:
        filled = np.where(np.isnan(X), -np.inf, X)
        orders = np.argsort(filled, axis=0, kind="stable").T
        features, sizes, thresholds = [], [], []
        n = len(X)
        for f, order in enumerate(orders):
            values = filled[order, f]
            ends = np.flatnonzero(values[1:] > values[:-1]) + 1  # patients below each change of value
            ends = ends[(ends >= min_leaf) & (ends <= n - min_leaf)]
            features += [f] * len(ends)
            sizes += ends.tolist()
            below, above = values[ends - 1], values[ends]
            thresholds += np.where(
                np.isinf(below), above - 1e-9 * np.abs(above), (below + above) / 2
            ).tolist()
        return cls(
            orders.astype(np.int64),
            np.array(features, dtype=np.int64),
            np.array(sizes, dtype=np.int64),
            np.array(thresholds, dtype=np.float64),
        )

    def best(self, y: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return for centred responses ``y`` (B, n) the largest share explained, and by which split (-1: none)."""
        B, n = y.shape
        most, place = np.zeros(B), np.full(B, -1, dtype=np.int64)
        total = (y**2).sum(axis=1)
        for f in np.unique(self.features):
            own = np.flatnonzero(self.features == f)
            below = np.cumsum(y[:, self.orders[f]], axis=1)[:, self.sizes[own] - 1]
            gain = below**2 * n / (self.sizes[own] * (n - self.sizes[own])) / total[:, None]
            top = np.argmax(gain, axis=1)
            value = gain[np.arange(B), top]
            better = value > most
            most, place = np.where(better, value, most), np.where(better, own[top], place)
        return most, place

    def where(self, place: int) -> tuple[int, float]:
        """Return phenotype and threshold of a split."""
        return int(self.features[place]), float(self.thresholds[place])
