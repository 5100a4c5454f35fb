"""Fisher's exact test of larger tables (Freeman-Halton): all tables with the same margins, or a sample of them."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.counts import whole_table

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
TIE = 1e-7
AT_MOST = 1_000_000  # partial tables kept in the exact computation


class FreemanHalton(NamedTuple):
    """Exact p, or its Monte Carlo estimate with the limits of its simulation error (99%) and the draws made."""

    p: float
    low: float
    high: float
    draws: int


def freeman_halton(table: npt.ArrayLike, *, draws: int = 100_000, seed: int = 0) -> FreemanHalton:
    """Test whether rows and columns of a table of any size go together, given all margins.

    Parameters
    ----------
    table : array of counts, (R, C)
        Empty rows and columns are left out.
    draws : int
        Random tables where there are too many for the exact computation.
    seed : int

    Returns
    -------
    FreemanHalton
        ``draws`` is 0 where p is exact.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts; ``IGX-STAT-044``: fewer than two rows or columns.

    Source
    ------
    Freeman & Halton 1951, Biometrika 38:141; partial tables with equal margins and probability are merged, as in
    Mehta & Patel 1983, Journal of the American Statistical Association 78:427.
    """
    counts = whole_table(table)
    if counts.shape[0] > counts.shape[1]:
        counts = counts.T  # fewer rows: fewer margins to carry along
    rows, columns = counts.sum(axis=1).astype(np.int64), counts.sum(axis=0).astype(np.int64)
    seen = float(-special.gammaln(counts + 1.0).sum())
    exact = _exact(rows, np.sort(columns), seen)
    if exact is not None:
        return FreemanHalton(exact, exact, exact, 0)
    return _monte_carlo(rows, columns, seen, draws, seed)


def _exact(rows: IntArray, columns: IntArray, seen: float) -> float | None:
    """Return the exact p, column by column; None where too many partial tables would have to be kept."""
    left, log_w, times = rows[None, :], np.zeros(1), np.ones(1)
    for column in columns[:-2]:
        new = _columns(left, int(column))
        if new is None:
            return None
        parent, taken = new
        log_w = log_w[parent] - special.gammaln(taken + 1.0).sum(axis=1)
        left, log_w, times = _merged(left[parent] - taken, log_w, times[parent])
    constant = float(
        special.gammaln(np.concatenate([rows, columns]) + 1.0).sum() - special.gammaln(rows.sum() + 1.0)
    )
    p = 0.0
    borders = np.flatnonzero(np.concatenate([[True], (np.diff(left, axis=0) != 0).any(axis=1), [True]]))
    for start, end in itertools.pairwise(borders.tolist()):
        logs = _last_two(left[start], int(columns[-2]))
        if logs is None:
            return None
        below = np.concatenate([[0.0], np.cumsum(np.exp(logs - logs[-1]))])
        at = np.searchsorted(logs, seen + TIE - log_w[start:end], side="right")
        p += float((times[start:end] * np.exp(log_w[start:end] + logs[-1] + constant) * below[at]).sum())
    return min(p, 1.0)


def _last_two(left: IntArray, column: int) -> FloatArray | None:
    """Return the log weights of all ways to share what is left among the last two columns, in rising order."""
    new = _columns(left[None, :], column)
    if new is None:
        return None
    taken = new[1]
    return np.sort(
        -special.gammaln(taken + 1.0).sum(axis=1) - special.gammaln(left - taken + 1.0).sum(axis=1)
    )


def _merged(left: IntArray, log_w: FloatArray, times: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Keep one of all partial tables with the same margins left and the same probability."""
    shape = tuple(int(v) + 1 for v in left.max(axis=0))
    margins = np.ravel_multi_index(tuple(left.T), shape)
    rounded = np.round(log_w / (TIE / 10.0)).astype(np.int64)
    order = np.lexsort((rounded, margins))
    changes = (np.diff(margins[order]) != 0) | (np.diff(rounded[order]) != 0)
    starts = np.flatnonzero(np.concatenate([[True], changes]))
    first = order[starts]
    return left[first], log_w[first], np.add.reduceat(times[order], starts)


def _columns(left: IntArray, total: int) -> tuple[IntArray, IntArray] | None:
    """Return each way to take ``total`` from each row of margins: the row's number, and what is taken."""
    parent = np.arange(len(left))
    taken = np.empty((len(left), 0), dtype=np.int64)
    for i in range(left.shape[1] - 1):
        rest = total - taken.sum(axis=1)
        later = left[parent][:, i + 1 :].sum(axis=1)
        low, high = np.maximum(rest - later, 0), np.minimum(left[parent, i], rest)
        width = high - low + 1
        if width.sum() > AT_MOST:
            return None
        repeat = np.repeat(np.arange(parent.size), width)
        value = np.arange(repeat.size) - np.repeat(np.cumsum(width) - width, width) + low[repeat]
        parent, taken = parent[repeat], np.column_stack([taken[repeat], value])
    return parent, np.column_stack([taken, total - taken.sum(axis=1)])


def _monte_carlo(rows: IntArray, columns: IntArray, seen: float, draws: int, seed: int) -> FreemanHalton:
    random = np.random.default_rng(seed)
    left = np.broadcast_to(rows, (draws, rows.size))
    log_w = np.zeros(draws)
    for column in columns[:-1]:
        taken = _draw(random, left, int(column))
        left = left - taken
        log_w -= special.gammaln(taken + 1.0).sum(axis=1)
    log_w -= special.gammaln(left + 1.0).sum(axis=1)
    hits = int((log_w <= seen + TIE).sum())
    p = (hits + 1.0) / (draws + 1.0)
    from imagenomics.stats.proportion import clopper_pearson_interval

    low, high = clopper_pearson_interval(hits, draws, confidence=0.99)
    return FreemanHalton(p, float(low), float(high), draws)


def _draw(random: np.random.Generator, left: IntArray, total: int) -> IntArray:
    """Draw ``total`` from each row of margins without replacement."""
    taken = np.empty_like(left)
    rest = np.full(len(left), total)
    for i in range(left.shape[1] - 1):
        later = left[:, i + 1 :].sum(axis=1)
        taken[:, i] = random.hypergeometric(left[:, i], later, rest)
        rest = rest - taken[:, i]
    taken[:, -1] = rest
    return taken
