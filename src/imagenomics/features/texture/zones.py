"""Zones of one grey level: their size (GLSZM) and their distance to the region's border (GLDZM)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from imagenomics.features.grid import LevelGrid, border_distance, directions
from imagenomics.features.names import GLDZM, GLSZM
from imagenomics.features.texture.cooccurrence import mean_defined
from imagenomics.features.texture.emphasis import count_sizes, emphasis_features


@dataclass(frozen=True)
class Zones:
    """Connected voxels of one grey level, (c,) each; ``slice`` is the position among the slices."""

    slice: np.ndarray
    level: np.ndarray
    size: np.ndarray
    distance: np.ndarray


def zone_features(grid: LevelGrid, dimensions: list[str]) -> dict[str, float]:
    """Measure how large the zones of one grey level are, and how deep they lie.

    Parameters
    ----------
    grid : LevelGrid
        Grey levels of a region.
    dimensions : list of str
        ``2D``: zones within slices (8 neighbours), features averaged over slices; ``2_5D``: these zones
        joined into one matrix; ``3D``: zones in space (26 neighbours).

    Returns
    -------
    dict
        ``szm_<feature>_<dimension>`` and ``dzm_<feature>_<dimension>``. A zone's distance is the least of its
        voxels' distances to the outside of the region as drawn, in steps along the axes.

    Source
    ------
    Image biomarker standardisation initiative reference manual, grey level size zone based and grey level
    distance zone based features.
    """
    values: dict[str, float] = {}
    flat = find_zones(grid, in_plane=True) if any(d != "3D" for d in dimensions) else None
    for dimension in dimensions:
        zones = find_zones(grid, in_plane=False) if flat is None or dimension == "3D" else flat
        by_slice = dimension == "2D"
        n_voxels = np.diff(grid.bounds) if by_slice else np.diff(grid.whole)
        group = zones.slice if by_slice else np.zeros_like(zones.slice)
        for stem, tags, size in (("szm", GLSZM, zones.size), ("dzm", GLDZM, zones.distance)):
            table = count_sizes(group, zones.level, size, n_voxels)
            mean = mean_defined(emphasis_features(table))
            values |= {f"{stem}_{t}_{dimension}": float(v) for t, v in zip(tags, mean, strict=True)}
    return values


def find_zones(grid: LevelGrid, *, in_plane: bool, distances: bool = True) -> Zones:
    """Find the zones, in the order of their first voxels; without ``distances`` theirs are 0."""
    steps = directions(grid.strides, in_plane=in_plane)
    distance = np.zeros(len(grid.voxels), np.int64)
    if distances:
        distance = border_distance(grid, in_plane=in_plane)
    ahead = steps[(steps + 1) % grid.strides[1] == 0]
    first, size, nearest = _join_zones(grid.levels, grid.voxels, steps, ahead, distance)
    in_slice = np.searchsorted(grid.bounds, first, side="right") - 1
    level = grid.levels[grid.voxels[first]].astype(np.int64)
    return Zones(in_slice.astype(np.int64), level, size, nearest)


@njit(cache=True, nogil=True)
def _join_zones(
    levels: np.ndarray, voxels: np.ndarray, steps: np.ndarray, ahead: np.ndarray, distance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Union-find whose root is always the zone's first voxel, so that one later sweep can number the zones. A voxel
    # like the one before it in its row shares all its earlier neighbours but those one voxel ahead.
    parent = np.zeros(levels.size, np.int64)
    n_zones = 0
    for k in range(voxels.size):
        place = voxels[k]
        level = levels[place]
        like_before = levels[place - 1] == level
        look_at = ahead if like_before else steps
        root = _root(parent, place - 1) if like_before else place
        parent[place] = root
        for d in range(look_at.size):
            other = place - look_at[d]
            if levels[np.uint64(other)] != level:
                continue
            other = _root(parent, other)
            if other < root:
                parent[root] = other
                root = other
            elif other > root:
                parent[other] = root
        if root == place:
            n_zones += 1  # an upper bound: zones may still meet
    first = np.zeros(n_zones, np.int64)
    size = np.zeros(n_zones, np.int64)
    nearest = np.zeros(n_zones, np.int64)
    n_zones = 0
    for k in range(voxels.size):
        place = voxels[k]
        if parent[place] == place:
            zone = n_zones
            n_zones += 1
            first[zone] = k
            nearest[zone] = distance[k]
        else:
            zone = -1 - parent[parent[place]]
        parent[place] = -1 - zone
        size[zone] += 1
        nearest[zone] = min(nearest[zone], distance[k])
    return first[:n_zones], size[:n_zones], nearest[:n_zones]


@njit(cache=True, nogil=True)
def _root(parent: np.ndarray, place: int) -> int:
    while parent[np.uint64(place)] != place:
        parent[np.uint64(place)] = parent[np.uint64(parent[np.uint64(place)])]
        place = parent[np.uint64(place)]
    return place
