"""Mann-Whitney and Kruskal-Wallis tests of all pairs of a numeric and a grouping column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEW,
    OK,
    SMALL_GROUP,
    TARGET_CONSTANT,
)
from imagenomics.associate.one_sided import Direction, named, noted
from imagenomics.associate.outcome import Block, Rules, blank, turned, unknown
from imagenomics.associate.rank_kernel import sum_ranks
from imagenomics.associate.rank_parts import Sorted, doubled_ranks, sort_columns, take_columns, tie_sums
from imagenomics.associate.sides import Side
from imagenomics.stats.effects import auc_interval
from imagenomics.stats.explained import epsilon_squared
from imagenomics.stats.rank_sums import kruskal_h, rank_sum_z
from imagenomics.stats.tails import log_sf_chi2, log_sf_normal, log_two_sided_normal, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
AT_ONCE = 2_000_000  # numbers of one scratch array
NO_INTERVAL = "no interval is established for rank epsilon squared"


class Sums(NamedTuple):
    """Rank sums of groups x ranked columns; an axis of length 1 stands for equal numbers along it."""

    ranks: FloatArray  # (levels, G, K) doubled
    sizes: FloatArray  # (levels, G, K or 1)
    ties: FloatArray  # (G or 1, K)


class RankGroupsEngine:
    """Tests whether a numeric column lies higher in one group than in another.

    Parameters
    ----------
    features, targets : Side
        One side numeric, the other all binary (``two``: Mann-Whitney) or all categorical (Kruskal-Wallis).
    rules : Rules
    confidence : float
    direction : str
        Side to which Mann and Whitney's test looks.
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
        self.swapped = bool((features.kinds == "binary").all() or (features.kinds == "categorical").all())
        ranked, grouping = (targets, features) if self.swapped else (features, targets)
        self.two = bool((grouping.kinds == "binary").all())
        self.ranked = sort_columns(ranked.values)
        codes = np.where(np.isnan(grouping.values), -1.0, grouping.values).T
        self.groups = np.ascontiguousarray(codes).astype(np.int32)
        self.levels = 2 if self.two else int(max(codes.max(initial=0) + 1, 2))

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        G, K = self.groups.shape[0], self.ranked.n.size
        filled = {name: np.empty((G, K)) for name in ("effect", "low", "high", "statistic", "log_p", "df")}
        n, code = np.empty((G, K), dtype=np.int32), np.empty((G, K), dtype=np.int8)
        rows = np.arange(self.groups.shape[1])
        for part in self._parts(G, K):
            sums = self._observed(self.groups[part], rows)
            n[part] = sums.sizes.sum(axis=0)
            code[part] = self._codes(sums)
            for name, values in (self._two_groups(sums) if self.two else self._many_groups(sums)).items():
                filled[name][part] = blank(values, code[part])
        return self._block(n, code, filled)

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        complete = self.ranked.n == self.groups.shape[1]
        whole_groups = (self.groups >= 0).all(axis=1)
        out = np.zeros(len(orders))
        quick = take_columns(self.ranked, complete), self.groups[whole_groups]
        if quick[0].n.size and len(quick[1]):
            out = np.minimum(out, self._complete_draws(*quick, orders))
        rest = ((complete, ~whole_groups), (~complete, np.ones_like(whole_groups)))
        for columns, chosen in rest:
            if columns.any() and chosen.any():
                out = np.minimum(
                    out, self._general_draws(take_columns(self.ranked, columns), self.groups[chosen], orders)
                )
        return out

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        G, K = self.groups.shape[0], self.ranked.n.size
        out = np.empty((G, K))
        groups, rows = self.groups[:, self._row_of(order)], np.arange(order.size)
        for part in self._parts(G, K):
            sums = self._observed(groups[part], rows)
            log_p = self._normal_log_p(self._z(sums)) if self.two else log_sf_chi2(*self._h(sums))
            out[part] = np.where(self._codes(sums) == OK, log_p, 0.0)
        return out.T if self.swapped else out

    def _general_draws(self, ranked: Sorted, groups: npt.NDArray[np.int32], orders: IntArray) -> FloatArray:
        out = np.zeros(len(orders))
        for draw, order in enumerate(orders):
            for part in self._parts(len(groups), ranked.n.size):
                sums = self._sum(ranked, groups[part], self._row_of(order))
                log_p = self._log_p(sums, self._codes(sums) == OK)
                out[draw] = min(out[draw], log_p.min(initial=0.0))
        return out

    def _complete_draws(self, ranked: Sorted, groups: npt.NDArray[np.int32], orders: IntArray) -> FloatArray:
        """Do draws of complete columns as matrix products; the sums are the same whole numbers."""
        ranks, ties = doubled_ranks(ranked), tie_sums(ranked)
        out, good = np.zeros(len(orders)), None
        for draw, order in enumerate(orders):
            sums = self._multiply(groups[:, self._row_of(order)], ranks, ties)
            good = self._codes(sums) == OK if good is None else good
            out[draw] = self._log_p(sums, good).min(initial=0.0)
        return out

    def _row_of(self, order: IntArray) -> IntArray:
        """Return the row of the groups beside each row of the ranked columns."""
        return order if self.swapped else np.argsort(order)

    def _parts(self, groups: int, columns: int) -> Iterator[slice]:
        step = max(1, AT_ONCE // max(columns * self.levels, 1))
        for start in range(0, groups, step):
            yield slice(start, start + step)

    def _sum(self, ranked: Sorted, groups: npt.NDArray[np.int32], rows: IntArray) -> Sums:
        shape = (len(groups), ranked.n.size, self.levels)
        sums, sizes = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int32)
        ties = np.empty(shape[:2], dtype=np.int64)
        sum_ranks(tuple(ranked), groups, rows.astype(np.int64), sums, sizes, ties)
        ranks, counts = (np.array(np.moveaxis(x, 2, 0), dtype=np.float64, order="C") for x in (sums, sizes))
        return Sums(ranks, counts, ties.astype(np.float64))

    def _codes(self, sums: Sums) -> npt.NDArray[np.int8]:
        """Return what speaks against a test, as if the features were ranked."""
        n = sums.sizes.sum(axis=0)
        present = sums.sizes > 0
        smallest = np.where(present, sums.sizes, np.inf).min(axis=0)
        code = np.full(sums.ranks.shape[1:], OK, dtype=np.int8)
        np.copyto(code, SMALL_GROUP, where=smallest < self.rules.group)
        np.copyto(code, TARGET_CONSTANT, where=present.sum(axis=0) < 2)
        np.copyto(code, FEATURE_CONSTANT, where=sums.ties >= n**3 - n)
        np.copyto(code, FEW, where=n < self.rules.patients)
        return code

    def _observed(self, groups: npt.NDArray[np.int32], rows: IntArray) -> Sums:
        """Sum the ranks of some groups; where both columns are complete by matrix products, exactly the same."""
        columns, chosen = self.ranked.n == rows.size, np.asarray((groups >= 0).all(axis=1))
        if not (columns.any() and chosen.any()):
            return self._sum(self.ranked, groups, rows)
        quick = self._sum_whole(take_columns(self.ranked, columns), groups[chosen])
        if columns.all() and chosen.all():
            return quick
        shape = (len(groups), self.ranked.n.size)
        out = Sums(np.empty((self.levels, *shape)), np.empty((self.levels, *shape)), np.empty(shape))
        _set(out, quick, np.ix_(np.flatnonzero(chosen), np.flatnonzero(columns)))
        for k, g in ((columns, ~chosen), (~columns, np.ones_like(chosen))):
            if k.any() and g.any():
                _set(
                    out,
                    self._sum(take_columns(self.ranked, k), groups[g], rows),
                    np.ix_(np.flatnonzero(g), np.flatnonzero(k)),
                )
        return out

    def _sum_whole(self, ranked: Sorted, groups: npt.NDArray[np.int32]) -> Sums:
        return self._multiply(groups, doubled_ranks(ranked), tie_sums(ranked))

    def _multiply(self, groups: npt.NDArray[np.int32], ranks: FloatArray, ties: FloatArray) -> Sums:
        """Sum the doubled ranks (K, N) of complete groups (G, N); the first group has what is left of all."""
        G, (K, N) = len(groups), ranks.shape
        sums, sizes = np.empty((self.levels, G, K)), np.empty((self.levels, G, 1))
        sums[0], sizes[0] = float(N * (N + 1)), float(N)
        for level in range(1, self.levels):
            here = (groups == level).astype(np.float64)
            np.matmul(here, ranks.T, out=sums[level])
            sizes[level] = here.sum(axis=1)[:, None]
            sums[0] -= sums[level]
            sizes[0] -= sizes[level]
        return Sums(sums, sizes, ties[None, :])

    def _log_p(self, sums: Sums, good: npt.NDArray[np.bool_]) -> FloatArray:
        """Return the smallest log p of the good pairs (one number per reference distribution)."""
        if not good.any():
            return np.zeros(0)
        if self.two:
            return self._normal_log_p(np.array([self._z(sums)[good].max()]))
        h, df = self._h(sums)
        kinds = np.unique(df[good])
        return log_sf_chi2([h[good & (df == k)].max() for k in kinds], kinds)

    def _z(self, sums: Sums) -> FloatArray:
        n0, n1 = sums.sizes
        return rank_sum_z(sums.ranks[1] / 2.0, n1, n0, sums.ties, side=self.direction)

    def _normal_log_p(self, z: FloatArray) -> FloatArray:
        return log_two_sided_normal(z) if self.direction == "two-sided" else log_sf_normal(z)

    def _h(self, sums: Sums) -> tuple[FloatArray, FloatArray]:
        ranks, sizes = (np.moveaxis(x, 0, -1) for x in (sums.ranks / 2.0, sums.sizes))
        h, df = kruskal_h(ranks, sizes, sums.ties)
        return h, np.broadcast_to(df, h.shape)

    def _two_groups(self, sums: Sums) -> dict[str, FloatArray]:
        n0, n1 = sums.sizes
        u = sums.ranks[1] / 2.0 - n1 * (n1 + 1.0) / 2.0
        with np.errstate(divide="ignore", invalid="ignore"):
            area = u / (n1 * n0)
        low, high = auc_interval(area, n1, n0, confidence=self.confidence)
        log_p = self._normal_log_p(self._z(sums))
        nothing = np.full(u.shape, np.nan)
        return {"effect": area, "low": low, "high": high, "statistic": u, "log_p": log_p, "df": nothing}

    def _many_groups(self, sums: Sums) -> dict[str, FloatArray]:
        h, df = self._h(sums)
        effect = epsilon_squared(h, sums.sizes.sum(axis=0))
        nothing = np.full(h.shape, np.nan)
        log_p = log_sf_chi2(h, df)
        return {"effect": effect, "low": nothing, "high": nothing, "statistic": h, "log_p": log_p, "df": df}

    def _block(
        self, n: npt.NDArray[np.int32], code: npt.NDArray[np.int8], filled: dict[str, FloatArray]
    ) -> Block:
        p, neg = p_and_log10(filled["log_p"])
        df = filled["df"].astype(np.float32)
        block = Block(
            test=named("Mann-Whitney U", self.direction) if self.two else "Kruskal-Wallis",
            effect_name="AUC" if self.two else "rank epsilon squared",
            n=n,
            code=code,
            effect=filled["effect"],
            ci_low=filled["low"],
            ci_high=filled["high"],
            statistic=filled["statistic"],
            p=p,
            neg_log10_p=neg,
            se=unknown(n.shape),
            df=df,
            df_factor=df,
            note=noted("", self.direction) if self.two else NO_INTERVAL,
        )
        return turned(block) if self.swapped else block


def _set(whole: Sums, part: Sums, where: tuple[npt.NDArray[np.intp], ...]) -> None:
    """Put the sums of some pairs at their places."""
    rows, columns = where
    for array, values in zip(whole, part, strict=True):
        array[..., rows, columns] = values
