"""Whether two yes-or-no readings of the same patients differ: McNemar's test."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.errors import unknown_name
from imagenomics.stats.counts import whole_numbers
from imagenomics.stats.proportion import clopper_pearson_interval
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]
McNemarMethod = Literal["exact", "mid-p", "chi-square", "corrected"]


def mcnemar(
    only_first: npt.ArrayLike,
    only_second: npt.ArrayLike,
    *,
    method: McNemarMethod = "exact",
    confidence: float = 0.95,
) -> Tested:
    """Test whether the first reading says yes as often as the second.

    Parameters
    ----------
    only_first, only_second : arrays of counts that broadcast
        Patients whom only the first, or only the second reading calls positive.
    method : {'exact', 'mid-p', 'chi-square', 'corrected'}
        Binomial test; the same with half the probability of what was seen; chi-square without and with
        continuity correction.
    confidence : float

    Returns
    -------
    Tested
        The effect is the matched odds ratio, only the first over only the second, with its exact interval; p is
        two-sided. NaN where no patient is read differently, but for p, which is 1.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts; ``IGX-STAT-045``: an unknown method.

    Source
    ------
    McNemar 1947, Psychometrika 12:153; Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91.
    """
    if method not in get_args(McNemarMethod):
        raise unknown_name("IGX-STAT-045", "method of McNemar's test", method, get_args(McNemarMethod))
    b, c = np.broadcast_arrays(whole_numbers(only_first), whole_numbers(only_second))
    n = b + c
    low, high = clopper_pearson_interval(b, n, confidence=confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, low, high = b / c, low / (1.0 - low), high / (1.0 - high)
        if method in ("chi-square", "corrected"):
            away = np.abs(b - c) - (1.0 if method == "corrected" else 0.0)
            statistic = np.maximum(away, 0.0) ** 2 / n
            p = special.chdtrc(1.0, statistic)
        else:
            statistic, p = np.minimum(b, c), _binomial(b, c, mid_p=method == "mid-p")
    nobody = n == 0
    df = 1.0 if method in ("chi-square", "corrected") else np.nan
    return tested(ratio, low, high, np.where(nobody, np.nan, statistic), df, np.where(nobody, 1.0, p))


def _binomial(b: FloatArray, c: FloatArray, *, mid_p: bool) -> FloatArray:
    n, smaller = b + c, np.minimum(b, c)
    tail = special.bdtr(smaller, n.astype(np.int64), 0.5)
    log_seen = special.gammaln(n + 1) - special.gammaln(b + 1) - special.gammaln(c + 1) - n * np.log(2.0)
    p = 2.0 * tail - (np.exp(log_seen) if mid_p else 0.0)
    # With as many on both sides the two tails share the table that was seen.
    equal = 1.0 - (0.5 * np.exp(log_seen) if mid_p else 0.0)
    return np.where(b == c, equal, np.minimum(p, 1.0))
