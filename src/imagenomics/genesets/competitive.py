"""The competitive test: whether the set's genes differ from the other genes, given how they correlate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from imagenomics.genesets.set_index import SetIndex
from imagenomics.genesets.tally import Tail

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """A two-sample t of the set's statistics against those of the other genes, its variance inflated.

    The mean of m correlated statistics has 1 + (m - 1) r times the variance of m independent ones; r is the mean
    correlation between the genes of the set, estimated from their residuals, at least 0, or given.

    Parameters
    ----------
    units : array, (n, G)
        Residuals of the genes given covariates and phenotype, of unit length.
    df : float
        Degrees of freedom of the residuals.
    correlation : float, optional
        Given instead of estimated.

    Source
    ------
    Wu & Smyth 2012, Nucleic Acids Research 40:e133.
    """

    units: FloatArray = field(repr=False)
    df: float
    correlation: float | None = None
    tail: ClassVar[Tail] = "two-sided"
    effect_name: ClassVar[str] = "difference of mean z"
    test: ClassVar[str] = "competitive"

    def score(self, z: FloatArray, index: SetIndex) -> FloatArray:
        """Return the t of each set for gene statistics ``z`` (B, G), (B, K)."""
        m = index.sizes.astype(np.float64)
        G = z.shape[1]
        others = G - m
        delta = self.difference(z, index)
        spread = z.var(axis=1, ddof=1)[:, None] if G > 1 else np.ones((len(z), 1))
        pooled = ((G - 1) * spread - delta**2 * m * others / G) / max(G - 2, 1)
        inflation = 1.0 + (m - 1.0) * self.correlations(index)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = delta / np.sqrt(np.maximum(pooled, 1e-300) * (inflation / m + 1.0 / others))
        return np.where((m > 0) & (others > 0), t, 0.0)

    def difference(self, z: FloatArray, index: SetIndex) -> FloatArray:
        """Return the mean of the set's statistics less that of the other genes, (B, K)."""
        m = index.sizes
        inside = index.sums(z)
        outside = z.sum(axis=1)[:, None] - inside
        return np.asarray(inside / np.maximum(m, 1) - outside / np.maximum(z.shape[1] - m, 1))

    def correlations(self, index: SetIndex) -> FloatArray:
        """Return the mean correlation between the genes of each set (K,), not below 0."""
        if self.correlation is not None:
            return np.full(len(index.names), self.correlation)
        return np.maximum(mean_correlation(self.units, index), 0.0)

    def p_values(self, t: FloatArray, genes: int) -> FloatArray:
        """Return the two-sided p value of each t; a given correlation has the degrees of freedom of the genes."""
        from scipy.special import stdtr

        df = genes - 2 if self.correlation is not None else min(self.df, genes - 2)
        return np.asarray(2.0 * stdtr(max(df, 1), -np.abs(t)))


def mean_correlation(units: FloatArray, index: SetIndex) -> FloatArray:
    """Return the mean correlation between different genes of each set (K,).

    Parameters
    ----------
    units : array, (n, G)
        Columns of unit length; the mean follows from the length of their sum.
    index : SetIndex
    """
    m = index.sizes.astype(np.float64)
    total = (index.sums(units) ** 2).sum(axis=0)
    return np.asarray((total - m) / np.maximum(m * (m - 1.0), 1.0))


def mean_squared_correlation(units: FloatArray, index: SetIndex) -> FloatArray:
    """Return the mean squared correlation between different genes of each set (K,)."""
    found = np.zeros(len(index.names))
    for k, m in enumerate(index.sizes.tolist()):
        own = units[:, index.set(k)]
        gram = own.T @ own if m <= len(own) else own @ own.T
        found[k] = ((gram**2).sum() - m) / max(m * (m - 1.0), 1.0)
    return found
