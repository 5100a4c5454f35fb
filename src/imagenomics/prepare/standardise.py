"""Columns with mean 0 and standard deviation 1 in the training part."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from imagenomics.prepare.base import FloatArray, FoldTransformer

# A spread this small beside the mean is rounding, not information.
ROUNDING = 10.0 * float(np.finfo(np.float64).eps)


class Standardiser(FoldTransformer):
    """Say how far a value is from the training mean, in standard deviations.

    Missing values stay missing and do not count. A column that is constant in the training part is kept and
    becomes 0 for the training mean (its scale is 1), so that the columns do not depend on the fold;
    :class:`RedundancyFilter` leaves constant columns out.

    Attributes
    ----------
    means_, scales_ : array, (p,)
        Training mean and standard deviation (denominator n); scale 1 for constant columns.
    """

    means_: FloatArray
    scales_: FloatArray

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn mean and spread of ``X`` (n, p)."""
        values = self._read(X, reset=True)
        self.kept_ = np.arange(values.shape[1], dtype=np.int64)
        known = ~np.isnan(values)
        count = np.maximum(known.sum(axis=0), 1)
        self.means_ = np.where(known, values, 0.0).sum(axis=0) / count
        deviation = np.where(known, values - self.means_, 0.0)
        spread = np.sqrt((deviation**2).sum(axis=0) / count)
        self.scales_ = np.where(spread > ROUNDING * np.abs(self.means_), spread, 1.0)
        return self

    def _change(self, X: FloatArray) -> FloatArray:
        return (X - self.means_) / self.scales_
