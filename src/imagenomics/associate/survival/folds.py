"""Folds of followed patients, with the events spread evenly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.resample.splits import folds as make_folds

IntArray = npt.NDArray[np.int64]


def event_folds(times: SurvivalTimes, *, folds: int, repeats: int = 1, seed: int = 0) -> IntArray:
    """Return the fold of each patient in each repeat (repeats, n), in the order of the follow-up.

    Where events or censored patients are fewer than folds, times are spread evenly instead.
    """
    fewest = int(min(times.n_events, times.event.size - times.n_events))
    binary = fewest >= folds
    table = make_folds(
        times.ids,
        times.event.astype(np.float64) if binary else times.time,
        n_splits=folds,
        repeats=repeats,
        seed=seed,
        task="binary" if binary else "continuous",
    )
    wide = table.pivot(index="repeat", columns="patient", values="fold")
    return np.ascontiguousarray(wide[times.ids].to_numpy(dtype=np.int64))
