"""What tissue keeps of a curve that is linear between its times, one voxel after the other."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

SMALL = 1e-4  # rate times interval below which a series replaces the quotient


@njit(cache=True, nogil=True, error_model="numpy")
def wash(values, steps, kept, rates, found):  # type: ignore[no-untyped-def]
    """Fill ``found`` (n, t) with the convolution of a curve with exp(-rate t).

    Parameters
    ----------
    values, steps : arrays (g,), (g - 1,)
        The curve, and the seconds between its times.
    kept : int array (g,)
        Column of ``found`` that a time fills; -1 for none.
    rates : array (n,)
        In 1/s.
    found : array (n, t)
    """
    for i in range(rates.size):
        held = 0.0
        decay = level = slope = 0.0
        for k in range(1, values.size):
            step = steps[k - 1]
            if k == 1 or step != steps[k - 2]:
                x = rates[i] * step
                decay = math.exp(-x)
                if abs(x) < SMALL:
                    level = 1.0 - x / 2.0
                    slope = 0.5 - x / 6.0
                else:
                    level = (1.0 - decay) / x
                    slope = (1.0 - level) / x
                level *= step
                slope *= step
            held = held * decay + values[k - 1] * level + (values[k] - values[k - 1]) * slope
            if kept[k] >= 0:
                found[i, kept[k]] = held


def washed(
    values: np.ndarray, steps: np.ndarray, kept: np.ndarray, rates: np.ndarray, times: int
) -> np.ndarray:
    """Return ``found`` of :func:`wash`: (n, times)."""
    found = np.zeros((len(rates), times))
    whole = [np.ascontiguousarray(a, dtype=np.float64) for a in (values, steps, rates)]
    wash(whole[0], whole[1], kept.astype(np.int64), whole[2], found)
    return found
