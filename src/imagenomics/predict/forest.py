"""Random forest, for classes or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from imagenomics.predict.family import Part
from imagenomics.predict.outside import Outside
from imagenomics.predict.settings import ForestSettings
from imagenomics.prepare.base import FloatArray


@dataclass(frozen=True)
class RandomForest:
    """The family of random forests over the smallest leaf."""

    options: ForestSettings
    seed: int
    probabilistic: bool = True

    def settings(self) -> list[dict[str, Any]]:
        """Return the grid: ``min_samples_leaf``."""
        return [{"min_samples_leaf": leaf} for leaf in self.options.leaves]

    def grid_scores(self, part: Part, Z: FloatArray) -> FloatArray:
        """See :meth:`Family.grid_scores`."""
        columns = [self.refit(part, k).score(Z) for k in range(len(self.options.leaves))]
        return np.column_stack(columns)

    def refit(self, part: Part, setting: int) -> Outside:
        """See :meth:`Family.refit`."""
        kind = RandomForestClassifier if part.binary else RandomForestRegressor
        forest = kind(
            n_estimators=self.options.trees,
            min_samples_leaf=self.options.leaves[setting],
            max_features="sqrt" if part.binary else 1.0 / 3.0,
            random_state=self.seed,
            n_jobs=1,
        )
        return Outside(forest.fit(part.Z, part.y), part.binary)
