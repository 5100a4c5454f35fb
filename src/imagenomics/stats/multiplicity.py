"""P values adjusted for their number (Holm, Benjamini-Hochberg, Benjamini-Yekutieli) or combined (Simes)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError
from imagenomics.stats.p_buckets import step_up_all, step_up_some
from imagenomics.stats.p_order import order_p, step_up

FloatArray = npt.NDArray[np.float64]
MANY = 100_000  # p values from which ordering them by counting is faster than a sort


def holm(p: npt.ArrayLike) -> FloatArray:
    """Return p values that allow no false claim at all in the family (step-down Bonferroni).

    Parameters
    ----------
    p : array, (m,)
        P values; NaN stands for "not testable", stays NaN and does not count in the family.

    Returns
    -------
    array, (m,)
        Adjusted p values, at most 1.

    Raises
    ------
    InputError
        ``IGX-STAT-004``: a p value is outside 0 to 1.

    Source
    ------
    Holm 1979, Scandinavian Journal of Statistics 6:65.
    """
    values = _checked(p)
    ordered, order = _ordered(values)
    stepped = ordered * np.arange(ordered.size, 0, -1)
    out = np.full(values.size, np.nan)
    out[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return out


def benjamini_hochberg(p: npt.ArrayLike) -> FloatArray:
    """Return the share of false claims expected up to each p value, for tests not negatively dependent.

    Parameters
    ----------
    p : array, (m,)
        P values; NaN stands for "not testable", stays NaN and does not count in the family.

    Returns
    -------
    array, (m,)
        Adjusted p values (q), at most 1.

    Raises
    ------
    InputError
        ``IGX-STAT-004``: a p value is outside 0 to 1.

    Source
    ------
    Benjamini & Hochberg 1995, JRSS B 57:289.
    """
    return _step_up(p, dependent=False)


def benjamini_yekutieli(p: npt.ArrayLike) -> FloatArray:
    """Return the share of false claims expected up to each p value, whatever their dependence.

    Parameters
    ----------
    p : array, (m,)
        P values; NaN stands for "not testable", stays NaN and does not count in the family.

    Returns
    -------
    array, (m,)
        Adjusted p values (q), at most 1.

    Raises
    ------
    InputError
        ``IGX-STAT-004``: a p value is outside 0 to 1.

    Source
    ------
    Benjamini & Yekutieli 2001, Annals of Statistics 29:1165.
    """
    return _step_up(p, dependent=True)


def false_discovery(p: npt.ArrayLike, fdr: str) -> FloatArray:
    """Return q by the rule that a family declares: 'bh' (Benjamini-Hochberg), else 'by' (Benjamini-Yekutieli)."""
    return benjamini_hochberg(p) if fdr == "bh" else benjamini_yekutieli(p)


def false_discovery_of(p: npt.ArrayLike, places: npt.NDArray[np.integer], fdr: str) -> FloatArray:
    """Return q of some p values of a family: ``false_discovery(p, fdr)[places]``, much faster where they are few.

    Parameters
    ----------
    p : array, (m,)
        The whole family.
    places : int array, (k,)
        Which of them.
    fdr : {"bh", "by"}
    """
    values = _checked(p)
    if values.size < MANY:
        return false_discovery(values, fdr)[places]
    return step_up_some(values, np.asarray(places, dtype=np.int64), _scale(values, dependent=fdr != "bh"))


def _step_up(p: npt.ArrayLike, *, dependent: bool) -> FloatArray:
    values = _checked(p)
    adjusted = step_up_all(values, _scale(values, dependent=dependent)) if values.size >= MANY else None
    if adjusted is not None:
        return adjusted
    ordered, order = _ordered(values)  # ties get equal results in any order
    out = np.full(values.size, np.nan)
    step_up(ordered, order, ordered.size * _scale(ordered, dependent=dependent), out)
    return out


def _scale(values: FloatArray, *, dependent: bool) -> float:
    """Return the sum of 1 / rank over all known p values where they may depend on each other in any way, else 1."""
    m = values.size - int(np.isnan(values).sum()) if dependent else 0
    return float((1.0 / np.arange(1.0, m + 1.0)).sum()) if dependent else 1.0


def _ordered(values: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Return the p values that are there, sorted, and their places."""
    if values.size >= MANY:
        return order_p(values)
    order = np.argsort(values)  # missing values come last
    order = order[: values.size - int(np.isnan(values).sum())]
    return values[order], order


def _checked(p: npt.ArrayLike) -> FloatArray:
    values = np.ascontiguousarray(p, dtype=np.float64).ravel()
    if values.size and (np.fmin.reduce(values) < 0.0 or np.fmax.reduce(values) > 1.0):
        raise InputError(
            "IGX-STAT-004", "a p value is outside 0 to 1", expected="numbers from 0 to 1, or NaN"
        )
    return values


def simes(p: npt.ArrayLike) -> float:
    """Return one p value for the claim that at least one of several hypotheses is false.

    Parameters
    ----------
    p : array, (m,)
        P values; NaN does not count.

    Returns
    -------
    float
        The smallest of m p(k) / k over the sorted p values; NaN where there is none.

    Assumes
    -------
    Independent or positively dependent p values, as those of image features against one gene are.

    Raises
    ------
    InputError
        ``IGX-STAT-004``: a p value is outside 0 to 1.

    Source
    ------
    Simes 1986, Biometrika 73:751.
    """
    values = _checked(p)
    known = np.sort(values[~np.isnan(values)])
    if known.size == 0:
        return float("nan")
    return float(min((known * known.size / np.arange(1, known.size + 1)).min(), 1.0))
