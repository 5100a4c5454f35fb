"""Grey levels on a grid with a border of zeros: kernels step to neighbours without checking bounds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit

from imagenomics.features.region import Region

MATRIX_BYTES = 64_000_000  # slices are taken together as far as their matrices fit into this


@dataclass(frozen=True)
class LevelGrid:
    """The voxels of a region as flat places in a padded array.

    Parameters
    ----------
    levels : array of int32, (p,)
        Grey levels of the padded box, flat; 0 outside the region.
    voxels : array of int64, (n,)
        Places of the region's voxels in ``levels``, ascending.
    strides : (int, int, int)
        Steps in ``levels`` to the next voxel along z, y, x.
    bounds : array of int64, (s + 1,)
        ``voxels[bounds[k]:bounds[k + 1]]`` is the k-th slice that has voxels.
    n_levels : int
        Number of grey levels.
    mask : array of uint8, (p,)
        1 in the region as drawn, for distances to its border.
    """

    levels: np.ndarray
    voxels: np.ndarray
    strides: tuple[int, int, int]
    bounds: np.ndarray
    n_levels: int
    mask: np.ndarray

    @property
    def whole(self) -> np.ndarray:
        """Return the bounds that take all voxels as one group."""
        return np.array([0, len(self.voxels)], np.int64)

    def slice_chunks(self, bytes_of_slice: int) -> Iterator[np.ndarray]:
        """Return bounds of successive slices whose matrices fit into the memory set aside."""
        step = max(1, MATRIX_BYTES // max(1, bytes_of_slice))
        for first in range(0, len(self.bounds) - 1, step):
            yield self.bounds[first : first + step + 1]


def level_grid(region: Region) -> LevelGrid:
    """Lay the grey levels of a region on a padded grid."""
    shape = tuple(n + 2 for n in region.inside.shape)
    padded = np.zeros(shape, np.int32)
    padded[1:-1, 1:-1, 1:-1][region.inside] = region.levels
    drawn = np.zeros(shape, np.uint8)
    drawn[1:-1, 1:-1, 1:-1] = region.mask
    voxels = np.flatnonzero(padded)
    strides = (shape[1] * shape[2], shape[2], 1)
    per_slice = np.bincount(voxels // strides[0], minlength=shape[0])
    bounds = np.concatenate([[0], np.cumsum(per_slice[per_slice > 0])]).astype(np.int64)
    return LevelGrid(padded.ravel(), voxels, strides, bounds, region.n_levels, drawn.ravel())


@lru_cache(maxsize=64)
def directions(strides: tuple[int, int, int], *, in_plane: bool) -> np.ndarray:
    """Return one step for each pair of opposite neighbours (distance 1): 4 in plane, 13 in space; read only."""
    steps = [s for s in itertools.product((-1, 0, 1), repeat=3) if s > (0, 0, 0)]
    kept = [s for s in steps if s[0] == 0] if in_plane else steps
    return np.array([sum(a * b for a, b in zip(s, strides, strict=True)) for s in kept], np.int64)


def border_distance(grid: LevelGrid, *, in_plane: bool) -> np.ndarray:
    """Count the steps along the axes from each voxel to the outside of the region as drawn; 1 at the border.

    Returns
    -------
    array of int64, (n,)
        For ``grid.voxels``.
    """
    steps = np.array(grid.strides[1:] if in_plane else grid.strides, np.int64)
    return _city_block(grid.mask, np.flatnonzero(grid.mask), steps)[grid.voxels].astype(np.int64)


@njit(cache=True, nogil=True)
def _city_block(mask: np.ndarray, drawn: np.ndarray, steps: np.ndarray) -> np.ndarray:
    # Two sweeps are exact for the city-block distance: a shortest way out can be sorted by direction.
    distance = np.zeros(mask.size, np.int32)
    for k in range(drawn.size):
        place = drawn[k]
        nearest = distance[place - steps[0]]
        for s in range(1, steps.size):
            nearest = min(nearest, distance[place - steps[s]])
        distance[place] = nearest + 1
    for k in range(drawn.size - 1, -1, -1):
        place = drawn[k]
        for s in range(steps.size):
            distance[place] = min(distance[place], distance[place + steps[s]] + 1)
    return distance
