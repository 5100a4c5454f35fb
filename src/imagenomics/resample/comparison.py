"""Whether one cross-validated model is better than another: the error of their difference, with everything refitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.resample.intervals import Interval, paired_interval, widened
from imagenomics.resample.loop import cross_validate
from imagenomics.resample.metrics import evaluate
from imagenomics.resample.settings import IntervalSettings
from imagenomics.resample.splits import folds
from imagenomics.stats.class_counts import scarcest
from imagenomics.stats.effects import critical_z
from imagenomics.stats.tails import log_two_sided_normal
from imagenomics.work.seeds import integer_seed

FloatArray = npt.NDArray[np.float64]
HALVINGS = 20
REFITTED = (
    "bootstrap of patients over held-out predictions, widened to the error of the difference between models that were "
    "fitted to halves of the patients"
)
REFITTED_ONE = (
    "bootstrap of patients over held-out predictions, widened to the error among halves of the patients, in which the "
    "models were fitted again"
)


@dataclass(frozen=True)
class Comparison:
    """The difference of two models with its interval, its standard error, and the two-sided p of no difference."""

    interval: Interval
    error: float
    p: float


def halvings(ids: Any, y: Any, *, repeats: int = HALVINGS, seed: int, task: str) -> pd.DataFrame:
    """Divide patients into two halves, several times, classes (or values) balanced.

    Parameters
    ----------
    ids : array of str, (n,)
    y : array, (n,)
    repeats : int
        How often they are divided.
    seed : int
        Seed of the stream ``halves``.
    task : str
        As in :func:`imagenomics.resample.splits.folds`.

    Returns
    -------
    DataFrame
        ``patient, repeat, fold``; fold 0 and fold 1 are the halves of a repeat.
    """
    return folds(ids, y, n_splits=2, repeats=repeats, seed=integer_seed(seed, "halves"), task=task)


def half_values(
    model: Any,
    X: pd.DataFrame,
    y: pd.Series,
    half: pd.DataFrame,
    *,
    n_splits: int,
    metric: str,
    task: str,
    seed: int,
) -> tuple[float, float]:
    """Cross-validate a model in each half of the patients, as if the other half had not been met.

    Parameters
    ----------
    model, X, y
        As in :func:`imagenomics.resample.loop.cross_validate`.
    half : DataFrame
        One repeat of :func:`halvings`.
    n_splits : int
        Folds of a half; fewer where its smaller class has fewer patients.
    metric : str
        As in :func:`imagenomics.resample.metrics.evaluate`.
    task : str
        As in :func:`imagenomics.resample.splits.folds`.
    seed : int
        Of the folds, which are those of every model of these patients.

    Returns
    -------
    tuple of two floats
        The metric in either half.
    """
    values = []
    for side in (0, 1):
        own = y[y.index.astype(str).isin(set(half.loc[half["fold"] == side, "patient"]))]
        divided = folds(
            own.index,
            own,
            n_splits=max(2, min(n_splits, scarcest(own, task))),
            seed=integer_seed(seed, "half", side),
            task=task,
        )
        values.append(evaluate(cross_validate(model, X.loc[own.index], own, divided, idle=True), metric))
    return values[0], values[1]


def refitted_error(first: FloatArray, second: FloatArray) -> float:
    """Return the standard error of the difference of two models from what it was in halves of the patients.

    Halves share no patient, so that half the mean square of the difference between them is the variance of the
    difference among half as many patients, models and folds drawn anew; among all patients it is about half of that.

    Parameters
    ----------
    first, second : arrays, (m, 2)
        The metric of either model in both halves of m divisions.

    Source
    ------
    Nadeau & Bengio 2003, Machine Learning 52:239 (their conservative estimator, scaled to all patients).
    """
    gap = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    between = gap[:, 0] - gap[:, 1]
    known = between[~np.isnan(between)]
    return float(np.sqrt((known**2).mean() / 4.0)) if known.size else float("nan")


def compare_pipelines(
    first: pd.DataFrame,
    second: pd.DataFrame,
    metric: str,
    *,
    refitted: float,
    bounds: tuple[float, float],
    settings: IntervalSettings,
    seed: int,
) -> Comparison:
    """Compare two pipelines that were cross-validated on the same patients in the same folds, first minus second.

    Scores of held-out patients alone say how the models would do on other patients, not how other training patients
    would have changed them: paired tests over held-out scores (DeLong's, or exchanging the scores of a patient) call
    equal pipelines different in a fifth of studies (docs/decisions/0040). So the error comes from halves of the
    patients, in which everything is fitted again, or from the bootstrap where that is larger.

    Parameters
    ----------
    first, second : DataFrame
        As returned by :func:`imagenomics.resample.loop.cross_validate`.
    metric : str
        A metric with an interval.
    refitted : float
        As returned by :func:`refitted_error`.
    bounds : (float, float)
        Smallest and largest value that the difference can take.
    settings : IntervalSettings
    seed : int

    Raises
    ------
    InputError
        ``IGX-RES-012``: the two tables do not hold the same patients in the same folds.
    """
    drawn = paired_interval(first, second, metric, settings=settings, seed=seed)
    found = widened(drawn, refitted, bounds=bounds)
    step = critical_z(drawn.level)
    error = float(np.fmax(refitted, (drawn.high - drawn.low) / (2.0 * step)))
    z = found.estimate / error if error > 0.0 else (0.0 if found.estimate == 0.0 else np.nan)
    p = float(np.exp(log_two_sided_normal(np.asarray(z))))
    return Comparison(Interval(found.estimate, found.low, found.high, found.level, REFITTED), error, p)
