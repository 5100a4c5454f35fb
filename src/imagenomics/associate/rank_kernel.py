"""Compiled core of the rank tests: every pair is ranked again among its own complete cases, in one pass.

Each column comes sorted once. A pass over the sorted rows that skips what the other side misses gives the
ranks among the complete cases. Ranks are doubled, so that tied ranks are whole numbers and sums are exact.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]
SortedTuple = tuple[RowArray, RowArray, IntArray, BoolArray, BoolArray]


@njit(cache=True, nogil=True)
def sum_ranks(
    ranked: SortedTuple, groups: RowArray, row_of: IntArray, sums: IntArray, sizes: RowArray, ties: IntArray
) -> None:
    """Sum the ranks of each group for all pairs.

    Parameters
    ----------
    ranked : tuple of arrays
        K columns, the fields of ``Sorted``. A plain tuple: code that is kept must not depend on classes.
    groups : int array, (G, N)
        Group of each row, -1 for missing.
    row_of : int array, (N,)
        Row of the groups that stands beside each row of the ranked columns.
    sums, sizes : int arrays, (G, K, levels)
        Filled: doubled rank sums, and group sizes.
    ties : int array, (G, K)
        Filled: sum of t^3 - t over runs of t tied values.
    """
    orders, values, n, _, tied = ranked
    here = np.empty(row_of.size, dtype=np.int64)
    for g in range(groups.shape[0]):
        for i in range(row_of.size):
            here[i] = groups[g, row_of[i]]
        for k in range(n.size):
            order = orders[k, : n[k]]
            sums[g, k, :] = 0
            sizes[g, k, :] = 0
            ties[g, k] = 0
            if tied[k]:
                ties[g, k] = _sum_tied(order, values[k], here, sums[g, k], sizes[g, k])
            elif sums.shape[2] == 2:
                _sum_two(order, here, sums[g, k], sizes[g, k])
            else:
                seen = 0
                for at in range(order.size):
                    group = here[order[at]]
                    if group >= 0:
                        seen += 1
                        sums[g, k, group] += 2 * seen
                        sizes[g, k, group] += 1


@njit(cache=True, nogil=True)
def _sum_two(order: RowArray, here: IntArray, sums: IntArray, sizes: RowArray) -> None:
    """Sum the ranks of two groups without ties, without a branch in the loop."""
    seen = 0
    ones = 0
    upper = 0
    for at in range(order.size):
        group = here[order[at]]
        one = group & ~(group >> 63) & 1
        seen += 1 - ((group >> 63) & 1)
        ones += one
        upper += one * seen
    sums[1] = 2 * upper
    sums[0] = seen * (seen + 1) - 2 * upper
    sizes[1] = ones
    sizes[0] = seen - ones


@njit(cache=True, nogil=True)
def _sum_tied(order: RowArray, value: RowArray, here: IntArray, sums: IntArray, sizes: RowArray) -> int:
    """Sum the ranks of all groups with ties; return the sum of t^3 - t."""
    before = 0
    ties = 0
    start = 0
    while start < order.size:
        end = start
        run = 0
        while end < order.size and value[end] == value[start]:
            if here[order[end]] >= 0:
                run += 1
            end += 1
        for at in range(start, end):
            group = here[order[at]]
            if group >= 0:
                sums[group] += 2 * before + run + 1
                sizes[group] += 1
        ties += run * run * run - run
        before += run
        start = end
    return ties


@njit(cache=True, nogil=True)
def _rank_among(
    order: RowArray, value: RowArray, other: BoolArray, row_of: IntArray, ranks: IntArray
) -> tuple[int, int]:
    """Fill the doubled ranks of a sorted column where the other column is known too, else 0."""
    for i in range(ranks.size):
        ranks[i] = 0
    before = 0
    ties = 0
    start = 0
    while start < order.size:
        end = start
        run = 0
        while end < order.size and value[end] == value[start]:
            if other[row_of[order[end]]]:
                run += 1
            end += 1
        for at in range(start, end):
            if other[row_of[order[at]]]:
                ranks[order[at]] = 2 * before + run + 1
        ties += run * run * run - run
        before += run
        start = end
    return before, ties


@njit(cache=True, nogil=True)
def correlate_ranks(
    features: SortedTuple,
    targets: SortedTuple,
    rows: IntArray,
    back: IntArray,
    products: IntArray,
    counts: IntArray,
) -> None:
    """Sum the products of the doubled ranks of both sides for all pairs.

    Parameters
    ----------
    features, targets : tuples of arrays
        F and T columns, the fields of ``Sorted``.
    rows, back : int arrays, (N,)
        Row of the features beside each row of the targets, and its inverse.
    products : int array, (T, F)
        Filled: sum of products of doubled ranks.
    counts : int array, (3, T, F)
        Filled: patients, and the tie sums (t^3 - t) of features and of targets.
    """
    f_order, f_value, f_n, f_seen, _ = features
    t_order, t_value, t_n, t_seen, _ = targets
    N = rows.size
    own = np.arange(N)
    f_ranks, t_ranks = np.zeros(N, dtype=np.int64), np.zeros(N, dtype=np.int64)
    alone = np.zeros(N, dtype=np.int64)
    for t in range(t_n.size):
        t_sorted, t_values = t_order[t, : t_n[t]], t_value[t]
        n_alone, ties_alone = _rank_among(t_sorted, t_values, t_seen[t], own, alone)
        for f in range(f_n.size):
            n, f_ties = _rank_among(f_order[f, : f_n[f]], f_value[f], t_seen[t], back, f_ranks)
            t_ties = ties_alone
            ranks = alone
            if n < n_alone:
                t_ties = _rank_among(t_sorted, t_values, f_seen[f], rows, t_ranks)[1]
                ranks = t_ranks
            total = 0
            for i in range(N):
                total += ranks[i] * f_ranks[rows[i]]
            products[t, f] = total
            counts[0, t, f] = n
            counts[1, t, f] = f_ties
            counts[2, t, f] = t_ties
