"""One pass over the columns of a training part: median, mean, spread and ranks, without sorting again.

The columns of a matrix are sorted once (`presort`); every training part taken from its rows then reads its
own order statistics by walking that order. The numbers are those of the part alone: nothing of the other
rows enters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from imagenomics.prepare.base import FloatArray, IntArray
from imagenomics.prepare.standardise import ROUNDING


@dataclass(frozen=True)
class Matrix:
    """Values (n, p) with the sorting order of each column."""

    values: FloatArray
    by_column: FloatArray  # (p, n), C-ordered
    order: IntArray  # (p, n), missing values last


@dataclass(frozen=True)
class FoldColumns:
    """What a training part of m rows says about each of p columns, missing values standing at the median.

    ``median`` is NaN for a column without values. ``ranks`` (p, m) are centred midranks of unit length, 0
    for constant columns; ``rank_norm`` (p,) is the length that was divided away.
    """

    median: FloatArray
    mean: FloatArray
    spread: FloatArray
    rank_norm: FloatArray
    ranks: FloatArray

    @property
    def usable(self) -> np.ndarray:
        """Which columns vary in the training part."""
        return self.rank_norm > 0.0


def presort(values: FloatArray) -> Matrix:
    """Sort each column of ``values`` (n, p) once for all training parts."""
    by_column = np.ascontiguousarray(values.T)
    return Matrix(values, by_column, np.argsort(by_column, axis=1).astype(np.int64, copy=False))


def fold_columns(matrix: Matrix, rows: IntArray) -> FoldColumns:
    """Describe each column of the training part made of the ``rows`` (m,) of ``matrix``."""
    p, n = matrix.by_column.shape
    place = np.full(n, -1, dtype=np.int64)
    place[rows] = np.arange(rows.size)
    facts = np.empty((4, p))
    ranks = np.empty((p, rows.size))
    _describe(matrix.by_column, matrix.order, place, facts, ranks)
    return FoldColumns(facts[0], facts[1], facts[2], facts[3], ranks)


@njit(cache=True, nogil=True, error_model="numpy")
def _describe(by_column, order, place, facts, ranks):  # type: ignore[no-untyped-def]
    p, n = by_column.shape
    m = ranks.shape[1]
    spot = np.empty(m, np.int64)
    value = np.empty(m)
    for j in range(p):
        known = 0
        for t in range(n):
            i = order[j, t]
            if by_column[j, i] != by_column[j, i]:
                break
            if place[i] >= 0:
                spot[known] = place[i]
                value[known] = by_column[j, i]
                known += 1
        if known == 0:
            facts[0, j] = np.nan
            facts[1:, j] = 0.0
            ranks[j] = 0.0
            continue
        median = 0.5 * value[(known - 1) // 2] + 0.5 * value[known // 2]
        facts[0, j] = median
        _moments(value, known, m, median, facts, j)
        facts[3, j] = 0.0
        if facts[2, j] > 0.0:
            facts[3, j] = _rank(value, spot, known, median, ranks[j])
        else:
            ranks[j] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _moments(value, known, m, median, facts, j):  # type: ignore[no-untyped-def]
    absent = m - known
    mean = median * absent
    for t in range(known):
        mean += value[t]
    mean /= m
    total = absent * (median - mean) ** 2
    for t in range(known):
        total += (value[t] - mean) ** 2
    spread = np.sqrt(total / m)
    facts[1, j] = mean
    facts[2, j] = spread if spread > ROUNDING * abs(mean) else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _rank(value, spot, known, median, out):  # type: ignore[no-untyped-def]
    """Write centred midranks of unit length to ``out`` (m,), absent rows at the median; return the length."""
    m = out.size
    absent = m - known
    lower = 0
    while lower < known and value[lower] < median:
        lower += 1
    upper = lower
    while upper < known and value[upper] == median:
        upper += 1
    middle = lower + 0.5 * (upper - lower + absent - 1)
    out[:] = middle - 0.5 * (m - 1)
    t = 0
    while t < known:
        end = t + 1
        while end < known and value[end] == value[t]:
            end += 1
        rank = 0.5 * (t + end - 1)
        if value[t] > median:
            rank += absent
        elif value[t] == median:
            rank = middle
        for s in range(t, end):
            out[spot[s]] = rank - 0.5 * (m - 1)
        t = end
    total = 0.0
    for i in range(m):
        total += out[i] * out[i]
    norm = np.sqrt(total)
    for i in range(m):
        out[i] /= norm
    return norm
