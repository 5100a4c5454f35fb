"""Elastic net: logistic regression for classes, linear regression for numbers, Cox regression for times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from imagenomics.predict.family import Part
from imagenomics.predict.penalised_path import Loss, Path, largest_lambda, solve_path
from imagenomics.predict.settings import ElasticNetSettings
from imagenomics.prepare.base import FloatArray, Task

LOSSES: dict[Task, Loss] = {"binary": "logistic", "continuous": "squared", "survival": "partial"}


@dataclass(frozen=True)
class WeightedSum:
    """Weights (k,) of the standardised columns and an intercept."""

    weights: FloatArray
    intercept: float
    binary: bool

    def score(self, Z: FloatArray) -> FloatArray:
        """Return probabilities of the positive class, predicted numbers or log hazards, for ``Z`` (n, k)."""
        # A matrix product would round a row differently in other company.
        eta = (Z * self.weights).sum(axis=1) + self.intercept
        return expit(eta) if self.binary else eta


@dataclass(frozen=True)
class ElasticNet:
    """The family of elastic nets over shares of the absolute penalty and a path of penalties.

    A penalty is named by its share of the largest one, which is found anew in every training part: the same
    share means the same amount of shrinkage in an inner fold and in the whole training part. The strongest
    penalty comes first in the grid.
    """

    options: ElasticNetSettings
    baseline_penalty: float
    probabilistic: bool = True

    def settings(self) -> list[dict[str, Any]]:
        """Return the grid: ``l1_ratio`` and the step of the path."""
        steps = range(self.options.n_lambdas)
        return [{"l1_ratio": mix, "step": step} for mix in self.options.l1_ratios for step in steps]

    def grid_scores(self, part: Part, Z: FloatArray) -> FloatArray:
        """See :meth:`Family.grid_scores`."""
        steps = self.options.n_lambdas
        parts = []
        for mix in self.options.l1_ratios:
            path = self._path(part, mix, steps)
            parts.append(Z @ path.coefficients.T + path.intercepts)
        eta = np.hstack(parts)
        return expit(eta) if part.binary else eta

    def refit(self, part: Part, setting: int) -> WeightedSum:
        """See :meth:`Family.refit`."""
        place, step = divmod(setting, self.options.n_lambdas)
        path = self._path(part, self.options.l1_ratios[place], step + 1)
        return WeightedSum(path.coefficients[-1].copy(), float(path.intercepts[-1]), part.binary)

    def _path(self, part: Part, mix: float, steps: int) -> Path:
        factor = np.where(part.light, self.baseline_penalty, 1.0)
        ratio = self.options.lambda_ratio if part.many else self.options.lambda_ratio_few
        shares = np.exp(np.linspace(0.0, np.log(ratio), self.options.n_lambdas))[:steps]
        loss = LOSSES[part.task]
        largest = largest_lambda(part.Z, part.y, mix=mix, factor=factor, loss=loss)
        return solve_path(part.Z, part.y, largest * shares, mix=mix, loss=loss, factor=factor)
