"""Partial F tests of all pairs of a numeric and a categorical column, adjusted for the same covariates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_EXPLAINED,
    FEW,
    OK,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
)
from imagenomics.associate.design import Design, orthonormal
from imagenomics.associate.factor_kernel import scan_factor
from imagenomics.associate.factor_parts import Factor, Fits, Responses
from imagenomics.associate.outcome import Block, Rules, turned, unknown
from imagenomics.associate.residuals import missing_rows, residualise
from imagenomics.associate.sides import Side
from imagenomics.stats.explained import partial_eta_squared
from imagenomics.stats.tails import log_sf_f, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class FactorEngine:
    """Tests whether the mean of a numeric column differs between the levels of a categorical one.

    Parameters
    ----------
    features, targets : Side
        One side numeric (already transformed), the other categorical.
    design : Design
    rules : Rules
    confidence : float
    test : str
        Name of the test in the table.
    """

    def __init__(
        self,
        features: Side,
        targets: Side,
        *,
        design: Design,
        rules: Rules,
        confidence: float,
        test: str = "linear model (F)",
    ) -> None:
        self.test = test
        self.design = design
        self.rules = rules
        self.confidence = confidence
        self.swapped = bool((features.kinds == "categorical").all())
        response, factors = (targets, features) if self.swapped else (features, targets)
        self.side = residualise(response, design.basis)
        self.responses = Responses(self.side.values, *missing_rows(self.side.observed))
        self.factors = [_factor(column, design.basis) for column in factors.values.T]

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        fits = self._fit(np.arange(len(self.design.basis)))
        code = fits.code
        df1, df2 = (np.where(code == OK, part, np.nan) for part in (fits.df1, fits.df2))
        effect, low, high = partial_eta_squared(fits.f, df1, df2, confidence=self.confidence)
        p, neg = p_and_log10(log_sf_f(fits.f, df1, df2))
        block = Block(
            test=self.test,
            effect_name="partial eta squared" if self.design.adjusted else "eta squared",
            n=fits.n.astype(np.int32),
            code=code,
            effect=effect,
            ci_low=low,
            ci_high=high,
            statistic=fits.f,
            p=p,
            neg_log10_p=neg,
            se=unknown(code.shape),
            df=df2.astype(np.float32),
            df_factor=df1.astype(np.float32),
        )
        return turned(block) if self.swapped else block

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """Permute the residuals of the numeric side (Freedman & Lane 1983); see the protocol."""
        out = np.zeros(len(orders))
        for draw, order in enumerate(orders):
            fits = self._fit(np.argsort(order) if self.swapped else order)
            good = fits.code == OK
            kinds = fits.df1 * (fits.n.max(initial=0) + 1) + fits.df2
            for kind in np.unique(kinds[good]):
                here = good & (kinds == kind)
                best = np.argmax(np.where(here, fits.f, -1.0))
                log_p = log_sf_f(fits.f.flat[best], fits.df1.flat[best], fits.df2.flat[best])
                out[draw] = min(out[draw], float(log_p))
        return out

    def log_p(self, order: IntArray) -> FloatArray:
        """See :class:`~imagenomics.associate.outcome.StepwiseEngine`."""
        fits = self._fit(np.argsort(order) if self.swapped else order)
        good = fits.code == OK
        df1, df2 = (np.where(good, part, 1.0) for part in (fits.df1, fits.df2))
        out = np.where(good, log_sf_f(np.where(good, fits.f, 0.0), df1, df2), 0.0)
        return out.T if self.swapped else out

    def _fit(self, rows: npt.NDArray[np.integer]) -> Fits:
        """Fit all pairs, (G, K), the responses taken in the order ``rows``."""
        shape = (len(self.factors), self.side.values.shape[1])
        df1, df2, n = (np.empty(shape, dtype=np.int64) for _ in range(3))
        fits = Fits(np.empty(shape), df1, df2, n, np.empty(shape, dtype=np.int8))
        order = np.stack([rows, np.argsort(rows)]).astype(np.int64)
        values = self.side.values[rows]
        squares = values * values
        for g, factor in enumerate(self.factors):
            known = (factor.level >= 0).astype(np.float64)
            sums = factor.basis.T @ values, known @ squares
            here = Fits(fits.f[g], df1[g], df2[g], n[g], fits.code[g])
            scan_factor(tuple(factor), tuple(self.responses), sums, order, tuple(self.rules), tuple(here))
        self._mark_columns(fits)
        return fits

    def _mark_columns(self, fits: Fits) -> None:
        for where, code in ((self.side.explained, FEATURE_EXPLAINED), (self.side.constant, FEATURE_CONSTANT)):
            bad = where[None, :] & (fits.code != FEW)
            fits.code[bad] = code
            fits.f[bad] = np.nan
        if not self.design.adjusted:
            fits.code[fits.code == FEATURE_EXPLAINED] = FEATURE_CONSTANT
            fits.code[fits.code == TARGET_EXPLAINED] = TARGET_CONSTANT


def _factor(column: FloatArray, basis: FloatArray) -> Factor:
    """Return one categorical column (level codes, NaN for missing) with the covariates on its rows."""
    seen = ~np.isnan(column)
    level = np.where(seen, column, -1.0).astype(np.int64)
    sizes = np.bincount(level[seen], minlength=1).astype(np.int64)
    dummies = (level[seen][:, None] == np.flatnonzero(sizes)[1:]).astype(np.float64)
    covariates = orthonormal(basis[seen])
    both = orthonormal(np.hstack([covariates, dummies]))
    full = np.zeros((column.size, both.shape[1]))
    full[seen] = both
    return Factor(full, covariates.shape[1], level, sizes, int(seen.sum()))
