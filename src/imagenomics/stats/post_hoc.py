"""After a test of several groups, which of them differ: Dunn, Tukey-Kramer, Games-Howell, and pairwise tests (Holm)."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.stats.effects import critical_z
from imagenomics.stats.kruskal import rank_sums
from imagenomics.stats.mann_whitney import mann_whitney
from imagenomics.stats.multiplicity import holm
from imagenomics.stats.samples import groups, summary, summary_numbers
from imagenomics.stats.side import normal_p, t_p
from imagenomics.stats.t_test import t_test
from imagenomics.stats.tested import Tested

FloatArray = npt.NDArray[np.float64]


class Pairwise(NamedTuple):
    """All pairs of k groups, k (k - 1) / 2 rows in lexicographic order.

    Parameters
    ----------
    first, second : int arrays
        Numbers of the groups, from 0.
    effect, low, high : arrays
        First against second, as the function says.
    statistic, p, p_adjusted : arrays
        The last is adjusted for all pairs.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    effect: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    p: FloatArray
    p_adjusted: FloatArray


def dunn(samples: Sequence[npt.ArrayLike], *, confidence: float = 0.95) -> Pairwise:
    """Compare all pairs of groups by their mean ranks among all patients, after a Kruskal-Wallis test.

    Parameters
    ----------
    samples : k arrays
        Measurements of each group; missing ones are left out.
    confidence : float

    Returns
    -------
    Pairwise
        The effect is the AUC of the pair with its own (not simultaneous) interval; the statistic is Dunn's z with
        tie correction; p values adjusted by Holm's rule.

    Raises
    ------
    InputError
        ``IGX-STAT-022``: not finite numbers; ``IGX-STAT-044``: fewer than two groups, or an empty one.

    Source
    ------
    Dunn 1964, Technometrics 6:241.
    """
    parts = groups(samples)
    sums, sizes, ties = rank_sums(parts)
    n = sizes.sum()
    i, j = _pairs(len(parts))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (n * (n + 1.0) / 12.0 - ties / (12.0 * (n - 1.0))) * (1.0 / sizes[i] + 1.0 / sizes[j])
        z = np.where(spread > 0, (sums[i] / sizes[i] - sums[j] / sizes[j]) / np.sqrt(spread), 0.0)
    found = [mann_whitney(parts[a], parts[b], confidence=confidence) for a, b in zip(i, j, strict=True)]
    p = normal_p(z)
    return Pairwise(i, j, *_effects(found), z, p, holm(p))


def tukey(samples: Sequence[npt.ArrayLike], *, confidence: float = 0.95) -> Pairwise:
    """Compare all pairs of means with one error rate for all, after an ANOVA (Tukey-Kramer).

    Parameters, errors as in :func:`dunn`, but two patients in each group.

    Returns
    -------
    Pairwise
        The effect is the difference of means, first minus second, with simultaneous intervals; the statistic is the
        studentised range q. ``p`` is that of one pair alone (t test with the variance of all groups).

    Source
    ------
    Tukey 1953 (unpublished); Kramer 1956, Biometrics 12:307.
    """
    parts = groups(samples, least=2)
    mean, sd, n = summary(parts)
    return tukey_from_summary(mean, sd, n, confidence=confidence)


def tukey_from_summary(
    mean: FloatArray, sd: FloatArray, n: FloatArray, *, confidence: float = 0.95
) -> Pairwise:
    """Do :func:`tukey` with the published means, standard deviations and sizes of k groups."""
    m, s, size = summary_numbers(mean, sd, n)
    i, j = _pairs(m.size)
    df = float(size.sum() - m.size)
    pooled = ((size - 1) * s**2).sum() / df
    error = np.sqrt(pooled / 2.0 * (1 / size[i] + 1 / size[j]))
    return _studentised(m, error, np.full(i.size, df), confidence=confidence)


def games_howell(samples: Sequence[npt.ArrayLike], *, confidence: float = 0.95) -> Pairwise:
    """Compare all pairs of means with one error rate for all, each group with its own variance (after Welch's ANOVA).

    Parameters, errors as in :func:`tukey`.

    Returns
    -------
    Pairwise
        As that of :func:`tukey`; ``p`` is that of Welch's t test of one pair alone.

    Source
    ------
    Games & Howell 1976, J Educ Stat 1:113.
    """
    m, s, size = summary_numbers(*summary(groups(samples, least=2)))
    i, j = _pairs(m.size)
    share = s**2 / size
    both = share[i] + share[j]
    with np.errstate(divide="ignore", invalid="ignore"):
        df = both**2 / (share[i] ** 2 / (size[i] - 1) + share[j] ** 2 / (size[j] - 1))
    return _studentised(m, np.sqrt(both / 2.0), df, confidence=confidence)


def _studentised(mean: FloatArray, error: FloatArray, df: FloatArray, *, confidence: float) -> Pairwise:
    """Compare all pairs of means by the studentised range, with the standard error and df of each pair."""
    from scipy.stats import studentized_range

    critical_z(confidence)
    i, j = _pairs(mean.size)
    difference = mean[i] - mean[j]
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.abs(difference) / error
    step = np.array([_widest(confidence, mean.size, d) for d in df.tolist()]) * error
    adjusted = np.clip(studentized_range.sf(q, mean.size, df), 0.0, 1.0)
    single = t_p(q / np.sqrt(2.0), df)
    return Pairwise(i, j, difference, difference - step, difference + step, q, single, adjusted)


@functools.lru_cache(maxsize=256)
def _widest(confidence: float, k: int, df: float) -> float:
    """Return the quantile of the studentised range: slow to find, and the same for many families of groups."""
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(confidence, k, df))


def pairwise_welch(samples: Sequence[npt.ArrayLike], *, confidence: float = 0.95) -> Pairwise:
    """Compare all pairs of means by Welch's t test, p values adjusted by Holm's rule.

    Parameters, errors as in :func:`tukey`; the effect is the difference of means with its own interval.
    """
    return _pairwise(samples, lambda x, y: t_test(x, y, confidence=confidence), 2)


def pairwise_mann_whitney(samples: Sequence[npt.ArrayLike], *, confidence: float = 0.95) -> Pairwise:
    """Compare all pairs of groups by Mann-Whitney tests, p values adjusted by Holm's rule.

    Parameters, errors as in :func:`dunn`; the effect is the AUC with its own interval.
    """
    return _pairwise(samples, lambda x, y: mann_whitney(x, y, confidence=confidence), 1)


def _pairwise(
    samples: Sequence[npt.ArrayLike], test: Callable[[FloatArray, FloatArray], Tested], least: int
) -> Pairwise:
    parts = groups(samples, least=least)
    i, j = _pairs(len(parts))
    found = [test(parts[a], parts[b]) for a, b in zip(i, j, strict=True)]
    p = np.array([float(t.p) for t in found])
    return Pairwise(i, j, *_effects(found), np.array([float(t.statistic) for t in found]), p, holm(p))


def _pairs(k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    i, j = np.array(list(itertools.combinations(range(k), 2)), dtype=np.int64).reshape(-1, 2).T
    return i, j


def _effects(found: list[Tested]) -> tuple[FloatArray, FloatArray, FloatArray]:
    low, high = np.array([float(t.low) for t in found]), np.array([float(t.high) for t in found])
    return np.array([float(t.effect) for t in found]), low, high
