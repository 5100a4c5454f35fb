"""Pairs of patients of whom it is known who had the event first, and how many of them a score orders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def ordered_pairs(
    time: FloatArray,
    event: npt.NDArray[np.bool_],
    score: FloatArray,
    *,
    start: FloatArray | None = None,
    within: npt.NDArray[np.int64] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return what each patient's event contributes to Harrell's C, as matrices (n, n): pairs won, and pairs in all.

    Row i, column j: patient i had the event while j was under observation and still without it (of two equal times a
    censored patient lived longer); won where i has the larger score, half where scores are equal. Of patients drawn w
    times each, C is ``w @ won @ w / (w @ known @ w)``.

    Parameters
    ----------
    time, score : array, (n,)
        Time to the event or to the end of observation, and a score that is larger where the event comes sooner.
    event : array of bool, (n,)
        Whether the event happened.
    start : array, (n,), optional
        When patients came under observation.
    within : array of int, (n,), optional
        Pairs of one of these groups only (strata, folds).

    Source
    ------
    Harrell, Lee & Mark 1996, Statistics in Medicine 15:361.
    """
    later = time[None, :] > time[:, None]
    tied = (time[None, :] == time[:, None]) & ~event[None, :]
    known = event[:, None] & (later | tied)
    if start is not None:
        known &= start[None, :] < time[:, None]
    if within is not None:
        known &= within[:, None] == within[None, :]
    won = 0.5 + 0.5 * np.sign(score[:, None] - score[None, :])
    return np.where(known, won, 0.0), known.astype(np.float64)
