"""Linear support vector machine, for classes or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.svm import SVC, SVR

from imagenomics.predict.family import Part
from imagenomics.predict.outside import Outside
from imagenomics.predict.settings import SvmSettings
from imagenomics.prepare.base import FloatArray


@dataclass(frozen=True)
class LinearSvm:
    """The family of linear support vector machines over C.

    Its scores are distances, not probabilities. Lightly penalised columns are stretched: the same
    coefficient then costs less.
    """

    options: SvmSettings
    baseline_penalty: float
    probabilistic: bool = False

    def settings(self) -> list[dict[str, Any]]:
        """Return the grid: ``C``."""
        return [{"C": cost} for cost in self.options.costs]

    def grid_scores(self, part: Part, Z: FloatArray) -> FloatArray:
        """See :meth:`Family.grid_scores`."""
        columns = [self.refit(part, k).score(Z) for k in range(len(self.options.costs))]
        return np.column_stack(columns)

    def refit(self, part: Part, setting: int) -> Outside:
        """See :meth:`Family.refit`."""
        stretch = np.where(part.light, self.baseline_penalty**-0.5, 1.0)
        cost = self.options.costs[setting]
        if part.binary:
            machine = SVC(C=cost, kernel="linear", max_iter=1_000_000)
        else:
            machine = SVR(C=cost * float(part.y.std() or 1.0), kernel="linear", max_iter=1_000_000)
        machine.fit(part.Z * stretch, part.y)
        return Outside(machine, part.binary, stretch, machine.coef_.ravel() * stretch)
