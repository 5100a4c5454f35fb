"""Effect sizes with confidence intervals: AUC, Hedges g, odds ratio, correlation. Everything broadcasts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.errors import InputError
from imagenomics.stats.ranks import auc, midranks

FloatArray = npt.NDArray[np.float64]
Interval = tuple[FloatArray, FloatArray]


def critical_z(confidence: float) -> float:
    """Return the two-sided critical value of the standard normal.

    Raises
    ------
    InputError
        ``IGX-STAT-005``: ``confidence`` is not between 0 and 1.
    """
    if not 0.0 < confidence < 1.0:
        raise InputError(
            "IGX-STAT-005", f"a confidence of {confidence} is impossible", expected="a number such as 0.95"
        )
    return float(special.ndtri(0.5 + confidence / 2.0))


def auc_interval(
    area: npt.ArrayLike, n_positive: npt.ArrayLike, n_negative: npt.ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return the score-type interval of an AUC from its value and the class sizes alone.

    Parameters
    ----------
    area, n_positive, n_negative : arrays that broadcast
        AUC (ties counting half) and the numbers of positives and negatives.
    confidence : float

    Returns
    -------
    low, high : arrays
        Between 0 and 1, never of zero width; NaN where the AUC is NaN.

    Source
    ------
    Newcombe 2006, Statistics in Medicine 25:559, method 5 (Hanley-McNeil variance at the limit itself, both
    class sizes replaced by their mean inside it).
    """
    from imagenomics.stats.auc_limits import auc_limits  # compiled: not for everybody who imports this file

    z = critical_z(confidence)
    theta, m, n = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (area, n_positive, n_negative))
    )
    low, high = np.empty(theta.size), np.empty(theta.size)
    flat = [np.ascontiguousarray(values).ravel() for values in (theta, m, n)]
    auc_limits(*flat, z, 0.0, low)
    auc_limits(*flat, z, 1.0, high)
    return low.reshape(theta.shape), high.reshape(theta.shape)


def delong_interval(
    scores: npt.ArrayLike, labels: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return the AUC of one score with its DeLong interval on the logit scale.

    Parameters
    ----------
    scores, labels : arrays, (n,)
        Scores without missing values, labels 0 or 1.
    confidence : float

    Returns
    -------
    auc, low, high : float
        At an AUC of 0 or 1, or with fewer than 2 in a class, DeLong's variance says nothing: then the
        interval of :func:`auc_interval`.

    Source
    ------
    DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837.
    """
    s, y = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    area = auc(s, y)
    positive, negative = s[y == 1], s[y == 0]
    m, n = positive.size, negative.size
    if not 0.0 < area < 1.0 or min(m, n) < 2:
        low, high = auc_interval(area, m, n, confidence=confidence)
        return area, float(low), float(high)
    ranks = midranks(np.concatenate([positive, negative]))
    above = (ranks[:m] - midranks(positive)) / n
    below = 1.0 - (ranks[m:] - midranks(negative)) / m
    error = np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
    step = critical_z(confidence) * error / (area * (1.0 - area))
    return (
        area,
        float(special.expit(special.logit(area) - step)),
        float(special.expit(special.logit(area) + step)),
    )


def hedges_g(
    difference: npt.ArrayLike,
    sd: npt.ArrayLike,
    n1: npt.ArrayLike,
    n0: npt.ArrayLike,
    *,
    confidence: float = 0.95,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the difference of two means in pooled SD, corrected for small samples, with its interval.

    Parameters
    ----------
    difference, sd, n1, n0 : arrays that broadcast
        Mean of group 1 minus mean of group 0, pooled standard deviation, group sizes.
    confidence : float

    Returns
    -------
    g, low, high : arrays

    Source
    ------
    Hedges 1981, Journal of Educational Statistics 6:107; normal interval with the large-sample variance.
    """
    d, s, m, n = (np.asarray(v, dtype=np.float64) for v in (difference, sd, n1, n0))
    with np.errstate(divide="ignore", invalid="ignore"):
        df = m + n - 2.0
        correction = np.exp(special.gammaln(df / 2.0) - special.gammaln((df - 1.0) / 2.0)) / np.sqrt(df / 2.0)
        g = correction * d / s
        error = np.sqrt((m + n) / (m * n) + g * g / (2.0 * (m + n)))
    step = critical_z(confidence) * error
    return g, g - step, g + step


def odds_ratio(
    counts: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the sample odds ratio of 2 x 2 tables with Woolf's interval.

    Parameters
    ----------
    counts : four arrays that broadcast
        Both positive, only the first, only the second, neither.
    confidence : float

    Returns
    -------
    ratio, low, high : arrays
        The ratio is 0 or infinite with an empty cell; its interval then has 0.5 added to every cell
        (Haldane-Anscombe) and reaches to the ratio. NaN for a table with an empty margin.
    """
    a, b, c, d = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in counts))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (a * d) / (b * c)
        add = np.where(np.minimum(np.minimum(a, b), np.minimum(c, d)) == 0, 0.5, 0.0)
        w, x, y, z = a + add, b + add, c + add, d + add
        center = np.log(w * z / (x * y))
        step = critical_z(confidence) * np.sqrt(1 / w + 1 / x + 1 / y + 1 / z)
    empty = np.isnan(ratio) | (a + b == 0) | (a + c == 0) | (d + b == 0) | (d + c == 0)
    low = np.where(ratio == 0, 0.0, np.exp(center - step))
    high = np.where(np.isinf(ratio), np.inf, np.exp(center + step))
    low, high = (np.where(empty, np.nan, limit) for limit in (low, high))
    return np.where(empty, np.nan, ratio), low, high


def correlation_interval(
    r: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    controlled: npt.ArrayLike = 0,
    ranks: bool = False,
    confidence: float = 0.95,
) -> Interval:
    """Return the Fisher z interval of a correlation.

    Parameters
    ----------
    r, n : arrays that broadcast
        Correlation and number of patients.
    controlled : array
        Number of variables partialled out.
    ranks : bool
        Spearman's correlation: the wider variance (1 + r^2 / 2) / (n - 3) of Bonett and Wright.
    confidence : float

    Returns
    -------
    low, high : arrays
        NaN with 3 patients or fewer beyond the variables partialled out; r itself at -1 and 1.

    Source
    ------
    Fisher 1921, Metron 1:3; Bonett & Wright 2000, Psychometrika 65:23.
    """
    value, size = np.asarray(r, dtype=np.float64), np.asarray(n, dtype=np.float64) - np.asarray(controlled)
    with np.errstate(divide="ignore", invalid="ignore"):
        widening = 1.0 + value * value / 2.0 if ranks else 1.0
        error = np.sqrt(np.where(size > 3, widening / (size - 3.0), np.nan))
        k = np.tanh(critical_z(confidence) * error)
        # tanh(atanh(r) -+ step) without a logarithm
        return (value - k) / (1.0 - value * k), (value + k) / (1.0 + value * k)
