"""Compiled core of Kendall's tau: concordant less discordant pairs of patients, counted in a tree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]
SortedTuple = tuple[RowArray, RowArray, IntArray, BoolArray, BoolArray]
TIES = 6  # per pair of columns: for each side sums of t(t - 1), t(t - 1)(t - 2) and t(t - 1)(2t + 5)


@njit(cache=True, nogil=True, error_model="numpy")
def count_concordant(
    f: SortedTuple, t: SortedTuple, row_of: IntArray, score: IntArray, n: IntArray, ties: IntArray
) -> None:
    """Count all pairs of patients of all pairs of columns, each among its own complete cases.

    Parameters
    ----------
    f, t : tuples of arrays
        The fields of ``Sorted``, F and T columns.
    row_of : int array, (N,)
        Row of the targets that stands beside each row of the features.
    score, n : int arrays, (T, F)
        Filled: concordant less discordant pairs of patients, and patients.
    ties : int array, (6, T, F)
        Filled: the three sums over runs of t tied values of the feature, then of the target.
    """
    order, value, count, _, _ = f
    N = row_of.size
    level = np.empty(N, dtype=np.int64)
    tree, seen = np.zeros(N + 1, dtype=np.int64), np.zeros(N + 1, dtype=np.int64)
    for k in range(t[0].shape[0]):
        level[:] = -1
        top = 0
        for i in range(t[2][k]):
            level[t[0][k, i]] = t[1][k, i] + 1
            top = max(top, t[1][k, i] + 1)
        for j in range(order.shape[0]):
            tree[: top + 1] = 0
            seen[: top + 1] = 0
            total, before, start = 0, 0, 0
            ties[:, k, j] = 0
            while start < count[j]:
                end = start
                run = 0
                while end < count[j] and value[j, end] == value[j, start]:
                    y = level[row_of[order[j, end]]]
                    if y > 0:
                        run += 1
                        below = 0
                        place = y - 1
                        while place > 0:
                            below += tree[place]
                            place -= place & -place
                        total += 2 * below + seen[y] - before
                    end += 1
                for i in range(start, end):
                    y = level[row_of[order[j, i]]]
                    if y > 0:
                        seen[y] += 1
                        while y <= top:
                            tree[y] += 1
                            y += y & -y
                before += run
                _add_ties(run, ties[:3, k, j])
                start = end
            for y in range(1, top + 1):
                _add_ties(seen[y], ties[3:, k, j])
            score[k, j] = total
            n[k, j] = before


@njit(cache=True, nogil=True)
def _add_ties(run: int, sums: IntArray) -> None:
    if run > 1:
        two = run * (run - 1)
        sums[0] += two
        sums[1] += two * (run - 2)
        sums[2] += two * (2 * run + 5)
