"""Bootstrap interval of an AUC, or of the difference of two AUCs of the same patients, within the classes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError
from imagenomics.stats.delong import delong
from imagenomics.stats.effects import critical_z
from imagenomics.stats.ranks import auc
from imagenomics.stats.samples import finite

FloatArray = npt.NDArray[np.float64]


def bootstrap_auc(
    scores: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    second: npt.ArrayLike | None = None,
    draws: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[float, float, float]:
    """Return an AUC, or the difference of two, with its percentile interval over resampled patients.

    Parameters
    ----------
    scores, labels : arrays, (n,)
        Scores without missing values, labels 0 or 1.
    second : array, (n,), optional
        A second score of the same patients: then the difference, first minus second.
    draws : int
        Positives and negatives are drawn apart, so that each draw has as many of both.
    seed : int
    confidence : float

    Returns
    -------
    estimate, low, high : float

    Raises
    ------
    InputError
        As :func:`~imagenomics.stats.delong.delong`; ``IGX-STAT-048``: fewer than 100 draws.

    Source
    ------
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    if draws < 100:
        raise InputError(
            "IGX-STAT-048", f"{draws} bootstrap draws are too few", expected="100 or more, 2000 is usual"
        )
    critical_z(confidence)
    first, y = finite(scores, what="scores").ravel(), finite(labels, what="labels").ravel()
    columns = [first] if second is None else [first, finite(second, what="scores").ravel()]
    delong(
        np.stack(columns) if len({c.size for c in columns}) == 1 else first[:0], y
    )  # only to refuse bad input
    positive, negative = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    random = np.random.default_rng(seed)

    def estimate(rows: npt.NDArray[np.int64]) -> float:
        areas = [auc(c[rows], y[rows]) for c in columns]
        return areas[0] - areas[1] if len(areas) == 2 else areas[0]

    drawn = [
        estimate(
            np.concatenate([random.choice(positive, positive.size), random.choice(negative, negative.size)])
        )
        for _ in range(draws)
    ]
    low, high = np.quantile(drawn, [0.5 - confidence / 2.0, 0.5 + confidence / 2.0])
    return estimate(np.arange(y.size)), float(low), float(high)
