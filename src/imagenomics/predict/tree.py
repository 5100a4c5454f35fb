"""One small decision tree, for classes or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from imagenomics.predict.family import Part
from imagenomics.predict.outside import Outside
from imagenomics.predict.settings import TreeSettings
from imagenomics.prepare.base import FloatArray


@dataclass(frozen=True)
class DecisionTree:
    """The family of trees over the number of their leaves; two leaves are one cut of one feature.

    Source
    ------
    Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees; leaves are grown best first.
    """

    options: TreeSettings
    seed: int
    probabilistic: bool = True

    def settings(self) -> list[dict[str, Any]]:
        """Return the grid: ``leaves``."""
        return [{"leaves": leaves} for leaves in self.options.leaves]

    def grid_scores(self, part: Part, Z: FloatArray) -> FloatArray:
        """See :meth:`Family.grid_scores`."""
        return np.column_stack([self.refit(part, k).score(Z) for k in range(len(self.options.leaves))])

    def refit(self, part: Part, setting: int) -> Outside:
        """See :meth:`Family.refit`."""
        kind = DecisionTreeClassifier if part.binary else DecisionTreeRegressor
        tree = kind(
            max_leaf_nodes=self.options.leaves[setting],
            min_samples_leaf=self.options.min_leaf,
            random_state=self.seed,
        )
        return Outside(tree.fit(part.Z, part.y), part.binary)
