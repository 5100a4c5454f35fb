"""Quasi-scores of counts: one model of all genes without the phenotype, and what each phenotype adds to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import FEATURE_EXPLAINED, NO_MAXIMUM, OK, TARGET_CONSTANT
from imagenomics.associate.design import orthonormal
from imagenomics.associate.differential.count_models import fit_counts, information
from imagenomics.associate.differential.dispersions import trended_dispersions
from imagenomics.associate.differential.squeeze import squeeze_variances

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
PRECISE: dict[str, float] = {
    "lowest": 1e-4,
    "steady": 1e-10,
    "ridge": 1e-12,
}  # scores are those of a maximum
NOTHING = 1e-10  # share of a phenotype's weighted squares below which covariates explain it


class NullModel(NamedTuple):
    """Negative binomial models of all genes on the covariates.

    Parameters
    ----------
    counts : array, (N, G)
    factors : array, (N,)
        Size factors.
    basis : array, (N, C)
        Orthonormal columns that span intercept and covariates.
    dispersion : array, (G,)
        The trend over the level.
    root : array, (N, G)
        Square roots of the weights mean / (1 + dispersion mean).
    residual : array, (N, G)
        Pearson's residuals, (count - mean) / sqrt(mean (1 + dispersion mean)).
    level : array, (G,)
        Log2 of the mean count at equal size.
    code : int array, (G,)
        ``OK``, ``TARGET_CONSTANT`` where there is nothing to model, or ``NO_MAXIMUM``.
    """

    counts: FloatArray
    factors: FloatArray
    basis: FloatArray
    dispersion: FloatArray
    root: FloatArray
    residual: FloatArray
    level: FloatArray
    code: npt.NDArray[np.int8]


class Rows(NamedTuple):
    """The null model in some of the patients: its columns, X'WX inverted, and what they say of the residuals."""

    known: BoolArray
    columns: FloatArray
    inverse: FloatArray
    score: FloatArray
    squares: FloatArray


class Scores(NamedTuple):
    """Moderated t, standard error factor and degrees of freedom of each gene, (G,); NaN with a code where untested."""

    t: FloatArray
    variance: FloatArray
    df: FloatArray
    code: npt.NDArray[np.int8]


def fit_null(counts: FloatArray, basis: FloatArray, sizes: FloatArray) -> NullModel:
    """Fit log mean = offset + covariates to every gene, with dispersions on their trend.

    Parameters
    ----------
    counts : array, (N, G)
        Reads, without missing values.
    basis : array, (N, C)
    sizes : array, (N,)
        Effective library sizes.
    """
    factors = np.asarray(sizes / np.exp(np.log(sizes).mean()))
    good = np.flatnonzero(np.ptp(counts, axis=0) > 0)
    dispersion = np.full(counts.shape[1], np.nan)
    if good.size:
        design = basis * np.sqrt(len(basis))
        dispersion[good] = trended_dispersions(counts[:, good], design, factors).trend
    return null_of(counts, basis, factors, dispersion)


def null_of(counts: FloatArray, basis: FloatArray, factors: FloatArray, dispersion: FloatArray) -> NullModel:
    """Fit the models of given dispersions, (G,); genes of one and the same count everywhere are left out."""
    code = np.where(np.ptp(counts, axis=0) > 0, OK, TARGET_CONSTANT).astype(np.int8)
    good = np.flatnonzero(code == OK)
    level = np.full(code.size, np.nan)
    root, residual = (np.zeros(counts.shape) for _ in range(2))
    if good.size:
        some, design, alpha = counts[:, good], basis * np.sqrt(len(basis)), dispersion[good]
        fit = fit_counts(some, design, np.log(factors), alpha, **PRECISE)
        mean = fit.mean
        code[good[~fit.done]] = NO_MAXIMUM
        root[:, good] = np.sqrt(mean / (1.0 + alpha * mean))
        residual[:, good] = (some - mean) / np.sqrt(mean * (1.0 + alpha * mean))
        level[good] = np.log2((some / factors[:, None]).mean(axis=0))
    return NullModel(counts, factors, basis, dispersion, root, residual, level, code)


def rows_of(model: NullModel, known: BoolArray) -> Rows:
    """Return what the covariates explain of the residuals of some patients."""
    root, residual = model.root[known], model.residual[known]
    columns = orthonormal(model.basis[known]) * np.sqrt(max(int(known.sum()), 1))
    gram = information(root**2, columns)
    gram[model.code != OK] = np.eye(columns.shape[1])
    inverse = np.asarray(np.linalg.inv(gram))
    score = (root * residual).T @ columns
    squares = (residual**2).sum(axis=0) - np.einsum("gi,gij,gj->g", score, inverse, score)
    return Rows(known, columns, inverse, score, squares)


def score_phenotype(model: NullModel, rows: Rows, phenotype: FloatArray) -> Scores:
    """Test the phenotype of these patients against every gene by a moderated quasi-score t.

    With weights W and Pearson's residuals r of the null model, and z the phenotype times the root of W, both freed of
    the covariates: z'r / sqrt(z'z s2), s2 the residual variance of r given z, shrunk across genes to a curve over the
    level. What counts spread beyond the negative binomial model is in s2.

    Parameters
    ----------
    model : NullModel
    rows : Rows
        Of the patients who have the phenotype.
    phenotype : array, (n,)
        Theirs.

    Source
    ------
    McCullagh & Nelder 1989, Generalized Linear Models, section 9.2 (quasi-scores); quasi-likelihood with shrunk
    dispersions: Lund and others 2012, Statistical Applications in Genetics and Molecular Biology 11:5; the shrinkage:
    Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3:3.
    """
    root, residual = model.root[rows.known], model.residual[rows.known]
    weights = root**2
    with_columns = weights.T @ (rows.columns * phenotype[:, None])
    own = weights.T @ phenotype**2
    explained = np.einsum("gij,gj->gi", rows.inverse, with_columns)
    information_left = own - np.einsum("gi,gi->g", with_columns, explained)
    pull = (root * residual).T @ phenotype - np.einsum("gi,gi->g", rows.score, explained)
    df = float(phenotype.size - rows.columns.shape[1] - 1)
    code = model.code.copy()
    code[(code == OK) & ~(information_left > NOTHING * own)] = FEATURE_EXPLAINED
    good = code == OK
    z = np.where(good, pull / np.sqrt(np.where(good, information_left, 1.0)), np.nan)
    variance = np.where(good, (rows.squares - z**2) / df, np.nan)
    shrunk = squeeze_variances(variance, np.where(good, df, np.nan), level=model.level)
    return Scores(z / np.sqrt(shrunk.variance), shrunk.variance, shrunk.df, code)
