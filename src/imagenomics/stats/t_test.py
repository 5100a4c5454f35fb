"""Student's and Welch's t test of two groups, and the paired t test; also from published means, SD and n."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.effects import critical_z, hedges_g
from imagenomics.stats.samples import few, pairs, sample, summary, summary_numbers
from imagenomics.stats.side import Side, t_p
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]


def t_test(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    equal_variances: bool = False,
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> Tested:
    """Test whether two groups have the same mean.

    Parameters
    ----------
    x, y : arrays, (n1,) and (n2,)
        Measurements; missing ones are left out.
    equal_variances : bool
        Student's test with pooled variance, instead of Welch's.
    side : {'two-sided', 'greater', 'less'}
        'greater': the mean of x is larger.
    confidence : float

    Returns
    -------
    Tested
        The effect is the difference of means, x minus y, in the unit of the measurement.

    Raises
    ------
    InputError
        ``IGX-STAT-022``: not finite numbers; ``IGX-STAT-044``: fewer than two in a group.

    Source
    ------
    Student 1908, Biometrika 6:1; Welch 1947, Biometrika 34:28.
    """
    mean, sd, n = summary([sample(x, least=2), sample(y, least=2)])
    return t_test_from_summary(mean, sd, n, equal_variances=equal_variances, side=side, confidence=confidence)


def t_test_from_summary(
    mean: npt.ArrayLike,
    sd: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    equal_variances: bool = False,
    side: Side = "two-sided",
    confidence: float = 0.95,
) -> Tested:
    """Test whether two groups have the same mean, from their published numbers.

    Parameters
    ----------
    mean, sd, n : arrays, (2, ...)
        First and second group; what follows the first axis broadcasts.
    equal_variances, side, confidence : as in :func:`t_test`

    Returns
    -------
    Tested
        NaN where both groups are constant and alike.

    Raises
    ------
    InputError
        ``IGX-STAT-020``, ``IGX-STAT-022``, ``IGX-STAT-040``, ``IGX-STAT-044``, ``IGX-STAT-046``: impossible numbers.
    """
    m, s, size = summary_numbers(mean, sd, n)
    if m.ndim == 0 or len(m) != 2:
        raise few("a t test compares two groups", "two means, two standard deviations, two sizes")
    (s1, s2), (n1, n2) = s, size
    with np.errstate(divide="ignore", invalid="ignore"):
        v1, v2 = s1**2 / n1, s2**2 / n2
        if equal_variances:
            df = n1 + n2 - 2.0
            error = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df * (1 / n1 + 1 / n2))
        else:
            df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
            error = np.sqrt(v1 + v2)
        return _from_error(m[0] - m[1], error, df, side, confidence)


def paired_t_test(
    x: npt.ArrayLike, y: npt.ArrayLike, *, side: Side = "two-sided", confidence: float = 0.95
) -> Tested:
    """Test whether two measurements of the same patients have the same mean.

    Parameters
    ----------
    x, y : arrays, (n,)
        The same patients in the same order; incomplete pairs are left out.
    side, confidence : as in :func:`t_test`

    Returns
    -------
    Tested
        The effect is the mean of x - y.

    Raises
    ------
    InputError
        ``IGX-STAT-020``: different lengths; ``IGX-STAT-022``: not finite numbers; ``IGX-STAT-044``: fewer than two.
    """
    first, second = pairs(x, y, least=2)
    d = first - second
    with np.errstate(divide="ignore", invalid="ignore"):
        return _from_error(d.mean(), d.std(ddof=1) / np.sqrt(d.size), d.size - 1.0, side, confidence)


def standardised_difference(
    mean: npt.ArrayLike, sd: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return Hedges g of two groups from their published numbers, with its interval.

    Parameters, errors as in :func:`t_test_from_summary`.
    """
    m, s, size = summary_numbers(mean, sd, n)
    if m.ndim == 0 or len(m) != 2:
        raise few("g compares two groups", "two means, two standard deviations, two sizes")
    df = size[0] + size[1] - 2.0
    pooled = np.sqrt(((size[0] - 1) * s[0] ** 2 + (size[1] - 1) * s[1] ** 2) / df)
    return hedges_g(m[0] - m[1], pooled, size[0], size[1], confidence=confidence)


def _from_error(
    difference: npt.ArrayLike, error: npt.ArrayLike, df: npt.ArrayLike, side: Side, confidence: float
) -> Tested:
    critical_z(confidence)
    d, e, degrees = (np.asarray(v, dtype=np.float64) for v in (difference, error, df))
    t = d / e
    step = special.stdtrit(degrees, 0.5 + confidence / 2.0) * e
    return tested(d, d - step, d + step, t, degrees, t_p(t, degrees, side=side))
