"""Logistic models of all pairs of a binary column with a binary or categorical one, adjusted for covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import FIRTH, NO_MAXIMUM, SEPARATED, is_tested
from imagenomics.associate.design import Design
from imagenomics.associate.firth import NAME, fit_firth
from imagenomics.associate.likelihood.ordinal import ProportionalOdds
from imagenomics.associate.logistic_kernel import scan_logits
from imagenomics.associate.logistic_tables import MODEL_NAMES, LogisticModel
from imagenomics.associate.one_sided import Direction, look_to_one_side
from imagenomics.associate.outcome import Block, Rules, turned, unknown
from imagenomics.associate.score_flips import (
    NOTE,
    FlipBlock,
    all_log_p,
    shared_rows,
    smallest_flipped,
)
from imagenomics.associate.sides import Side
from imagenomics.stats.effects import critical_z
from imagenomics.stats.tails import LN10, log_sf_chi2, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class LogisticEngine:
    """Tests whether a binary column follows another one beyond the covariates.

    Parameters
    ----------
    features, targets : Side
        The features are binary and the response; where they are categorical, the targets are binary and the
        response.
    design : Design
    rules : Rules
    confidence : float
    model : LogisticModel
    flips : bool
        Signs of scores will be drawn for a family-wise p.
    direction : str
        Side to which the test looks, both columns being binary: the signed root of the likelihood ratio.
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        design: Design,
        rules: Rules,
        confidence: float,
        model: LogisticModel,
        flips: bool = False,
        direction: Direction = "two-sided",
    ) -> None:
        self.direction, self.flips = direction, flips
        self.blocks: list[FlipBlock] = []
        self.design = design
        self.rules = rules
        self.confidence = confidence
        self.model = model
        self.swapped = bool((features.kinds == "categorical").all())
        response, predictor = (targets, features) if self.swapped else (features, targets)
        self.responses, self.levels = _codes(response.values), _codes(predictor.values)
        self.two = bool((predictor.kinds == "binary").all())

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        shape = (len(self.levels), len(self.responses))
        fits = np.empty((*shape, 7))
        scan_logits(self.responses, self.levels, self.design.basis, tuple(self.rules), fits)
        code, n, df, ratio, wald, slope, error = np.moveaxis(fits, 2, 0)
        step = critical_z(self.confidence) * error
        odds = np.stack([slope, slope - step, slope + step])
        statistic = wald if self.model.inference == "wald" else ratio
        if self.model.separation == "firth":
            self._fall_back(code, ratio, statistic, odds)
        with np.errstate(over="ignore"):
            effect, low, high = np.exp(odds) if self.two else _gain(ratio, n)
        p, neg = p_and_log10(log_sf_chi2(statistic, df))
        block = Block(
            test=MODEL_NAMES[self.model.inference],
            effect_name="odds ratio" if self.two else "partial Cox-Snell R squared",
            n=n.astype(np.int32),
            code=code.astype(np.int8),
            effect=effect,
            ci_low=low,
            ci_high=high,
            statistic=statistic,
            p=p,
            neg_log10_p=neg,
            se=unknown(shape),
            df=df.astype(np.float32),
            df_factor=df.astype(np.float32),
            fallback=NAME,
            neg_log10_drawn=self._drawn(code.astype(np.int8)) if self.flips else None,
            drawn=NOTE,
        )
        return look_to_one_side(turned(block) if self.swapped else block, self.direction)

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """Flip signs of scores; see the protocol."""
        return smallest_flipped(self.blocks, self._columns, orders, self.direction)

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        drawn = np.nan_to_num(self._log_p(order))
        return drawn.T if self.swapped else drawn

    def _drawn(self, code: npt.NDArray[np.int8]) -> FloatArray:
        """Fit the models without a predictor, keep their scores, and return -log10 p of the score tests."""
        self.blocks = []
        tested = is_tested(code)
        model = ProportionalOdds()  # of two levels it is the logistic model
        for k, response in enumerate(self.responses):
            masks = (self.levels >= 0).T & (response >= 0)[:, None]
            for some, rows in shared_rows(masks[:, tested[:, k]], np.flatnonzero(tested[:, k])):
                y, Z = response[rows].astype(np.float64), model.columns(self.design.basis[rows])
                fit = model.fit(y, Z, None)
                if not np.isnan(fit.likelihood):
                    self.blocks.append(FlipBlock(k, some, rows, model.scores(y, Z, fit)))
        return -self._log_p(None) / LN10

    def _log_p(self, order: IntArray | None) -> FloatArray:
        shape = (len(self.levels), len(self.responses))
        return all_log_p(self.blocks, self._columns, shape, order=order, direction=self.direction)

    def _columns(self, rows: IntArray, predictors: IntArray) -> list[FloatArray]:
        levels = self.levels[np.ix_(predictors, rows)]
        if self.two:
            return [levels.T.astype(np.float64)]
        return [(own[:, None] == np.unique(own)[1:]).astype(np.float64) for own in levels]

    def _fall_back(
        self, code: FloatArray, ratio: FloatArray, statistic: FloatArray, odds: FloatArray
    ) -> None:
        """Fit the pairs that separate again, by Firth's penalised likelihood, in place."""
        for g, k in np.argwhere(code == SEPARATED):
            level, y = self.levels[g], self.responses[k]
            rows = (level >= 0) & (y >= 0)
            dummies = level[rows][:, None] == np.unique(level[rows])[1:]
            fit = fit_firth(
                dummies.astype(np.float64),
                y[rows].astype(np.float64),
                nuisance=self.design.basis[rows],
                confidence=self.confidence,
            )
            code[g, k] = NO_MAXIMUM if np.isnan(fit.ratio) else FIRTH
            ratio[g, k] = statistic[g, k] = fit.ratio
            odds[:, g, k] = fit.slope, fit.low, fit.high


def _gain(ratio: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    nothing = unknown(ratio.shape)
    return -np.expm1(-ratio / np.maximum(n, 1)), nothing, nothing


def _codes(values: FloatArray) -> IntArray:
    return np.ascontiguousarray(np.where(np.isnan(values), -1.0, values).T).astype(np.int64)
