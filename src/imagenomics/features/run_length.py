"""Grey level run lengths (GLRLM): how far a line of equal levels goes on."""

from __future__ import annotations

import numpy as np
from numba import njit

from imagenomics.features.cooccurrence import mean_defined
from imagenomics.features.emphasis import emphasis_features, from_matrices
from imagenomics.features.grid import LevelGrid, directions
from imagenomics.features.names import GLRLM
from imagenomics.features.settings import Aggregation


def run_length_features(grid: LevelGrid, aggregations: tuple[Aggregation, ...]) -> dict[str, float]:
    """Measure how long the runs of voxels with one grey level are.

    Parameters
    ----------
    grid : LevelGrid
        Grey levels of a region.
    aggregations : tuple of str
        As in :func:`imagenomics.features.cooccurrence.cooccurrence_features`.

    Returns
    -------
    dict
        ``rlm_<feature>_<aggregation>``.

    Source
    ------
    Image biomarker standardisation initiative reference manual, grey level run length based features.
    """
    found: dict[Aggregation, np.ndarray] = {}
    if any(a.startswith("2") for a in aggregations):
        found |= _in_plane(grid)
    if any(a.startswith("3") for a in aggregations):
        counts = run_counts(grid, in_plane=False, bounds=grid.whole)[0]
        table = from_matrices(counts, np.full(len(counts), len(grid.voxels)))
        found["3D_avg"] = mean_defined(emphasis_features(table)) if "3D_avg" in aggregations else np.zeros(0)
        found["3D_comb"] = emphasis_features(table.joined())[:, 0]
    return {
        f"rlm_{tag}_{a}": float(value)
        for a in aggregations
        for tag, value in zip(GLRLM, found[a], strict=True)
    }


def _in_plane(grid: LevelGrid) -> dict[Aggregation, np.ndarray]:
    longest = _longest(grid)
    single, joined = [], []
    total = np.zeros((4, grid.n_levels, longest), np.int64)
    for bounds in grid.slice_chunks(4 * 8 * grid.n_levels * longest):
        counts = run_counts(grid, in_plane=True, bounds=bounds)
        n = np.diff(bounds)
        stacked = counts.reshape(-1, grid.n_levels, longest)
        single.append(emphasis_features(from_matrices(stacked, np.repeat(n, 4))))
        joined.append(emphasis_features(from_matrices(counts.sum(axis=1), 4 * n)))
        total += counts.sum(axis=0)
    over_slices = from_matrices(total, np.full(4, len(grid.voxels)))
    return {
        "2D_avg": mean_defined(np.concatenate(single, axis=1)),
        "2D_comb": mean_defined(np.concatenate(joined, axis=1)),
        "2_5D_avg": mean_defined(emphasis_features(over_slices)),
        "2_5D_comb": emphasis_features(over_slices.joined())[:, 0],
    }


def run_counts(grid: LevelGrid, *, in_plane: bool, bounds: np.ndarray) -> np.ndarray:
    """Return the number of runs (groups, directions, levels, lengths)."""
    steps = directions(grid.strides, in_plane=in_plane)
    counts = np.zeros((len(bounds) - 1, len(steps), grid.n_levels, _longest(grid)), np.int64)
    _count_runs(grid.levels, grid.voxels, bounds, steps, counts)
    return counts


def _longest(grid: LevelGrid) -> int:
    """Return the longest edge of the region's box: no run is longer."""
    slices, rows, columns = grid.strides
    return max(grid.levels.size // slices, slices // rows, rows // columns) - 2


@njit(cache=True, nogil=True)
def _count_runs(
    levels: np.ndarray, voxels: np.ndarray, bounds: np.ndarray, steps: np.ndarray, counts: np.ndarray
) -> None:
    for group in range(bounds.size - 1):
        for k in range(bounds[group], bounds[group + 1]):
            start = voxels[k]
            level = levels[start]
            for d in range(steps.size):
                step = steps[d]
                if levels[start - step] == level:
                    continue
                length = 1
                place = start + step
                while levels[place] == level:
                    length += 1
                    place += step
                counts[group, d, level - 1, length - 1] += 1
