"""What may be claimed of a set or module of genes: it has to stand against each null in turn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SUPPORTED, ABSENT, UNTESTABLE = "supported", "no evidence found", "not testable"
RANDOM_SETS = "not shown to beat random sets of the same size and correlation"
NOT_DRAWN = "a null could not be drawn"


def q_above(alpha: float) -> str:
    """Return the reason of a pair that q does not let pass."""
    return f"q, which counts all pairs of the block, is above {alpha:g}"


class Null(NamedTuple):
    """A p or q value, the reason where it is above alpha, and the reason where it is missing."""

    p: float
    above: str = ""
    missing: str = ""


def stand_against(nulls: tuple[Null, ...], *, alpha: float, reason: str) -> tuple[str, str]:
    """Return a verdict and its reason: the first null that is missing or not beaten decides.

    Parameters
    ----------
    nulls : tuple of Null
        In the order in which they are asked.
    alpha : float
    reason : str
        What is known of the row; it stands where a null gives no reason of its own.
    """
    for p, above, missing in nulls:
        if np.isnan(p):
            return UNTESTABLE, missing or reason or NOT_DRAWN
        if p > alpha:
            return ABSENT, above or reason
    return SUPPORTED, reason
