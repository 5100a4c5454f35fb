"""Slopes of log counts, each count weighted by how sure counts of its level are: voom."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import FEATURE_EXPLAINED, NO_DF, OK, TARGET_CONSTANT
from imagenomics.associate.design import orthonormal
from imagenomics.associate.differential.slopes import CELLS, Slopes, fit_slopes
from imagenomics.genomics.normalise import log_cpm

FloatArray = npt.NDArray[np.float64]
SPAN = 0.5  # share of the genes that the trend looks at around each
STEP = 0.01  # of the range of levels: closer genes share a point of the trend


def fit_voom(
    counts: FloatArray,
    covariates: FloatArray,
    phenotype: FloatArray,
    *,
    least: int = 4,
    sizes: FloatArray,
) -> Slopes:
    """Fit log2 CPM ~ covariates + phenotype for every gene, by weighted least squares.

    Parameters
    ----------
    counts : array, (N, G)
        Reads, without missing values.
    covariates : array, (N, C)
        The intercept among them.
    phenotype : array, (N,)
        NaN for missing: those patients are left out.
    least : int
        Fewest patients.
    sizes : array, (N,)
        Effective library sizes.

    Returns
    -------
    Slopes
        Of the weighted fits; ``variance`` is that of an observation of weight 1.

    Source
    ------
    Law and others 2014, Genome Biology 15:R29.
    """
    known = ~np.isnan(phenotype)
    counts, covariates, phenotype, sizes = counts[known], covariates[known], phenotype[known], sizes[known]
    levels = log_cpm(counts, sizes)
    first = fit_slopes(levels, covariates, phenotype, least=least)
    silent = ~(counts > 0).any(axis=0)
    first.code[silent & (first.code == OK)] = TARGET_CONSTANT
    good = np.flatnonzero((first.code == OK) & ~silent)
    if good.size < 3:
        return first
    basis = orthonormal(covariates)
    design = np.column_stack([basis, _left(phenotype, basis)])
    ownfit = design @ np.linalg.lstsq(design, levels[:, good], rcond=None)[0]
    weights = precision_weights(ownfit, first.variance[good], first.level[good], sizes)
    effect, unscaled, variance = _weighted(levels[:, good], weights, design)
    scale = float(np.linalg.norm(phenotype - basis @ (basis.T @ phenotype)))
    for array, values in (
        (first.effect, effect / scale),
        (first.unscaled, unscaled / scale),
        (first.variance, variance),
    ):
        array[:] = np.nan
        array[good] = values
    first.code[(first.code == OK) & ~(first.unscaled > 0)] = FEATURE_EXPLAINED
    first.code[(first.code == OK) & ~(first.df >= 1)] = NO_DF
    return first


def _left(phenotype: FloatArray, basis: FloatArray) -> FloatArray:
    left = phenotype - basis @ (basis.T @ phenotype)
    return np.asarray(left / np.linalg.norm(left))


def precision_weights(
    fitted: FloatArray, variance: FloatArray, level: FloatArray, sizes: FloatArray
) -> FloatArray:
    """Return the inverse fourth power of the trend of root standard deviations, at each fitted count.

    Parameters
    ----------
    fitted : array, (N, G)
        Log2 CPM of an unweighted fit.
    variance, level : arrays, (G,)
        Its residual variances, and the genes' means.
    sizes : array, (N,)
        Effective library sizes.

    Source
    ------
    Law and others 2014, Genome Biology 15:R29.
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess

    x = level + np.log2(sizes + 1).mean() - np.log2(1e6)
    trend = lowess(variance**0.25, x, frac=SPAN, it=3, delta=STEP * float(np.ptp(x)))
    places, where = np.unique(trend[:, 0], return_index=True)
    counts = fitted + np.log2(sizes + 1)[:, None] - np.log2(1e6)
    # a trend that falls to nothing at the end would weigh a gene without bound
    roots = np.maximum(np.interp(counts, places, trend[where, 1]), 1e-3)
    return np.asarray(roots**-4.0)


def _weighted(
    levels: FloatArray, weights: FloatArray, design: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return slope of the last column, its standard error for unit variance, and the variance, of each gene."""
    n, k = design.shape
    products = (design[:, :, None] * design[:, None, :]).reshape(n, -1)
    effect, unscaled, variance = (np.empty(levels.shape[1]) for _ in range(3))
    step = max(CELLS // products.shape[1], 1)
    for start in range(0, levels.shape[1], step):
        part = slice(start, start + step)
        w, y = weights[:, part], levels[:, part]
        gram = (w.T @ products).reshape(-1, k, k)
        found = np.linalg.solve(gram, ((w * y).T @ design)[:, :, None])[:, :, 0]
        rest = y - design @ found.T
        effect[part] = found[:, -1]
        unscaled[part] = np.sqrt(np.linalg.inv(gram)[:, -1, -1])
        variance[part] = np.einsum("ij,ij,ij->j", w, rest, rest) / max(n - k, 1)
    return effect, unscaled, variance
