"""Columns sorted once, as the rank tests read them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Sorted(NamedTuple):
    """K columns over N rows, each sorted."""

    order: npt.NDArray[np.int32]  # (K, N) rows from the smallest value on, missing ones last
    value: npt.NDArray[np.int32]  # (K, N) number of the distinct value at each place of the order
    n: npt.NDArray[np.int64]  # (K,) observed values
    observed: npt.NDArray[np.bool_]  # (K, N)
    tied: npt.NDArray[np.bool_]  # (K,)


def sort_columns(values: FloatArray) -> Sorted:
    """Sort the columns of an (N, K) array with NaN for missing."""
    columns = np.ascontiguousarray(values.T)
    order = np.argsort(columns, axis=1, kind="stable")
    ordered = np.take_along_axis(columns, order, axis=1)
    new = np.ones(ordered.shape, dtype=np.int32)
    if ordered.shape[1]:
        new[:, 0] = 0
        new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    observed = ~np.isnan(columns)
    value = np.cumsum(new, axis=1, dtype=np.int32)
    n = observed.sum(axis=1, dtype=np.int64)
    distinct = np.where(observed.T[order.T, np.arange(len(columns))].T, new, 0).sum(axis=1)
    return Sorted(order.astype(np.int32), value, n, observed, distinct + 1 < n)


def take_columns(side: Sorted, columns: npt.NDArray[np.bool_]) -> Sorted:
    """Return some of the columns."""
    return Sorted(
        side.order[columns],
        side.value[columns],
        side.n[columns],
        side.observed[columns],
        side.tied[columns],
    )


def doubled_ranks(side: Sorted) -> FloatArray:
    """Return the doubled ranks of complete columns, (K, N); whole numbers."""
    K, N = side.order.shape
    ordered = np.tile(2.0 * np.arange(1, N + 1), (K, 1))
    for k in np.flatnonzero(side.tied):
        first = np.searchsorted(side.value[k], side.value[k], side="left")
        last = np.searchsorted(side.value[k], side.value[k], side="right")
        ordered[k] = first + last + 1
    ranks = np.empty((K, N))
    np.put_along_axis(ranks, side.order.astype(np.intp), ordered, axis=1)
    return ranks


def tie_sums(side: Sorted) -> FloatArray:
    """Return the sum of t^3 - t over runs of t tied values of complete columns, (K,)."""
    out = np.zeros(side.n.size)
    for k in np.flatnonzero(side.tied):
        runs = np.bincount(side.value[k]).astype(np.float64)
        out[k] = (runs**3 - runs).sum()
    return out
