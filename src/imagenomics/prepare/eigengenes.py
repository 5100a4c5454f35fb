"""The one number that a group of genes is for a patient: its first principal component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imagenomics.prepare.base import FloatArray, IntArray


@dataclass(frozen=True)
class GeneStandard:
    """Mean and spread of each gene (p,) in the patients who were seen; a spread of 0 is that of a constant gene."""

    centre: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, values: FloatArray) -> GeneStandard:
        """Learn them from ``values`` (n, p), NaN for missing."""
        seen = ~np.isnan(values)
        n = np.maximum(seen.sum(axis=0), 1)
        centre = np.where(seen, values, 0.0).sum(axis=0) / n
        left = np.where(seen, values - centre, 0.0)
        scale = np.sqrt((left**2).sum(axis=0) / np.maximum(n - 1, 1))
        size = np.where(seen, np.abs(values), 0.0).max(axis=0, initial=0.0)
        return cls(centre, np.where(scale > 1e-10 * size, scale, 0.0))

    def apply(self, values: FloatArray) -> FloatArray:
        """Return z scores (n, p); 0 where a value is missing or the gene is constant."""
        part = (values - self.centre) / np.where(self.scale > 0, self.scale, 1.0)
        return np.where(np.isnan(part) | (self.scale == 0), 0.0, part)


def first_component(part: FloatArray) -> FloatArray:
    """Return the weights (m,) of the first principal component of standardised genes ``part`` (n, m).

    They rise with the genes, and give it a variance of one.
    """
    _, values, rows = np.linalg.svd(part, full_matrices=False)
    direction = rows[0] * (1.0 if rows[0].sum() >= 0 else -1.0)
    return np.asarray(direction * np.sqrt(max(len(part) - 1, 1)) / max(values[0], 1e-12))


def eigengenes(standard: FloatArray, groups: Sequence[IntArray]) -> FloatArray:
    """Return the eigengene of each group (n, K), from z scores ``standard`` (n, p) and the places of its genes."""
    parts = [standard[:, places] for places in groups]
    return np.column_stack([part @ first_component(part) for part in parts])
