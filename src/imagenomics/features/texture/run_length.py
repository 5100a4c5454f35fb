"""Grey level run lengths (GLRLM): how far a line of equal levels goes on."""

from __future__ import annotations

import numpy as np
from numba import njit

from imagenomics.features.grid import LevelGrid, directions
from imagenomics.features.names import GLRLM
from imagenomics.features.settings import Aggregation
from imagenomics.features.texture.cooccurrence import mean_defined
from imagenomics.features.texture.emphasis import emphasis_features, from_matrices


def run_length_features(grid: LevelGrid, aggregations: tuple[Aggregation, ...]) -> dict[str, float]:
    """Measure how long the runs of voxels with one grey level are.

    Parameters
    ----------
    grid : LevelGrid
        Grey levels of a region.
    aggregations : tuple of str
        As in :func:`imagenomics.features.texture.cooccurrence.cooccurrence_features`.

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
    reached = np.zeros((len(bounds) - 1, len(steps), grid.n_levels, _longest(grid)), np.int64)
    length = np.zeros(grid.levels.size, np.int32)
    _count_reached(grid.levels, grid.voxels, bounds, steps, length, reached)
    # A run that reaches a length has that length or goes on.
    reached[..., :-1] -= reached[..., 1:]
    return reached


def _longest(grid: LevelGrid) -> int:
    """Return the longest edge of the region's box: no run is longer."""
    slices, rows, columns = grid.strides
    return max(grid.levels.size // slices, slices // rows, rows // columns) - 2


@njit(cache=True, nogil=True)
def _count_reached(
    levels: np.ndarray,
    voxels: np.ndarray,
    bounds: np.ndarray,
    steps: np.ndarray,
    length: np.ndarray,
    reached: np.ndarray,
) -> None:
    # How far the run of each voxel has come, without a branch: whether a run goes on cannot be predicted. Unsigned
    # places spare the check for negative ones.
    longest = reached.shape[3]
    for group in range(bounds.size - 1):
        for d in range(steps.size):
            step = steps[d]
            cells = reached[group, d].ravel()
            for k in range(bounds[group], bounds[group + 1]):
                place, before = np.uint64(voxels[k]), np.uint64(voxels[k] - step)
                level = levels[place]
                so_far = np.int32(length[before] * (levels[before] == level) + 1)
                length[place] = so_far
                cells[np.uint64((level - 1) * longest + so_far - 1)] += 1
