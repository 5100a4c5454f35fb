"""How well a yes-or-no test tells the diseased from the others: shares with Wilson intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.stats.counts import four_cells
from imagenomics.stats.fisher import Counts
from imagenomics.stats.proportion import wilson_interval

FloatArray = npt.NDArray[np.float64]


class Share(NamedTuple):
    """A share with its interval, the counts it is made of, and what it is called."""

    name: str
    k: FloatArray
    n: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray


def diagnostic_shares(counts: Counts, *, confidence: float = 0.95) -> tuple[Share, ...]:
    """Return sensitivity, specificity, predictive values and accuracy of 2 x 2 tables.

    Parameters
    ----------
    counts : four arrays of counts that broadcast
        Diseased with a positive and with a negative test, others with a positive and with a negative test.
    confidence : float

    Returns
    -------
    tuple of Share
        The predictive values hold for the prevalence of this table only. NaN where nobody is counted.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts.
    """
    tp, fn, fp, tn = four_cells(counts)
    parts = (
        ("sensitivity", tp, tp + fn),
        ("specificity", tn, tn + fp),
        ("positive predictive value", tp, tp + fp),
        ("negative predictive value", tn, tn + fn),
        ("accuracy", tp + tn, tp + fn + fp + tn),
    )
    shares = []
    for name, k, n in parts:
        low, high = wilson_interval(k, n, confidence=confidence)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares.append(Share(name, k, n, np.asarray(k / n), low, high))
    return tuple(shares)
