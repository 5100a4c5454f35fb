"""Quasi-likelihood tests of counts: every phenotype of one kind against all genes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.associate.codes import FEW, NO_MAXIMUM, OK
from imagenomics.associate.differential.count_models import LN2, fit_counts, wald_errors
from imagenomics.associate.differential.phenotypes import effect_name, refusal_of, residuals, scaled
from imagenomics.associate.differential.quasi_scores import NullModel, Rows, Scores, rows_of, score_phenotype
from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.associate.differential.smallest import smallest_log_p
from imagenomics.associate.outcome import Block, whole
from imagenomics.associate.sides import Side
from imagenomics.stats.tails import log_two_sided_t, p_and_log10

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class QuasiEngine:
    """One moderated quasi-score test for each gene and phenotype.

    Parameters
    ----------
    phenotypes : Side
        Columns of one kind: continuous, ordinal or binary; continuous ones already transformed.
    model : NullModel
        Of all genes on the covariates.
    settings : DifferentialSettings
    """

    def __init__(self, phenotypes: Side, model: NullModel, *, settings: DifferentialSettings) -> None:
        self.kind = str(phenotypes.kinds[0])
        self.model, self.settings = model, settings
        self.columns = [scaled(column, self.kind) for column in phenotypes.values.T]
        self._rows: dict[bytes, Rows] = {}

    def observe(self) -> Block:
        """See :class:`~imagenomics.associate.outcome.Engine`."""
        parts = [self._one(x) for x in self.columns]
        t, df, effect, se, n, code = (np.column_stack(part) for part in zip(*parts, strict=True))
        p, neg = p_and_log10(log_two_sided_t(t, df))
        step = se * special.stdtrit(df, 0.5 + self.settings.confidence / 2)
        return Block(
            test="moderated quasi-score t",
            effect_name=effect_name(self.kind, log2=True),
            n=n.astype(np.int32),
            code=code.astype(np.int8),
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
        """Permute the phenotypes' residuals (Freedman & Lane 1983); the null model stays, variances are shrunk anew."""
        left = [residuals(x, self.model.basis) for x in self.columns if self._refusal(x, ~np.isnan(x)) == OK]
        smallest = np.zeros(len(orders))
        for draw, order in enumerate(orders):
            for x in left:
                known = ~np.isnan(x[order])
                found = score_phenotype(self.model, self._known(known), x[order][known])
                smallest[draw] = min(smallest[draw], smallest_log_p(found.t, found.df))
        return smallest

    def _refusal(self, x: FloatArray, known: npt.NDArray[np.bool_]) -> int:
        asked = self.settings
        if known.sum() < asked.min_patients:
            return FEW
        return refusal_of(
            x[known], self._known(known).columns, self.kind, least=(asked.min_patients, asked.min_group)
        )

    def _known(self, known: npt.NDArray[np.bool_]) -> Rows:
        """Return the null model of these patients; only that of the last set is kept besides that of all."""
        key = known.tobytes()
        if key not in self._rows:
            self._rows = {k: v for k, v in self._rows.items() if v.known.all()}
            self._rows[key] = rows_of(self.model, known)
        return self._rows[key]

    def _one(self, x: FloatArray) -> tuple[npt.NDArray[Any], ...]:
        """Return t, df, effect, error, n and code of one phenotype."""
        known = ~np.isnan(x)
        code = self.model.code.copy()
        refusal = self._refusal(x, known)
        t, df, effect, error = (np.full(code.size, np.nan) for _ in range(4))
        n = np.full(code.size, int(known.sum()))
        if refusal != OK:
            code[:] = refusal
            return t, df, effect, error, n, code
        rows = self._known(known)
        found = score_phenotype(self.model, rows, x[known] - x[known].mean())
        good = np.flatnonzero(found.code == OK)
        code = found.code.copy()
        slope, se, done = self._slopes(x[known], rows, good, found)
        code[good[~done]] = NO_MAXIMUM
        for array, values in ((t, found.t[good]), (df, found.df[good]), (effect, slope), (error, se)):
            array[good] = np.where(done, values, np.nan)
        return t, df, effect, error, n, code

    def _slopes(
        self, x: FloatArray, rows: Rows, good: npt.NDArray[np.intp], found: Scores
    ) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
        """Return log2 fold changes, their standard errors, and whether the models have a maximum."""
        model, columns = self.model, rows.columns
        left = x - columns @ (columns.T @ x) / x.size
        scale = float(np.linalg.norm(left)) / np.sqrt(x.size)
        design = np.column_stack([columns, left / scale])
        dispersion = model.dispersion[good]
        fit = fit_counts(
            model.counts[np.ix_(rows.known, good)], design, np.log(model.factors[rows.known]), dispersion
        )
        error = wald_errors(fit, design, dispersion) * np.sqrt(found.variance[good])
        return fit.beta[:, -1] / scale / LN2, error / scale / LN2, fit.done
