"""Sets of variants against one phenotype: burden, variance-component and optimal tests of the score statistics."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import special

from imagenomics.stats.chi_square_mixture import quantile, upper_tail

FloatArray = npt.NDArray[np.float64]
SHARES = np.array([0.0, 0.01, 0.04, 0.09, 0.16, 0.25, 0.5, 1.0])  # of the burden, in the optimal test
NODES, HEIGHTS = np.polynomial.legendre.leggauss(10)
PANELS = 6
ROUNDS = 50
FLAT = 1e-10  # eigenvalue, relative to the largest, that counts as 0


class NullModel(NamedTuple):
    """A phenotype without its genes: what is left of it, and how covariates and noise spread its scores.

    Parameters
    ----------
    residuals : array, (n,)
        In units of their standard deviation where the phenotype is a number, as probabilities where it is binary.
    variance : array, (n,)
        Of each residual.
    basis : array, (n, k)
        Columns that span intercept and covariates.
    df : int
        Residual degrees of freedom of a number; 0 for a binary phenotype, whose variance is known.
    """

    residuals: FloatArray
    variance: FloatArray
    basis: FloatArray
    df: int


class Scores(NamedTuple):
    """The scores of the m variants of a set and their covariance where no variant has an effect."""

    values: FloatArray
    covariance: FloatArray
    df: int
    n: int


class SetTest(NamedTuple):
    """Statistic and p value of a set; ``share`` is that of the burden in the statistic."""

    statistic: float
    p: float
    share: float


def linear_null(y: FloatArray, basis: FloatArray) -> NullModel:
    """Return the null model of a number; ``basis`` (n, k) is orthonormal."""
    rest = y - basis @ (basis.T @ y)
    df = y.size - basis.shape[1]
    return NullModel(rest / math.sqrt(rest @ rest / df), np.ones(y.size), basis, df)


def logistic_null(y: FloatArray, basis: FloatArray) -> NullModel | None:
    """Return the null model of a binary phenotype (0 and 1), or None where covariates alone separate its groups."""
    beta = np.zeros(basis.shape[1])
    for _ in range(ROUNDS):
        mean = special.expit(basis @ beta)
        variance = mean * (1.0 - mean)
        if variance.min() < 1e-10:
            return None
        step = np.linalg.solve((basis.T * variance) @ basis, basis.T @ (y - mean))
        beta = beta + step
        if np.abs(basis @ step).max() < 1e-10:
            return NullModel(y - mean, variance, basis, 0)
    return None


def set_scores(null: NullModel, variants: FloatArray) -> Scores:
    """Return the scores of weighted variants, (n, m), of one set."""
    spread = variants.T * null.variance
    shared = spread @ null.basis
    inner = (null.basis.T * null.variance) @ null.basis
    covariance = spread @ variants - shared @ np.linalg.solve(inner, shared.T)
    return Scores(variants.T @ null.residuals, covariance, null.df, null.residuals.size)


def burden(scores: Scores) -> tuple[SetTest, float]:
    """Test the sum of the scores; also return its partial correlation with the phenotype.

    A t test where the phenotype is a number (exact if it is normal); a score test where it is binary, whose
    correlation is then the z of that test over the root of n.
    """
    spread = scores.covariance.sum()
    if spread <= FLAT * np.trace(scores.covariance):
        return SetTest(math.nan, math.nan, 1.0), math.nan
    z = scores.values.sum() / math.sqrt(spread)
    if not scores.df:
        return SetTest(z, float(special.chdtrc(1.0, z * z)), 1.0), z / math.sqrt(scores.n)
    r = min(max(z / math.sqrt(scores.df), -1.0), 1.0)
    t = r * math.sqrt((scores.df - 1) / max(1.0 - r * r, 1e-300))
    return SetTest(t, float(2.0 * special.stdtr(scores.df - 1, -abs(t))), 1.0), r


def skat(scores: Scores) -> SetTest:
    """Test the sum of the squared scores.

    The null is the mixture of chi-squares; where the phenotype is a number, its unknown variance is taken into account,
    so that the p value is exact for normal residuals however few patients there are.

    Source
    ------
    Wu et al. 2011, American Journal of Human Genetics 89:82; few patients: Chen et al. 2016, Genetic Epidemiology 40:5.
    """
    weights = _weights(scores.covariance)
    statistic = float(scores.values @ scores.values)
    if not weights.size:
        return SetTest(statistic, math.nan, 0.0)
    if not scores.df:
        return SetTest(statistic, float(upper_tail(statistic, weights, np.ones(weights.size))), 0.0)
    cut = statistic / scores.df
    rest = scores.df - weights.size
    both = np.append(weights - cut, -cut) if rest > 0 else weights - cut
    df = np.append(np.ones(weights.size), rest) if rest > 0 else np.ones(weights.size)
    return SetTest(statistic, float(upper_tail(0.0, both[both != 0], df[both != 0])), 0.0)


def skat_o(scores: Scores) -> SetTest:
    """Test with the mixture of burden and variance component that has the smallest p, and the p of that smallest one.

    Source
    ------
    Lee, Wu & Lin 2012, Biostatistics 13:762.
    """
    R, m = scores.covariance, scores.values.size
    mean = R.sum(axis=0) / m
    spread = mean.sum() / m
    if m == 1 or spread <= FLAT * np.trace(R) / m:
        return skat(scores)
    sums, squares = scores.values.sum() ** 2, scores.values @ scores.values
    statistics = (1.0 - SHARES) * squares + SHARES * sums
    tails, cuts = np.empty(SHARES.size), np.empty(SHARES.size)
    mixtures = [_weights(_turned(R, share)) for share in SHARES]
    for k, weights in enumerate(mixtures):
        tails[k] = upper_tail(statistics[k], weights, np.ones(weights.size))
    best = int(np.argmin(tails))
    for k, weights in enumerate(mixtures):
        cuts[k] = quantile(tails[best], weights, np.ones(weights.size))
    rest = R - np.outer(mean, mean) / spread
    weights = _weights(rest, scale=float(np.trace(R)))
    if not weights.size:
        return SetTest(float(statistics[best]), float(tails[best]), float(SHARES[best]))
    cross = 4.0 * float(mean @ rest @ mean) / spread
    slopes = m * m * SHARES * spread + (1.0 - SHARES) * float(mean @ mean) / spread
    p = _least_of_all(cuts, slopes, SHARES, weights, cross, NODES, HEIGHTS)
    p = min(max(p, tails[best]), SHARES.size * tails[best], 1.0)
    return SetTest(float(statistics[best]), float(p), float(SHARES[best]))


def _weights(covariance: FloatArray, scale: float = 0.0) -> FloatArray:
    """Return the eigenvalues that are not 0."""
    values = np.linalg.eigvalsh(covariance)
    return np.ascontiguousarray(values[values > FLAT * max(values[-1], scale)])


def _turned(R: FloatArray, share: float) -> FloatArray:
    """Return a matrix with the eigenvalues of the statistic with this share of the burden."""
    m = R.shape[0]
    alone, together = math.sqrt(1.0 - share), math.sqrt(1.0 - share + m * share)
    root = alone * np.eye(m) + (together - alone) / m
    turned: FloatArray = root @ R @ root
    return turned


@njit(cache=True, nogil=True, error_model="numpy")
def _least_of_all(
    cuts: FloatArray,
    slopes: FloatArray,
    shares: FloatArray,
    weights: FloatArray,
    cross: float,
    nodes: FloatArray,
    heights: FloatArray,
) -> float:
    """Return the chance that any of the mixtures passes its cut: over z, the burden's own part being its square."""
    ones = np.ones(weights.size)
    centre, own = weights.sum(), 2.0 * (weights**2).sum()
    narrow = math.sqrt(own / (own + cross))
    furthest = min(math.sqrt(cuts[-1] / slopes[-1]), 38.0)
    total = math.erfc(furthest / math.sqrt(2.0))
    width = furthest / PANELS
    for panel in range(PANELS):
        for j in range(nodes.size):
            z = (panel + 0.5 * (nodes[j] + 1.0)) * width
            least = math.inf
            for k in range(shares.size - 1):
                least = min(least, (cuts[k] - slopes[k] * z * z) / (1.0 - shares[k]))
            least = (least - centre) * narrow + centre
            tail = 1.0 if least <= 0.0 else upper_tail(least, weights, ones)
            total += heights[j] * 0.5 * width * tail * math.sqrt(2.0 / math.pi) * math.exp(-0.5 * z * z)
    return total
