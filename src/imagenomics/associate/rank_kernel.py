"""Compiled core of the rank tests: every pair is ranked again among its own complete cases, in one pass.

Each column comes sorted once. A pass over the sorted rows that skips what the other side misses gives the
ranks among the complete cases. Ranks are doubled, so that tied ranks are whole numbers and sums are exact.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.associate.rank_parts import Sorted

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]


@njit(cache=True, nogil=True)
def sum_ranks(
    ranked: Sorted, groups: RowArray, row_of: IntArray, sums: IntArray, sizes: RowArray, ties: IntArray
) -> None:
    """Sum the ranks of each group for all pairs.

    Parameters
    ----------
    ranked : Sorted
        K columns.
    groups : int array, (G, N)
        Group of each row, -1 for missing.
    row_of : int array, (N,)
        Row of the groups that stands beside each row of the ranked columns.
    sums, sizes : int arrays, (G, K, levels)
        Filled: doubled rank sums, and group sizes.
    ties : int array, (G, K)
        Filled: sum of t^3 - t over runs of t tied values.
    """
    here = np.empty(row_of.size, dtype=np.int64)
    for g in range(groups.shape[0]):
        for i in range(row_of.size):
            here[i] = groups[g, row_of[i]]
        for k in range(ranked.n.size):
            order = ranked.order[k, : ranked.n[k]]
            sums[g, k, :] = 0
            sizes[g, k, :] = 0
            ties[g, k] = 0
            if ranked.tied[k]:
                ties[g, k] = _sum_tied(order, ranked.value[k], here, sums[g, k], sizes[g, k])
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
    side: Sorted, k: int, other: Sorted, j: int, row_of: IntArray, ranks: IntArray
) -> tuple[int, int]:
    """Fill the doubled ranks of column ``k`` where column ``j`` of the other side is observed too, else 0."""
    ranks[:] = 0
    before = 0
    ties = 0
    start = 0
    while start < side.n[k]:
        end = start + 1
        run = 1 if other.observed[j, row_of[side.order[k, start]]] else 0
        while end < side.n[k] and side.value[k, end] == side.value[k, start]:
            run += 1 if other.observed[j, row_of[side.order[k, end]]] else 0
            end += 1
        for at in range(start, end):
            row = side.order[k, at]
            if other.observed[j, row_of[row]]:
                ranks[row] = 2 * before + run + 1
        ties += run * run * run - run
        before += run
        start = end
    return before, ties


@njit(cache=True, nogil=True)
def correlate_ranks(
    features: Sorted, targets: Sorted, rows: IntArray, back: IntArray, products: IntArray, counts: IntArray
) -> None:
    """Sum the products of the doubled ranks of both sides for all pairs.

    Parameters
    ----------
    features, targets : Sorted
        F and T columns.
    rows, back : int arrays, (N,)
        Row of the features beside each row of the targets, and its inverse.
    products : int array, (T, F)
        Filled: sum of products of doubled ranks.
    counts : int array, (3, T, F)
        Filled: patients, and the tie sums (t^3 - t) of features and of targets.
    """
    N = rows.size
    f_ranks = np.zeros(N, dtype=np.int64)
    t_ranks = np.zeros(N, dtype=np.int64)
    for t in range(targets.n.size):
        alone = np.zeros(N, dtype=np.int64)
        n_alone, ties_alone = _rank_among(targets, t, targets, t, np.arange(N), alone)
        for f in range(features.n.size):
            n, f_ties = _rank_among(features, f, targets, t, back, f_ranks)
            t_ties = ties_alone
            ranks = alone
            if n < n_alone:
                t_ties = _rank_among(targets, t, features, f, rows, t_ranks)[1]
                ranks = t_ranks
            total = 0
            for i in range(N):
                total += ranks[i] * f_ranks[rows[i]]
            products[t, f] = total
            counts[0, t, f] = n
            counts[1, t, f] = f_ties
            counts[2, t, f] = t_ties
