"""Lin's concordance: whether two measurements give the same numbers, not only the same order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.stats.agreement.estimate import FloatArray, centred, paired
from imagenomics.stats.effects import critical_z


@dataclass(frozen=True)
class Concordance:
    """Lin's coefficient with its interval and its two factors.

    Parameters
    ----------
    estimate, low, high : array
        The concordance and the limits of its interval.
    correlation : array
        Pearson's correlation: how close the points are to a line.
    bias_correction : array
        How close that line is to the diagonal; concordance = correlation x bias correction.
    n : array
        Complete pairs.
    """

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    correlation: FloatArray
    bias_correction: FloatArray
    n: FloatArray


def concordance(x: npt.ArrayLike, y: npt.ArrayLike, *, confidence: float = 0.95) -> Concordance:
    """Say how far pairs of measurements lie on the line of equality.

    Parameters
    ----------
    x, y : arrays, (..., n)
        Two measurements of n patients, for any number of features; incomplete pairs do not count.
    confidence : float

    Returns
    -------
    Concordance
        NaN with fewer than 3 pairs, or where one measurement does not vary (its correlation is not defined).

    Raises
    ------
    InputError
        ``IGX-STAT-020``: the shapes differ; ``IGX-STAT-022``: a value is infinite.

    Assumes
    -------
    Normal pairs and many of them: with 60 pairs and a shift of two standard deviations a 95% interval covers 93.5%.

    Source
    ------
    Lin 1989, Biometrics 45:255, with the variance as corrected in Biometrics 56:324 (2000); interval on the
    scale of Fisher's z. Variances have the denominator n.
    """
    z = critical_z(confidence)
    first, second, known, n = paired(x, y)
    (mean1, d1), (mean2, d2) = centred(first, known, n), centred(second, known, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        v1, v2 = (d1**2).sum(axis=-1) / n, (d2**2).sum(axis=-1) / n
        spread = np.sqrt(v1) * np.sqrt(v2)
        r = np.where(n > 2, (d1 * d2).sum(axis=-1) / n / spread, np.nan)
        r = np.clip(r, -1.0, 1.0)
        shift = (mean1 - mean2) ** 2 / spread
        closeness = 2.0 * spread / (v1 + v2 + (mean1 - mean2) ** 2)
        c = r * closeness
        step = z * np.sqrt(_variance_of_z(c, r, closeness, shift) / (n - 2.0))
        limit = np.where(np.abs(c) < 1.0, np.arctanh(c), np.sign(c) * np.inf)
        low, high = np.tanh(limit - step), np.tanh(limit + step)
    low, high = (np.where(np.abs(c) == 1.0, c, v) for v in (low, high))
    return Concordance(c, low, high, r, closeness, n)


def _variance_of_z(c: FloatArray, r: FloatArray, closeness: FloatArray, shift: FloatArray) -> FloatArray:
    """Return the variance of atanh(c), without its factor 1 / (n - 2)."""
    rest = 1.0 - c * c
    scatter = (1.0 - r * r) * closeness**2 / rest
    moved = 2.0 * c * c * closeness * (1.0 - c) * shift / rest**2
    return np.maximum(scatter + moved - c * c * closeness**2 * shift**2 / (2.0 * rest**2), 0.0)
