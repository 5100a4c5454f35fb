"""Pearson's chi-square test of pairs with a categorical column on at least one side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import FEATURE_CONSTANT, FEW, FEW_EXPECTED, OK, SMALL_GROUP, TARGET_CONSTANT
from imagenomics.associate.contingency_kernel import pearson
from imagenomics.associate.outcome import Block, Rules, blank, unknown
from imagenomics.associate.sides import Side
from imagenomics.stats.explained import cramers_v
from imagenomics.stats.tails import log_sf_chi2, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class Indicators(NamedTuple):
    """Levels of all columns side by side."""

    values: FloatArray  # (N, levels) 1 where the patient has the level
    at: IntArray  # (columns + 1,) where the levels of each column start


class ChiSquareEngine:
    """Tests whether two columns of levels go together.

    Parameters
    ----------
    features, targets : Side
        Binary or categorical columns.
    rules : Rules
    confidence : float
    """

    def __init__(self, features: Side, targets: Side, *, rules: Rules, confidence: float) -> None:
        self.rules = rules
        self.confidence = confidence
        self.f = _indicators(features.values)
        self.t = _indicators(targets.values)

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        statistic, sizes = self._test(np.arange(len(self.f.values)))
        code = self._codes(statistic[1], sizes)
        chi2 = blank(statistic[0], code)
        df = blank(_df(sizes), code)
        scale = sizes[0] * (np.minimum(sizes[1], sizes[2]) - 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            effect, low, high = cramers_v(chi2, df, scale, confidence=self.confidence)
        p, neg = p_and_log10(log_sf_chi2(chi2, df))
        return Block(
            test="chi-square",
            effect_name="Cramer's V",
            n=sizes[0].astype(np.int32),
            code=code,
            effect=effect,
            ci_low=low,
            ci_high=high,
            statistic=chi2,
            p=p,
            neg_log10_p=neg,
            se=unknown(code.shape),
            df=df.astype(np.float32),
            df_factor=df.astype(np.float32),
        )

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        out = np.zeros(len(orders))
        for draw, order in enumerate(orders):
            statistic, sizes = self._test(order)
            good = self._codes(statistic[1], sizes) == OK
            df = _df(sizes)
            for kind in np.unique(df[good]):
                largest = statistic[0][good & (df == kind)].max()
                out[draw] = min(out[draw], float(log_sf_chi2(largest, kind)))
        return out

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        statistic, sizes = self._test(order)
        good = self._codes(statistic[1], sizes) == OK
        chi2, df = np.where(good, statistic[0], 0.0), np.where(good, _df(sizes), 1.0)
        return np.where(good, log_sf_chi2(chi2, df), 0.0)

    def _test(self, order: IntArray) -> tuple[FloatArray, IntArray]:
        shape = (self.t.at.size - 1, self.f.at.size - 1)
        statistic, sizes = np.empty((2, *shape)), np.empty((5, *shape), dtype=np.int64)
        pearson(self.t.values.T @ self.f.values[order], self.t.at, self.f.at, statistic, sizes)
        return statistic, sizes

    def _codes(self, expected: FloatArray, sizes: IntArray) -> npt.NDArray[np.int8]:
        code = np.full(expected.shape, OK, dtype=np.int8)
        code[expected < 5.0] = FEW_EXPECTED
        code[np.minimum(sizes[3], sizes[4]) < self.rules.group] = SMALL_GROUP
        code[sizes[1] < 2] = TARGET_CONSTANT
        code[sizes[2] < 2] = FEATURE_CONSTANT
        code[sizes[0] < self.rules.patients] = FEW
        return code


def _df(sizes: IntArray) -> FloatArray:
    return np.asarray((sizes[1] - 1.0) * (sizes[2] - 1.0), dtype=np.float64)


def _indicators(values: FloatArray) -> Indicators:
    columns, at = [], [0]
    for column in values.T:
        seen = column[~np.isnan(column)]
        levels = np.arange(int(seen.max(initial=0)) + 1)
        columns.append((column[:, None] == levels).astype(np.float64))
        at.append(at[-1] + levels.size)
    stacked = np.hstack(columns) if columns else np.empty((len(values), 0))
    return Indicators(stacked, np.array(at, dtype=np.int64))
