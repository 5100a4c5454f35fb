"""How many patients are in either class of a target, and in the class that is scarce."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def count_classes(y: npt.ArrayLike, task: str) -> tuple[int | None, int | None]:
    """Return how many patients are positive and negative, or had the event and are censored; None for numbers.

    Parameters
    ----------
    y : array, (n,)
        Labels 0/1, numbers, or signed times.
    task : {"binary", "continuous", "survival"}
    """
    values = np.asarray(y, dtype=np.float64)
    if task == "binary":
        return int((values == 1).sum()), int((values == 0).sum())
    if task == "survival":
        return int((values > 0).sum()), int((values < 0).sum())
    return None, None


def scarcest(y: npt.ArrayLike, task: str) -> int:
    """Return how many patients every fold has to share: of the smaller class, with the event, or all.

    Parameters are those of :func:`count_classes`.
    """
    positive, negative = count_classes(y, task)
    if positive is None or negative is None:
        return int(np.size(np.asarray(y)))
    return positive if task == "survival" else min(positive, negative)
