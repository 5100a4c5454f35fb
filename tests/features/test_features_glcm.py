"""GLCM against a slow count of pairs and the definitions written out."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagenomics.features.names import GLCM
from imagenomics.features.settings import AGGREGATIONS
from imagenomics.features.texture.cooccurrence import cooccurrence_features, pair_counts

VOLUMES = hnp.arrays(np.int64, st.tuples(*[st.integers(1, 4)] * 3), elements=st.integers(0, 4)).filter(
    lambda a: a.max() > 0
)
STEPS = [s for s in itertools.product((-1, 0, 1), repeat=3) if s > (0, 0, 0)]


def slow_pairs(levels: np.ndarray, step: tuple[int, int, int]) -> Counter[tuple[int, int]]:
    pairs: Counter[tuple[int, int]] = Counter()
    for z, y, x in itertools.product(*map(range, levels.shape)):
        place = (z + step[0], y + step[1], x + step[2])
        if all(0 <= p < n for p, n in zip(place, levels.shape, strict=True)):
            a, b = int(levels[z, y, x]), int(levels[place])
            if a and b:
                pairs[a, b] += 1
                pairs[b, a] += 1
    return pairs


def slow_features(pairs: Counter[tuple[int, int]], n: int) -> dict[str, float]:
    """The 25 definitions, one by one; {} for no pairs, no entry where one divides by zero."""
    total = sum(pairs.values())
    if not total:
        return {}
    p = {k: v / total for k, v in pairs.items()}
    px: Counter[int] = Counter()
    minus: Counter[int] = Counter()
    plus: Counter[int] = Counter()
    for (i, j), v in p.items():
        px[i] += v
        minus[abs(i - j)] += v
        plus[i + j] += v

    def entropy(values) -> float:
        return -sum(v * np.log2(v) for v in values if v > 0)

    mean = sum(i * v for i, v in px.items())
    var = sum((i - mean) ** 2 * v for i, v in px.items())
    d_mean = sum(k * v for k, v in minus.items())
    s_mean = sum(k * v for k, v in plus.items())
    hxy, hx = entropy(p.values()), entropy(px.values())
    hxy1 = -sum(v * np.log2(px[i] * px[j]) for (i, j), v in p.items())
    hxy2 = -sum(px[i] * px[j] * np.log2(px[i] * px[j]) for i in px for j in px)
    found = {
        "joint_max": max(p.values()),
        "joint_avg": sum(i * v for (i, _), v in p.items()),
        "joint_var": sum((i - mean) ** 2 * v for (i, _), v in p.items()),
        "joint_entr": hxy,
        "diff_avg": d_mean,
        "diff_var": sum((k - d_mean) ** 2 * v for k, v in minus.items()),
        "diff_entr": entropy(minus.values()),
        "sum_avg": s_mean,
        "sum_var": sum((k - s_mean) ** 2 * v for k, v in plus.items()),
        "sum_entr": entropy(plus.values()),
        "energy": sum(v**2 for v in p.values()),
        "contrast": sum((i - j) ** 2 * v for (i, j), v in p.items()),
        "dissimilarity": sum(abs(i - j) * v for (i, j), v in p.items()),
        "inv_diff": sum(v / (1 + abs(i - j)) for (i, j), v in p.items()),
        "inv_diff_norm": sum(v / (1 + abs(i - j) / n) for (i, j), v in p.items()),
        "inv_diff_mom": sum(v / (1 + (i - j) ** 2) for (i, j), v in p.items()),
        "inv_diff_mom_norm": sum(v / (1 + (i - j) ** 2 / n**2) for (i, j), v in p.items()),
        "inv_var": sum(v / (i - j) ** 2 for (i, j), v in p.items() if i != j),
        "auto_corr": sum(i * j * v for (i, j), v in p.items()),
        "clust_tend": sum((i + j - 2 * mean) ** 2 * v for (i, j), v in p.items()),
        "clust_shade": sum((i + j - 2 * mean) ** 3 * v for (i, j), v in p.items()),
        "clust_prom": sum((i + j - 2 * mean) ** 4 * v for (i, j), v in p.items()),
        "info_corr2": np.sqrt(max(0.0, 1 - np.exp(-2 * (hxy2 - hxy)))),
    }
    if len(px) > 1:
        found["corr"] = sum((i - mean) * (j - mean) * v for (i, j), v in p.items()) / var
        found["info_corr1"] = (hxy - hxy1) / hx
    return found


def slow_all(levels: np.ndarray) -> dict[str, float]:
    n = int(levels.max())
    planes = [levels[k : k + 1] for k in range(len(levels)) if levels[k].any()]
    flat = [s for s in STEPS if s[0] == 0]
    by_slice = [[slow_pairs(p, s) for s in flat] for p in planes]
    space = [slow_pairs(levels, s) for s in STEPS]
    matrices = {
        "2D_avg": [m for row in by_slice for m in row],
        "2D_comb": [sum(row, Counter()) for row in by_slice],
        "2_5D_avg": [sum((row[d] for row in by_slice), Counter()) for d in range(4)],
        "2_5D_comb": [sum((m for row in by_slice for m in row), Counter())],
        "3D_avg": space,
        "3D_comb": [sum(space, Counter())],
    }
    values = {}
    for name, group in matrices.items():
        found = [slow_features(m, n) for m in group]
        for tag in GLCM:
            defined = [f[tag] for f in found if tag in f]
            values[f"cm_{tag}_{name}"] = float(np.mean(defined)) if defined else np.nan
    return values


@settings(max_examples=40, deadline=None)
@given(levels=VOLUMES)
def test_every_feature_and_aggregation_follows_its_definition(grid_of, levels):
    ours = cooccurrence_features(grid_of(levels), AGGREGATIONS)
    slow = slow_all(levels)
    assert list(ours) == [f"cm_{tag}_{a}" for a in AGGREGATIONS for tag in GLCM]
    for name, value in slow.items():
        # A square root turns rounding errors of 1e-16 into 1e-8.
        assert ours[name] == pytest.approx(
            value, rel=1e-9, abs=3e-7 if "corr2" in name else 1e-9, nan_ok=True
        ), name


def test_pairs_of_a_slice_counted_by_hand(grid_of):
    levels = np.array([[[1, 1, 2], [1, 2, 2], [0, 3, 3]]])
    along_x, _, along_y, _ = _in_order(
        pair_counts(grid_of(levels), in_plane=True, bounds=np.array([0, 8]))[0]
    )
    assert along_x.tolist() == [[2, 2, 0], [2, 2, 0], [0, 0, 2]]
    assert along_y.tolist() == [[2, 1, 0], [1, 2, 2], [0, 2, 0]]


def _in_order(counts: np.ndarray) -> list[np.ndarray]:
    """Directions ascend as steps do: (0, 1), (1, -1), (1, 0), (1, 1)."""
    return list(counts)


@pytest.mark.parametrize("wanted", [("3D_comb",), ("3D_avg",), ("2D_avg",), ("2_5D_comb", "3D_comb")])
def test_a_value_does_not_depend_on_what_else_is_asked(grid_of, wanted):
    grid = grid_of(np.random.default_rng(3).integers(0, 5, (4, 6, 5)))
    everything = cooccurrence_features(grid, AGGREGATIONS)
    some = cooccurrence_features(grid, wanted)
    assert some == {k: everything[k] for k in some}


def test_one_level_leaves_correlations_undefined(grid_of):
    values = cooccurrence_features(grid_of(np.ones((3, 3, 3), int)), ("3D_comb",))
    undefined = {k for k, v in values.items() if np.isnan(v)}
    assert undefined == {"cm_corr_3D_comb", "cm_info_corr1_3D_comb"}
    assert values["cm_energy_3D_comb"] == 1


def test_many_slices_are_taken_in_chunks_with_the_same_result(grid_of, monkeypatch):
    grid = grid_of(np.random.default_rng(5).integers(0, 4, (9, 5, 5)))
    whole = cooccurrence_features(grid, AGGREGATIONS)
    monkeypatch.setattr("imagenomics.features.grid.MATRIX_BYTES", 1)
    assert len(list(grid.slice_chunks(100))) == 9
    assert cooccurrence_features(grid, AGGREGATIONS) == whole
    monkeypatch.setattr("imagenomics.features.texture.cooccurrence.CELLS", 1)
    assert cooccurrence_features(grid, AGGREGATIONS) == whole
