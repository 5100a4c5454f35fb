"""Moderated t: every phenotype of one kind against all genes, the variances of a phenotype's models shrunk together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.codes import OK, SMALL_GROUP
from imagenomics.associate.differential.phenotypes import effect_name, residuals, scaled, testable
from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.associate.differential.slopes import fit_slopes
from imagenomics.associate.differential.smallest import smallest_log_p
from imagenomics.associate.differential.squeeze import squeeze_variances
from imagenomics.associate.differential.voom import fit_voom
from imagenomics.associate.outcome import Block, whole
from imagenomics.associate.sides import Side
from imagenomics.stats.tails import log_two_sided_t, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class _Fit(NamedTuple):
    effect: FloatArray
    se: FloatArray
    t: FloatArray
    df: FloatArray
    n: npt.NDArray[np.int32]
    code: npt.NDArray[np.int8]


class ModeratedEngine:
    """One moderated t test for each gene and phenotype.

    Parameters
    ----------
    phenotypes : Side
        Columns of one kind: continuous, ordinal or binary; continuous ones already transformed.
    genes : Side
        Continuous columns.
    basis : array, (N, C)
        Orthonormal columns that span intercept and covariates.
    settings : DifferentialSettings
    log2 : bool
        Whether expression is on a log2 scale, so that slopes are fold changes.
    sizes : array, (N,), optional
        Effective library sizes: the genes are raw counts then, and the models those of voom.
    """

    def __init__(
        self,
        phenotypes: Side,
        genes: Side,
        *,
        basis: FloatArray,
        settings: DifferentialSettings,
        log2: bool,
        sizes: FloatArray | None = None,
    ) -> None:
        self.kind = str(phenotypes.kinds[0])
        self.genes = genes
        self.basis = basis
        self.settings = settings
        self.sizes = sizes
        self.effect_name = effect_name(self.kind, log2=log2)
        self.columns = [scaled(column, self.kind) for column in phenotypes.values.T]

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        fits = [self._fit(x, checked=True) for x in self.columns]
        effect, se, t, df, n, code = (np.column_stack(part) for part in zip(*fits, strict=True))
        log_p = log_two_sided_t(t, df)
        p, neg = p_and_log10(log_p)
        step = se * special.stdtrit(df, 0.5 + self.settings.confidence / 2)
        return Block(
            test="moderated t" if self.sizes is None else "voom moderated t",
            effect_name=self.effect_name,
            n=n,
            code=code,
            effect=effect,
            ci_low=effect - step,
            ci_high=effect + step,
            statistic=t,
            p=p,
            neg_log10_p=neg,
            se=se,
            df=df.astype(np.float32),
            df_factor=whole(df.shape, 1.0),
        )

    def smallest_log_p(self, orders: IntArray) -> FloatArray:
        """Permute the phenotypes' residuals (Freedman & Lane 1983), and shrink the variances of each draw anew."""
        left = [residuals(x, self.basis) for x in self.columns if self._testable(x)]
        smallest = np.zeros(len(orders))
        for draw, rows in enumerate(orders):
            for x in left:
                fit = self._fit(x[rows], checked=False)
                smallest[draw] = min(smallest[draw], smallest_log_p(fit.t, fit.df))
        return smallest

    def _testable(self, x: FloatArray) -> bool:
        return testable(x, self.kind, least=self.settings.min_group)

    def _fit(self, x: FloatArray, *, checked: bool) -> _Fit:
        genes, least = self.genes.values, self.settings.min_patients
        if self.sizes is None:
            slopes = fit_slopes(genes, self.basis, x, least=least)
        else:
            slopes = fit_voom(genes, self.basis, x, least=least, sizes=self.sizes)
        level = slopes.level if self.settings.trend else None
        shrunk = squeeze_variances(slopes.variance, slopes.df, level=level)
        code = slopes.code.copy()
        if checked and not self._testable(x):
            code[code == OK] = SMALL_GROUP
        good = code == OK
        with np.errstate(divide="ignore", invalid="ignore"):
            se = np.where(good, slopes.unscaled * np.sqrt(shrunk.variance), np.nan)
            t = np.where(good, slopes.effect / se, np.nan)
        df = np.where(good, shrunk.df, np.nan)
        return _Fit(np.where(good, slopes.effect, np.nan), se, t, df, slopes.n, code)
