"""Survival of patients whom a model, fitted without them, called of low or high risk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from imagenomics.associate.survival.kaplan_meier import kaplan_meier
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.stats.signed_times import split_times

GROUPS = {"risk:low": False, "risk:high": True}


def risk_curves(predictions: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    """Yield the points of the Kaplan-Meier curve of each risk group: ``risk:low`` or ``risk:high``, and a row.

    A patient is of high risk from the median of the held-out scores of the training part on; outcomes have no say in
    it. The groups are those of the first repeat, as the tested statistic is. A model without such a median (the
    majority), or that says the same of everybody in a fold, has no groups there.

    Parameters
    ----------
    predictions : DataFrame
        Held-out predictions of signed times.
    """
    first = predictions[predictions["repeat"] == predictions["repeat"].min()]
    scores = first.groupby("fold")["score"]
    told_apart = scores.transform("max") > scores.transform("min")
    known = first[first["threshold"].notna() & told_apart].set_index("patient")
    high = known["score"] >= known["threshold"]
    for name, wanted in GROUPS.items():
        group = known[high == wanted]
        if group.empty:
            continue
        time, event = split_times(group["label"])
        for row in kaplan_meier(SurvivalTimes(group.index, time, event)).itertuples():
            yield name, row
