"""The small base of all fold transformers: which columns stay, and what is done to them."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from imagenomics.errors import InputError
from imagenomics.stats.risk_sets import RiskSets

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
# What is predicted: classes 0/1, numbers, or times to an event, signed (stats/signed_times.py).
Task = Literal["binary", "continuous", "survival"]


class FoldTransformer(TransformerMixin, BaseEstimator):
    """Keep some numeric columns and perhaps change them; frames and arrays with NaN are accepted.

    Attributes
    ----------
    kept_ : array of int, (k,)
        Positions of the columns that stay, in their order.
    """

    kept_: IntArray
    _least_rows = 1

    def _read(self, X: Any, *, reset: bool) -> FloatArray:
        return validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            ensure_min_samples=self._least_rows if reset else 1,
        )

    def _change(self, X: FloatArray) -> FloatArray:
        """Return the kept columns ``X`` (n, k) as they leave the transformer."""
        return X

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from the training part only."""
        raise NotImplementedError

    def transform(self, X: Any) -> FloatArray:
        """Return the kept columns of ``X`` (n, p) as an array (n, k)."""
        check_is_fitted(self)
        return self._change(self._read(X, reset=False)[:, self.kept_])

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return the names of the kept columns."""
        check_is_fitted(self)
        return names_in(self, input_features)[self.kept_]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def names_in(estimator: Any, given: Any) -> npt.NDArray[np.object_]:
    """Return the input column names of a fitted estimator: its own, the given ones, or ``x0, x1, ...``.

    Raises
    ------
    InputError
        ``IGX-PREP-001``: the given names are not those of the fit.
    """
    own = getattr(estimator, "feature_names_in_", None)
    if given is None:
        if own is not None:
            return np.asarray(own, dtype=object)
        return np.asarray([f"x{i}" for i in range(estimator.n_features_in_)], dtype=object)
    names = np.asarray(given, dtype=object)
    if names.size != estimator.n_features_in_ or (own is not None and list(names) != list(own)):
        raise InputError(
            "IGX-PREP-001",
            "the given column names are not those of the fit: input_features is not equal to "
            f"feature_names_in_; "
            f"input_features should have length equal to {estimator.n_features_in_}, got {names.size}",
            remedy="leave input_features out",
        )
    return names


NO_COLUMN = "IGX-PREP-002"


def no_column(where: str) -> InputError:
    """Build the message for a training part in which no column can be used (``IGX-PREP-002``)."""
    return InputError(
        NO_COLUMN,
        "no column can be used: in this training part each is missing, or the same, for all patients",
        where=where,
        remedy="look at the feature table: were the images read and the features extracted?",
    )


def bad_parameter(what: str, *, where: str, expected: str) -> InputError:
    """Build the message for a parameter outside its range (``IGX-PREP-003``)."""
    return InputError("IGX-PREP-003", what, where=where, expected=expected)


def null_residuals(y: FloatArray, task: Task) -> FloatArray:
    """Return what a model without columns leaves of a target (n,): differences from the mean, martingale residuals."""
    return RiskSets.of(y).residuals() if task == "survival" else y - y.mean()
