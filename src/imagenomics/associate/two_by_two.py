"""Two binary columns: a test of their table, or a logistic model without covariates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEW,
    FEW_EXPECTED,
    FIRTH,
    OK,
    SEPARATED,
    SMALL_GROUP,
    TARGET_CONSTANT,
    is_tested,
)
from imagenomics.associate.contingency_kernel import fisher_log_p
from imagenomics.associate.firth import NAME as FIRTH_NAME
from imagenomics.associate.logistic_tables import (
    MODEL_NAMES,
    LogisticModel,
    association,
    firth_odds,
    model_statistic,
    separate,
)
from imagenomics.associate.one_sided import Direction, log_p_toward, named, noted, toward
from imagenomics.associate.outcome import Block, Rules, blank, unknown, whole
from imagenomics.associate.settings import TableTest
from imagenomics.associate.sides import Side
from imagenomics.associate.table_tests import (
    NAMES,
    chi_square_log_p,
    chi_square_statistic,
    exact_log_p,
    is_chi_square,
    smallest_expected,
)
from imagenomics.stats.effects import odds_ratio
from imagenomics.stats.tails import log_sf_chi2, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
AT_ONCE = 4_000_000  # tables of one scratch array


class Tables(NamedTuple):
    """2 x 2 tables, any shape: patients with both, with the feature, with the target, in all."""

    both: IntArray
    feature: IntArray
    target: IntArray
    n: IntArray

    def cells(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Return both, only the feature, only the target, neither."""
        only_f, only_t = self.feature - self.both, self.target - self.both
        return self.both, only_f, only_t, self.n - self.both - only_f - only_t


class TwoByTwoEngine:
    """Tests whether two binary columns go together.

    Parameters
    ----------
    features, targets : Side
        Binary columns.
    rules : Rules
    confidence : float
    model : LogisticModel, optional
        A logistic model instead of a test of the table.
    test : str
        Which test of the table.
    direction : str
        Side to which it looks; not for chi-square.
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        rules: Rules,
        confidence: float,
        model: LogisticModel | None = None,
        test: TableTest = "fisher",
        direction: Direction = "two-sided",
    ) -> None:
        self.direction = direction
        self.rules = rules
        self.confidence = confidence
        self.model = model
        self.test = test
        self.f = (features.values == 1).astype(np.float64), (~np.isnan(features.values)).astype(np.float64)
        self.t = (targets.values == 1).astype(np.float64), (~np.isnan(targets.values)).astype(np.float64)

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        tables = self._count(np.arange(len(self.f[0])))
        code = self._codes(tables)
        effect, low, high = odds_ratio(tables.cells(), confidence=self.confidence)
        log_p = self._log_p(tables)
        statistic = self._statistic(tables)
        df = whole(code.shape, 1.0 if is_chi_square(self.test) else np.nan)
        if self.model:
            df = whole(code.shape, 1.0)
            apart = code == FIRTH
            cells = tuple(cell[apart] for cell in tables.cells())
            effect[apart], low[apart], high[apart] = firth_odds(cells, confidence=self.confidence)
        p, neg = p_and_log10(blank(log_p, code))
        return Block(
            test=named(MODEL_NAMES[self.model.inference] if self.model else NAMES[self.test], self.direction),
            effect_name="odds ratio",
            n=tables.n.astype(np.int32),
            code=code,
            effect=blank(effect, code),
            ci_low=blank(low, code),
            ci_high=blank(high, code),
            statistic=blank(statistic, code),
            p=p,
            neg_log10_p=neg,
            se=unknown(code.shape),
            df=df,
            df_factor=df,
            note=noted("", self.direction),
            fallback=named(FIRTH_NAME, self.direction),
        )

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        out = np.zeros(len(orders))
        pairs = self.f[0].shape[1] * self.t[0].shape[1]
        for part in _parts(len(orders), max(1, AT_ONCE // max(pairs, 1))):
            drawn = [self._count(order) for order in orders[part]]
            tables = Tables(
                *(np.stack(arrays, axis=-1).reshape(pairs, -1) for arrays in zip(*drawn, strict=True))
            )
            log_p = np.where(is_tested(self._codes(tables)), self._log_p(tables), 0.0)
            out[part] = log_p.min(axis=0, initial=0.0)
        return out

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        tables = self._count(order)
        return np.where(is_tested(self._codes(tables)), self._log_p(tables), 0.0)

    def _count(self, order: IntArray) -> Tables:
        """Count all pairs, the rows of the features taken in this order; products of 0 and 1 are exact."""
        f_ones, f_seen = self.f[0][order], self.f[1][order]
        t_ones, t_seen = self.t[0].T, self.t[1].T
        counts = (t_ones @ f_ones, t_seen @ f_ones, t_ones @ f_seen, t_seen @ f_seen)
        return Tables(*(part.astype(np.int64) for part in counts))

    def _codes(self, tables: Tables) -> npt.NDArray[np.int8]:
        f_smaller = np.minimum(tables.feature, tables.n - tables.feature)
        t_smaller = np.minimum(tables.target, tables.n - tables.target)
        code = np.full(tables.n.shape, OK, dtype=np.int8)
        if self.model:
            code[separate(tables.cells())] = SEPARATED if self.model.separation == "refuse" else FIRTH
        elif is_chi_square(self.test):
            code[smallest_expected(tables.cells()) < 5.0] = FEW_EXPECTED
        code[np.minimum(f_smaller, t_smaller) < self.rules.group] = SMALL_GROUP
        code[t_smaller == 0] = TARGET_CONSTANT
        code[f_smaller == 0] = FEATURE_CONSTANT
        code[tables.n < self.rules.patients] = FEW
        return code

    def _statistic(self, tables: Tables) -> FloatArray:
        if self.model:
            return model_statistic(tables.cells(), self.model)
        if is_chi_square(self.test):
            return chi_square_statistic(tables.cells(), self.test)
        return tables.both.astype(np.float64)

    def _log_p(self, tables: Tables) -> FloatArray:
        if self.model:
            size = toward(association(tables.cells()), self.direction)
            log_p = log_sf_chi2(model_statistic(tables.cells(), self.model), 1.0)
            return log_p_toward(log_p, size, self.direction)
        if self.test == "fisher-mid-p" or self.direction != "two-sided":
            return exact_log_p(tables.cells(), self.test, self.direction)
        if is_chi_square(self.test):
            return chi_square_log_p(tables.cells(), self.test)
        shape = tables.n.shape
        flat = [part.reshape(-1, shape[-1]) for part in tables]
        log_p = np.empty(flat[0].shape)
        fisher_log_p(*flat, log_p)
        return log_p.reshape(shape)


def _parts(count: int, step: int) -> Iterator[slice]:
    for start in range(0, count, step):
        yield slice(start, start + step)
