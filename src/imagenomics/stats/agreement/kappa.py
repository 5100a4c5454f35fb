"""Kappa: whether readers who sort patients into categories agree more than by chance."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.stats.agreement.estimate import Estimate, FloatArray, same_length
from imagenomics.stats.effects import critical_z

Weights = Literal["none", "linear", "quadratic"]
WEIGHTS: tuple[Weights, ...] = get_args(Weights)


def cohen_kappa(
    first: Sequence[Any],
    second: Sequence[Any],
    *,
    weights: Weights = "none",
    categories: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Say how far two readers agree beyond chance.

    Parameters
    ----------
    first, second : sequences, (n,)
        The category each reader gave to each patient; None or NaN where there is none (the pair does not count).
    weights : {"none", "linear", "quadratic"}
        How much a near miss counts, by its distance in the order of the categories.
    categories : sequence, optional
        All categories in order; needed for weights where they do not sort as they should (grades as text).
    confidence : float

    Returns
    -------
    Estimate
        NaN where both readers use one and the same category only. Where the variance is zero though readers differ
        (one of them uses one category only, which makes kappa 0 whatever the other one says) there are no limits.

    Raises
    ------
    InputError
        ``IGX-STAT-020``: lengths differ; ``IGX-STAT-023``: unknown weights; ``IGX-STAT-025``: a rating is not
        among the categories.

    Assumes
    -------
    A large-sample normal interval. Where it has no width (all pairs agree), the lower limit is what a binomial
    limit of the observed agreement gives.

    Source
    ------
    Cohen 1960, Educational and Psychological Measurement 20:37, and 1968, Psychological Bulletin 70:213;
    variance: Fleiss, Cohen & Everitt 1969, Psychological Bulletin 72:323.
    """
    if weights not in WEIGHTS:
        raise unknown_name("IGX-STAT-023", "weights", weights, WEIGHTS)
    z = critical_z(confidence)
    same_length(first, second)
    table = _cross(first, second, categories)
    n = table.sum()
    if n == 0:
        return _estimate(np.nan, np.nan, np.nan, 0.0)
    p, agree = table / n, _agreement(len(table), weights)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((p * agree).sum()), float(rows @ agree @ columns)
    if expected >= 1.0:
        return _estimate(np.nan, np.nan, np.nan, float(n))
    kappa = (observed - expected) / (1.0 - expected)
    marginal = (agree @ columns)[:, None] + (rows @ agree)[None, :]
    spread = (p * (agree - marginal * (1.0 - kappa)) ** 2).sum() - (kappa - expected * (1.0 - kappa)) ** 2
    error = np.sqrt(max(spread, 0.0) / n) / (1.0 - expected)
    return _limits(kappa, z * error, expected, float(n), confidence)


