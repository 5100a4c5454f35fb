"""Spearman's correlation of all pairs of numeric columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import FEATURE_CONSTANT, FEW, OK, TARGET_CONSTANT
from imagenomics.associate.one_sided import Direction, log_p_toward, look_to_one_side, toward
from imagenomics.associate.outcome import Block, Rules, blank, unknown, whole
from imagenomics.associate.rank_kernel import correlate_ranks
from imagenomics.associate.rank_parts import Sorted, doubled_ranks, sort_columns, take_columns, tie_sums
from imagenomics.associate.sides import Side
from imagenomics.stats.correlation import correlation_t
from imagenomics.stats.effects import correlation_interval
from imagenomics.stats.t_table import two_sided_t
from imagenomics.stats.tails import log_two_sided_t

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
AT_ONCE = 16384  # pairs


class Counts(NamedTuple):
    """Of all pairs (T, F); an axis of length 1 stands for equal numbers along it."""

    n: FloatArray  # patients with both values
    f_ties: FloatArray  # sum of t^3 - t over runs of t tied values of the feature
    t_ties: FloatArray  # the same of the target


class SpearmanEngine:
    """Tests whether two numeric columns rise together.

    Parameters
    ----------
    features, targets : Side
        Numeric columns.
    rules : Rules
    confidence : float
    direction : str
        Side to which the test looks.
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        rules: Rules,
        confidence: float,
        direction: Direction = "two-sided",
    ) -> None:
        self.direction = direction
        self.rules = rules
        self.confidence = confidence
        self.f = sort_columns(features.values)
        self.t = sort_columns(targets.values)

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        rho, counts = self._all_pairs(np.arange(self.f.order.shape[1]))
        n, code = np.broadcast_to(counts.n, rho.shape).astype(np.int32), self._codes(counts, rho.shape)
        rho = blank(rho, code)
        df = np.where(code == OK, n - 2, 0).astype(np.int32)
        statistic = correlation_t(rho, df)
        p, neg = two_sided_t(statistic, df)
        low, high = np.empty(rho.shape), np.empty(rho.shape)
        for part in _parts(rho.shape):
            low[part], high[part] = correlation_interval(
                rho[part], n[part], ranks=True, confidence=self.confidence
            )
        block = Block(
            test="Spearman correlation",
            effect_name="Spearman correlation",
            n=n,
            code=code,
            effect=rho,
            ci_low=low,
            ci_high=high,
            statistic=statistic,
            p=p,
            neg_log10_p=neg,
            se=unknown(n.shape),
            df=np.where(code == OK, df, np.nan).astype(np.float32),
            df_factor=whole(n.shape, np.nan),
        )
        return look_to_one_side(block, self.direction)

    def _all_pairs(self, order: IntArray) -> tuple[FloatArray, Counts]:
        """Correlate all pairs, the features' rows in this order.

        Two complete columns need no ranks of their own, and give the same whole numbers.
        """
        N = self.f.order.shape[1]
        f_whole, t_whole = self.f.n == N, self.t.n == N
        shape = (self.t.n.size, self.f.n.size)
        rho, counts = np.empty(shape), Counts(*(np.empty(shape) for _ in range(3)))
        parts = ((f_whole, t_whole), (f_whole, ~t_whole), (~f_whole, np.ones_like(t_whole)))
        for k, (f, t) in enumerate(parts):
            if f.any() and t.any():
                sides = take_columns(self.f, f), take_columns(self.t, t)
                one, many = _correlate_whole(*sides, order) if k == 0 else _correlate(*sides, order)
                if f.all() and t.all():
                    return one, many
                for array, values in zip((rho, *counts), (one, *many), strict=True):
                    array[np.ix_(t, f)] = values
        return rho, counts

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        N = self.f.order.shape[1]
        f_whole, t_whole = self.f.n == N, self.t.n == N
        out = np.zeros(len(orders))
        if f_whole.any() and t_whole.any():
            out = np.minimum(
                out,
                self._complete_draws(take_columns(self.f, f_whole), take_columns(self.t, t_whole), orders),
            )
        for f, t in ((f_whole, ~t_whole), (~f_whole, np.ones_like(t_whole))):
            if f.any() and t.any():
                out = np.minimum(
                    out, self._general_draws(take_columns(self.f, f), take_columns(self.t, t), orders)
                )
        return out

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        rho, counts = self._all_pairs(order)
        good = self._codes(counts, rho.shape) == OK
        rho, df = np.where(good, rho, 0.0), np.where(good, counts.n - 2, 1)
        log_p = log_two_sided_t(correlation_t(rho, df), df)
        return np.where(good, log_p_toward(log_p, toward(rho, self.direction), self.direction), 0.0)

    def _general_draws(self, f: Sorted, t: Sorted, orders: IntArray) -> FloatArray:
        out = np.zeros(len(orders))
        for draw, order in enumerate(orders):
            rho, counts = _correlate(f, t, order)
            good = self._codes(counts, rho.shape) == OK
            df = (counts.n[good] - 2).astype(np.int64)
            if df.size:
                largest = np.full(int(df.max()) + 1, -np.inf)
                np.maximum.at(largest, df, toward(rho[good], self.direction))
                out[draw] = self._log_p(largest)
        return out

    def _complete_draws(self, f: Sorted, t: Sorted, orders: IntArray) -> FloatArray:
        """Do draws of complete columns as matrix products of whole numbers."""
        N = f.order.shape[1]
        f_ranks, t_ranks = doubled_ranks(f), doubled_ranks(t)
        counts = _whole_counts(f, t)
        good = self._codes(counts, (t.n.size, f.n.size)) == OK
        largest = np.full((len(orders), max(N - 1, 1)), -np.inf)
        for draw, order in enumerate(orders if good.any() else ()):
            rho = _rho(t_ranks @ f_ranks[:, order].T, counts)
            largest[draw, N - 2] = toward(rho[good], self.direction).max()
        return np.array([self._log_p(row) for row in largest])

    def _log_p(self, largest: FloatArray) -> float:
        """Return the smallest log p of the largest correlation at each number of degrees of freedom."""
        df = np.arange(largest.size)
        seen = (largest > -np.inf) & (df > 0)
        if not seen.any():
            return 0.0
        log_p = log_two_sided_t(correlation_t(largest[seen], df[seen]), df[seen])
        return float(log_p_toward(log_p, largest[seen], self.direction).min())

    def _codes(self, counts: Counts, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
        code, cubes = np.full(shape, OK, dtype=np.int8), counts.n**3 - counts.n
        np.copyto(code, TARGET_CONSTANT, where=counts.t_ties >= cubes)
        np.copyto(code, FEATURE_CONSTANT, where=counts.f_ties >= cubes)
        np.copyto(code, FEW, where=counts.n < self.rules.patients)
        return code


def _correlate(f: Sorted, t: Sorted, order: IntArray) -> tuple[FloatArray, Counts]:
    shape = (t.n.size, f.n.size)
    products, numbers = np.empty(shape, dtype=np.int64), np.empty((3, *shape), dtype=np.int64)
    correlate_ranks(
        tuple(f), tuple(t), order.astype(np.int64), np.argsort(order).astype(np.int64), products, numbers
    )
    counts = Counts(*numbers.astype(np.float64))
    return _rho(products.astype(np.float64), counts), counts


def _correlate_whole(f: Sorted, t: Sorted, order: IntArray) -> tuple[FloatArray, Counts]:
    """Correlate complete columns by one matrix product: sums of whole numbers, so exact."""
    counts = _whole_counts(f, t)
    return _rho(doubled_ranks(t) @ doubled_ranks(f)[:, order].T, counts), counts


def _whole_counts(f: Sorted, t: Sorted) -> Counts:
    """Return patients and tie sums of all pairs of complete columns."""
    return Counts(np.full((1, 1), float(f.order.shape[1])), tie_sums(f)[None, :], tie_sums(t)[:, None])


def _rho(products: FloatArray, counts: Counts) -> FloatArray:
    """Turn sums of products of doubled ranks into correlations, in place."""
    whole_counts = [np.broadcast_to(count, products.shape) for count in counts]
    for part in _parts(products.shape):
        n, f_ties, t_ties = (count[part] for count in whole_counts)
        with np.errstate(divide="ignore", invalid="ignore"):
            cubes = n**3 - n
            spread = np.sqrt((cubes - f_ties) * (cubes - t_ties)) / 3.0
            products[part] -= n * (n + 1.0) ** 2
            products[part] /= spread
            np.clip(products[part], -1.0, 1.0, out=products[part])
    return products


def _parts(shape: tuple[int, ...]) -> Iterator[slice]:
    """Return rows of pairs, few enough that what is made of them stays in the cache."""
    step = max(1, AT_ONCE // max(shape[1], 1))
    for start in range(0, shape[0], step):
        yield slice(start, start + step)
