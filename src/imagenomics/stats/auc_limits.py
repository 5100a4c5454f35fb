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
CHUNK = 512
NEWTON = 4
CLOSE = 1e-7  # a last step of this share of the way to the end leaves an error of its square


@njit(cache=True, nogil=True, error_model="numpy")
def _excess(x: float, theta: float, m: float, n: float, z: float) -> float:
    """Return how far the AUC is from ``x``, less z standard errors at ``x`` (Hanley and McNeil's, with mean sizes)."""
    half = (m + n) / 2.0 - 1.0
    spread = x * (1.0 - x) / (m * n) * (1.0 + half * ((1.0 - x) / (2.0 - x) + x / (1.0 + x)))
    return abs(theta - x) - z * math.sqrt(max(spread, 0.0))


@njit(cache=True, nogil=True, error_model="numpy")
def _begin(theta: FloatArray, m: FloatArray, n: FloatArray, z: float, side: float, out: FloatArray) -> None:
    """Set Wilson's limits, the factor of the spread held at its value for the AUC."""
    for k in range(theta.size):
        t = theta[k]
        factor = 1.0 + ((m[k] + n[k]) / 2.0 - 1.0) * ((1.0 - t) / (2.0 - t) + t / (1.0 + t))
        w = z * z / (m[k] * n[k]) * factor
        out[k] = (t + 0.5 * w + side * math.sqrt(w * (t * (1.0 - t) + 0.25 * w))) / (1.0 + w)


@njit(cache=True, nogil=True, error_model="numpy")
def _newton(
    theta: FloatArray,
    m: FloatArray,
    n: FloatArray,
    z: float,
    side: float,
    out: FloatArray,
    steps: FloatArray,
) -> None:
    """Do one step of Newton's for a chunk; without a branch, so that the loop becomes vector instructions."""
    for k in range(theta.size):
        x, half, pairs = out[k], (m[k] + n[k]) / 2.0 - 1.0, m[k] * n[k]
        a, b = 1.0 / (2.0 - x), 1.0 / (1.0 + x)
        factor = 1.0 + half * ((1.0 - x) * a + x * b)
        spread = math.sqrt(x * (1.0 - x) * factor / pairs)
        slope = ((1.0 - 2.0 * x) * factor + x * (1.0 - x) * half * (b * b - a * a)) / (2.0 * spread * pairs)
        steps[k] = (side * (theta[k] - x) + z * spread) / (z * slope - side)
        out[k] = x - steps[k]


@njit(cache=True, nogil=True, error_model="numpy")
def auc_limits(
    theta: FloatArray, m: FloatArray, n: FloatArray, z: float, end: float, out: FloatArray
) -> None:
    """Find the limits between the AUCs and one end of the scale.

    By Newton's steps, or near the ends, where these would leave the scale, by false position (Illinois) with halving.

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
    side = 2.0 * end - 1.0
    steps = np.empty(CHUNK)
    for start in range(0, theta.size, CHUNK):
        t, some_m, some_n = (
            theta[start : start + CHUNK],
            m[start : start + CHUNK],
            n[start : start + CHUNK],
        )
        found = out[start : start + CHUNK]
        _begin(t, some_m, some_n, z, side, found)
        for _ in range(NEWTON):
            _newton(t, some_m, some_n, z, side, found, steps)
        for k in range(t.size):
            x = found[k]
            there = 0.0 < x < 1.0 and (x - t[k]) * side > 0.0
            if not (there and abs(steps[k]) < CLOSE * min(x, 1.0 - x)):
                found[k] = _halve(t[k], some_m[k], some_n[k], z, end)


@njit(cache=True, nogil=True, error_model="numpy")
def _halve(theta: float, m: float, n: float, z: float, end: float) -> float:
    """Return the limit by false position (Illinois) with halving: slow, and sure at the ends of the scale."""
    far, near = end, theta
    if math.isnan(near) or far == near:
        return near
    at_far, at_near = _excess(far, near, m, n, z), _excess(near, near, m, n, z)
    if not at_near < -NEAR:  # an AUC at the other end has no spread of its own: start in the middle
        at_near = -at_far
    before, x, side = near, near, 0
    for step in range(STEPS):
        x = (far * at_near - near * at_far) / (at_near - at_far)
        if not (min(far, near) < x < max(far, near)) or step % 16 == 15:
            x = 0.5 * (far + near)
        here = _excess(x, theta, m, n, z)
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
    return x
