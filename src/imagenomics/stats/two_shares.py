"""Two shares of independent groups: their difference and their ratio, with intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.stats.counts import four_cells
from imagenomics.stats.effects import critical_z
from imagenomics.stats.fisher import Counts
from imagenomics.stats.proportion import wilson_interval

FloatArray = npt.NDArray[np.float64]
Estimated = tuple[FloatArray, FloatArray, FloatArray]


def share_difference(counts: Counts, *, confidence: float = 0.95) -> Estimated:
    """Return the share of the first group minus that of the second, with Newcombe's interval.

    Parameters
    ----------
    counts : four arrays of counts that broadcast
        First group with and without the trait, second group with and without.
    confidence : float

    Returns
    -------
    difference, low, high : arrays
        NaN where a group is empty.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts.

    Source
    ------
    Newcombe 1998, Statistics in Medicine 17:873, method 10.
    """
    a, b, c, d = four_cells(counts)
    l1, u1 = wilson_interval(a, a + b, confidence=confidence)
    l2, u2 = wilson_interval(c, c + d, confidence=confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = a / (a + b), c / (c + d)
    difference = np.asarray(p1 - p2)
    low = difference - np.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
    high = difference + np.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
    return difference, np.asarray(low), np.asarray(high)


def share_ratio(counts: Counts, *, confidence: float = 0.95) -> Estimated:
    """Return the share of the first group over that of the second (relative risk), with Katz's interval.

    Parameters, errors as in :func:`share_difference`. Where nobody has the trait in a group, the ratio is 0 or
    infinite and its interval has 0.5 added to both counts and reaches to the ratio.

    Source
    ------
    Katz, Baptista, Azen & Pike 1978, Biometrics 34:469.
    """
    a, b, c, d = four_cells(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (a / (a + b)) / (c / (c + d))
        add = np.where((a == 0) | (c == 0), 0.5, 0.0)
        x, m, y, n = a + add, a + b + add, c + add, c + d + add
        step = critical_z(confidence) * np.sqrt(1 / x - 1 / m + 1 / y - 1 / n)
        center = np.log(x / m) - np.log(y / n)
        low = np.where(ratio == 0, 0.0, np.exp(center - step))
        high = np.where(np.isinf(ratio), np.inf, np.exp(center + step))
    known = ~np.isnan(ratio)
    return np.asarray(ratio), np.where(known, low, np.nan), np.where(known, high, np.nan)
