"""Curves of many voxels fitted at once: Levenberg-Marquardt within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Model = Callable[[np.ndarray], np.ndarray]  # parameters (n, p) -> curves (n, t)
BLOCK = 4096  # voxels that are in memory with their derivatives at a time
STEP = 1e-6  # of a finite difference, relative to the parameter
LEAST_SIZE = 1e-3  # of a parameter that starts at 0
LEAST_GAIN = 1e-12  # relative; a smaller one ends the search
MOST_DAMPING = 1e8


def fit_curves(
    model: Model,
    start: np.ndarray,
    curves: np.ndarray,
    *,
    lower: Sequence[float],
    upper: Sequence[float],
    weights: np.ndarray | None = None,
    steps: int = 60,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the parameters of each voxel whose curve lies nearest to its own.

    Parameters
    ----------
    model : function of parameters (n, p), returns curves (n, t)
        It treats each row alone.
    start : array (n, p)
        First guess.
    curves : array (n, t)
        What was measured.
    lower, upper : sequence of float (p,)
        Bounds; a parameter may end on one.
    weights : array (n, t), optional
        Weight of each squared difference; 0 leaves a value out.
    steps : int
        Most steps for a voxel.

    Returns
    -------
    parameters : array (n, p)
    error : array (n,)
        Weighted sum of squared differences.

    Source
    ------
    Marquardt 1963, Journal of the Society for Industrial and Applied Mathematics 11:431; scaled damping, and
    parameters that press against a bound are held there.
    """
    low, high = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    found = np.clip(np.asarray(start, np.float64), low, high)
    error = np.empty(len(found))
    weighting = np.ones_like(curves) if weights is None else weights
    for first in range(0, len(found), BLOCK):
        rows = slice(first, first + BLOCK)
        found[rows], error[rows] = _fit_block(
            model, found[rows], curves[rows], weighting[rows], bounds=(low, high), steps=steps
        )
    return found, error


def _fit_block(
    model: Model,
    found: np.ndarray,
    curves: np.ndarray,
    weights: np.ndarray,
    *,
    bounds: tuple[np.ndarray, np.ndarray],
    steps: int,
) -> tuple[np.ndarray, np.ndarray]:
    found = found.copy()
    typical = np.abs(found) + LEAST_SIZE  # of each voxel alone, so that its neighbours change nothing
    damping = np.full(len(found), 1e-2)
    error = _errors(model(found), curves, weights)
    active = np.flatnonzero(np.isfinite(error))
    for _ in range(steps):
        if not len(active):
            break
        here = found[active]
        slopes, values = _slopes(model, here, typical[active], bounds[1])
        weighted = slopes * weights[active, :, None]
        hessian = weighted.transpose(0, 2, 1) @ slopes
        downhill = np.einsum("ntp,nt->np", weighted, curves[active] - values)
        trial = np.clip(here + _move(hessian, downhill, damping[active], here, bounds), *bounds)
        tried = _errors(model(trial), curves[active], weights[active])
        gain = error[active] - tried
        better = gain >= 0  # a NaN is not
        small = better & (gain <= LEAST_GAIN * error[active])
        found[active[better]], error[active[better]] = trial[better], tried[better]
        damping[active] *= np.where(better, 0.2, 8.0)
        np.maximum(damping, 1e-12, out=damping)
        active = active[~small & (damping[active] < MOST_DAMPING)]
    return found, error


def _errors(values: np.ndarray, curves: np.ndarray, weights: np.ndarray) -> np.ndarray:
    errors: np.ndarray = (weights * (values - curves) ** 2).sum(axis=1)
    return errors


def _slopes(
    model: Model, here: np.ndarray, typical: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the derivatives (n, t, p), by differences that stay within the bounds, and the curves (n, t)."""
    values = model(here)
    slopes = np.empty((*values.shape, here.shape[1]))
    for p in range(here.shape[1]):
        step = STEP * (np.abs(here[:, p]) + typical[:, p])
        step = np.where(here[:, p] + step > upper[p], -step, step)
        moved = here.copy()
        moved[:, p] += step
        slopes[:, :, p] = (model(moved) - values) / step[:, None]
    return slopes, values


def _move(
    hessian: np.ndarray,
    downhill: np.ndarray,
    damping: np.ndarray,
    here: np.ndarray,
    bounds: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    held = ((here <= bounds[0]) & (downhill < 0)) | ((here >= bounds[1]) & (downhill > 0))
    free = ~held
    size = np.sqrt(np.einsum("npp->np", hessian))
    size = np.where((size > 0) & free, size, 1.0)
    scaled = hessian / (size[:, :, None] * size[:, None, :])
    scaled = scaled * (free[:, :, None] & free[:, None, :])
    identity = np.eye(here.shape[1])
    scaled = scaled + identity * (damping[:, None, None] + held[:, :, None])
    pull = np.where(free, downhill / size, 0.0)
    solved: np.ndarray = np.linalg.solve(scaled, pull[:, :, None])[:, :, 0]
    return solved / size
