"""Products in logistic models: does the odds ratio of two columns differ along the modifier."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import (
    FEATURE_EXPLAINED,
    FIRTH,
    MANY_COVARIATES,
    NO_MAXIMUM,
    NO_PRODUCT,
    OK,
    SEPARATED,
    TARGET_EXPLAINED,
)
from imagenomics.associate.design import Design, orthonormal
from imagenomics.associate.firth import NAME as FIRTH_NAME
from imagenomics.associate.firth import fit_firth
from imagenomics.associate.interaction.models import ODDS, ODDS_PER_SD, Pairs
from imagenomics.associate.interaction.modifier import Coded
from imagenomics.associate.logistic_kernel import fit_nested
from imagenomics.associate.logistic_tables import MODEL_NAMES, LogisticModel
from imagenomics.associate.multinomial import PERFECT, multinomial_likelihood
from imagenomics.associate.outcome import Block, Rules, blank, turned, unknown
from imagenomics.associate.predictors import predictor_columns
from imagenomics.associate.sides import Side
from imagenomics.stats.effects import critical_z
from imagenomics.stats.tails import log_sf_chi2, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
FALLBACK = f"interaction: {FIRTH_NAME}"


class LogisticProducts:
    """Tests the products of two binary or categorical columns with the modifier, beside the covariates.

    The response is the feature; where the feature is categorical and the target binary, the target. A binary response
    has a logistic model, one of several levels a multinomial one.

    Parameters
    ----------
    features, targets : Side
        Binary or categorical.
    modifier : Coded
    usable : bool array, (T, F, S)
        Strata that enter each pair.
    design : Design
    rules : Rules
    confidence : float
    model : LogisticModel
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        modifier: Coded,
        usable: npt.NDArray[np.bool_],
        design: Design,
        rules: Rules,
        confidence: float,
        model: LogisticModel,
    ) -> None:
        binary = [bool((side.kinds == "binary").all()) for side in (features, targets)]
        self.swapped = binary[1] and not binary[0]
        response, self.predictor = (targets, features) if self.swapped else (features, targets)
        self.two = any(binary)
        self.direct = modifier.single and all(binary)
        self.modifier, self.basis, self.rules = modifier, design.basis, rules
        self.confidence, self.model = confidence, model
        self.pairs = Pairs(
            response.values,
            self.predictor.values,
            modifier,
            usable.transpose(1, 0, 2) if self.swapped else usable,
            rules,
        )

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        shape = self.pairs.shape
        code, n = self.pairs.codes(), self.pairs.n
        found = np.full((*shape, 5), np.nan)
        for p, r in np.argwhere(code == OK):
            code[p, r] = self._fit(int(p), int(r), found[p, r])
        statistic, df, slope, low, high = (blank(part, code) for part in np.moveaxis(found, 2, 0))
        p_value, neg = p_and_log10(log_sf_chi2(statistic, df))
        kind = MODEL_NAMES[self.model.inference] if self.two else "multinomial logistic regression (LR)"
        gain = -np.expm1(-statistic / np.maximum(n, 1))
        with np.errstate(over="ignore"):
            odds = np.exp(slope), np.exp(low), np.exp(high)
        effect, low, high = odds if self.direct else (gain, unknown(shape), unknown(shape))
        per_sd = self.modifier.scores is not None
        direct = ODDS_PER_SD if per_sd else ODDS
        block = Block(
            test=f"interaction: {kind}",
            effect_name=direct if self.direct else "partial Cox-Snell R squared",
            n=n,
            code=code,
            effect=effect,
            ci_low=low,
            ci_high=high,
            statistic=statistic,
            p=p_value,
            neg_log10_p=neg,
            se=unknown(shape),
            df=df.astype(np.float32),
            df_factor=df.astype(np.float32),
            fallback=FALLBACK,
        )
        return turned(block) if self.swapped else block

    def _fit(self, predictor: int, response: int, found: FloatArray) -> int:
        """Fill statistic, degrees of freedom and the log ratio with its limits; return the code of the pair."""
        rows = self.pairs.rows(predictor, response)
        x, m = predictor_columns(self.predictor, predictor, rows), self.modifier.columns(rows)
        nuisance = orthonormal(np.hstack([self.basis[rows], m, x]))
        products = (x[:, :, None] * m[:, None, :]).reshape(rows.size, -1)
        y = self.pairs.responses[rows, response]
        if not self.two:
            return _multinomial(y, nuisance, products, self.rules.per_term, found)
        return self._logistic(y, nuisance, products, found)

    def _logistic(self, y: FloatArray, nuisance: FloatArray, products: FloatArray, found: FloatArray) -> int:
        skipped = np.zeros((1, y.size))  # the row that stands for a reference level
        rows = np.ascontiguousarray(np.vstack([nuisance.T, skipped, products.T]))
        fit = np.full(7, np.nan)
        terms = int(min(y.sum(), y.size - y.sum())) // self.rules.per_term
        code = int(fit_nested(rows, y, nuisance.shape[1], terms, fit))
        if code == TARGET_EXPLAINED:
            return NO_PRODUCT
        if code == SEPARATED and self.model.separation == "firth":
            return firth_product(products, y, nuisance, confidence=self.confidence, found=found)
        if code == OK:
            step = critical_z(self.confidence) * fit[6]
            statistic = fit[4] if self.model.inference == "wald" else fit[3]
            found[:] = statistic, fit[2], fit[5], fit[5] - step, fit[5] + step
        return code


def firth_product(
    products: FloatArray, y: FloatArray, nuisance: FloatArray, *, confidence: float, found: FloatArray
) -> int:
    """Fill statistic, degrees of freedom and the log ratio with its limits of a penalised fit; return its code."""
    fit = fit_firth(products, y, nuisance=nuisance, confidence=confidence)
    if fit.df == 0:
        return NO_PRODUCT
    found[:] = fit.ratio, fit.df, fit.slope, fit.low, fit.high
    return NO_MAXIMUM if np.isnan(fit.ratio) else FIRTH


def _multinomial(
    y: FloatArray, nuisance: FloatArray, products: FloatArray, per_term: int, found: FloatArray
) -> int:
    levels, sizes = np.unique(y, return_counts=True)
    full = orthonormal(np.hstack([nuisance, products]))
    terms = full.shape[1] - nuisance.shape[1]
    if terms == 0:
        return NO_PRODUCT
    if sizes.min() < per_term * full.shape[1]:
        return MANY_COVARIATES
    Y = (y[:, None] == levels[1:]).astype(np.float64)
    without = multinomial_likelihood(nuisance, Y)
    if without > -PERFECT:
        return FEATURE_EXPLAINED
    ratio = 2.0 * (multinomial_likelihood(full, Y) - without)
    found[:2] = max(ratio, 0.0), terms * (levels.size - 1)
    return NO_MAXIMUM if np.isnan(ratio) else OK
