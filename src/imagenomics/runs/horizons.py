"""How well predicted risks tell who has the event by a time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.associate.survival.concordance import time_auc
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.resample.metrics import by_fold
from imagenomics.stats.signed_times import split_times


def horizon_auc(predictions: pd.DataFrame, moment: float) -> float:
    """Return the cumulative/dynamic AUC at a time: of who has the event by then against who has not.

    Censoring is weighed within each test fold; the areas are averaged over folds that hold both, then over repeats. NaN
    where there is no such fold.

    Parameters
    ----------
    predictions : DataFrame
        Held-out predictions of signed times.
    moment : float
        In the unit of the times.
    """
    repeats = []
    for _, part in predictions.groupby("repeat", sort=True):
        areas = [_area(fold["label"], fold["score"], moment) for fold in by_fold(part)]
        known = [area for area in areas if area == area]
        if known:
            repeats.append(float(np.mean(known)))
    return float(np.mean(repeats)) if repeats else float("nan")


def _area(label: np.ndarray, score: np.ndarray, moment: float) -> float:
    time, event = split_times(label)
    times = SurvivalTimes(pd.RangeIndex(time.size), time, event)
    return float(time_auc(times, score, [moment]).auc[0])
