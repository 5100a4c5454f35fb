"""Families that scikit-learn fits: how one of its estimators becomes a fitted model of this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imagenomics.prepare.base import FloatArray


@dataclass(frozen=True)
class Outside:
    """A fitted scikit-learn estimator and how its score is read; ``stretch`` (k,) multiplies the columns."""

    estimator: Any
    binary: bool
    stretch: FloatArray | None = None
    weights: FloatArray | None = None

    def score(self, Z: FloatArray) -> FloatArray:
        """Return probabilities, or decision values where there are none, or predicted numbers."""
        return raw_scores(self.estimator, Z if self.stretch is None else Z * self.stretch, binary=self.binary)


def raw_scores(estimator: Any, Z: FloatArray, *, binary: bool) -> FloatArray:
    """Score ``Z`` (n, k) with a fitted scikit-learn estimator."""
    if not binary:
        return estimator.predict(Z)
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(Z)[:, 1]
    return estimator.decision_function(Z)
