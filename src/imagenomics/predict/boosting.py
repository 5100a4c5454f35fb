"""Gradient boosting of small trees, for classes or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from imagenomics.predict.family import Part
from imagenomics.predict.outside import Outside
from imagenomics.predict.settings import BoostingSettings
from imagenomics.prepare.base import FloatArray


@dataclass(frozen=True)
class Boosting:
    """The family of boosted trees over their number; one fit serves the whole grid."""

    options: BoostingSettings
    seed: int
    probabilistic: bool = True

    def settings(self) -> list[dict[str, Any]]:
        """Return the grid: ``n_estimators``."""
        return [{"n_estimators": trees} for trees in self.options.trees]

    def grid_scores(self, part: Part, Z: FloatArray) -> FloatArray:
        """See :meth:`Family.grid_scores`."""
        model = self._fit(part, max(self.options.trees))
        stages = model.staged_predict_proba(Z) if part.binary else model.staged_predict(Z)
        wanted = {trees: place for place, trees in enumerate(self.options.trees)}
        scores = np.empty((Z.shape[0], len(wanted)))
        for trees, stage in enumerate(stages, start=1):
            if trees in wanted:
                scores[:, wanted[trees]] = stage[:, 1] if part.binary else stage
        return scores

    def refit(self, part: Part, setting: int) -> Outside:
        """See :meth:`Family.refit`."""
        return Outside(self._fit(part, self.options.trees[setting]), part.binary)

    def _fit(self, part: Part, trees: int) -> Any:
        kind = GradientBoostingClassifier if part.binary else GradientBoostingRegressor
        model = kind(
            n_estimators=trees,
            learning_rate=self.options.learning_rate,
            max_depth=self.options.depth,
            max_features="sqrt",
            random_state=self.seed,
        )
        return model.fit(part.Z, part.y)
