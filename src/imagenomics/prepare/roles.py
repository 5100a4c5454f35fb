"""Columns with a role: which they are, and how confounders become numbers as the training part has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import validate_data

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.prepare.base import FloatArray, IntArray, names_in

BoolArray = npt.NDArray[np.bool_]
ObjectArray = npt.NDArray[np.object_]
Column = str | int  # name, or position


@dataclass(frozen=True)
class Coding:
    """How role columns become centred numbers.

    Parameters
    ----------
    levels : tuple
        For each column its levels, sorted, or None for a column of numbers.
    centres : tuple of arrays
        Training mean of each number that a column became.
    """

    levels: tuple[tuple[Any, ...] | None, ...]
    centres: tuple[FloatArray, ...]

    def apply(self, columns: ObjectArray) -> tuple[FloatArray, BoolArray]:
        """Return ``columns`` (n, c) as numbers (n, q), and in which rows all of them were known.

        A missing value, or a level that the training part did not hold, stands at the training mean.
        """
        parts = [np.empty((len(columns), 0))]
        known = np.ones(len(columns), dtype=bool)
        for j, (levels, centre) in enumerate(zip(self.levels, self.centres, strict=True)):
            raw = _numbers(columns[:, [j]]) if levels is None else _dummies(columns[:, j], levels)
            known &= ~np.isnan(raw).any(axis=1)
            parts.append(np.where(np.isnan(raw), 0.0, raw - centre))
        return np.hstack(parts), known


def read_mixed(estimator: Any, X: Any, *, reset: bool, least_columns: int = 1) -> ObjectArray | FloatArray:
    """Return ``X`` (n, p), numbers and texts side by side, checked against the fit as scikit-learn does."""
    checked = validate_data(
        estimator,
        X,
        reset=reset,
        dtype=None,
        ensure_all_finite=False,
        ensure_min_features=least_columns,
    )
    return np.asarray(checked)


def as_numbers(values: Any) -> FloatArray:
    """Return feature columns as float64; text and infinities are refused as scikit-learn does."""
    if values.dtype == object:
        values = np.where(pd.isna(values), np.nan, values)
    found = np.ascontiguousarray(values, dtype=np.float64)
    assert_all_finite(found, allow_nan=True)
    return found


def find_columns(estimator: Any, wanted: Sequence[Column]) -> IntArray:
    """Return the positions of role columns among the columns of the fit.

    Raises
    ------
    InputError
        ``IGX-PREP-020``: a name or position that is not there, or the same column twice.
    """
    names = [str(n) for n in names_in(estimator, None)]
    where = type(estimator).__name__
    found: list[int] = []
    for column in wanted:
        if isinstance(column, str) and column not in names:
            raise unknown_name("IGX-PREP-020", "column", column, names, where=where)
        place = names.index(column) if isinstance(column, str) else int(column)
        if not 0 <= place < len(names) or place in found:
            raise InputError(
                "IGX-PREP-020",
                f"column {column!r} is given twice, or is not one of the {len(names)} columns",
                where=where,
                expected=f"names, or positions from 0 to {len(names) - 1}",
            )
        found.append(place)
    return np.asarray(found, dtype=np.int64)


def fit_coding(columns: ObjectArray, *, names: Sequence[str], where: str) -> Coding:
    """Learn how the role columns (n, c) of a training part become numbers.

    Raises
    ------
    InputError
        ``IGX-PREP-021``: a column mixes numbers and texts.
    """
    levels: list[tuple[Any, ...] | None] = []
    centres: list[FloatArray] = []
    for column, name in zip(columns.T, names, strict=True):
        present = [v for v in column if not pd.isna(v)]
        numeric = [isinstance(v, (int, float, np.number, np.bool_)) for v in present]
        if any(numeric) and not all(numeric):
            raise _mixed(name, [v for v, n in zip(present, numeric, strict=True) if not n], where)
        own = None if all(numeric) else tuple(sorted(set(present), key=str))
        raw = _numbers(column[:, None]) if own is None else _dummies(column, own)
        count = np.maximum((~np.isnan(raw)).sum(axis=0), 1)
        levels.append(own)
        centres.append(np.nansum(raw, axis=0) / count)
    return Coding(tuple(levels), tuple(centres))


def _numbers(column: Any) -> FloatArray:
    try:
        return np.where(pd.isna(column), np.nan, column).astype(np.float64)
    except (TypeError, ValueError):
        strange = [v for v in column.ravel() if isinstance(v, str)]
        raise _mixed("", strange, "transform") from None


def _dummies(column: Any, levels: tuple[Any, ...]) -> FloatArray:
    """Return a 0/1 column for each level but the first; NaN where the level is missing or unknown."""
    equal = column[:, None] == np.array(levels, dtype=object)[None, :]
    return np.where(equal.any(axis=1, keepdims=True), equal[:, 1:].astype(np.float64), np.nan)


def _mixed(name: str, strange: list[Any], where: str) -> InputError:
    return InputError(
        "IGX-PREP-021",
        f"column '{name}' holds numbers and also {short_list(map(repr, strange))}",
        where=where,
        expected="numbers only, or texts only",
        remedy="declare how the texts are to be read, or leave them missing",
    )
