"""A voxel against its neighbours: grey tone difference (NGTDM) and dependence (NGLDM)."""

from __future__ import annotations

import numpy as np
from numba import njit

from imagenomics.features.grid import LevelGrid, directions
from imagenomics.features.names import NGLDM, NGTDM
from imagenomics.features.texture.cooccurrence import mean_defined
from imagenomics.features.texture.emphasis import emphasis_features, from_matrices


def neighbourhood_features(grid: LevelGrid, dimensions: list[str]) -> dict[str, float]:
    """Measure how much voxels differ from their neighbours, and how many of these are like them.

    Parameters
    ----------
    grid : LevelGrid
        Grey levels of a region.
    dimensions : list of str
        ``2D``: 8 neighbours within the slice, features averaged over slices; ``2_5D``: the slices' tables
        joined; ``3D``: 26 neighbours.

    Returns
    -------
    dict
        ``ngt_<feature>_<dimension>`` (NaN where a definition divides by zero; IBSI replaces a coarseness
        without differences by 1e6 and a busyness or strength by 0, which would pass for measurements) and
        ``ngl_<feature>_<dimension>`` (neighbours of the very same level are dependent; every voxel counts).

    Source
    ------
    Image biomarker standardisation initiative reference manual, neighbourhood grey tone difference based and
    neighbouring grey level dependence based features; Chebyshev distance 1, coarseness parameter 0.
    """
    values: dict[str, float] = {}
    slices = compare_neighbours(grid, in_plane=True) if any(d != "3D" for d in dimensions) else None
    for dimension in dimensions:
        n_voxels = np.diff(grid.bounds)
        if slices is None or dimension == "3D":
            number, difference, dependent = compare_neighbours(grid, in_plane=False)
            n_voxels = np.diff(grid.whole)
        elif dimension == "2D":
            number, difference, dependent = slices
        else:
            number, difference, dependent = (part.sum(axis=0)[None] for part in slices)
            n_voxels = np.diff(grid.whole)
        tone = np.array([tone_difference(a, b) for a, b in zip(number, difference, strict=True)]).T
        like = emphasis_features(from_matrices(dependent, n_voxels), energy=True)
        for stem, tags, found in (("ngt", NGTDM, tone), ("ngl", NGLDM, like)):
            mean = mean_defined(found)
            values |= {f"{stem}_{t}_{dimension}": float(v) for t, v in zip(tags, mean, strict=True)}
    return values


def compare_neighbours(grid: LevelGrid, *, in_plane: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return by group and level: voxels with neighbours, difference from their mean, counts by dependence.

    The groups are the slices, or the one region in space; the shapes are (m, g), (m, g) and
    (m, g, neighbours + 1); the difference is a sum over voxels.
    """
    half = directions(grid.strides, in_plane=in_plane)
    steps = np.concatenate([-half[::-1], half])
    bounds = grid.bounds if in_plane else grid.whole
    m = len(bounds) - 1
    number = np.zeros((m, grid.n_levels), np.int64)
    difference = np.zeros((m, grid.n_levels), np.float64)
    dependent = np.zeros((m, grid.n_levels, len(steps) + 1), np.int64)
    _compare(grid.levels, grid.voxels, bounds, steps, number, difference, dependent)
    return number, difference, dependent


@njit(cache=True, nogil=True)
def _compare(
    levels: np.ndarray,
    voxels: np.ndarray,
    bounds: np.ndarray,
    steps: np.ndarray,
    number: np.ndarray,
    difference: np.ndarray,
    dependent: np.ndarray,
) -> None:
    for group in range(bounds.size - 1):
        for k in range(bounds[group], bounds[group + 1]):
            place = voxels[k]
            level = levels[place]
            total = 0
            neighbours = 0
            alike = 0
            for d in range(steps.size):
                other = levels[place + steps[d]]
                total += other
                neighbours += other > 0
                alike += other == level
            dependent[group, level - 1, alike] += 1
            if neighbours > 0:
                number[group, level - 1] += 1
                difference[group, level - 1] += abs(level - total / neighbours)


def tone_difference(number: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """Return the features of one table, in the order of ``NGTDM``."""
    level = np.flatnonzero(number) + 1.0
    n, s = number[number > 0].astype(np.float64), difference[number > 0]
    voxels, moved = n.sum(), s.sum()
    if len(n) == 0:
        return np.full(len(NGTDM), np.nan)
    p = n / voxels
    apart = np.abs(level[:, None] - level[None, :])
    both = p[:, None] + p[None, :]
    mass = level * n  # whole numbers, so that equal masses of two levels cancel exactly
    weighted = np.abs(mass[:, None] - mass[None, :]).sum() / voxels
    pairs = len(n) * (len(n) - 1)
    return np.array(
        [
            _ratio(1.0, (p * s).sum()),
            _ratio((p[:, None] * p[None, :] * apart**2).sum() * moved, pairs * voxels),
            _ratio((p * s).sum(), weighted),
            (apart * ((p * s)[:, None] + (p * s)[None, :]) / both).sum() / voxels if pairs else np.nan,
            _ratio((both * apart**2).sum(), moved) if pairs else np.nan,
        ]
    )


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
