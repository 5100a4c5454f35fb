"""Grey level co-occurrence (GLCM): which levels stand side by side."""

from __future__ import annotations

import numpy as np
from numba import njit

from imagenomics.features.grid import LevelGrid, directions
from imagenomics.features.names import GLCM
from imagenomics.features.settings import Aggregation

CELLS = 1_000_000  # matrices are described together up to this many cells, to bound memory


def cooccurrence_features(grid: LevelGrid, aggregations: tuple[Aggregation, ...]) -> dict[str, float]:
    """Measure how the grey levels of neighbouring voxels depend on each other.

    Parameters
    ----------
    grid : LevelGrid
        Grey levels of a region.
    aggregations : tuple of str
        ``2D_avg``: features of each slice and direction, averaged; ``2D_comb``: directions joined in each
        slice, averaged over slices; ``2_5D_avg``: slices joined for each direction, averaged over
        directions; ``2_5D_comb``: all joined; ``3D_avg`` and ``3D_comb``: the 13 directions in space,
        averaged or joined.

    Returns
    -------
    dict
        ``cm_<feature>_<aggregation>``. A matrix without pairs, and a value that its matrix leaves
        undefined, are left out of an average; NaN where nothing remains.

    Source
    ------
    Image biomarker standardisation initiative reference manual, grey level co-occurrence based features;
    symmetric matrices at Chebyshev distance 1.
    """
    found: dict[Aggregation, np.ndarray] = {}
    if any(a.startswith("2") for a in aggregations):
        found |= _in_plane(grid)
    if "3D_avg" in aggregations:
        counts = pair_counts(grid, in_plane=False, bounds=grid.whole)[0]
        found["3D_avg"] = mean_defined(haralick(counts))
        found["3D_comb"] = haralick(counts.sum(axis=0)[None])[:, 0]
    elif "3D_comb" in aggregations:
        found["3D_comb"] = haralick(pair_counts(grid, in_plane=False, bounds=grid.whole, join=True)[0])[:, 0]
    return {
        f"cm_{tag}_{a}": float(value) for a in aggregations for tag, value in zip(GLCM, found[a], strict=True)
    }


def _in_plane(grid: LevelGrid) -> dict[Aggregation, np.ndarray]:
    size = grid.n_levels
    single, joined = [], []
    total = np.zeros((4, size, size), np.int64)
    for bounds in grid.slice_chunks(4 * 4 * 8 * size * size):
        counts = pair_counts(grid, in_plane=True, bounds=bounds)
        single.append(haralick(counts.reshape(-1, size, size)))
        joined.append(haralick(counts.sum(axis=1)))
        total += counts.sum(axis=0)
    return {
        "2D_avg": mean_defined(np.concatenate(single, axis=1)),
        "2D_comb": mean_defined(np.concatenate(joined, axis=1)),
        "2_5D_avg": mean_defined(haralick(total)),
        "2_5D_comb": haralick(total.sum(axis=0)[None])[:, 0],
    }


def pair_counts(grid: LevelGrid, *, in_plane: bool, bounds: np.ndarray, join: bool = False) -> np.ndarray:
    """Return how often levels are neighbours: symmetric counts (groups, directions or 1 if joined, g, g)."""
    steps = directions(grid.strides, in_plane=in_plane)
    slots = np.zeros(len(steps), np.int64) if join else np.arange(len(steps))
    counts = np.zeros((len(bounds) - 1, int(slots[-1]) + 1, grid.n_levels, grid.n_levels), np.int64)
    _count_pairs(grid.levels, grid.voxels, bounds, steps, slots, counts)
    return counts + counts.swapaxes(2, 3)


@njit(cache=True, nogil=True)
def _count_pairs(
    levels: np.ndarray,
    voxels: np.ndarray,
    bounds: np.ndarray,
    steps: np.ndarray,
    slots: np.ndarray,
    counts: np.ndarray,
) -> None:
    for group in range(bounds.size - 1):
        for k in range(bounds[group], bounds[group + 1]):
            place = voxels[k]
            level = levels[place] - 1
            for d in range(steps.size):
                other = levels[place + steps[d]] - 1
                if other >= 0:
                    counts[group, slots[d], level, other] += 1


