"""Welch's analysis of variance of all pairs of a numeric and a categorical column."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEW,
    NO_GROUP_SPREAD,
    OK,
    SMALL_GROUP,
    TARGET_CONSTANT,
)
from imagenomics.associate.outcome import Block, Rules, blank, turned, unknown
from imagenomics.associate.sides import Side, centred
from imagenomics.stats.anova import welch_f
from imagenomics.stats.explained import partial_eta_squared
from imagenomics.stats.tails import log_sf_f, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SPREAD = 1e-24  # share of the column's squares within a group below which it is rounding


class Levels(NamedTuple):
    """Groups of one categorical column against all numeric ones, (levels, K) each."""

    n: FloatArray
    mean: FloatArray
    variance: FloatArray
    still: npt.NDArray[np.bool_]  # (K,) a group whose values are all alike
    flat: npt.NDArray[np.bool_]  # (K,) one value in all patients of the pair


class GroupVariancesEngine:
    """Tests whether the mean of a numeric column differs between groups that each have a variance of their own.

    Parameters
    ----------
    features, targets : Side
        One side numeric, as measured; the other categorical.
    rules : Rules
    confidence : float

    Source
    ------
    Welch 1951, Biometrika 38:330.
    """

    def __init__(self, features: Side, targets: Side, *, rules: Rules, confidence: float) -> None:
        self.rules = rules
        self.confidence = confidence
        self.swapped = bool((features.kinds == "categorical").all())
        numeric, grouping = (targets, features) if self.swapped else (features, targets)
        self.groups = np.ascontiguousarray(grouping.values.T)
        self.values, self.seen = centred(numeric.values)

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        shape = len(self.groups), self.values.shape[1]
        f, df1, df2 = (np.full(shape, np.nan) for _ in range(3))
        n, code = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.int8)
        for g, levels in enumerate(self._all_levels(np.arange(self.groups.shape[1]))):
            n[g], code[g] = levels.n.sum(axis=0), self._codes(levels)
            f[g], df2[g] = welch_f(levels.mean, levels.variance, levels.n)
            df1[g] = (levels.n > 0).sum(axis=0) - 1.0
        f, df1, df2 = (blank(part, code) for part in (f, df1, df2))
        effect, low, high = partial_eta_squared(f, df1, df2, confidence=self.confidence)
        p, neg = p_and_log10(log_sf_f(f, df1, df2))
        block = Block(
            test="Welch's ANOVA",
            effect_name="eta squared",
            n=n,
            code=code,
            effect=effect,
            ci_low=low,
            ci_high=high,
            statistic=f,
            p=p,
            neg_log10_p=neg,
            se=unknown(shape),
            df=df2.astype(np.float32),
            df_factor=df1.astype(np.float32),
            note="eta squared is worked out of F, and approximate",
        )
        return turned(block) if self.swapped else block

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        out = np.zeros(len(orders))
        for draw, order in enumerate(orders):
            for levels in self._all_levels(np.argsort(order) if self.swapped else order):
                good = self._codes(levels) == OK
                if good.any():
                    f, df = welch_f(levels.mean[:, good], levels.variance[:, good], levels.n[:, good])
                    between = (levels.n[:, good] > 0).sum(axis=0) - 1.0
                    out[draw] = min(out[draw], float(log_sf_f(f, between, df).min()))
        return out

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        out = np.zeros((len(self.groups), self.values.shape[1]))
        for row, levels in zip(
            out, self._all_levels(np.argsort(order) if self.swapped else order), strict=True
        ):
            good = self._codes(levels) == OK
            if good.any():
                f, df = welch_f(levels.mean[:, good], levels.variance[:, good], levels.n[:, good])
                row[good] = log_sf_f(f, (levels.n[:, good] > 0).sum(axis=0) - 1.0, df)
        return out.T if self.swapped else out

    def _all_levels(self, rows: npt.NDArray[np.integer]) -> list[Levels]:
        values, seen = self.values[rows], self.seen[rows]
        total = np.einsum("ij,ij->j", values, values)
        return [_levels(column, values, seen, total) for column in self.groups]

    def _codes(self, levels: Levels) -> npt.NDArray[np.int8]:
        here = levels.n > 0
        smallest = np.where(here, levels.n, np.inf).min(axis=0)
        code = np.full(smallest.shape, OK, dtype=np.int8)
        code[levels.still] = NO_GROUP_SPREAD
        code[smallest < max(self.rules.group, 2)] = SMALL_GROUP
        code[here.sum(axis=0) < 2] = (
            TARGET_CONSTANT  # turned with the block where the groups are the features
        )
        code[levels.flat] = FEATURE_CONSTANT
        code[levels.n.sum(axis=0) < self.rules.patients] = FEW
        return code


def _levels(column: FloatArray, values: FloatArray, seen: npt.NDArray[np.bool_], total: FloatArray) -> Levels:
    """Return sizes, means and variances of the groups of one column, squares taken around each mean."""
    known = np.unique(column[~np.isnan(column)])
    shape = len(known), values.shape[1]
    n, mean, squares = np.empty(shape), np.empty(shape), np.empty(shape)
    low, high = np.full(shape[1], np.inf), np.full(shape[1], -np.inf)
    still = np.zeros(shape[1], dtype=np.bool_)
    for k, level in enumerate(known):
        part, there = values[column == level], seen[column == level]
        n[k] = there.sum(axis=0)
        mean[k] = part.sum(axis=0) / np.maximum(n[k], 1)
        left = np.where(there, part - mean[k], 0.0)
        squares[k] = np.einsum("ij,ij->j", left, left)
        least = np.where(there, part, np.inf).min(axis=0, initial=np.inf)
        most = np.where(there, part, -np.inf).max(axis=0, initial=-np.inf)
        still |= (n[k] > 0) & (~(most > least) | (squares[k] <= SPREAD * total))
        low, high = np.minimum(low, least), np.maximum(high, most)
    variance = squares / np.maximum(n - 1.0, 1.0)
    return Levels(n, mean, variance, still, ~(high > low))
