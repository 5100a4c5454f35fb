"""A region on a padded grid, so that a neighbourhood can be cut out of it anywhere without checking bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagenomics.features.region import Region


@dataclass(frozen=True)
class PaddedRegion:
    """A region with as many empty voxels around it as its neighbourhoods reach.

    Parameters
    ----------
    values, levels : arrays of float64 and int32, (p,)
        Intensities and grey levels (0 outside the region, and everywhere if no feature needs them), flat.
    inside, drawn : arrays of bool, (p,)
        Voxels whose intensities count, and the region as drawn.
    shape : (int, int, int)
        Shape of the padded grid.
    places : array of int64, (n,)
        The voxels of ``inside``, ascending.
    """

    values: np.ndarray
    levels: np.ndarray
    inside: np.ndarray
    drawn: np.ndarray
    shape: tuple[int, ...]
    places: np.ndarray

    def flat(self, steps: np.ndarray) -> np.ndarray:
        """Return steps z, y, x (k, 3) as steps (k,) in the flat arrays."""
        strides = np.array([self.shape[1] * self.shape[2], self.shape[2], 1], np.int64)
        found: np.ndarray = (steps * strides).sum(axis=1)
        return found

    def counts(self, steps: np.ndarray) -> np.ndarray:
        """Return the number of voxels (n,) of the region around each, from flat steps (k,)."""
        found = np.zeros(len(self.places), np.int64)
        for step in steps:
            found += self.inside[self.places + step]
        return found


def padded_region(region: Region, steps: np.ndarray) -> PaddedRegion:
    """Lay a region on a grid with room for the neighbourhood ``steps`` (k, 3) of each voxel."""
    reach = np.abs(steps).max(axis=0)
    pad = [(int(r), int(r)) for r in reach]
    inside = np.pad(region.inside, pad)
    levels = np.zeros(inside.shape, np.int32)
    if len(region.levels):
        levels[inside] = region.levels
    values = np.zeros(inside.shape)
    values[inside] = region.values
    return PaddedRegion(
        values=values.ravel(),
        levels=levels.ravel(),
        inside=inside.ravel(),
        drawn=np.pad(region.mask, pad).ravel(),
        shape=inside.shape,
        places=np.flatnonzero(inside),
    )
