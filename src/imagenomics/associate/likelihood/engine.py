"""Likelihood tests of all pairs of a modelled response with a predictor, adjusted for covariates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEW,
    FEW_PER_TERM,
    NO_MAXIMUM,
    OK,
    SMALL_GROUP,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
    TESTED,
    is_tested,
)
from imagenomics.associate.design import Design, orthonormal
from imagenomics.associate.likelihood.model import Fit, ResponseModel
from imagenomics.associate.one_sided import Direction, look_to_one_side
from imagenomics.associate.outcome import Block, Rules, blank, common_counts, turned, unknown
from imagenomics.associate.predictors import predictor_columns
from imagenomics.associate.score_flips import (
    NOTE,
    FlipBlock,
    all_log_p,
    shared_rows,
    smallest_flipped,
)
from imagenomics.associate.sides import NUMERIC, Side, centred
from imagenomics.stats.effects import critical_z
from imagenomics.stats.tails import LN10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SLOPE, ERROR = 5, 6


class Asked(NamedTuple):
    """What the settings ask of the tests; ``flips``: signs of scores will be drawn for a family-wise p."""

    rules: Rules
    confidence: float
    flips: bool
    direction: Direction


class LikelihoodEngine:
    """Tests whether a response follows a predictor beyond the covariates.

    Parameters
    ----------
    features, targets : Side
        One of them is the response; predictors are already transformed.
    model : ResponseModel
    on_target : bool
        The target is the response.
    design : Design
    asked : Asked
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        model: ResponseModel,
        on_target: bool,
        design: Design,
        asked: Asked,
    ) -> None:
        self.rules, self.confidence, self.flips, self.direction = asked
        self.blocks: list[FlipBlock] = []
        self.on_target, self.model, self.design = on_target, model, design
        self.responses, self.predictors = (targets, features) if on_target else (features, targets)
        self.numeric = bool(np.isin(self.predictors.kinds, NUMERIC).all())
        self.single = not bool((self.predictors.kinds == "categorical").any())

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        n = common_counts(self.responses.values, self.predictors.values)
        code = np.full(n.shape, OK, dtype=np.int8)
        self.blocks = []
        found = np.full((*n.shape, 7), np.nan)
        for r in range(n.shape[1]):
            known = ~np.isnan(self.predictors.values) & ~np.isnan(self.responses.values[:, [r]])
            for some, rows in shared_rows(known, np.arange(len(n))):
                self._test(r, rows, some, code, found)
        statistic, log_p, df, df_factor, ratio, slope, error = (
            blank(part, code) for part in np.moveaxis(found, 2, 0)
        )
        step = critical_z(self.confidence) * error
        with np.errstate(over="ignore"):
            effect, low, high = np.exp(slope), np.exp(slope - step), np.exp(slope + step)
        if not self.single:
            effect, low, high = -np.expm1(-ratio / np.maximum(n, 1)), unknown(n.shape), unknown(n.shape)
        drawn = self._log_p(None)
        per_sd = f"{self.model.measure} per SD" if self.numeric else self.model.measure
        block = Block(
            test=self.model.test,
            effect_name=per_sd if self.single else "partial Cox-Snell R squared",
            n=n,
            code=code,
            effect=effect,
            ci_low=low,
            ci_high=high,
            statistic=statistic,
            p=np.exp(log_p),
            neg_log10_p=np.abs(log_p) / LN10,
            se=error,
            df=df.astype(np.float32),
            df_factor=df_factor.astype(np.float32),
            note=self.model.note,
            neg_log10_drawn=-drawn / LN10 if self.flips else None,
            drawn=NOTE,
        )
        return look_to_one_side(turned(block) if self.on_target else block, self.direction)

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """Flip signs of scores; see the protocol."""
        return smallest_flipped(self.blocks, self._columns, orders, self.direction)

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        drawn = np.nan_to_num(self._log_p(order))
        return drawn.T if self.on_target else drawn

    def _log_p(self, order: IntArray | None) -> FloatArray:
        shape = len(self.predictors.names), len(self.responses.names)
        return all_log_p(self.blocks, self._columns, shape, order=order, direction=self.direction)

    def _columns(self, rows: IntArray, predictors: IntArray) -> list[FloatArray]:
        if self.single:
            return [centred(self.predictors.values[np.ix_(rows, predictors)])[0]]
        return [predictor_columns(self.predictors, int(p), rows) for p in predictors]

    def _test(
        self,
        response: int,
        rows: IntArray,
        predictors: IntArray,
        code: npt.NDArray[np.int8],
        found: FloatArray,
    ) -> None:
        """Fill codes and numbers of one response with predictors that share their patients."""
        y = self.responses.values[rows, response]
        refusal = self._refusal(y)
        if refusal != OK:
            code[predictors, response] = refusal
            return
        nuisance = self.model.columns(self.design.basis[rows])
        worth = self.model.terms(y) / self.rules.per_term
        null: Fit | None = None
        for p in predictors:
            x = predictor_columns(self.predictors, int(p), rows)
            x = x - x.mean(axis=0)
            X = orthonormal(np.hstack([nuisance, x]))
            code[p, response] = self._unfit(int(p), rows, X.shape[1] - nuisance.shape[1])
            if code[p, response] == OK and X.shape[1] > worth:
                code[p, response] = FEW_PER_TERM
            if code[p, response] == OK:
                null = null or self.model.fit(y, nuisance, None)
                code[p, response] = self._pair(y, X, x, null, found[p, response])
        tested = predictors[is_tested(code[predictors, response])]
        if self.flips and null is not None and tested.size:
            self.blocks.append(FlipBlock(response, tested, rows, self.model.scores(y, nuisance, null)))

    def _refusal(self, y: FloatArray) -> int:
        if y.size < self.rules.patients:
            return FEW
        sizes = np.unique(y, return_counts=True)[1]
        if sizes.size < 2:
            return FEATURE_CONSTANT
        return SMALL_GROUP if y.size - sizes.max() < self.rules.group else OK

    def _unfit(self, predictor: int, rows: IntArray, added: int) -> int:
        """Return why a predictor cannot be tested in these patients, or ``OK``."""
        sizes = np.unique(self.predictors.values[rows, predictor], return_counts=True)[1]
        if sizes.size < 2:
            return TARGET_CONSTANT
        smallest = rows.size - sizes.max() if self.numeric else sizes.min()
        if smallest < self.rules.group:
            return SMALL_GROUP
        return OK if added else TARGET_EXPLAINED

    def _pair(self, y: FloatArray, X: FloatArray, x: FloatArray, null: Fit, found: FloatArray) -> int:
        whole = self.model.fit(y, X, null)
        if np.isnan(null.likelihood + whole.likelihood) or whole.drifts:
            return NO_MAXIMUM
        tested = self.model.compare(y, X, null, whole)
        found[:SLOPE] = tested.statistic, tested.log_p, tested.df, tested.df_factor, tested.ratio
        if self.single:
            unit = float(x.std(ddof=1)) if self.numeric else 1.0
            unit /= float(X[:, -1] @ x[:, 0])
            found[SLOPE] = whole.beta[-1] * unit
            found[ERROR] = np.sqrt(whole.covariance[-1, -1]) * abs(unit) * tested.scale
        code = self.model.code(y, X, null, whole)
        return code if code in TESTED else OK
