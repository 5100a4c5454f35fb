"""Missing values become the median of the training part."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from imagenomics.prepare.base import FloatArray, FoldTransformer, names_in, no_column


class MedianImputer(FoldTransformer):
    """Replace a missing value by the median of its column in the training part.

    Columns that are missing for every patient of the training part have no median; they are left out, and
    ``dropped_`` says which.

    Attributes
    ----------
    medians_ : array, (k,)
        Medians of the kept columns.
    dropped_ : list of str
        Names of the columns left out.
    """

    medians_: FloatArray
    dropped_: list[str]

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the medians of ``X`` (n, p).

        Raises
        ------
        InputError
            ``IGX-PREP-002``: every column is missing for all patients.
        """
        medians = column_medians(self._read(X, reset=True))
        self.kept_ = np.flatnonzero(~np.isnan(medians)).astype(np.int64)
        if self.kept_.size == 0:
            raise no_column("MedianImputer")
        self.medians_ = medians[self.kept_]
        names = names_in(self, None)
        self.dropped_ = [str(name) for name in names[np.isnan(medians)]]
        return self

    def _change(self, X: FloatArray) -> FloatArray:
        return np.where(np.isnan(X), self.medians_, X)


def column_medians(X: FloatArray) -> FloatArray:
    """Return the median of each column of ``X`` (n, p) over its known values; NaN where there is none."""
    ordered = np.sort(np.ascontiguousarray(X.T), axis=1)  # NaN sorts to the end
    known = X.shape[0] - np.isnan(ordered).sum(axis=1)
    rows = np.arange(ordered.shape[0])
    low = ordered[rows, np.maximum((known - 1) // 2, 0)]
    high = ordered[rows, np.minimum(known // 2, X.shape[0] - 1)]
    # 0.5 * low + 0.5 * high cannot overflow; equal values stay exactly equal.
    return np.where(known == 0, np.nan, 0.5 * low + 0.5 * high)
