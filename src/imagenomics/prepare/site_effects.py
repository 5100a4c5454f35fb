"""Location and scale of each site, shrunk towards what the features of a site have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagenomics.errors import InputError
from imagenomics.prepare.base import FloatArray, IntArray
from imagenomics.prepare.patterns import least_squares, same_gaps
from imagenomics.prepare.standardise import ROUNDING

TOLERANCE = 1e-10
ROUNDS = 2000


@dataclass(frozen=True)
class SiteEffects:
    """What ComBat learned of p features at s sites.

    Parameters
    ----------
    level, scale : arrays, (p,)
        Mean over sites and residual standard deviation of each feature; scale is NaN for features that cannot be
        harmonised (constant, or too few values), which stay as they are.
    slopes : array, (q, p)
        Effect of the covariates.
    shift, stretch : arrays, (s, p)
        Location and standard deviation of each site in units of ``scale``, after shrinkage.
    raw_shift, raw_variance : arrays, (s, p)
        Before shrinkage; NaN where a site has no values (fewer than two).
    """

    level: FloatArray
    scale: FloatArray
    slopes: FloatArray
    shift: FloatArray
    stretch: FloatArray
    raw_shift: FloatArray
    raw_variance: FloatArray

    def remove(self, features: FloatArray, codes: IntArray, covariate_part: FloatArray) -> FloatArray:
        """Return ``features`` (n, p) of patients of the sites ``codes`` (n,) at an average site."""
        centre = self.level + covariate_part
        z = (features - centre) / self.scale
        clean = (z - self.shift[codes]) / self.stretch[codes] * self.scale + centre
        return np.where(np.isnan(self.scale), features, clean)


def estimate_sites(
    features: FloatArray, codes: IntArray, covariates: FloatArray, *, n_sites: int
) -> SiteEffects:
    """Learn location and scale of each site.

    Parameters
    ----------
    features : array, (n, p)
        NaN is missing.
    codes : array of int, (n,)
        Site of each patient, 0 to n_sites - 1.
    covariates : array, (n, q)
        Centred covariates.
    n_sites : int

    Raises
    ------
    InputError
        ``IGX-PREP-031``: the covariates and the sites explain the same.
    """
    sites = (codes[:, None] == np.arange(n_sites)[None, :]).astype(np.float64)
    varying = np.ptp(covariates, axis=0) > 0 if len(covariates) else np.zeros(covariates.shape[1], dtype=bool)
    design = np.hstack([sites, covariates[:, varying]])
    if np.linalg.matrix_rank(design / np.linalg.norm(design, axis=0)) < design.shape[1]:
        raise _confounded()
    level, scale = np.full((2, features.shape[1]), np.nan)
    slopes = np.zeros((covariates.shape[1], features.shape[1]))
    z = np.full(features.shape, np.nan)
    for columns, rows in same_gaps(features, np.ones(len(features), dtype=bool)):
        if rows.size <= design.shape[1]:
            continue
        D, values = design[rows], features[np.ix_(rows, columns)]
        B = least_squares(D, values)
        mean = (D[:, :n_sites].mean(axis=0) @ B[:n_sites])[None, :]
        spread = np.sqrt(((values - D @ B) ** 2).mean(axis=0))
        spread = np.where(spread > ROUNDING * np.abs(values).max(axis=0), spread, np.nan)
        part = D[:, n_sites:] @ B[n_sites:]
        z[np.ix_(rows, columns)] = (values - mean - part) / spread
        level[columns], scale[columns] = mean[0], spread
        slopes[np.ix_(np.flatnonzero(varying), columns)] = B[n_sites:]
    raw, variance, shift, stretch = (np.stack(v) for v in zip(*_by_site(z, codes, n_sites), strict=True))
    return SiteEffects(level, scale, slopes, shift, stretch, raw, variance)


def _by_site(
    z: FloatArray, codes: IntArray, n_sites: int
) -> list[tuple[FloatArray, FloatArray, FloatArray, FloatArray]]:
    return [_one_site(z[codes == i]) for i in range(n_sites)]


def _one_site(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return mean and variance of the features of one site, and location and spread after shrinkage."""
    known = ~np.isnan(z)
    n = known.sum(axis=0).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(known, z, 0.0).sum(axis=0) / n
        squares = np.where(known, z - mean, 0.0) ** 2
        variance = np.where(n > 1, squares.sum(axis=0) / (n - 1.0), np.nan)
    both = ~np.isnan(variance)
    if both.sum() < 2 or np.ptp(mean[both]) == 0 or np.ptp(variance[both]) == 0:
        # One feature has nothing in common with others: no shrinkage.
        return mean, variance, _known_or(mean, 0.0), np.sqrt(_positive_or(variance, 1.0))
    shift, square = _shrink(z, n, mean, variance, both)
    return mean, variance, shift, np.sqrt(square)


def _shrink(
    z: FloatArray, n: FloatArray, mean: FloatArray, variance: FloatArray, both: np.ndarray
) -> tuple[FloatArray, FloatArray]:
    """Return the posterior location and variance: normal and inverse-gamma priors fitted by moments."""
    centre, width = mean[both].mean(), mean[both].var(ddof=1)
    m, s2 = variance[both].mean(), variance[both].var(ddof=1)
    shape, rate = (2.0 * s2 + m * m) / s2, (m * s2 + m**3) / s2
    data = _known_or(mean, 0.0)
    shift, square = data.copy(), _positive_or(variance, m)
    # Sum of squares about any point, from the one about the mean.
    within = np.where(n > 1, _known_or(variance, 0.0) * (n - 1.0), 0.0)
    for _ in range(ROUNDS):
        new_shift = (n * width * data + square * centre) / (n * width + square)
        new_square = (0.5 * (within + n * (data - new_shift) ** 2) + rate) / (n / 2.0 + shape - 1.0)
        step = max(np.abs(new_shift - shift).max(), np.abs(new_square - square).max())
        shift, square = new_shift, new_square
        if step < TOLERANCE:
            break
    return shift, square


def _known_or(values: FloatArray, other: float) -> FloatArray:
    return np.where(np.isnan(values), other, values)


def _positive_or(values: FloatArray, other: float) -> FloatArray:
    return np.where(values > 0, values, other)


def _confounded() -> InputError:
    return InputError(
        "IGX-PREP-031",
        "the covariates cannot be told from the sites: in this training part one follows from the other",
        where="ComBat",
        expected="covariates that vary within sites, and fewer of them than patients",
        remedy="leave out the covariate that is the same for all patients of each site",
    )
