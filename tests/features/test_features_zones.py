"""GLSZM and GLDZM against a flood fill and a search for the border in plain Python."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagenomics.features.grid import border_distance, level_grid
from imagenomics.features.names import GLDZM, GLSZM
from imagenomics.features.settings import preset
from imagenomics.features.texture.emphasis import count_sizes, emphasis_features
from imagenomics.features.texture.zones import find_zones, zone_features

VOLUMES = hnp.arrays(np.int64, st.tuples(*[st.integers(1, 5)] * 3), elements=st.integers(0, 3)).filter(
    lambda a: a.max() > 0
)


def slow_zones(levels: np.ndarray, *, in_plane: bool) -> list[tuple[int, int, list[tuple[int, ...]]]]:
    """(slice of the first voxel, level, voxels) by flood fill."""
    left = {p for p in itertools.product(*map(range, levels.shape)) if levels[p]}
    depth = (0,) if in_plane else (-1, 0, 1)
    zones = []
    for start in sorted(left):
        if start not in left:
            continue
        left.remove(start)
        zone, edge = [start], [start]
        while edge:
            z, y, x = edge.pop()
            for dz, dy, dx in itertools.product(depth, (-1, 0, 1), (-1, 0, 1)):
                other = (z + dz, y + dy, x + dx)
                if other in left and levels[other] == levels[start]:
                    left.remove(other)
                    zone.append(other)
                    edge.append(other)
        zones.append((start[0], int(levels[start]), zone))
    return zones


def slow_distance(mask: np.ndarray, place: tuple[int, ...], *, in_plane: bool) -> int:
    """Steps along the axes to the nearest place that is not in the mask."""
    best = 10_000
    around = itertools.product(*(range(-1, n + 1) for n in mask.shape))
    for other in around:
        if in_plane and other[0] != place[0]:
            continue
        inside = all(0 <= p < n for p, n in zip(other, mask.shape, strict=True)) and mask[other]
        if not inside:
            best = min(best, sum(abs(a - b) for a, b in zip(place, other, strict=True)))
    return best


@settings(max_examples=30, deadline=None)
@given(levels=VOLUMES, in_plane=st.booleans())
def test_zones_are_those_of_a_flood_fill(grid_of, levels, in_plane):
    ours = find_zones(grid_of(levels), in_plane=in_plane)
    slices = sorted({p[0] for p in np.argwhere(levels > 0).tolist()})
    expected = [
        (
            slices.index(z),
            level,
            len(zone),
            min(slow_distance(levels > 0, p, in_plane=in_plane) for p in zone),
        )
        for z, level, zone in slow_zones(levels, in_plane=in_plane)
    ]
    found = np.stack([ours.slice, ours.level, ours.size, ours.distance], axis=1)
    assert found.tolist() == [list(row) for row in expected]


@settings(max_examples=20, deadline=None)
@given(levels=VOLUMES)
def test_dimensions_group_zones_as_defined(grid_of, levels):
    ours = zone_features(grid_of(levels), ["2D", "2_5D", "3D"])
    planes = [levels[k : k + 1] for k in range(len(levels)) if levels[k].any()]
    n = np.array([(levels > 0).sum()])
    for name, in_plane in (("2_5D", True), ("3D", False)):
        _, level, zones = zip(*slow_zones(levels, in_plane=in_plane), strict=True)
        table = count_sizes(np.zeros(len(zones), int), np.array(level), np.array([len(z) for z in zones]), n)
        found = [ours[f"szm_{t}_{name}"] for t in GLSZM]
        np.testing.assert_allclose(found, emphasis_features(table)[:, 0], rtol=1e-12)
    alone = [zone_features(grid_of(p), ["2D"]) for p in planes]
    for name in [f"szm_{t}_2D" for t in GLSZM] + [f"dzm_{t}_2D" for t in GLDZM]:
        np.testing.assert_allclose(ours[name], np.mean([a[name] for a in alone]), rtol=1e-12, atol=1e-12)


def test_distance_is_to_the_border_of_the_region_as_drawn(region_of):
    image = np.full((5, 5, 5), 2.0)
    image[2, 2, 2] = 9.0  # left out for its intensity, but no hole in the drawn region
    kept = preset("ibsi-digital").model_copy(update={"intensity_range": (None, 5.0)})
    region = region_of(image, np.ones((5, 5, 5), bool), settings=kept)
    grid = level_grid(region)
    assert len(grid.voxels) == 124
    distance = np.zeros((5, 5, 5), int)
    distance[region.inside] = border_distance(grid, in_plane=False)
    assert distance[2].tolist() == [
        [1, 1, 1, 1, 1],
        [1, 2, 2, 2, 1],
        [1, 2, 0, 2, 1],
        [1, 2, 2, 2, 1],
        [1] * 5,
    ]


def test_zones_of_a_slice_counted_by_hand(grid_of):
    levels = np.array([[[1, 1, 2, 2], [1, 2, 2, 1], [3, 3, 1, 1], [3, 0, 3, 3]]])
    zones = find_zones(grid_of(levels), in_plane=True)
    found = sorted(zip(zones.level.tolist(), zones.size.tolist(), strict=True))
    assert found == [(1, 3), (1, 3), (2, 4), (3, 5)]  # the threes touch across a corner


def test_a_zone_that_closes_late_is_one_zone(grid_of):
    comb = np.array([[[1, 2, 1, 2, 1], [1, 2, 1, 2, 1], [1, 1, 1, 1, 1]]])
    zones = find_zones(grid_of(comb), in_plane=True)
    assert sorted(zip(zones.level.tolist(), zones.size.tolist(), strict=True)) == [(1, 11), (2, 2), (2, 2)]
