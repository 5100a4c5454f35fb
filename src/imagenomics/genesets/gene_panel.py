"""The statistic of every gene against a phenotype, as it is or with patients permuted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.associate.design import orthonormal

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
TINY = 1e-8  # length left, relative, below which a column counts as explained by the covariates


@dataclass(frozen=True)
class GenePanel:
    """Genes without what the covariates explain, each on the patients who have it.

    Parameters
    ----------
    genes : tuple of str, (G,)
        Genes that can be tested.
    units : array, (n, G)
        Residuals of unit length, zero where the gene is missing.
    df : array, (G,)
        Degrees of freedom of a gene's partial correlation.
    pattern : int array, (G,)
        Which patients a gene has: a row of ``masks`` and ``bases``.
    masks : array, (P, n)
        1 where a value is there.
    bases : array, (P, C, n)
        Orthonormal basis of intercept and covariates on the patients of each pattern, zero elsewhere.
    """

    genes: tuple[str, ...]
    units: FloatArray
    df: FloatArray
    pattern: IntArray
    masks: FloatArray
    bases: FloatArray

    def correlations(self, x: FloatArray) -> FloatArray:
        """Return the partial correlation of each gene with phenotypes ``x`` (B, n) as (B, G)."""
        left = (x**2) @ self.masks.T
        for c in range(self.bases.shape[1]):
            left = left - (x @ self.bases[:, c].T) ** 2
        length = np.sqrt(np.maximum(left, 0.0))[:, self.pattern]
        with np.errstate(invalid="ignore", divide="ignore"):
            r = (x @ self.units) / length
        return np.clip(np.where(length > 0, r, 0.0), -1.0, 1.0)

    def statistics(self, x: FloatArray) -> FloatArray:
        """Return the statistic of each gene against phenotypes ``x`` (B, n) as standard normal numbers (B, G).

        They are the t statistics of linear models with the covariates, on each pair's own patients, carried to the
        normal distribution by Wallace's formula, which is monotone, so that genes with different n compare.

        Source
        ------
        Wallace 1959, Annals of Mathematical Statistics 30:1121.
        """
        r = self.correlations(x)
        size = np.sqrt(-self.df * np.log1p(-np.minimum(r**2, 1.0 - 1e-15)))
        return np.asarray(np.sign(r) * size * (8 * self.df + 1) / (8 * self.df + 3))

    def p_values(self, x: FloatArray) -> FloatArray:
        """Return the two-sided p value of each gene against phenotypes ``x`` (B, n) as (B, G), from the t."""
        from scipy.special import stdtr

        r2 = np.minimum(self.correlations(x) ** 2, 1.0 - 1e-15)
        return np.asarray(2.0 * stdtr(self.df, -np.sqrt(self.df * r2 / (1.0 - r2))))

    def given(self, x: FloatArray) -> FloatArray:
        """Return the residuals of the genes (n, G) given the phenotype ``x`` (n,), too, of unit length."""
        inside = self.masks[self.pattern].T * x[:, None]
        length = np.sqrt((inside**2).sum(axis=0))
        unit = inside / np.where(length > 0, length, 1.0)
        left = self.units - unit * (unit * self.units).sum(axis=0)
        norm = np.sqrt((left**2).sum(axis=0))
        return np.asarray(left / np.where(norm > TINY, norm, 1.0))


def make_panel(
    values: FloatArray, genes: Sequence[str], design: FloatArray, *, min_patients: int
) -> tuple[GenePanel, npt.NDArray[np.bool_]]:
    """Return the panel of the genes that can be tested, and which of the given genes these are (G0,).

    Parameters
    ----------
    values : array, (n, G0)
        Expression, NaN for missing.
    genes : sequence of str, (G0,)
    design : array, (n, C)
        Intercept and covariates, without missing values.
    min_patients : int
        Genes that fewer patients have are left out, as are constant ones and those that the covariates explain.
    """
    seen = ~np.isnan(values)
    masks, pattern = np.unique(seen.T, axis=0, return_inverse=True) if len(genes) else (seen.T, np.empty(0))
    pattern = np.asarray(pattern).reshape(-1).astype(np.int64)
    bases = np.zeros((len(masks), design.shape[1], len(values)))
    ranks = np.zeros(len(masks))
    units = np.zeros(values.shape)
    length = np.zeros(values.shape[1])
    for p, mask in enumerate(masks):
        if not mask.any():
            continue
        own = orthonormal(design[mask])
        ranks[p] = own.shape[1]
        bases[p][: own.shape[1], mask] = own.T
        columns = np.flatnonzero(pattern == p)
        part = values[np.ix_(mask, columns)]
        part = part - part.mean(axis=0)
        spread = np.sqrt((part**2).sum(axis=0))
        part = part / np.where(spread > 0, spread, 1.0)
        left = part - own @ (own.T @ part)
        norm = np.sqrt((left**2).sum(axis=0))
        # A constant column keeps rounding errors only; measured against its size they are nothing.
        size = np.abs(values[np.ix_(mask, columns)]).max(axis=0, initial=0.0)
        flat = spread <= 1e-12 * np.maximum(size, 1e-300) * np.sqrt(mask.sum())
        length[columns] = np.where(flat, 0.0, norm)
        units[np.ix_(mask, columns)] = left / np.where(norm > TINY, norm, 1.0)
    counts = masks.sum(axis=1)[pattern] if len(genes) else np.empty(0)
    df = counts - ranks[pattern] - 1 if len(genes) else np.empty(0)
    usable = (length > TINY) & (counts >= min_patients) & (df >= 3)
    panel = GenePanel(
        tuple(str(genes[i]) for i in np.flatnonzero(usable).tolist()),
        np.ascontiguousarray(units[:, usable]),
        df[usable].astype(np.float64),
        pattern[usable],
        masks.astype(np.float64),
        bases,
    )
    return panel, usable
