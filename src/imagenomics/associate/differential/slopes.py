"""The slope of every gene along one phenotype, with covariates: all on the same patients, or each on its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.associate.codes import (
    FEATURE_CONSTANT,
    FEATURE_EXPLAINED,
    FEW,
    NO_DF,
    OK,
    TARGET_CONSTANT,
    TARGET_EXPLAINED,
)
from imagenomics.associate.design import orthonormal

FloatArray = npt.NDArray[np.float64]
NOTHING = 1e-8  # length left, relative, below which covariates explain a column
CELLS = 4_000_000  # of the products of one chunk of genes


@dataclass(frozen=True)
class Slopes:
    """Least squares of every gene on one phenotype and the covariates, (G,) each.

    Parameters
    ----------
    effect : array
        Slope for one unit of the phenotype.
    unscaled : array
        Standard error of the slope for a residual standard deviation of 1.
    variance, df : arrays
        Residual variance and its degrees of freedom; NaN where the gene was not fitted.
    level : array
        Mean of the gene.
    n : int array
    code : int array
        What became of the gene (``associate.codes``).
    """

    effect: FloatArray
    unscaled: FloatArray
    variance: FloatArray
    df: FloatArray
    level: FloatArray
    n: npt.NDArray[np.int32]
    code: npt.NDArray[np.int8]


def fit_slopes(
    genes: FloatArray,
    covariates: FloatArray,
    phenotype: FloatArray,
    *,
    least: int = 4,
) -> Slopes:
    """Fit gene ~ covariates + phenotype for every gene.

    Parameters
    ----------
    genes : array, (N, G)
        NaN for missing.
    covariates : array, (N, C)
        The intercept among them.
    phenotype : array, (N,)
        NaN for missing: those patients are left out.
    least : int
        Fewest patients.
    """
    known = ~np.isnan(phenotype)
    if not known.all():
        genes, covariates, phenotype = genes[known], covariates[known], phenotype[known]
    missing = np.isnan(genes)
    n = (~missing).sum(axis=0).astype(np.int32)
    level = np.divide(np.where(missing, 0.0, genes).sum(axis=0), n, out=np.full(n.size, np.nan), where=n > 0)
    centred = np.where(missing, 0.0, genes - level)
    code = np.full(n.size, OK, dtype=np.int8)
    basis = orthonormal(covariates)
    left = _without(phenotype - phenotype.mean() if phenotype.size else phenotype, basis)
    sums = _each(centred, basis, left, ~missing) if missing.any() else _plain(centred, basis, left)
    effect, unscaled, variance, rank = sums
    df = n - rank - 1.0
    whole = np.einsum("ij,ij->j", centred, centred) / np.maximum(n - 1, 1)
    code[~(variance * np.maximum(df, 0) > NOTHING**2 * whole * n)] = TARGET_EXPLAINED
    code[~(np.nan_to_num(unscaled, nan=-1.0, posinf=-1.0) > 0)] = FEATURE_EXPLAINED
    code[df < 1] = NO_DF
    code[~(whole > 1e-24 * np.maximum(level**2, 1e-300))] = TARGET_CONSTANT
    if phenotype.size and not np.ptp(phenotype) > 0:
        code[:] = FEATURE_CONSTANT
    code[n < least] = FEW
    bad = code != OK
    for array in (effect, unscaled, variance, df):
        array[bad] = np.nan
    return Slopes(effect, unscaled, variance, df, level, n, code)


def _without(x: FloatArray, basis: FloatArray) -> FloatArray:
    """Return ``x`` with the covariates taken out; all zero where nothing of it is left."""
    left = x - basis @ (basis.T @ x)
    left = left - basis @ (basis.T @ left)
    return left if np.linalg.norm(left) > NOTHING * np.linalg.norm(x) else np.zeros_like(x)


def _plain(
    genes: FloatArray, basis: FloatArray, left: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    rest = genes - basis @ (basis.T @ genes)
    square = float(left @ left)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = (left @ rest) / square
        sums = np.einsum("ij,ij->j", rest, rest) - effect**2 * square
        df = len(genes) - basis.shape[1] - 1.0
        variance = np.maximum(sums, 0) / df
        unscaled = np.full(effect.size, 1 / np.sqrt(square))
    return effect, unscaled, variance, np.full(effect.size, float(basis.shape[1]))


def _each(
    genes: FloatArray, basis: FloatArray, left: FloatArray, known: npt.NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Solve the normal equations of every gene; from its rows where covariates repeat each other among them."""
    scale = float(np.linalg.norm(left)) or 1.0
    design = np.column_stack([basis, left / scale])
    k, g = design.shape[1], genes.shape[1]
    effect, unscaled, variance = (np.full(g, np.nan) for _ in range(3))
    rank = np.full(g, k - 1.0)
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    weights = known.astype(np.float64)
    n = known.sum(axis=0)
    for start in range(0, g, max(CELLS // len(products[0]), 1)):
        part = slice(start, start + max(CELLS // len(products[0]), 1))
        gram = (weights[:, part].T @ products).reshape(-1, k, k)
        right = (weights[:, part] * genes[:, part]).T @ design
        sound = np.linalg.cond(gram) < 1e8
        safe = np.where(sound[:, None, None], gram, np.eye(k))
        found = np.linalg.solve(safe, right[:, :, None])[:, :, 0]
        inverse = np.linalg.inv(safe)[:, -1, -1]
        rest = genes[:, part] - design @ found.T
        sums = np.einsum("ij,ij,ij->j", weights[:, part], rest, rest)
        with np.errstate(divide="ignore", invalid="ignore"):
            effect[part] = found[:, -1] / scale
            unscaled[part] = np.sqrt(inverse) / scale
            variance[part] = sums / (n[part] - k)
        for j in np.flatnonzero(~sound) + start:
            effect[j], unscaled[j], variance[j], rank[j] = _one(genes[:, j], basis, left, known[:, j])
    return effect, unscaled, variance, rank


def _one(
    gene: FloatArray, basis: FloatArray, left: FloatArray, rows: npt.NDArray[np.bool_]
) -> tuple[float, float, float, float]:
    """Fit one gene on the covariates that its patients tell apart."""
    if not rows.any():
        return float("nan"), float("nan"), float("nan"), 0.0
    own = orthonormal(basis[rows])
    x, y = left[rows], gene[rows]
    rest = _without(x, own)
    square = float(rest @ rest)
    if not square > 0:
        return float("nan"), float("nan"), float("nan"), float(own.shape[1])
    y = y - own @ (own.T @ y)
    effect = float(rest @ y) / square
    df = int(rows.sum()) - own.shape[1] - 1
    sums = float(((y - effect * rest) ** 2).sum())
    variance = sums / df if df > 0 else float("nan")
    return effect, 1 / float(np.sqrt(square)), variance, float(own.shape[1])