def fleiss_kappa(counts: npt.ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Say how far several readers agree beyond chance, whoever they are.

    Parameters
    ----------
    counts : array of whole numbers, (n, q)
        How many readers put patient i into category j; every patient has the same number of readers. See
        :func:`count_ratings`.
    confidence : float

    Returns
    -------
    Estimate
        NaN where one category only is used, or with fewer than 2 patients.

    Raises
    ------
    InputError
        ``IGX-STAT-024``: not whole numbers, one reader only, or patients with different numbers of readers.

    Assumes
    -------
    Patients drawn at random: the interval is normal with the linearised variance over patients, and as for
    :func:`cohen_kappa` where it has no width.

    Source
    ------
    Fleiss 1971, Psychological Bulletin 76:378; variance: Gwet 2008, British Journal of Mathematical and
    Statistical Psychology 61:29.
    """
    z = critical_z(confidence)
    table = _checked_counts(counts)
    n, readers = len(table), float(table[0].sum()) if len(table) else 0.0
    if n < 2:
        return _estimate(np.nan, np.nan, np.nan, float(n))
    share = table.sum(axis=0) / (n * readers)
    expected = float((share**2).sum())
    if expected >= 1.0:
        return _estimate(np.nan, np.nan, np.nan, float(n))
    own = ((table**2).sum(axis=1) - readers) / (readers * (readers - 1.0))
    kappa = (float(own.mean()) - expected) / (1.0 - expected)
    chance = table @ share / readers
    influence = (own - expected) / (1.0 - expected) - 2.0 * (1.0 - kappa) * (chance - expected) / (
        1.0 - expected
    )
    error = np.sqrt(((influence - kappa) ** 2).sum() / (n * (n - 1.0)))
    return _limits(kappa, z * error, expected, float(n), confidence)


def count_ratings(
    ratings: npt.ArrayLike, *, categories: Sequence[Hashable] | None = None
) -> npt.NDArray[np.int64]:
    """Return how many readers chose each category (n, q), from ratings (n patients, k readers).

    Raises
    ------
    InputError
        ``IGX-STAT-025``: a rating is not among the categories.
    """
    table = np.asarray(ratings, dtype=object)
    names = _categories([table.ravel()], categories)
    return np.array([[sum(v == name for v in row) for name in names] for row in table], dtype=np.int64)


def missing(value: Any) -> bool:
    """Tell whether a rating is missing: None, NaN or pandas' NA."""
    if value is None:
        return True
    same = value == value
    return not isinstance(same, (bool, np.bool_)) or not same


def _checked_counts(counts: npt.ArrayLike) -> FloatArray:
    table = np.asarray(counts, dtype=np.float64)
    whole = table.ndim == 2 and bool(np.all((table >= 0) & (table == np.rint(table))))
    readers = np.unique(table.sum(axis=1)) if whole else np.zeros(0)
    if not whole or readers.size > 1 or (readers.size == 1 and readers[0] < 2):
        seen = f"; patients have {short_list(int(r) for r in readers)} readers" if whole else ""
        raise InputError(
            "IGX-STAT-024",
            f"these counts of shape {table.shape} are no table of ratings{seen}",
            expected="whole numbers (patients, categories) with the same sum, 2 or more, in each row",
            remedy="use Krippendorff's alpha where readers differ in number from patient to patient",
        )
    return table


def _categories(columns: Sequence[Any], given: Sequence[Hashable] | None) -> list[Any]:
    used = {v for column in columns for v in column if not missing(v)}
    if given is None:
        try:
            return sorted(used)
        except TypeError:
            return sorted(used, key=lambda v: (type(v).__name__, str(v)))
    strange = sorted((v for v in used if v not in set(given)), key=str)
    if strange:
        raise InputError(
            "IGX-STAT-025",
            f"ratings that are not among the categories: {short_list(strange)}",
            expected=f"one of: {short_list(given, 12)}",
        )
    return list(given)


def _cross(first: Sequence[Any], second: Sequence[Any], categories: Sequence[Hashable] | None) -> FloatArray:
    names = _categories([first, second], categories)
    place = {name: i for i, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    for a, b in zip(first, second, strict=True):
        if not missing(a) and not missing(b):
            table[place[a], place[b]] += 1.0
    return table


def _agreement(q: int, weights: Weights) -> FloatArray:
    if weights == "none" or q < 2:
        return np.eye(q)
    apart = np.abs(np.subtract.outer(np.arange(q), np.arange(q))) / (q - 1.0)
    return np.asarray(1.0 - (apart if weights == "linear" else apart**2), dtype=np.float64)


def _limits(kappa: float, half: float, expected: float, n: float, confidence: float) -> Estimate:
    low, high = max(kappa - half, -1.0), min(kappa + half, 1.0)
    if kappa >= 1.0 - 1e-12:
        all_agree = (0.5 - confidence / 2.0) ** (1.0 / n)
        low = (all_agree - expected) / (1.0 - expected)
    elif half <= 1e-7:
        low, high = np.nan, np.nan
    return _estimate(kappa, low, high, n)


def _estimate(value: float, low: float, high: float, n: float) -> Estimate:
    return Estimate(*(np.asarray(v, dtype=np.float64) for v in (value, low, high, n)))
