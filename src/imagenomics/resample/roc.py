"""The ROC curve of held-out predictions, averaged over folds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.resample.metrics import by_fold

FloatArray = npt.NDArray[np.float64]


def roc_curve(predictions: pd.DataFrame, *, points: int = 101) -> pd.DataFrame:
    """Return sensitivity at evenly spaced false positive rates, averaged over folds with both classes.

    Parameters
    ----------
    predictions : DataFrame
        As returned by :func:`imagenomics.resample.loop.cross_validate`.
    points : int
        Number of false positive rates from 0 to 1.

    Returns
    -------
    DataFrame
        ``false_positive_rate, sensitivity``; empty where no fold holds both classes. Vertical averages:
        their area is the mean AUC up to the grid.
    """
    grid = np.linspace(0.0, 1.0, points)
    curves = []
    for _, part in predictions.groupby("repeat", sort=True):
        for fold in by_fold(part):
            if 0 < fold["label"].sum() < fold["label"].size:
                false, true = _steps(fold["score"], fold["label"])
                curves.append(np.interp(grid, false, true))
    if not curves:
        return pd.DataFrame({"false_positive_rate": [], "sensitivity": []}, dtype=np.float64)
    return pd.DataFrame({"false_positive_rate": grid, "sensitivity": np.mean(curves, axis=0)})


def _steps(score: FloatArray, label: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the corners of the curve of one fold, ties as slopes."""
    levels, place = np.unique(-score, return_inverse=True)
    true = np.bincount(place, weights=label, minlength=levels.size).cumsum()
    false = np.bincount(place, weights=1.0 - label, minlength=levels.size).cumsum()
    return np.append(0.0, false / false[-1]), np.append(0.0, true / true[-1])
