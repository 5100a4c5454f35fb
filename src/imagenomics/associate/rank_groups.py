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
    """Rank sums of groups x ranked columns."""

    ranks: FloatArray  # (G, K, levels) doubled
    sizes: FloatArray  # (G, K, levels)
    ties: FloatArray  # (G, K)


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
            n[part] = sums.sizes.sum(axis=2)
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
        G, K, N = len(groups), len(ranks), ranks.shape[1]
        sizes = np.stack([(groups == level).sum(axis=1) for level in range(self.levels)], axis=1)
        shape = (G, K, self.levels)
        fixed = Sums(
            np.empty((0, 0, 0)),
            np.broadcast_to(sizes[:, None, :].astype(np.float64), shape),
            np.broadcast_to(ties, (G, K)),
        )
        good = self._codes(fixed) == OK
        out = np.zeros(len(orders))
        for draw, order in enumerate(orders):
            here = groups[:, self._row_of(order)].reshape(G, N)
            sums = np.empty(shape)
            for level in range(self.levels):
                sums[:, :, level] = (here == level).astype(np.float64) @ ranks.T
            out[draw] = self._log_p(fixed._replace(ranks=sums), good).min(initial=0.0)
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
        return Sums(sums.astype(np.float64), sizes.astype(np.float64), ties.astype(np.float64))

    def _codes(self, sums: Sums) -> npt.NDArray[np.int8]:
        """Return what speaks against a test, as if the features were ranked."""
        n = sums.sizes.sum(axis=2)
        present = sums.sizes > 0
        smallest = np.where(present, sums.sizes, np.inf).min(axis=2)
        code = np.full(n.shape, OK, dtype=np.int8)
        code[smallest < self.rules.group] = SMALL_GROUP
        code[present.sum(axis=2) < 2] = TARGET_CONSTANT
        code[sums.ties >= n**3 - n] = FEATURE_CONSTANT
        code[n < self.rules.patients] = FEW
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
        out = Sums(np.empty((*shape, self.levels)), np.empty((*shape, self.levels)), np.empty(shape))
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
        ranks = doubled_ranks(ranked)
        shape = (len(groups), len(ranks), self.levels)
        sums, sizes = np.empty(shape), np.empty(shape)
        for level in range(self.levels):
            here = (groups == level).astype(np.float64)
            sums[:, :, level] = here @ ranks.T
            sizes[:, :, level] = here.sum(axis=1)[:, None]
        return Sums(sums, sizes, np.broadcast_to(tie_sums(ranked), shape[:2]))

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
        n0, n1 = sums.sizes[:, :, 0], sums.sizes[:, :, 1]
        return rank_sum_z(sums.ranks[:, :, 1] / 2.0, n1, n0, sums.ties, side=self.direction)

    def _normal_log_p(self, z: FloatArray) -> FloatArray:
        return log_two_sided_normal(z) if self.direction == "two-sided" else log_sf_normal(z)

    def _h(self, sums: Sums) -> tuple[FloatArray, FloatArray]:
        return kruskal_h(sums.ranks / 2.0, sums.sizes, sums.ties)

    def _two_groups(self, sums: Sums) -> dict[str, FloatArray]:
        n0, n1 = sums.sizes[:, :, 0], sums.sizes[:, :, 1]
        u = sums.ranks[:, :, 1] / 2.0 - n1 * (n1 + 1.0) / 2.0
        with np.errstate(divide="ignore", invalid="ignore"):
            area = u / (n1 * n0)
        low, high = auc_interval(area, n1, n0, confidence=self.confidence)
        log_p = self._normal_log_p(self._z(sums))
        nothing = np.full(u.shape, np.nan)
        return {"effect": area, "low": low, "high": high, "statistic": u, "log_p": log_p, "df": nothing}

    def _many_groups(self, sums: Sums) -> dict[str, FloatArray]:
        h, df = self._h(sums)
        effect = epsilon_squared(h, sums.sizes.sum(axis=2))
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
    for array, values in zip(whole, part, strict=True):
        array[where] = values
