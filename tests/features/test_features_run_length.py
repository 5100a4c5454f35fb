"""GLRLM against runs that are walked in plain Python, and the shared definitions written out."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagenomics.features.names import GLRLM
from imagenomics.features.settings import AGGREGATIONS
from imagenomics.features.texture.emphasis import count_sizes, emphasis_features
from imagenomics.features.texture.run_length import run_counts, run_length_features

VOLUMES = hnp.arrays(np.int64, st.tuples(*[st.integers(1, 4)] * 3), elements=st.integers(0, 3)).filter(
    lambda a: a.max() > 0
)
STEPS = [s for s in itertools.product((-1, 0, 1), repeat=3) if s > (0, 0, 0)]


def slow_runs(levels: np.ndarray, step: tuple[int, int, int]) -> Counter[tuple[int, int]]:
    def at(place: tuple[int, ...]) -> int:
        inside = all(0 <= p < n for p, n in zip(place, levels.shape, strict=True))
        return int(levels[place]) if inside else 0

    runs: Counter[tuple[int, int]] = Counter()
    for place in itertools.product(*map(range, levels.shape)):
        before = tuple(p - s for p, s in zip(place, step, strict=True))
        if at(place) and at(before) != at(place):
            length, here = 0, place
            while at(here) == at(place):
                length += 1
                here = tuple(p + s for p, s in zip(here, step, strict=True))
            runs[at(place), length] += 1
    return runs


def slow_features(table: Counter[tuple[int, int]], n_voxels: int) -> list[float]:
    """The 16 shared definitions, then energy."""
    n = sum(table.values())
    p = {k: v / n for k, v in table.items()}
    by_level: Counter[int] = Counter()
    by_size: Counter[int] = Counter()
    for (i, j), count in table.items():
        by_level[i] += count
        by_size[j] += count
    mean_i = sum(i * v for (i, _), v in p.items())
    mean_j = sum(j * v for (_, j), v in p.items())
    return [
        sum(v / j**2 for (_, j), v in p.items()),
        sum(v * j**2 for (_, j), v in p.items()),
        sum(v / i**2 for (i, _), v in p.items()),
        sum(v * i**2 for (i, _), v in p.items()),
        sum(v / i**2 / j**2 for (i, j), v in p.items()),
        sum(v * i**2 / j**2 for (i, j), v in p.items()),
        sum(v / i**2 * j**2 for (i, j), v in p.items()),
        sum(v * i**2 * j**2 for (i, j), v in p.items()),
        sum(v**2 for v in by_level.values()) / n,
        sum(v**2 for v in by_level.values()) / n**2,
        sum(v**2 for v in by_size.values()) / n,
        sum(v**2 for v in by_size.values()) / n**2,
        n / n_voxels,
        sum((i - mean_i) ** 2 * v for (i, _), v in p.items()),
        sum((j - mean_j) ** 2 * v for (_, j), v in p.items()),
        -sum(v * np.log2(v) for v in p.values()),
        sum(v**2 for v in p.values()),
    ]


@settings(max_examples=40, deadline=None)
@given(levels=VOLUMES)
def test_every_feature_and_aggregation_follows_its_definition(grid_of, levels):
    planes = [levels[k : k + 1] for k in range(len(levels)) if levels[k].any()]
    sizes = [int((p > 0).sum()) for p in planes]
    n = sum(sizes)
    by_slice = [[slow_runs(p, s) for s in STEPS if s[0] == 0] for p in planes]
    space = [slow_runs(levels, s) for s in STEPS]
    tables = {
        "2D_avg": [(m, v) for row, v in zip(by_slice, sizes, strict=True) for m in row],
        "2D_comb": [(sum(row, Counter()), 4 * v) for row, v in zip(by_slice, sizes, strict=True)],
        "2_5D_avg": [(sum((row[d] for row in by_slice), Counter()), n) for d in range(4)],
        "2_5D_comb": [(sum((m for row in by_slice for m in row), Counter()), 4 * n)],
        "3D_avg": [(m, n) for m in space],
        "3D_comb": [(sum(space, Counter()), 13 * n)],
    }
    ours = run_length_features(grid_of(levels), AGGREGATIONS)
    for name, group in tables.items():
        slow = np.mean([slow_features(m, v) for m, v in group], axis=0)[:16]
        found = [ours[f"rlm_{tag}_{name}"] for tag in GLRLM]
        np.testing.assert_allclose(found, slow, rtol=1e-10, atol=1e-10)


def test_runs_of_a_slice_counted_by_hand(grid_of):
    levels = np.array([[[1, 1, 1, 2], [2, 2, 1, 2], [3, 0, 3, 3]]])
    along_x = run_counts(grid_of(levels), in_plane=True, bounds=np.array([0, 11]))[0, 0]
    assert along_x[:, :3].tolist() == [[1, 0, 1], [2, 1, 0], [1, 1, 0]]


TABLES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 5), st.integers(1, 900)), min_size=1, max_size=30
)


@settings(max_examples=40, deadline=None)
@given(entries=TABLES, sparse=st.booleans())
def test_counting_densely_or_by_sorting_gives_the_definitions(entries, sparse):
    group, level, size = (np.array(column) for column in zip(*entries, strict=True))
    with pytest.MonkeyPatch.context() as patch:
        if sparse:
            patch.setattr("imagenomics.features.texture.emphasis.MAX_DENSE", 0)
        table = count_sizes(group, level, size, np.array([50, 60, 70]))
        joined = table.joined()
    values = emphasis_features(table, energy=True)
    for g, n_voxels in enumerate((50, 60, 70)):
        own = Counter((i, j) for k, i, j in entries if k == g)
        expected = slow_features(own, n_voxels) if own else [np.nan] * 17
        np.testing.assert_allclose(values[:, g], expected, rtol=1e-10, atol=1e-10)
    every = Counter((i, j) for _, i, j in entries)
    np.testing.assert_allclose(
        emphasis_features(joined)[:, 0], slow_features(every, 180)[:16], rtol=1e-10, atol=1e-10
    )


def test_many_slices_are_taken_in_chunks_with_the_same_result(grid_of, monkeypatch):
    grid = grid_of(np.random.default_rng(5).integers(0, 4, (9, 5, 5)))
    whole = run_length_features(grid, AGGREGATIONS)
    monkeypatch.setattr("imagenomics.features.grid.MATRIX_BYTES", 1)
    assert run_length_features(grid, AGGREGATIONS) == whole
