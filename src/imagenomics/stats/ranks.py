"""Ranks with ties, and the area under the ROC curve that follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]


def midranks(values: npt.ArrayLike) -> FloatArray:
    """Return the rank of each value; tied values share the mean of their ranks.

    Parameters
    ----------
    values : array, (n,)
        Finite numbers.

    Returns
    -------
    array, (n,)
        Ranks from 1 to n.
    """
    x = np.asarray(values, dtype=np.float64)
    order = np.argsort(x, kind="stable")
    starts = run_starts(x[order])
    ends = np.append(starts[1:], x.size)
    ranks = np.empty(x.size)
    ranks[order] = np.repeat((starts + 1 + ends) / 2.0, ends - starts)
    return ranks


def run_starts(ordered: FloatArray) -> npt.NDArray[np.int64]:
    """Return where each run of equal values begins in a sorted array."""
    if ordered.size == 0:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])).astype(np.int64)


def tie_term(values: npt.ArrayLike) -> float:
    """Return the sum of t^3 - t over the groups of t tied values, as tie corrections need it."""
    counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)[1].astype(np.float64)
    return float((counts**3 - counts).sum())


def auc(scores: npt.ArrayLike, labels: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> float:
    """Return how probably a random positive scores above a random negative, ties counting half.

    Parameters
    ----------
    scores : array, (n,)
        Any numbers; larger speaks for the positive class.
    labels : array, (n,)
        1 (True) for the positive class, 0 (False) for the negative one.
    weights : array, (n,), optional
        Weights of the rows, not negative.

    Returns
    -------
    float
        The area under the ROC curve; NaN where one class has no row (or no weight).

    Raises
    ------
    InputError
        ``IGX-STAT-001``: the lengths differ; ``IGX-STAT-002``: a score is missing, or a label is not 0 or 1;
        ``IGX-STAT-003``: a weight is negative or missing.
    """
    s, y, w = _checked(scores, labels, weights)
    order = np.argsort(s, kind="stable")
    starts = run_starts(s[order])
    if starts.size == 0:
        return float("nan")
    positive = np.add.reduceat((w * y)[order], starts)
    negative = np.add.reduceat((w * (1.0 - y))[order], starts)
    total = positive.sum() * negative.sum()
    if total <= 0:
        return float("nan")
    below = np.cumsum(negative) - negative
    return float((positive * (below + 0.5 * negative)).sum() / total)


def _checked(scores: Any, labels: Any, weights: Any) -> tuple[FloatArray, FloatArray, FloatArray]:
    s = np.asarray(scores, dtype=np.float64).ravel()
    y = np.asarray(labels, dtype=np.float64).ravel()
    w = np.ones(s.size) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    if not s.size == y.size == w.size:
        raise InputError(
            "IGX-STAT-001", f"{s.size} scores, {y.size} labels and {w.size} weights do not belong together"
        )
    if np.isnan(s).any() or not np.isin(y, (0.0, 1.0)).all():
        raise InputError(
            "IGX-STAT-002",
            "a score is missing, or a label is neither 0 nor 1",
            expected="finite scores and labels 0 or 1",
            remedy="leave out the rows without score or label first",
        )
    if not (w >= 0).all():
        raise InputError("IGX-STAT-003", "a weight is negative or missing", expected="weights of 0 or more")
    return s, y, w
