"""Kendall's tau-b of all pairs of numeric columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import FEATURE_CONSTANT, FEW, OK, TARGET_CONSTANT
from imagenomics.associate.kendall_kernel import TIES, count_concordant
from imagenomics.associate.one_sided import Direction, log_p_toward, look_to_one_side, toward
from imagenomics.associate.outcome import Block, Rules, blank, unknown, whole
from imagenomics.associate.rank_parts import sort_columns
from imagenomics.associate.sides import Side
from imagenomics.stats.correlation import kendall_interval
from imagenomics.stats.tails import log_two_sided_normal, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Counted(NamedTuple):
    """Pairs of patients of all pairs of columns, (T, F) each."""

    score: IntArray  # concordant less discordant
    n: IntArray
    ties: FloatArray  # (6, T, F)


class KendallEngine:
    """Tests whether two numeric columns rise together, patient by patient.

    Parameters
    ----------
    features, targets : Side
        Numeric columns.
    rules : Rules
    confidence : float
    direction : str
        Side to which the test looks.

    Source
    ------
    Kendall 1970, Rank Correlation Methods (tau-b, and its variance with ties); Knight 1966, Journal of the American
    Statistical Association 61:436, for counting in n log n steps.
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
        counted = self._count(np.arange(self.f.order.shape[1]))
        code = self._codes(counted)
        tau, z = blank(_tau(counted), code), blank(_deviate(counted), code)
        low, high = kendall_interval(tau, counted.n, confidence=self.confidence)
        p, neg = p_and_log10(log_two_sided_normal(z))
        block = Block(
            test="Kendall's tau",
            effect_name="Kendall's tau-b",
            n=counted.n.astype(np.int32),
            code=code,
            effect=tau,
            ci_low=low,
            ci_high=high,
            statistic=z,
            p=p,
            neg_log10_p=neg,
            se=unknown(code.shape),
            df=whole(code.shape, np.nan),
            df_factor=whole(code.shape, np.nan),
        )
        return look_to_one_side(block, self.direction)

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        out = np.zeros(len(orders))
        for draw, order in enumerate(orders):
            counted = self._count(order)
            good = self._codes(counted) == OK
            if good.any():
                largest = toward(_deviate(counted)[good], self.direction).max()
                out[draw] = log_p_toward(log_two_sided_normal(largest), largest, self.direction)
        return out

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        counted = self._count(order)
        good = self._codes(counted) == OK
        z = np.where(good, _deviate(counted), 0.0)
        log_p = log_p_toward(log_two_sided_normal(z), toward(z, self.direction), self.direction)
        return np.where(good, log_p, 0.0)

    def _count(self, order: IntArray) -> Counted:
        shape = self.t.n.size, self.f.n.size
        score, n = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        ties = np.empty((TIES, *shape), dtype=np.int64)
        count_concordant(tuple(self.f), tuple(self.t), np.argsort(order), score, n, ties)
        return Counted(score, n, ties.astype(np.float64))

    def _codes(self, counted: Counted) -> npt.NDArray[np.int8]:
        every = counted.n * (counted.n - 1)
        code = np.full(counted.n.shape, OK, dtype=np.int8)
        code[counted.ties[3] >= every] = TARGET_CONSTANT
        code[counted.ties[0] >= every] = FEATURE_CONSTANT
        code[counted.n < self.rules.patients] = FEW
        return code


def _tau(counted: Counted) -> FloatArray:
    every = (counted.n * (counted.n - 1)).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(every - counted.ties[0]) * np.sqrt(every - counted.ties[3])
        return np.clip(2.0 * counted.score / root, -1.0, 1.0)


def _deviate(counted: Counted) -> FloatArray:
    """Return the score over its standard deviation when nothing goes with anything."""
    n = counted.n.astype(np.float64)
    m = n * (n - 1.0)
    x2, x3, x5, y2, y3, y5 = counted.ties
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (m * (2.0 * n + 5.0) - x5 - y5) / 18.0 + x2 * y2 / (2.0 * m)
        variance = variance + x3 * y3 / (9.0 * m * (n - 2.0))
        return np.asarray(counted.score / np.sqrt(variance), dtype=np.float64)
