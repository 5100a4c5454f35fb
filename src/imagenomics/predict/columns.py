"""From a table as users have it to the matrix of a model: text becomes 0/1 columns, names are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.prepare.base import FloatArray
from imagenomics.prepare.onehot import OneHot


@dataclass(frozen=True)
class Layout:
    """How the columns of a table become a matrix: numbers first, then a 0/1 column for each level."""

    numeric: tuple[Any, ...]
    text: tuple[Any, ...]
    levels: OneHot | None
    baseline: npt.NDArray[np.bool_]  # (p,) of the matrix
    names: tuple[str, ...]  # (p,)

    def matrix(self, X: Any) -> FloatArray:
        """Return the numeric matrix (n, p) of a table with these columns."""
        if not isinstance(X, pd.DataFrame):
            return np.ascontiguousarray(X, dtype=np.float64)
        numbers = X.loc[:, list(self.numeric)] if self.text else X
        values = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        _check_finite(values, self.numeric)
        if self.levels is None:
            return np.ascontiguousarray(values)
        return np.hstack([values, self.levels.transform(X.loc[:, list(self.text)])])


def read_layout(X: Any, *, baseline: Iterable[Any]) -> Layout:
    """Learn which columns of the training table are numbers, text, and part of the baseline.

    Parameters
    ----------
    X : DataFrame or array, (n, columns)
        Numbers with NaN; in a frame also text (or categories) with None.
    baseline : iterable
        Names (positions, for an array) of the baseline columns.

    Raises
    ------
    InputError
        ``IGX-PRED-003``: a baseline column that the table does not have; ``IGX-PRED-005``: a text column
        with almost as many levels as patients, or infinite values.
    """
    wanted = list(baseline)
    if not isinstance(X, pd.DataFrame):
        places = list(range(X.shape[1]))
        _check_baseline(wanted, places)
        chosen = np.array([i in wanted for i in places], dtype=np.bool_)
        return Layout(tuple(places), (), None, chosen, tuple(f"x{i}" for i in places))
    _check_baseline(wanted, X.columns)
    columns, kinds = X.columns.tolist(), list(X.dtypes)
    number = {kind: pd.api.types.is_numeric_dtype(kind) for kind in set(kinds)}
    numeric = tuple(c for c, kind in zip(columns, kinds, strict=True) if number[kind])
    text = tuple(c for c, kind in zip(columns, kinds, strict=True) if not number[kind])
    encoder = _levels(X.loc[:, list(text)]) if text else None
    mask = [c in wanted for c in numeric]
    names = [str(c) for c in numeric]
    if encoder is not None:
        mask += [c in wanted for c, levels in zip(text, encoder.levels_, strict=True) for _ in levels]
        names += [str(name) for name in encoder.get_feature_names_out()]
    return Layout(numeric, text, encoder, np.array(mask, dtype=np.bool_), tuple(names))


def _levels(part: pd.DataFrame) -> OneHot:
    encoder = OneHot().fit(part)
    for column, levels in zip(part.columns, encoder.levels_, strict=True):
        if len(levels) > 10 and 2 * len(levels) > len(part):
            raise InputError(
                "IGX-PRED-005",
                f"text column with {len(levels)} different values in {len(part)} patients",
                where=f"column '{column}'",
                expected="numbers, or a few levels",
                remedy="leave the column out (an id?), or read it as numbers",
            )
    return encoder


def _check_finite(values: FloatArray, names: tuple[Any, ...]) -> None:
    if np.isinf(values).any():
        bad = [name for name, column in zip(names, values.T, strict=True) if np.isinf(column).any()]
        raise InputError(
            "IGX-PRED-005",
            "infinite values",
            where=f"columns {short_list(bad)}",
            expected="finite numbers or missing values",
            remedy="make them missing, or look for a division by zero where the columns were made",
        )


def _check_baseline(wanted: list[Any], names: Any) -> None:
    for name in wanted:
        if name not in names:
            raise unknown_name("IGX-PRED-003", "baseline column", str(name), [str(n) for n in names])
