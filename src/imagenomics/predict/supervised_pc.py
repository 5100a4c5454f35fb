"""Supervised principal component: the first component of the columns that go with the target most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from imagenomics.predict.elastic_net import WeightedSum
from imagenomics.predict.family import Part
from imagenomics.predict.penalised_path import solve_path
from imagenomics.predict.settings import SupervisedPcSettings
from imagenomics.prepare.base import FloatArray, null_residuals


@dataclass(frozen=True)
class SupervisedPc:
    """The family of supervised components over how many columns enter.

    Columns are ordered by their correlation with the target in the training part (with the martingale residuals of
    times to an event: their Cox score statistics); the first principal component of the leading ones is one number, on
    which a logistic, linear or Cox model stands, beside the columns of the baseline. The model is a weighted sum of
    the columns. A slight ridge keeps groups apart that do not overlap.

    Source
    ------
    Bair & Tibshirani 2004, PLoS Biology 2:e108.
    """

    options: SupervisedPcSettings
    probabilistic: bool = True

    def settings(self) -> list[dict[str, Any]]:
        """Return the grid: ``columns``."""
        return [{"columns": count} for count in self.options.columns]

    def grid_scores(self, part: Part, Z: FloatArray) -> FloatArray:
        """See :meth:`Family.grid_scores`."""
        return np.column_stack([self.refit(part, k).score(Z) for k in range(len(self.options.columns))])

    def refit(self, part: Part, setting: int) -> WeightedSum:
        """See :meth:`Family.refit`."""
        loadings = _component(part, self.options.columns[setting])
        light = np.flatnonzero(part.light)
        D = np.column_stack([part.Z @ loadings, part.Z[:, light]])
        if part.binary:
            model = LogisticRegression(C=self.options.slope_variance, tol=1e-8, max_iter=1000).fit(D, part.y)
            slopes, intercept = model.coef_.ravel(), float(model.intercept_[0])
        elif part.task == "survival":
            ridge = np.array([1.0 / (self.options.slope_variance * len(D))])
            path = solve_path(D, part.y, ridge, mix=0.0, loss="partial")
            slopes, intercept = path.coefficients[0], 0.0
        else:
            noise = 1.0 / self.options.slope_variance
            model = Ridge(alpha=noise, solver="cholesky").fit(D, part.y)
            slopes, intercept = model.coef_.ravel(), float(model.intercept_)
        weights = loadings * slopes[0]
        weights[light] += slopes[1:]
        return WeightedSum(weights, intercept, part.binary)


def _component(part: Part, count: int) -> FloatArray:
    """Return the weights (k,) of the component, of unit variance in the training part and rising with the target."""
    left = null_residuals(part.y, part.task)
    centred = part.Z - part.Z.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    likeness = np.where(part.light | (length == 0), 0.0, (left @ centred) / np.where(length > 0, length, 1.0))
    chosen = np.argsort(-np.abs(np.round(likeness, 12)), kind="stable")[:count]
    chosen = chosen[likeness[chosen] != 0.0]
    loadings = np.zeros(part.Z.shape[1])
    if chosen.size:
        _, sizes, rows = np.linalg.svd(centred[:, chosen], full_matrices=False)
        sign = 1.0 if rows[0] @ likeness[chosen] >= 0 else -1.0
        loadings[chosen] = sign * rows[0] * np.sqrt(len(centred)) / sizes[0]
    return loadings
