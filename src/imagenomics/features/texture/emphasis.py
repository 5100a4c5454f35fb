"""The features that run lengths, zones and neighbour dependence share: a table of grey level by size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_DENSE = 4_000_000  # cells of a table that is counted densely; above it is sorted instead
SPARSE = 16  # cells for each entry from which sorting is faster


@dataclass(frozen=True)
class SizeTable:
    """How often a grey level occurs with a size, in several groups (slices, directions); no zeros.

    Parameters
    ----------
    group, level, size, count : arrays of int64, (c,)
        ``count`` runs or zones of grey ``level`` (from 1) and ``size`` (from 1) in ``group`` (from 0).
    n_voxels : array of int64, (m,)
        Voxels of each group, once for each direction.
    """

    group: np.ndarray
    level: np.ndarray
    size: np.ndarray
    count: np.ndarray
    n_voxels: np.ndarray

    def joined(self) -> SizeTable:
        """Return all groups as one."""
        return count_sizes(
            np.zeros_like(self.group), self.level, self.size, self.n_voxels.sum()[None], times=self.count
        )


def count_sizes(
    group: np.ndarray,
    level: np.ndarray,
    size: np.ndarray,
    n_voxels: np.ndarray,
    *,
    times: np.ndarray | None = None,
) -> SizeTable:
    """Count equal (group, level, size), each entry ``times`` times."""
    top, longest = int(level.max(initial=1)), int(size.max(initial=1))
    key = (group * top + (level - 1)) * longest + (size - 1)
    if len(n_voxels) * top * longest <= min(MAX_DENSE, SPARSE * len(key)):
        weights = None if times is None else times.astype(np.float64)  # counts stay exact up to 2^53
        counted = np.bincount(key, weights=weights)
        found = np.flatnonzero(counted)
        count = counted[found].astype(np.int64)
    else:
        found, place = np.unique(key, return_inverse=True)
        weights = None if times is None else times.astype(np.float64)
        count = np.bincount(place, weights=weights).astype(np.int64)
    rest, one_size = np.divmod(found, longest)
    one_group, one_level = np.divmod(rest, top)
    return SizeTable(one_group, one_level + 1, one_size + 1, count, np.asarray(n_voxels, np.int64))


def from_matrices(counts: np.ndarray, n_voxels: np.ndarray) -> SizeTable:
    """Return the table of count matrices (m, g, sizes)."""
    group, level, size = np.nonzero(counts)
    return SizeTable(group, level + 1, size + 1, counts[group, level, size], np.asarray(n_voxels, np.int64))


def emphasis_features(table: SizeTable, *, energy: bool = False) -> np.ndarray:
    """Measure whether sizes are small or large, grey levels low or high, and how evenly they are spread.

    Returns
    -------
    array of float64, (16 or 17, m)
        In the order of ``GLRLM``, ``GLSZM``, ``GLDZM`` or ``NGLDM`` of :mod:`imagenomics.features.names`;
        with ``energy`` the sum of squared probabilities comes last. NaN for a group without entries.

    Source
    ------
    Image biomarker standardisation initiative reference manual, grey level run length based features; the
    other families repeat these definitions with their own size.
    """
    m = len(table.n_voxels)
    i, j = table.level.astype(np.float64), table.size.astype(np.float64)
    count = table.count.astype(np.float64)

    def add(weights: np.ndarray) -> np.ndarray:
        return np.bincount(table.group, weights=weights, minlength=m)

    n = add(count)
    n = np.where(n > 0, n, np.nan)
    p = count / n[table.group]
    level_spread, size_spread = _spread(table, table.level, m), _spread(table, table.size, m)
    mean_i, mean_j = add(p * i), add(p * j)
    rows = [
        add(p / j**2),
        add(p * j**2),
        add(p / i**2),
        add(p * i**2),
        add(p / (i**2 * j**2)),
        add(p * i**2 / j**2),
        add(p * j**2 / i**2),
        add(p * i**2 * j**2),
        level_spread / n,
        level_spread / n**2,
        size_spread / n,
        size_spread / n**2,
        n / table.n_voxels,
        add(p * (i - mean_i[table.group]) ** 2),
        add(p * (j - mean_j[table.group]) ** 2),
        add(-p * np.log2(p)) + 0.0,  # adding zero turns -0 into 0
    ]
    if energy:
        rows.append(add(p**2))
    values = np.array(rows)
    values[:, np.isnan(n)] = np.nan
    return values


def _spread(table: SizeTable, by: np.ndarray, m: int) -> np.ndarray:
    """Return for each group the sum of squared marginal counts by level or by size."""
    top = int(by.max(initial=1))
    key = table.group * top + (by - 1)
    found, place = np.unique(key, return_inverse=True)
    marginal = np.bincount(place, weights=table.count.astype(np.float64))
    spread: np.ndarray = np.bincount(found // top, weights=marginal**2, minlength=m)
    return spread