def mean_defined(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of what is not NaN; NaN where nothing is left."""
    defined = ~np.isnan(values)
    n = defined.sum(axis=-1)
    total = np.where(defined, values, 0.0).sum(axis=-1)
    mean: np.ndarray = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    return mean


def entropy(p: np.ndarray) -> np.ndarray:
    """Return the entropy in bit of distributions (m, ...), over all axes but the first."""
    flat = p.reshape(len(p), -1)
    terms = flat * np.log2(flat, where=flat > 0, out=np.zeros_like(flat))
    result: np.ndarray = -terms.sum(axis=1) + 0.0  # adding zero turns -0 into 0
    return result


def haralick(counts: np.ndarray) -> np.ndarray:
    """Return the 25 features (25, m) of m symmetric count matrices (m, g, g), in the order of ``GLCM``."""
    step = max(1, CELLS // counts[0].size)
    parts = [_haralick_together(counts[k : k + step]) for k in range(0, len(counts), step)]
    return np.concatenate(parts, axis=1)


def _haralick_together(counts: np.ndarray) -> np.ndarray:
    m, size = counts.shape[:2]
    pairs = counts.sum(axis=(1, 2))
    p = counts / np.maximum(pairs, 1)[:, None, None]
    i = np.arange(1, size + 1)
    marginal = p.sum(axis=2)
    differ = _diagonals(p, np.abs(i[:, None] - i[None, :]), size)
    total = _diagonals(p, i[:, None] + i[None, :] - 2, 2 * size - 1)
    k, s = np.arange(size), np.arange(2, 2 * size + 1)
    mean = _weighted(marginal, i)
    variance = _moment(marginal, i, mean, 2)
    h_pair, h_one = entropy(p), entropy(marginal)
    contrast = _weighted(differ, k**2)
    tendency = _moment(total, s, 2 * mean, 2)
    covariance = (tendency - contrast) / 4
    dissimilarity = _weighted(differ, k)
    rows = {
        "joint_max": p.reshape(m, -1).max(axis=1),
        "joint_avg": mean,
        "joint_var": variance,
        "joint_entr": h_pair,
        "diff_avg": dissimilarity,
        "diff_var": _moment(differ, k, dissimilarity, 2),
        "diff_entr": entropy(differ),
        "sum_avg": 2 * mean,
        "sum_var": tendency,
        "sum_entr": entropy(total),
        "energy": (p**2).reshape(m, -1).sum(axis=1),
        "contrast": contrast,
        "dissimilarity": dissimilarity,
        "inv_diff": _weighted(differ, 1 / (1 + k)),
        "inv_diff_norm": _weighted(differ, 1 / (1 + k / size)),
        "inv_diff_mom": _weighted(differ, 1 / (1 + k**2)),
        "inv_diff_mom_norm": _weighted(differ, 1 / (1 + (k / size) ** 2)),
        "inv_var": _weighted(differ[:, 1:], 1 / k[1:] ** 2),
        # The matrix is symmetric, so both axes share mean and variance, and HXY1 = HXY2 = 2 HX.
        "corr": _ratio(covariance, variance),
        "auto_corr": covariance + mean**2,
        "clust_tend": tendency,
        "clust_shade": _moment(total, s, 2 * mean, 3),
        "clust_prom": _moment(total, s, 2 * mean, 4),
        "info_corr1": _ratio(h_pair - 2 * h_one, h_one),
        "info_corr2": np.sqrt(np.maximum(0.0, 1 - np.exp(-2 * np.maximum(0.0, 2 * h_one - h_pair)))),
    }
    values = np.array([rows[tag] for tag in GLCM])
    values[:, pairs == 0] = np.nan
    return values


def _diagonals(p: np.ndarray, which: np.ndarray, n: int) -> np.ndarray:
    """Return the sums (m, n) of the matrices (m, g, g) over the cells that share a number in ``which``."""
    cells = np.arange(len(p))[:, None] * n + which.ravel()[None, :]
    sums: np.ndarray = np.bincount(cells.ravel(), weights=p.ravel(), minlength=len(p) * n)
    return sums.reshape(len(p), n)


def _weighted(p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    # Not a matrix product: its last bits depend on how many rows are taken together.
    total: np.ndarray = (p * weights).sum(axis=1)
    return total


def _moment(p: np.ndarray, at: np.ndarray, centre: np.ndarray, power: int) -> np.ndarray:
    moment: np.ndarray = (p * (at[None, :] - centre[:, None]) ** power).sum(axis=1)
    return moment


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return the ratio, NaN where the denominator vanishes (all pairs on one level)."""
    ratio: np.ndarray = np.where(below > 1e-12, above / np.where(below > 1e-12, below, 1.0), np.nan)
    return ratio
