"""Dual regression: one patient's version of spatial maps that were found in others.

The maps are *given* (an atlas of networks, or a group ICA of people who are not tested). Maps learned from the patients
of the study belong inside the folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.brain.connectivity import check_names
from imagenomics.features.brain.rows import region_rows


@dataclass(frozen=True, eq=False)
class DualRegression:
    """One patient's components.

    Parameters
    ----------
    courses : ndarray (frames, k)
        Time course of each component (stage 1), mean 0.
    maps : ndarray (k, v)
        Map of each component (stage 2): intensity for one unit of the course, or for one of its standard deviations.
    t : ndarray (k, v)
        The maps over their standard errors; NaN where a voxel is constant.
    df : int
        Degrees of freedom of stage 2. Neighbouring frames are not independent, so ``t`` is no test.
    """

    courses: np.ndarray
    maps: np.ndarray
    t: np.ndarray
    df: int


def dual_regression(series: np.ndarray, maps: np.ndarray, *, normalise: bool = True) -> DualRegression:
    """Fit given maps to each frame of a patient, and the courses so found to each voxel.

    Parameters
    ----------
    series : ndarray (frames, v)
        Cleaned signal of each voxel (or vertex).
    maps : ndarray (k, v)
        Group maps at the same places, not thresholded.
    normalise : bool
        Scale each course to standard deviation 1 before stage 2, so that a map shows the amplitude of the component
        as well as its shape.

    Raises
    ------
    InputError
        ``IGX-FEAT-143``: shapes that do not fit, cells without a number, maps that depend on each other, or fewer
        frames than components and two.

    Source
    ------
    Nickerson et al. 2017, Frontiers in Neuroscience 11:115; Beckmann et al. 2009, NeuroImage 47:S148.
    """
    y, s = _checked(series, maps)
    courses = _courses(y, s)
    size = courses.std(axis=0, ddof=1)
    used = courses / np.where(size > 0, size, 1.0) if normalise else courses
    moving = y - y.mean(axis=0)
    found = _fit(used, moving, "time courses of the maps")
    df = len(y) - s.shape[0] - 1
    rest = ((moving - used @ found) ** 2).sum(axis=0) / df
    error = np.sqrt(np.diag(np.linalg.inv(used.T @ used))[:, None] * rest)
    t = np.where(error > 0, found / np.where(error > 0, error, 1.0), np.nan)
    return DualRegression(courses, found, t, df)


def component_courses(series: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Return the time course of each given map (frames, k), mean 0: stage 1 of :func:`dual_regression`.

    Parameters
    ----------
    series : ndarray (frames, v)
        Cleaned signal of each voxel.
    maps : ndarray (k, v)
        Group maps at the same places.

    Raises
    ------
    InputError
        ``IGX-FEAT-143`` as :func:`dual_regression`, but frames that depend on each other are no matter.
    """
    return _courses(*_checked(series, maps))


def component_rows(result: DualRegression, maps: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Return what each component is like in this patient.

    Returns
    -------
    DataFrame
        ``amplitude`` (standard deviation of the course) and ``similarity`` (spatial correlation of the patient's map
        with the group's) for each component; family ``components``.

    Raises
    ------
    InputError
        ``IGX-FEAT-133``: not one name for each component.
    """
    labels = check_names(names, len(result.maps))
    amplitude = result.courses.std(axis=0, ddof=1)
    rows = {}
    for i, name in enumerate(labels):
        own, group = result.maps[i], np.asarray(maps[i], dtype=np.float64)
        flat = own.std() == 0
        rows[name] = {
            "amplitude": float(amplitude[i]),
            "similarity": "the patient's map is constant" if flat else float(np.corrcoef(own, group)[0, 1]),
        }
    return region_rows("components", rows)


def _courses(y: np.ndarray, s: np.ndarray) -> np.ndarray:
    spread = s - s.mean(axis=1, keepdims=True)
    centred = y - y.mean(axis=1, keepdims=True)
    found = _fit(spread.T, centred.T, "maps").T
    courses: np.ndarray = found - found.mean(axis=0)
    return courses


def _checked(series: np.ndarray, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, s = np.asarray(series, dtype=np.float64), np.asarray(maps, dtype=np.float64)
    if y.ndim != 2 or s.ndim != 2 or y.shape[1] != s.shape[1]:
        raise _bad(
            f"the series has the shape {y.shape}, the maps {s.shape}",
            "frames by voxels, components by voxels",
        )
    if not (np.isfinite(y).all() and np.isfinite(s).all()):
        raise _bad(
            "cells that hold no number", "numbers everywhere: leave out voxels outside the brain in both"
        )
    if len(y) < len(s) + 2:
        raise _bad(f"{len(y)} frames for {len(s)} components", "at least two frames more than components")
    return y, s


def _fit(design: np.ndarray, values: np.ndarray, name: str) -> np.ndarray:
    size = np.linalg.norm(design, axis=0)
    q, r = np.linalg.qr(design / np.where(size > 0, size, 1.0))
    rank = int(np.linalg.matrix_rank(r))
    if rank < design.shape[1]:
        what = f"the {name} depend on each other (rank {rank} of {design.shape[1]})"
        raise _bad(what, "components that no sum of the others makes up")
    return np.linalg.solve(r, q.T @ values) / size[:, None]


def _bad(what: str, expected: str) -> InputError:
    return InputError(
        "IGX-FEAT-143",
        f"dual regression cannot be done: {what}",
        expected=expected,
        remedy="check that series and maps are masked alike and belong to one space",
    )
