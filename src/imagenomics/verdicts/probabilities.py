"""Held-out scores as probabilities, one for each patient."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.predict.sigmoid import fit_line, platt_targets

FloatArray = npt.NDArray[np.float64]


def to_probabilities(predictions: pd.DataFrame) -> pd.DataFrame:
    """Turn held-out scores into one probability for each patient.

    Scores that all lie between 0 and 1 are probabilities already. Others go through a logistic line that is
    fitted, within each repeat, to the other folds. Repeats are then averaged by patient.

    Parameters
    ----------
    predictions : DataFrame
        ``patient, repeat, fold, score, label`` with labels 0/1.

    Returns
    -------
    DataFrame
        ``patient, probability, label``, sorted by patient.

    Raises
    ------
    InputError
        ``IGX-VERD-003``: labels are not 0 and 1, or there is no prediction.
    """
    if predictions.empty or not predictions["label"].isin([0.0, 1.0]).all():
        raise InputError(
            "IGX-VERD-003",
            "calibration needs predictions of labels 0 and 1",
            where=f"{len(predictions)} predictions",
        )
    score = predictions["score"].to_numpy(dtype=np.float64)
    if score.min() < 0.0 or score.max() > 1.0:
        score = _cross_fitted(predictions)
    table = predictions.assign(probability=score)
    means = table.groupby("patient", sort=True).agg(
        probability=("probability", "mean"), label=("label", "max")
    )
    return means.reset_index()


def _cross_fitted(predictions: pd.DataFrame) -> FloatArray:
    score = predictions["score"].to_numpy(dtype=np.float64)
    label = predictions["label"].to_numpy(dtype=np.float64)
    fold, repeat = predictions["fold"].to_numpy(), predictions["repeat"].to_numpy()
    out = np.empty(score.size)
    for r in np.unique(repeat):
        for f in np.unique(fold[repeat == r]):
            test = (repeat == r) & (fold == f)
            train = (repeat == r) & (fold != f)
            slope, intercept = fit_line(score[train], platt_targets(label[train]))
            out[test] = 1.0 / (1.0 + np.exp(-(slope * score[test] + intercept)))
    return out
