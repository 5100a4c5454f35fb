"""A step with a soft edge fitted to many profiles at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

N_PLACES = 25  # of the first search, in each direction
N_SCALES = 16
STEPS = 12  # of the refinement


@dataclass(frozen=True)
class SigmoidFit:
    """``base + height / (1 + exp(-(t - place) / scale))`` for each profile.

    Parameters
    ----------
    base, height, place, scale : array of float64, (n,)
        Parameters; ``scale`` is positive, the sign of the step is that of ``height``.
    r_squared : array of float64, (n,)
        Share of the profile's variance that the step explains; 0 for a constant profile.
    """

    base: np.ndarray
    height: np.ndarray
    place: np.ndarray
    scale: np.ndarray
    r_squared: np.ndarray


def fit_sigmoids(profiles: np.ndarray, at: np.ndarray, *, smallest_scale: float) -> SigmoidFit:
    """Fit a sigmoid to each profile by least squares.

    Parameters
    ----------
    profiles : array of float64, (n, m)
        Intensities along m points.
    at : array of float64, (m,)
        Places of the points, ascending.
    smallest_scale : float
        Edges cannot be found sharper than this.

    Returns
    -------
    SigmoidFit

    Assumes
    -------
    Base and height are linear given place and scale, so these two are searched on a grid for all profiles by
    one matrix product, and then refined by damped Gauss-Newton steps that are kept only where they help.
    """
    place, scale = _search(profiles, at, smallest_scale)
    largest = float(at[-1] - at[0])
    damping = np.full(len(profiles), 1e-3)
    base, height, error = _linear(profiles, at, place, scale)
    for _ in range(STEPS):
        move = _step(profiles, at, (base, height, place, scale), damping)
        new_place = np.clip(place + move[:, 0], at[0], at[-1])
        new_scale = np.clip(scale * np.exp(np.clip(move[:, 1], -1, 1)), smallest_scale, largest)
        new_base, new_height, new_error = _linear(profiles, at, new_place, new_scale)
        better = new_error < error
        damping = np.where(better, damping / 5, damping * 10)
        place, scale = np.where(better, new_place, place), np.where(better, new_scale, scale)
        base, height = np.where(better, new_base, base), np.where(better, new_height, height)
        error = np.where(better, new_error, error)
    total = ((profiles - profiles.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    flat = total <= 1e-24 * np.maximum((profiles**2).sum(axis=1), 1e-300)
    r_squared = np.where(flat, 0.0, 1 - error / np.where(flat, 1.0, total))
    return SigmoidFit(base, height, place, scale, r_squared)


def _search(profiles: np.ndarray, at: np.ndarray, smallest: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the best place and scale of a grid for each profile."""
    places = np.linspace(at[0], at[-1], N_PLACES + 2)[1:-1]
    scales = np.geomspace(smallest, max((at[-1] - at[0]) / 4, 1.01 * smallest), N_SCALES)
    grid_place, grid_scale = (g.ravel() for g in np.meshgrid(places, scales))
    shapes = _rise(at[None, :], grid_place[:, None], grid_scale[:, None])
    shapes -= shapes.mean(axis=1, keepdims=True)
    shapes /= np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-12)
    centred = profiles - profiles.mean(axis=1, keepdims=True)
    best = ((centred @ shapes.T) ** 2).argmax(axis=1)
    return grid_place[best], grid_scale[best]


def _linear(
    profiles: np.ndarray, at: np.ndarray, place: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the best base and height for given places and scales, and the sum of squared errors."""
    shape = _rise(at[None, :], place[:, None], scale[:, None])
    mean = shape.mean(axis=1)
    centred = shape - mean[:, None]
    squares = np.maximum((centred**2).sum(axis=1), 1e-300)
    height = (centred * profiles).sum(axis=1) / squares
    base = profiles.mean(axis=1) - height * mean
    error = ((profiles - base[:, None] - height[:, None] * shape) ** 2).sum(axis=1)
    return base, height, error


def _step(
    profiles: np.ndarray,
    at: np.ndarray,
    fit: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    damping: np.ndarray,
) -> np.ndarray:
    """Return the damped Gauss-Newton step (n, 2) of place and log scale, base and height projected out."""
    base, height, place, scale = (part[:, None] for part in fit)
    shape = _rise(at[None, :], place, scale)
    slope = height * shape * (1 - shape) / scale
    jacobian = np.stack([-slope, -slope * (at[None, :] - place)], axis=1)
    fixed = np.stack([np.ones_like(shape), shape], axis=1)
    basis = np.linalg.qr(fixed.transpose(0, 2, 1))[0]
    jacobian = jacobian - (jacobian @ basis) @ basis.transpose(0, 2, 1)
    residual = profiles - base - height * shape
    normal = jacobian @ jacobian.transpose(0, 2, 1)
    diagonal = np.einsum("nii->ni", normal)
    diagonal += damping[:, None] * diagonal + 1e-300
    against = jacobian @ residual[:, :, None]
    return _solve_pairs(normal, against[:, :, 0])


def _solve_pairs(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve n systems of two equations; no step where a system is singular."""
    (a, b), (c, d) = matrix[:, 0].T, matrix[:, 1].T
    determinant = a * d - b * c
    sound = np.abs(determinant) > 1e-14 * np.abs(a * d)
    safe = np.where(sound, determinant, 1.0)
    solution = np.column_stack([d * right[:, 0] - b * right[:, 1], a * right[:, 1] - c * right[:, 0]])
    return np.where(sound[:, None], solution / safe[:, None], 0.0)


def _rise(at: np.ndarray, place: np.ndarray, scale: np.ndarray) -> np.ndarray:
    rise: np.ndarray = 0.5 * (1 + np.tanh(0.5 * (at - place) / scale))
    return rise
