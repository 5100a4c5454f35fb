"""AUCs of several scores of the same patients: DeLong's covariance, and comparisons of AUCs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.errors import InputError
from imagenomics.stats.effects import critical_z
from imagenomics.stats.ranks import midranks
from imagenomics.stats.samples import few, finite
from imagenomics.stats.side import Side, normal_p
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]


class Areas(NamedTuple):
    """AUCs of k scores, (k,), and the covariance of their errors, (k, k)."""

    area: FloatArray
    covariance: FloatArray


class EqualAreas(NamedTuple):
    """Test that k AUCs are equal: chi-square, its degrees of freedom, p."""

    statistic: float
    df: int
    p: float


def delong(scores: npt.ArrayLike, labels: npt.ArrayLike) -> Areas:
    """Return the AUCs of scores of the same patients with the covariance of their errors.

    Parameters
    ----------
    scores : array, (k, n) or (n,)
        Scores without missing values; larger speaks for the positive class.
    labels : array, (n,)
        1 for the positive class, 0 for the negative one.

    Raises
    ------
    InputError
        ``IGX-STAT-001``: lengths differ; ``IGX-STAT-002``: a score is missing, or a label is not 0 or 1;
        ``IGX-STAT-044``: fewer than 2 in a class.

    Source
    ------
    DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837; by midranks as Sun & Xu 2014, IEEE SPL 21:1389.
    """
    s, y = np.atleast_2d(finite(scores, what="scores")), finite(labels, what="labels").ravel()
    if s.shape[1] != y.size:
        raise InputError("IGX-STAT-001", f"{s.shape[1]} scores and {y.size} labels do not belong together")
    if np.isnan(s).any() or not np.isin(y, (0.0, 1.0)).all():
        raise InputError(
            "IGX-STAT-002",
            "a score is missing, or a label is neither 0 nor 1",
            expected="finite scores and labels 0 or 1",
            remedy="leave out the patients without all scores or label first",
        )
    if min((y == 1).sum(), (y == 0).sum()) < 2:
        raise few(
            f"{int((y == 1).sum())} positives and {int((y == 0).sum())} negatives are too few", "2 of each"
        )
    above, below = zip(*(placements(row[y == 1], row[y == 0]) for row in s), strict=True)
    covariance = np.cov(above) / len(above[0]) + np.cov(below) / len(below[0])
    return Areas(np.mean(above, axis=1), np.atleast_2d(covariance))


def placements(positive: FloatArray, negative: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what share of the negatives each positive lies above, and of the positives each negative lies below."""
    m, n = positive.size, negative.size
    ranks = midranks(np.concatenate([positive, negative]))
    return (ranks[:m] - midranks(positive)) / n, 1.0 - (ranks[m:] - midranks(negative)) / m


def compare_areas(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> Tested:
    """Test whether two scores of the same patients have one AUC (paired DeLong test).

    Parameters
    ----------
    first, second : arrays, (n,)
    labels : array, (n,)
    side : {'two-sided', 'greater', 'less'}
        'greater': the first AUC is larger.
    confidence : float

    Returns
    -------
    Tested
        The effect is the difference of the AUCs. Scores that rank all patients alike give p = 1; where the variance is
        0 but the AUCs differ, everything but the effect is NaN.

    Raises
    ------
    InputError
        As :func:`delong`.
    """
    found = delong(
        np.stack([finite(first, what="scores").ravel(), finite(second, what="scores").ravel()]), labels
    )
    c = found.covariance
    return _difference(found.area[0] - found.area[1], c[0, 0] + c[1, 1] - 2 * c[0, 1], side, confidence)


def compare_independent_areas(
    first: tuple[npt.ArrayLike, npt.ArrayLike],
    second: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> Tested:
    """Test whether a score has the same AUC in two groups of different patients.

    Parameters
    ----------
    first, second : pairs of arrays
        Scores and labels of each group.
    side, confidence : as in :func:`compare_areas`
    """
    a, b = delong(*first), delong(*second)
    variance = a.covariance[0, 0] + b.covariance[0, 0]
    return _difference(a.area[0] - b.area[0], variance, side, confidence)


def equal_areas(scores: npt.ArrayLike, labels: npt.ArrayLike) -> EqualAreas:
    """Test whether k scores of the same patients all have one AUC.

    Parameters, errors as in :func:`delong`.
    """
    found = delong(scores, labels)
    k = found.area.size
    contrast = np.eye(k)[:-1] - np.eye(k)[1:]
    difference = contrast @ found.area
    inner = contrast @ found.covariance @ contrast.T
    df = int(np.linalg.matrix_rank(inner, tol=1e-12)) if k > 1 else 0
    if df == 0:
        return EqualAreas(0.0, 0, 1.0 if np.allclose(difference, 0.0) else float("nan"))
    statistic = float(difference @ np.linalg.pinv(inner, rcond=1e-10) @ difference)
    return EqualAreas(statistic, df, float(special.chdtrc(df, statistic)))


def _difference(difference: float, variance: float, side: Side, confidence: float) -> Tested:
    error = np.sqrt(max(float(variance), 0.0))
    if error < 1e-12:
        same = abs(difference) < 1e-12
        nothing = 0.0 if same else np.nan
        return tested(difference, nothing, nothing, nothing, np.nan, 1.0 if same else np.nan)
    z, step = difference / error, critical_z(confidence) * error
    return tested(difference, difference - step, difference + step, z, np.nan, normal_p(z, side=side))
