"""Student's and Welch's t tests of all pairs of a numeric and a binary column."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import FEATURE_CONSTANT, FEW, NO_SPREAD, OK, SMALL_GROUP, TARGET_CONSTANT
from imagenomics.associate.one_sided import Direction, log_p_toward, look_to_one_side, toward
from imagenomics.associate.outcome import Block, Rules, blank, turned, unknown, whole
from imagenomics.associate.sides import Side, centred
from imagenomics.stats.effects import hedges_g
from imagenomics.stats.tails import log_two_sided_t, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SPREAD = 1e-24  # share of the column's squares within the groups below which it is rounding


class Means(NamedTuple):
    """What the tests need of all pairs, (G, K) each."""

    ones: FloatArray  # patients of group 1
    zeros: FloatArray  # patients of group 0
    difference: FloatArray  # mean of group 1 minus mean of group 0
    within_ones: FloatArray  # squares around the mean of group 1
    within_zeros: FloatArray
    flat: npt.NDArray[np.bool_]  # one value in all patients of the pair
    still: npt.NDArray[np.bool_]  # one value in each group


class GroupMeansEngine:
    """Tests whether the mean of a numeric column differs between two groups.

    Parameters
    ----------
    features, targets : Side
        One side numeric, as measured; the other binary.
    rules : Rules
    confidence : float
    welch : bool
        Each group has a variance of its own; else both have the same (Student).
    direction : str
        Side to which the test looks.

    Source
    ------
    Student 1908, Biometrika 6:1; Welch 1947, Biometrika 34:28.
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        rules: Rules,
        confidence: float,
        welch: bool,
        direction: Direction = "two-sided",
    ) -> None:
        self.direction = direction
        self.rules = rules
        self.confidence = confidence
        self.welch = welch
        self.swapped = bool((features.kinds == "binary").all())
        numeric, grouping = (targets, features) if self.swapped else (features, targets)
        self.groups = np.ascontiguousarray(grouping.values.T)
        self.values, self.seen = centred(numeric.values)

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        means = self._means(np.arange(self.groups.shape[1]))
        code = self._codes(means)
        t, df = self._t(means)
        pooled = np.sqrt(
            (means.within_ones + means.within_zeros) / np.maximum(means.ones + means.zeros - 2, 1)
        )
        good = code == OK
        with np.errstate(divide="ignore", invalid="ignore"):
            effect, low, high = hedges_g(
                means.difference,
                np.where(good, pooled, np.nan),
                means.ones,
                means.zeros,
                confidence=self.confidence,
            )
        p, neg = p_and_log10(blank(log_two_sided_t(np.where(good, t, 0.0), np.where(good, df, 1.0)), code))
        block = Block(
            test="Welch's t test" if self.welch else "Student's t test",
            effect_name="Hedges g",
            n=(means.ones + means.zeros).astype(np.int32),
            code=code,
            effect=blank(effect, code),
            ci_low=blank(low, code),
            ci_high=blank(high, code),
            statistic=blank(t, code),
            p=p,
            neg_log10_p=neg,
            se=unknown(code.shape),
            df=blank(df, code).astype(np.float32),
            df_factor=whole(code.shape, 1.0),
        )
        return look_to_one_side(turned(block) if self.swapped else block, self.direction)

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        out = np.zeros(len(orders))
        for draw, order in enumerate(orders):
            means = self._means(np.argsort(order) if self.swapped else order)
            good = self._codes(means) == OK
            if good.any():
                t, df = self._t(means)
                log_p = log_two_sided_t(t[good], df[good])
                out[draw] = log_p_toward(log_p, toward(t[good], self.direction), self.direction).min()
        return out

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        means = self._means(np.argsort(order) if self.swapped else order)
        good = self._codes(means) == OK
        t, df = (np.where(good, part, 1.0) for part in self._t(means))
        log_p = log_p_toward(log_two_sided_t(t, df), toward(t, self.direction), self.direction)
        out = np.where(good, log_p, 0.0)
        return out.T if self.swapped else out

    def _means(self, rows: npt.NDArray[np.integer]) -> Means:
        """Return the sums of all pairs, the rows of the numeric side taken in this order."""
        values, seen = self.values[rows], self.seen[rows]
        shape = len(self.groups), values.shape[1]
        n, mean, squares, low, high = (np.empty((2, *shape)) for _ in range(5))
        for g, column in enumerate(self.groups):
            for level in (0, 1):
                here = column == level
                part, known = values[here], seen[here]
                n[level, g] = known.sum(axis=0)
                mean[level, g] = part.sum(axis=0) / np.maximum(n[level, g], 1)
                left = np.where(known, part - mean[level, g], 0.0)
                squares[level, g] = np.einsum("ij,ij->j", left, left)
                low[level, g] = np.where(known, part, np.inf).min(axis=0, initial=np.inf)
                high[level, g] = np.where(known, part, -np.inf).max(axis=0, initial=-np.inf)
        flat = ~(high.max(axis=0) > low.min(axis=0))
        total = np.einsum("ij,ij->j", values, values)
        still = ~(high > low).any(axis=0) | (squares.sum(axis=0) <= SPREAD * total)
        return Means(n[1], n[0], mean[1] - mean[0], squares[1], squares[0], flat, still)

    def _t(self, means: Means) -> tuple[FloatArray, FloatArray]:
        m, n = means.ones, means.zeros
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.welch:
                a, b = means.within_ones / (m - 1) / m, means.within_zeros / (n - 1) / n
                df = (a + b) ** 2 / (a**2 / (m - 1) + b**2 / (n - 1))
                return means.difference / np.sqrt(a + b), df
            df = m + n - 2.0
            error = np.sqrt((means.within_ones + means.within_zeros) / df * (1.0 / m + 1.0 / n))
            return means.difference / error, df

    def _codes(self, means: Means) -> npt.NDArray[np.int8]:
        smaller = np.minimum(means.ones, means.zeros)
        code = np.full(smaller.shape, OK, dtype=np.int8)
        code[means.still] = NO_SPREAD
        code[smaller < max(self.rules.group, 2)] = SMALL_GROUP
        code[smaller == 0] = TARGET_CONSTANT  # turned with the block where the groups are the features
        code[means.flat] = FEATURE_CONSTANT
        code[means.ones + means.zeros < self.rules.patients] = FEW
        return code
