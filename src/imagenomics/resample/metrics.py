"""How good predictions are: every number is computed within a fold and averaged over folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.stats.ordered_pairs import ordered_pairs
from imagenomics.stats.ranks import auc, midranks
from imagenomics.stats.signed_times import split_times

FloatArray = npt.NDArray[np.float64]
NEEDED = ("patient", "repeat", "fold", "score", "label")


def evaluate(predictions: pd.DataFrame, metric: str) -> float:
    """Measure how good held-out predictions are.

    Parameters
    ----------
    predictions : DataFrame
        As returned by :func:`imagenomics.resample.loop.cross_validate`.
    metric : str
        ``auc``: mean over folds that hold both classes (never pooled: folds have their own score scales);
        ``balanced_accuracy``, ``sensitivity``, ``specificity``: at the threshold chosen in the training
        part; ``brier``: mean squared error of probabilities; ``r2``: share of the squared error that the
        training mean leaves and the model removes, over all patients of a repeat; ``spearman``: mean over
        folds, 0 where the scores of a fold are all equal; ``c_index``: Harrell's C of signed times, of all
        pairs within the folds of a repeat the share that is ordered rightly (docs/decisions/0042).

    Returns
    -------
    float
        Mean over repeats; NaN where no fold allows the metric.

    Raises
    ------
    InputError
        ``IGX-RES-010``: unknown metric; ``IGX-RES-012``: a column is missing.
    """
    if metric not in METRICS:
        raise unknown_name("IGX-RES-010", "metric", metric, METRICS)
    absent = [name for name in NEEDED if name not in predictions.columns]
    if absent:
        raise InputError("IGX-RES-012", f"predictions have no column {short_list(absent)}")
    values = [METRICS[metric](part) for _, part in predictions.groupby("repeat", sort=True)]
    return float(np.mean(values)) if values else float("nan")


def evaluate_all(predictions: pd.DataFrame, *, task: str) -> dict[str, float]:
    """Return every metric of a task: ``binary``, ``continuous`` or ``survival``."""
    return {name: evaluate(predictions, name) for name in OF_TASK[task]}


def by_fold(predictions: pd.DataFrame) -> list[dict[str, FloatArray]]:
    """Return the columns of each fold as arrays, folds in order."""
    fold = predictions["fold"].to_numpy()
    columns = {name: predictions[name].to_numpy() for name in predictions.columns}
    return [{name: values[fold == f] for name, values in columns.items()} for f in np.unique(fold)]


def _auc(part: pd.DataFrame) -> float:
    return _mean([auc(fold["score"], fold["label"]) for fold in by_fold(part)])


def _sensitivity(part: pd.DataFrame) -> float:
    return _mean([_share_called(fold, 1.0) for fold in by_fold(part)])


def _specificity(part: pd.DataFrame) -> float:
    return _mean([1.0 - _share_called(fold, 0.0) for fold in by_fold(part)])


def _balanced_accuracy(part: pd.DataFrame) -> float:
    return 0.5 * (_sensitivity(part) + _specificity(part))


def _brier(part: pd.DataFrame) -> float:
    score = part["score"].to_numpy(dtype=np.float64)
    if score.size == 0 or score.min() < 0.0 or score.max() > 1.0:
        return float("nan")  # not probabilities
    return float(((score - part["label"].to_numpy(dtype=np.float64)) ** 2).mean())


def _r2(part: pd.DataFrame) -> float:
    label = part["label"].to_numpy(dtype=np.float64)
    left = ((label - part["score"].to_numpy(dtype=np.float64)) ** 2).sum()
    total = ((label - part["train_mean"].to_numpy(dtype=np.float64)) ** 2).sum()
    return float(1.0 - left / total) if total > 0 else float("nan")


def _spearman(part: pd.DataFrame) -> float:
    return _mean([rank_correlation(fold["score"], fold["label"]) for fold in by_fold(part)])


def _c_index(part: pd.DataFrame) -> float:
    pairs = [fold_pairs(fold) for fold in by_fold(part)]
    known = sum(float(all_.sum()) for _, all_ in pairs)
    return sum(float(won.sum()) for won, _ in pairs) / known if known else float("nan")


def fold_pairs(fold: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return the pairs of a fold that its scores order rightly, and those whose order is known (m, m)."""
    return ordered_pairs(*split_times(fold["label"]), fold["score"])


def rank_correlation(x: FloatArray, y: FloatArray) -> float:
    """Return Spearman's correlation: 0 where ``x`` is constant, NaN where ``y`` is, or below 3 rows."""
    a, b = midranks(x), midranks(y)
    a, b = a - a.mean(), b - b.mean()
    if y.size < 3 or not b.any():
        return float("nan")
    return float(a @ b / np.sqrt((a @ a) * (b @ b))) if a.any() else 0.0


def _share_called(fold: Mapping[str, FloatArray], label: float) -> float:
    rows = fold["label"] == label
    return float((fold["score"] >= fold["threshold"])[rows].mean()) if rows.any() else float("nan")


def _mean(values: list[float]) -> float:
    known = [v for v in values if v == v]
    return float(np.mean(known)) if known else float("nan")


METRICS: Mapping[str, Callable[[pd.DataFrame], float]] = {
    "auc": _auc,
    "balanced_accuracy": _balanced_accuracy,
    "sensitivity": _sensitivity,
    "specificity": _specificity,
    "brier": _brier,
    "r2": _r2,
    "spearman": _spearman,
    "c_index": _c_index,
}
BINARY = ("auc", "balanced_accuracy", "sensitivity", "specificity", "brier")
CONTINUOUS = ("r2", "spearman")
OF_TASK: Mapping[str, tuple[str, ...]] = {
    "binary": BINARY,
    "continuous": CONTINUOUS,
    "survival": ("c_index",),
}
CHANCE: Mapping[str, float] = {
    **{"auc": 0.5, "balanced_accuracy": 0.5, "c_index": 0.5},
    **{"r2": 0.0, "spearman": 0.0},
}
PRIMARY: Mapping[str, str] = {"binary": "auc", "continuous": "r2", "survival": "c_index"}
