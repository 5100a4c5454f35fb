"""Compiled core of the contingency tests: Fisher's exact p values, Pearson's statistic of larger tables."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
TIE = 1e-7  # tables whose probability is equal to this relative precision count as equally probable
TINY = 1e-280


@njit(cache=True, nogil=True)
def _one_fisher(a: int, r: int, c: int, n: int) -> float:
    """Return the log two-sided p of a 2 x 2 table: ``a`` in both, margins ``r`` and ``c``, ``n`` in all."""
    low, high = max(0, r + c - n), min(r, c)
    mode = min(max((r + 1) * (c + 1) // (n + 2), low), high)
    # Probabilities relative to the most probable table, by their recurrence.
    weights = np.empty(high - low + 1)
    weights[mode - low] = 1.0
    for k in range(mode, high):
        step = float(r - k) * (c - k) / (float(k + 1) * (n - r - c + k + 1))
        weights[k + 1 - low] = weights[k - low] * step
    for k in range(mode, low, -1):
        step = float(k) * (n - r - c + k) / (float(r - k + 1) * (c - k + 1))
        weights[k - 1 - low] = weights[k - low] * step
    limit = weights[a - low] * (1.0 + TIE)
    tail = 0.0
    total = 0.0
    for k in range(weights.size):
        total += weights[k]
        if weights[k] <= limit:
            tail += weights[k]
    if tail > TINY:
        return min(math.log(tail / total), 0.0)
    logs = np.empty(weights.size)
    for k in range(low, high + 1):
        logs[k - low] = (
            math.lgamma(r + 1.0) - math.lgamma(k + 1.0) - math.lgamma(r - k + 1.0)
            + math.lgamma(n - r + 1.0) - math.lgamma(c - k + 1.0) - math.lgamma(n - r - c + k + 1.0)
            - math.lgamma(n + 1.0) + math.lgamma(c + 1.0) + math.lgamma(n - c + 1.0)
        )  # fmt: skip
    top = logs[a - low]
    tail = 0.0
    for k in range(logs.size):
        if logs[k] <= top + TIE:
            tail += math.exp(logs[k] - top)
    return min(top + math.log(tail), 0.0)


@njit(cache=True, nogil=True)
def fisher_log_p(a: IntArray, r: IntArray, c: IntArray, n: IntArray, log_p: FloatArray) -> None:
    """Fill the log two-sided p of 2 x 2 tables, (M, B): M pairs, B draws.

    What is found for one count is kept while the margins stay the same, as they do between draws of a pair.
    """
    most = 1
    for m in range(r.shape[0]):
        for b in range(r.shape[1]):
            most = max(most, r[m, b] + 1)
    known = np.empty(most)
    for m in range(a.shape[0]):
        last_r, last_c, last_n = -1, -1, -1
        for b in range(a.shape[1]):
            if r[m, b] != last_r or c[m, b] != last_c or n[m, b] != last_n:
                last_r, last_c, last_n = r[m, b], c[m, b], n[m, b]
                known[: last_r + 1] = math.nan
            if math.isnan(known[a[m, b]]):
                known[a[m, b]] = _one_fisher(a[m, b], last_r, last_c, last_n)
            log_p[m, b] = known[a[m, b]]


@njit(cache=True, nogil=True)
def pearson(
    counts: FloatArray, rows_at: IntArray, columns_at: IntArray, statistic: FloatArray, sizes: IntArray
) -> None:
    """Fill Pearson's chi-square of all pairs of columns.

    Parameters
    ----------
    counts : array, (levels of targets, levels of features)
        Patients with both levels, all columns side by side.
    rows_at, columns_at : int arrays, (T + 1,) and (F + 1,)
        Where the levels of each column start.
    statistic : array, (2, T, F)
        Filled: chi-square, and the smallest expected count.
    sizes : int array, (5, T, F)
        Filled: patients; levels present of target and feature; smallest level present of target and feature.
    """
    T, F = rows_at.size - 1, columns_at.size - 1
    for t in range(T):
        for f in range(F):
            top, left = rows_at[t], columns_at[f]
            high, wide = rows_at[t + 1] - top, columns_at[f + 1] - left
            by_row, by_column = np.zeros(high), np.zeros(wide)
            n = 0.0
            for i in range(high):
                for j in range(wide):
                    value = counts[top + i, left + j]
                    by_row[i] += value
                    by_column[j] += value
                    n += value
            chi2 = 0.0
            expected = math.inf
            for i in range(high):
                for j in range(wide):
                    if by_row[i] > 0 and by_column[j] > 0:
                        e = by_row[i] * by_column[j] / n
                        chi2 += (counts[top + i, left + j] - e) ** 2 / e
                        expected = min(expected, e)
            statistic[0, t, f] = chi2
            statistic[1, t, f] = expected
            sizes[0, t, f] = int(n)
            sizes[1, t, f], sizes[3, t, f] = _present(by_row)
            sizes[2, t, f], sizes[4, t, f] = _present(by_column)


@njit(cache=True, nogil=True)
def _present(margin: FloatArray) -> tuple[int, int]:
    """Return how many levels occur, and the size of the smallest of them."""
    levels = 0
    smallest = 0
    for i in range(margin.size):
        if margin[i] > 0:
            smallest = int(margin[i]) if levels == 0 else min(smallest, int(margin[i]))
            levels += 1
    return levels, smallest
