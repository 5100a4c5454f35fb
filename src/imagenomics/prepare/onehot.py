"""Categorical columns as one 0/1 column for each level."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from imagenomics.prepare.base import FloatArray, names_in


class OneHot(TransformerMixin, BaseEstimator):
    """Say which of the levels seen in the training part a patient has.

    For clinical columns such as sex or site. Every level has its column, named ``column=level``. A level
    that the training part did not hold (a new site), or a missing value, is 0 in all columns of its
    variable: the model then says what it says of an average patient.

    Attributes
    ----------
    levels_ : list of list
        Levels of each input column, sorted as text.
    """

    levels_: list[list[Any]]

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the levels of ``X`` (n, p)."""
        values = self._read(X, reset=True)
        self.levels_ = [
            sorted({v for v in values[:, j] if not _missing(v)}, key=lambda v: (str(v), type(v).__name__))
            for j in range(values.shape[1])
        ]
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the 0/1 columns (n, number of levels) of ``X`` (n, p)."""
        check_is_fitted(self)
        values = self._read(X, reset=False)
        parts = [
            (values[:, [j]] == np.array(levels, dtype=object)[None, :])
            .astype(np.float64)
            .reshape(-1, len(levels))
            for j, levels in enumerate(self.levels_)
        ]
        return np.hstack(parts)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return ``column=level`` for each output column."""
        check_is_fitted(self)
        names = names_in(self, input_features)
        return np.asarray(
            [f"{name}={level}" for name, levels in zip(names, self.levels_, strict=True) for level in levels],
            dtype=object,
        )

    def _read(self, X: Any, *, reset: bool) -> npt.NDArray[np.object_]:
        checked = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)
        return np.asarray(checked, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value != value  # NaN differs from itself
