"""What published AUCs say: their standard errors from the counts, z against chance, and two of them compared."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError
from imagenomics.stats.counts import whole_numbers
from imagenomics.stats.effects import critical_z
from imagenomics.stats.samples import finite
from imagenomics.stats.side import Side, normal_p
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]


def hanley_mcneil(auc: npt.ArrayLike, positives: npt.ArrayLike, negatives: npt.ArrayLike) -> FloatArray:
    """Return the standard error of AUCs from their values and the class counts.

    Parameters
    ----------
    auc, positives, negatives : arrays that broadcast

    Raises
    ------
    InputError
        ``IGX-STAT-047``: an AUC outside 0 and 1; ``IGX-STAT-040``: impossible counts.

    Source
    ------
    Hanley & McNeil 1982, Radiology 143:29, equations 1 and 2.
    """
    area = checked_area(auc)
    m, n = whole_numbers(positives), whole_numbers(negatives)
    q1, q2 = area / (2.0 - area), 2.0 * area**2 / (1.0 + area)
    variance = area * (1.0 - area) + (m - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(np.maximum(variance, 0.0) / (m * n))
    return np.asarray(np.where(np.minimum(m, n) > 0, error, np.nan), dtype=np.float64)


def area_test(
    auc: npt.ArrayLike,
    error: npt.ArrayLike,
    *,
    chance: float = 0.5,
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> Tested:
    """Test published AUCs against chance by their standard errors.

    Parameters
    ----------
    auc, error : arrays that broadcast
        AUC and its standard error.
    chance : float
        AUC under the null hypothesis.
    side, confidence
        As in other tests; 'greater': the AUC is above chance.

    Returns
    -------
    Tested
        The effect is the AUC, its interval normal and cut at 0 and 1; the statistic is z.

    Raises
    ------
    InputError
        ``IGX-STAT-047``: an AUC outside 0 and 1; ``IGX-STAT-046``: a standard error not above 0.
    """
    area, spread = np.broadcast_arrays(checked_area(auc), checked_error(error))
    z, step = (area - chance) / spread, critical_z(confidence) * spread
    low, high = np.maximum(area - step, 0.0), np.minimum(area + step, 1.0)
    return tested(area, low, high, z, np.nan, normal_p(z, side=side))


def compare_published_areas(
    first: tuple[npt.ArrayLike, npt.ArrayLike],
    second: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    correlation: npt.ArrayLike = 0.0,
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> Tested:
    """Compare two published AUCs by their standard errors.

    Parameters
    ----------
    first, second : pairs of arrays
        AUC and standard error.
    correlation : array
        Correlation of both AUCs: 0 for different patients. For the same patients it has to be known (Hanley and
        McNeil tabulate it); 0 then makes p too large.
    side, confidence
        'greater': the first is larger.

    Raises
    ------
    InputError
        As :func:`area_test`; ``IGX-STAT-041``: a correlation outside -1 and 1.

    Source
    ------
    Hanley & McNeil 1983, Radiology 148:839.
    """
    from imagenomics.stats.correlation import correlation_test

    a, b = checked_area(first[0]), checked_area(second[0])
    s, t = checked_error(first[1]), checked_error(second[1])
    r = correlation_test(correlation, 10).effect
    spread = np.sqrt(s * s + t * t - 2 * r * s * t)
    z, step = (a - b) / spread, critical_z(confidence) * spread
    return tested(a - b, a - b - step, a - b + step, z, np.nan, normal_p(z, side=side))


def checked_area(auc: npt.ArrayLike) -> FloatArray:
    """Return AUCs between 0 and 1 (``IGX-STAT-047`` otherwise)."""
    area = finite(auc, what="AUCs")
    if ((area < 0) | (area > 1)).any():
        raise InputError(
            "IGX-STAT-047",
            "an AUC lies outside 0 and 1",
            expected="numbers between 0 and 1",
            remedy="write .80 for 80%",
        )
    return area


def checked_error(error: npt.ArrayLike) -> FloatArray:
    """Return standard errors above 0 (``IGX-STAT-046`` otherwise)."""
    spread = finite(error, what="standard errors")
    if (spread <= 0).any():
        raise InputError("IGX-STAT-046", "a standard error is not above 0", expected="numbers above 0")
    return spread
