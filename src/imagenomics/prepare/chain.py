"""The whole preparation of a training part on plain arrays: impute, standardise, filter, select.

The same numbers as the four transformers in a scikit-learn pipeline (a test holds them together), without
checking and copying between the steps: a null distribution refits this thousands of times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.prepare.base import FloatArray, IntArray, Task, no_column
from imagenomics.prepare.fold_columns import FoldColumns, Matrix, fold_columns
from imagenomics.prepare.redundancy import independent, unit_columns
from imagenomics.prepare.select import association, strongest
from imagenomics.prepare.settings import PrepareSettings


@dataclass(frozen=True)
class Chain:
    """A fitted preparation: which columns (k,) stay, and median, mean and standard deviation of each."""

    columns: IntArray
    fill: FloatArray
    centre: FloatArray
    scale: FloatArray

    def apply(self, values: FloatArray) -> FloatArray:
        """Return ``values`` (n, p) as standardised columns (n, k) without missing values."""
        part = np.take(
            values, self.columns, axis=1
        )  # C-ordered, so that sums over a row are the same in any company
        return (np.where(np.isnan(part), self.fill, part) - self.centre) / self.scale


def fit_chain(
    matrix: Matrix,
    rows: IntArray,
    y: FloatArray,
    *,
    settings: PrepareSettings,
    task: Task,
    protected: npt.NDArray[np.bool_],
) -> Chain:
    """Fit the preparation on the training part made of some rows of a matrix.

    Parameters
    ----------
    matrix : Matrix
        All rows, presorted; only ``rows`` are used.
    rows : array of int, (m,)
        The training part.
    y : array, (m,)
        Targets of the training part.
    settings : PrepareSettings
        Thresholds.
    task : {"binary", "continuous", "survival"}
        Kind of the target.
    protected : array of bool, (p,)
        Columns that bypass filter and selection (they are left out only where constant or wholly missing).

    Raises
    ------
    InputError
        ``IGX-PREP-002``: no column varies in the training part.
    """
    facts = fold_columns(matrix, rows)
    free = facts.usable & ~protected
    if settings.redundancy is not None and settings.redundancy < 1.0:
        directions = unit_columns(matrix, rows, facts, method=settings.correlation)
        free = _mask(independent(directions, free, threshold=settings.redundancy), free.size)
    if settings.select is not None and int(free.sum()) > settings.select:
        free = _top(facts, y, free, k=settings.select, task=task)
    columns = np.flatnonzero(free | (facts.usable & protected)).astype(np.int64)
    if columns.size == 0:
        raise no_column(f"training part of {rows.size} patients")
    return Chain(columns, facts.median[columns], facts.mean[columns], facts.spread[columns])


def _top(
    facts: FoldColumns, y: FloatArray, free: npt.NDArray[np.bool_], *, k: int, task: Task
) -> npt.NDArray[np.bool_]:
    scores = np.where(free, association(facts, y, task=task), -1.0)
    return _mask(strongest(scores, k), free.size)


def _mask(positions: IntArray, size: int) -> npt.NDArray[np.bool_]:
    mask = np.zeros(size, dtype=np.bool_)
    mask[positions] = True
    return mask
