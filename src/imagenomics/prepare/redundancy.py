"""Columns that say the same as an earlier one are left out."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.errors import unknown_name
from imagenomics.prepare.base import FloatArray, FoldTransformer, IntArray, bad_parameter, no_column
from imagenomics.prepare.fold_columns import FoldColumns, Matrix, fold_columns, presort

CORRELATIONS = ("spearman", "pearson")
BLOCK = 128  # columns compared at once: what an earlier block leaves out need not be compared again


class RedundancyFilter(FoldTransformer):
    """Leave out columns that repeat an earlier one.

    Greedy in column order: a column stays unless its absolute correlation with a column that already stays
    exceeds the threshold, so of two equal columns the first in order is kept. Columns that are constant in
    the training part are left out. Missing values stand at the training median while correlations are
    computed; they stay missing in the output.

    Parameters
    ----------
    threshold : float
        Largest absolute correlation allowed between two kept columns; 1 leaves out constant columns only.
    method : {"spearman", "pearson"}
        Correlation of ranks, or of values.
    """

    _least_rows = 2  # one row has no correlation

    def __init__(self, threshold: float = 0.95, *, method: str = "spearman") -> None:
        self.threshold = threshold
        self.method = method

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn which columns of ``X`` (n, p) stay.

        Raises
        ------
        InputError
            ``IGX-PREP-002``: all columns are constant; ``IGX-PREP-003``: threshold outside (0, 1];
            ``IGX-PREP-004``: unknown method.
        """
        if not 0.0 < self.threshold <= 1.0:
            raise bad_parameter(
                f"threshold {self.threshold}", where="RedundancyFilter", expected="more than 0, at most 1"
            )
        if self.method not in CORRELATIONS:
            raise unknown_name("IGX-PREP-004", "correlation", self.method, CORRELATIONS)
        values = self._read(X, reset=True)
        rows = np.arange(values.shape[0], dtype=np.int64)
        matrix = presort(values)
        facts = fold_columns(matrix, rows)
        if not facts.usable.any():
            raise no_column("RedundancyFilter")
        directions = unit_columns(matrix, rows, facts, method=self.method)
        self.kept_ = independent(directions, facts.usable, threshold=self.threshold)
        return self


def unit_columns(matrix: Matrix, rows: IntArray, facts: FoldColumns, *, method: str) -> FloatArray:
    """Return the columns of a training part as centred rows of unit length (p, m), of ranks or of values."""
    if method == "spearman":
        return facts.ranks
    values = matrix.by_column[:, rows]
    filled = np.where(np.isnan(values), facts.median[:, None], values) - facts.mean[:, None]
    length = facts.spread * np.sqrt(rows.size)
    usable = facts.usable
    return np.where(usable[:, None], filled / np.where(usable, length, 1.0)[:, None], 0.0)


def independent(
    directions: FloatArray, candidates: npt.NDArray[np.bool_], *, threshold: float | None
) -> IntArray:
    """Return the positions of the candidates that stay.

    Parameters
    ----------
    directions : array, (p, m)
        Centred rows of unit length: their products are correlations.
    candidates : array of bool, (p,)
        Rows that may stay.
    threshold : float or None
        Largest absolute correlation of two kept rows; None (or 1) keeps all candidates.
    """
    positions = np.flatnonzero(candidates).astype(np.int64)
    if threshold is None or threshold >= 1.0 or positions.size == 0:
        return positions
    part = directions[positions]
    stays = np.empty(0, dtype=np.int64)
    for start in range(0, positions.size, BLOCK):
        block = np.arange(start, min(start + BLOCK, positions.size))
        if stays.size:
            repeats = np.abs(part[block] @ part[stays].T).max(axis=1) > threshold
            block = block[~repeats]
        among = part[block]
        stays = np.concatenate([stays, block[_greedy(among @ among.T, threshold)]])
    return positions[stays]


@njit(cache=True, nogil=True)
def _greedy(correlation, threshold):  # type: ignore[no-untyped-def]
    p = correlation.shape[0]
    stays = np.ones(p, np.bool_)
    for j in range(p):
        if stays[j]:
            for k in range(j + 1, p):
                if abs(correlation[j, k]) > threshold:
                    stays[k] = False
    return stays
