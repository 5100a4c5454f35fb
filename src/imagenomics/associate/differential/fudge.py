"""The constant that SAM adds to every standard error, so that genes without spread do not lead the list."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
PERCENTILES = np.arange(0, 101, 5)
GROUPS = 100  # of genes with like standard errors
FEWEST_GENES = 500  # with fewer, groups are too small to compare spreads
USUAL = 5.0  # percentile for fewer genes


class Fudge(NamedTuple):
    """The constant, and the percentile of the standard errors that it is."""

    value: float
    percentile: float


def fudge_factor(effect: FloatArray, error: FloatArray) -> Fudge:
    """Return the constant under which the spread of d depends least on the standard error.

    Parameters
    ----------
    effect, error : arrays, (G,)
        Slopes and their standard errors; genes with NaN are left out.

    Returns
    -------
    Fudge
        Of every fifth percentile of the errors, the one with the smallest coefficient of variation of the median
        absolute deviations of d in 100 groups of genes with like errors; the fifth percentile for fewer than 500 genes.
        As in samr, the smallest error is tried as no constant at all and taken as it is.

    Source
    ------
    Tusher, Tibshirani & Chu 2001, Proceedings of the National Academy of Sciences 98:5116, and its supplement.
    """
    known = np.isfinite(effect) & np.isfinite(error) & (error > 0)
    r, s = effect[known], error[known]
    if r.size < FEWEST_GENES:
        return Fudge(float(np.percentile(s, USUAL)) if r.size else 0.0, USUAL)
    borders = np.unique(np.percentile(s, np.linspace(0, 100, GROUPS + 1)))
    group = np.clip(np.searchsorted(borders, s, side="left") - 1, 0, borders.size - 2)
    members = [np.flatnonzero(group == k) for k in range(borders.size - 1)]
    values = np.percentile(s, PERCENTILES)
    uneven = [_variation(r / (s + value), members) for value in [0.0, *values[1:]]]
    best = int(np.argmin(uneven))
    return Fudge(float(values[best]), float(PERCENTILES[best]))


def _variation(d: FloatArray, members: list[npt.NDArray[np.intp]]) -> float:
    spreads = np.array([np.median(np.abs(d[m] - np.median(d[m]))) for m in members if m.size])
    mean = spreads.mean()
    return float(spreads.std(ddof=1) / mean) if mean > 0 and spreads.size > 1 else np.inf
