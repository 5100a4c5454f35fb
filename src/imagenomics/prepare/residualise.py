"""What confounders explain linearly is taken out of the features, as the training part has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from imagenomics.prepare.base import FloatArray, FoldTransformer, IntArray, names_in
from imagenomics.prepare.patterns import least_squares, same_gaps
from imagenomics.prepare.roles import (
    BoolArray,
    Coding,
    Column,
    as_numbers,
    find_columns,
    fit_coding,
    read_mixed,
)


class Residualise(FoldTransformer):
    """Take out of each feature what age, scanner or head size explain of it, linearly.

    The coefficients are those of least squares in the training part; test patients are changed by the same
    coefficients. The training mean of a feature stays, so that it keeps its unit. Text confounders enter as
    one 0/1 number for each level beyond the first. A patient whose confounder is missing, or has a level that
    the training part did not hold, is treated as the average one.

    Parameters
    ----------
    confounds : sequence of str or int
        Columns, by name or position, that explain; they do not come out. None: nothing is taken out.

    Attributes
    ----------
    coefficients_ : array, (q, k)
        Change of each feature by one unit of each number that the confounders became.

    Assumes
    -------
    Confounders that are not consequences of what is to be predicted: else the signal goes with them.

    Source
    ------
    Snoek, Miletić & Scholte 2019, NeuroImage 184:741 (why it has to be done inside the fold).
    """

    confounds_: IntArray
    coding_: Coding
    coefficients_: FloatArray

    def __init__(self, confounds: Sequence[Column] | None = None) -> None:
        self.confounds = confounds

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn how the confounders explain the other columns of ``X`` (n, p).

        Raises
        ------
        InputError
            ``IGX-PREP-020``: a confounder is not among the columns; ``IGX-PREP-021``: one mixes numbers and texts.
        """
        wanted = list(self.confounds) if self.confounds is not None else []
        values = read_mixed(self, X, reset=True, least_columns=len(wanted) + 1)
        self.confounds_ = find_columns(self, wanted)
        self.kept_ = np.setdiff1d(np.arange(values.shape[1], dtype=np.int64), self.confounds_)
        role = values[:, self.confounds_].astype(object)
        names = [str(n) for n in names_in(self, None)[self.confounds_]]
        self.coding_ = fit_coding(role, names=names, where="Residualise")
        design, known = self.coding_.apply(role)
        self.coefficients_ = slopes(design, as_numbers(values[:, self.kept_]), known)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the features of ``X`` (n, p) without what the confounders explain (n, k)."""
        check_is_fitted(self)
        values = read_mixed(self, X, reset=False)
        design, _ = self.coding_.apply(values[:, self.confounds_].astype(object))
        return as_numbers(values[:, self.kept_]) - row_products(design, self.coefficients_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def slopes(design: FloatArray, features: FloatArray, known: BoolArray) -> FloatArray:
    """Return the least-squares coefficients (q, p), beside an intercept, over the known rows of each feature."""
    found = np.zeros((design.shape[1], features.shape[1]))
    if design.shape[1] == 0:
        return found
    for columns, rows in same_gaps(features, known):
        if rows.size > 1:
            D = design[rows] - design[rows].mean(axis=0)
            found[:, columns] = least_squares(D, features[np.ix_(rows, columns)])
    return found


def row_products(design: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Return the matrix product, summed so that a row's bits do not depend on the other rows."""
    found = np.zeros((design.shape[0], coefficients.shape[1]))
    for column, row in zip(design.T, coefficients, strict=True):
        found += column[:, None] * row[None, :]
    return found
