"""What a patient brings when it is more than a row of a table: voxels, frames, maps. One reader for all learners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from imagenomics.errors import InputError
from imagenomics.prepare.base import FloatArray


def read_bags(
    estimator: Any,
    X: Any,
    *,
    reset: bool,
    columns: int | None = None,
    kinds: tuple[str, str] = ("voxels", "sequences"),
) -> list[FloatArray]:
    """Return the complete rows of each patient.

    Parameters
    ----------
    estimator : estimator
        Who reads; of a plain table it remembers the columns, as scikit-learn asks.
    X : mapping, list, Series or frame of arrays, or table of numbers
        Patient to array, a list or an object Series of arrays, or a frame with one such column: each patient has an
        array (rows, columns), or None. A plain table of numbers (n, columns) is n patients of one row each.
    reset : bool
        True in ``fit``.
    columns : int, optional
        The number of columns that each array must have; without it, that of the first array with rows.
    kinds : (str, str)
        What rows and columns are, for messages.

    Returns
    -------
    list of arrays of float64
        In the order of ``X``. Rows in which a number is missing do not count; a patient without rows, or None, is an
        array without rows.

    Raises
    ------
    InputError
        ``IGX-PREP-027``: not an array of two dimensions, an infinite number, or other columns than the other patients.
    """
    listed = bags_in(X)
    if listed is None:
        plain = validate_data(estimator, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
        listed = list(plain[:, None, :])
    found = []
    for i, bag in enumerate(listed):
        values = read_bag(bag, columns=columns, kinds=kinds, where=f"patient {i}")
        columns = values.shape[1] if len(values) else columns
        found.append(values[~np.isnan(values).any(axis=1)])
    return [values if len(values) else np.empty((0, columns or 1)) for values in found]


def read_bag(
    bag: Any, *, columns: int | None, kinds: tuple[str, str] = ("voxels", "sequences"), where: str
) -> FloatArray:
    """Return the array (rows, columns) of one patient, NaN included; see :func:`read_bags`."""
    try:
        values = np.empty((0, columns or 1)) if bag is None else np.asarray(bag, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim == 2 and len(values) == 0:
        return np.empty((0, columns or 1))
    if values.ndim != 2 or np.isinf(values).any() or (columns is not None and values.shape[1] != columns):
        rows, across = kinds
        raise InputError(
            "IGX-PREP-027",
            f"{rows} of shape {values.shape} cannot be used",
            where=where,
            expected=f"an array ({rows}, {columns or across}) of finite numbers, NaN where one is missing",
            remedy=f"give all patients the same {across}, each a column",
        )
    return values


def bags_in(X: Any) -> Sequence[Any] | None:
    """Return the patients' arrays where ``X`` holds such; None for a plain table of numbers."""
    if isinstance(X, Mapping) and not hasattr(X, "shape"):  # a sparse matrix by keys is a dict, too
        return list(X.values())
    if isinstance(X, pd.Series):
        return list(X)
    if isinstance(X, pd.DataFrame):
        one = X.shape[1] == 1 and pd.api.types.is_object_dtype(X.dtypes.iloc[0])
        return list(X.iloc[:, 0]) if one else None
    if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1:
        X = list(X)
    if isinstance(X, (list, tuple)) and X and all(v is None or getattr(v, "ndim", 0) == 2 for v in X):
        return list(X)
    return None


def one_row_each(X: Any, *, columns: int | None = None) -> Any:
    """Return bags of one row each as a table (n, p), NaN where a patient has none; other ``X`` as it is.

    Raises
    ------
    InputError
        ``IGX-PREP-027``: a patient with several rows, and what :func:`read_bag` refuses.
    """
    listed = bags_in(X)
    if listed is None:
        return X
    kinds = ("rows", "columns")
    rows = []
    for i, bag in enumerate(listed):
        values = read_bag(bag, columns=columns, kinds=kinds, where=f"patient {i}")
        columns = values.shape[1] if len(values) else columns
        if len(values) > 1:
            raise InputError(
                "IGX-PREP-027",
                f"a patient has {len(values)} rows",
                where=f"patient {i}",
                expected="one row of numbers",
                remedy="this step takes one row for each patient: landmarks and intensities, or one map",
            )
        rows.append(values)
    return np.vstack([r if len(r) else np.full((1, columns or 1), np.nan) for r in rows])
