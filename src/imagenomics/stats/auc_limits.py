"""Limits of the score-type interval of millions of AUCs: the root of a smooth function, in a handful of steps each."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
STEPS = 200
NEAR = (
    1e-15  # a step this small ends the search: the error left is far smaller, since steps shrink ever faster
)


@njit(cache=True, nogil=True, error_model="numpy")
def _excess(x: float, theta: float, m: float, n: float, z: float) -> float:
    """Return how far the AUC is from ``x``, less z standard errors at ``x`` (Hanley and McNeil's, with mean sizes)."""
    half = (m + n) / 2.0 - 1.0
    spread = x * (1.0 - x) / (m * n) * (1.0 + half * ((1.0 - x) / (2.0 - x) + x / (1.0 + x)))
    return abs(theta - x) - z * math.sqrt(max(spread, 0.0))


@njit(cache=True, nogil=True, error_model="numpy")
def auc_limits(
    theta: FloatArray, m: FloatArray, n: FloatArray, z: float, end: float, out: FloatArray
) -> None:
    """Find the limits between the AUCs and one end of the scale, by false position (Illinois) with halving.

    Parameters
    ----------
    theta, m, n : arrays, (k,)
        AUC and class sizes.
    z : float
        Critical value.
    end : float
        0 for the lower, 1 for the upper limits.
    out : array, (k,)
        Filled; NaN where the AUC is NaN.
    """
    for k in range(theta.size):
        far, near = end, theta[k]
        if math.isnan(near) or far == near:
            out[k] = near
            continue
        at_far, at_near = _excess(far, near, m[k], n[k], z), _excess(near, near, m[k], n[k], z)
        if not at_near < -NEAR:  # an AUC at the other end has no spread of its own: start in the middle
            at_near = -at_far
        before, x, side = near, near, 0
        for step in range(STEPS):
            x = (far * at_near - near * at_far) / (at_near - at_far)
            if not (min(far, near) < x < max(far, near)) or step % 16 == 15:
                x = 0.5 * (far + near)
            here = _excess(x, theta[k], m[k], n[k], z)
            if here > 0.0:
                far, at_far = x, here
                at_near *= 0.5 if side == 1 else 1.0
                side = 1
            else:
                near, at_near = x, here
                at_far *= 0.5 if side == -1 else 1.0
                side = -1
            if here == 0.0 or abs(far - near) <= NEAR or (abs(x - before) <= NEAR and step % 16 != 15):
                break
            before = x
        out[k] = x
