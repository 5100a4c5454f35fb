"""Logistic models of all pairs of a binary column with a binary or categorical one, adjusted for covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.design import Design
from imagenomics.associate.logistic_kernel import scan_logits
from imagenomics.associate.one_sided import Direction, look_to_one_side
from imagenomics.associate.outcome import Block, Rules, turned, unknown
from imagenomics.associate.sides import Side
from imagenomics.stats.effects import critical_z
from imagenomics.stats.tails import log_sf_chi2, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
NO_PERMUTATION = "no permutation p: permuting residuals holds for linear models only"


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
        direction: Direction = "two-sided",
    ) -> None:
        self.direction = direction
        self.design = design
        self.rules = rules
        self.confidence = confidence
        self.swapped = bool((features.kinds == "categorical").all())
        response, predictor = (targets, features) if self.swapped else (features, targets)
        self.responses, self.levels = _codes(response.values), _codes(predictor.values)
        self.two = bool((predictor.kinds == "binary").all())

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        shape = (len(self.levels), len(self.responses))
        fits = np.empty((*shape, 6))
        scan_logits(self.responses, self.levels, self.design.basis, tuple(self.rules), fits)
        code, n, df, ratio, slope, error = np.moveaxis(fits, 2, 0)
        p, neg = p_and_log10(log_sf_chi2(ratio, df))
        effect, low, high = self._odds(slope, error) if self.two else _gain(ratio, n)
        block = Block(
            test="logistic regression (LR)",
            effect_name="odds ratio" if self.two else "partial Cox-Snell R squared",
            n=n.astype(np.int32),
            code=code.astype(np.int8),
            effect=effect,
            ci_low=low,
            ci_high=high,
            statistic=ratio,
            p=p,
            neg_log10_p=neg,
            se=unknown(shape),
            df=df.astype(np.float32),
            df_factor=df.astype(np.float32),
        )
        return look_to_one_side(turned(block) if self.swapped else block, self.direction)

    def _odds(self, slope: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the odds ratio with Wald's interval; from 0 to infinity where the groups separate."""
        apart = np.isinf(slope)
        step = critical_z(self.confidence) * error
        with np.errstate(invalid="ignore", over="ignore"):
            low, high = np.exp(slope - step), np.exp(slope + step)
            effect = np.exp(slope)
        return effect, np.where(apart, 0.0, low), np.where(apart, np.inf, high)


def _gain(ratio: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    nothing = unknown(ratio.shape)
    return -np.expm1(-ratio / np.maximum(n, 1)), nothing, nothing


def _codes(values: FloatArray) -> IntArray:
    return np.ascontiguousarray(np.where(np.isnan(values), -1.0, values).T).astype(np.int64)
