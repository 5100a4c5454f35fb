"""NGTDM and NGLDM against every voxel's neighbours looked up in plain Python."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagenomics.features.names import NGLDM, NGTDM
from imagenomics.features.texture.emphasis import SizeTable, emphasis_features
from imagenomics.features.texture.neighbourhood import neighbourhood_features

VOLUMES = hnp.arrays(np.int64, st.tuples(*[st.integers(1, 4)] * 3), elements=st.integers(0, 4)).filter(
    lambda a: a.max() > 0
)


def slow_tables(levels: np.ndarray) -> tuple[Counter[int], Counter[int], Counter[tuple[int, int]]]:
    """Voxels with neighbours by level, summed differences by level, counts by (level, alike + 1)."""
    number: Counter[int] = Counter()
    difference: Counter[int] = Counter()
    dependence: Counter[tuple[int, int]] = Counter()
    for place in itertools.product(*map(range, levels.shape)):
        level = int(levels[place])
        if not level:
            continue
        others = []
        for step in itertools.product((-1, 0, 1), repeat=3):
            other = tuple(p + s for p, s in zip(place, step, strict=True))
            if any(step) and all(0 <= p < n for p, n in zip(other, levels.shape, strict=True)):
                others.append(int(levels[other]))
        others = [o for o in others if o]
        dependence[level, 1 + others.count(level)] += 1
        if others:
            number[level] += 1
            difference[level] += abs(level - np.mean(others))
    return number, difference, dependence


def slow_tone(number: Counter[int], difference: Counter[int]) -> dict[str, float]:
    n = sum(number.values())
    if not n:
        return {}
    p = {i: v / n for i, v in number.items()}
    s = {i: difference[i] for i in number}
    pairs = list(itertools.product(p, p))
    moved, weighted = sum(s.values()), sum(p[i] * s[i] for i in p)
    found = {}
    if weighted:
        found["coarseness"] = 1 / weighted
    if len(p) > 1:
        scale = len(p) * (len(p) - 1) * n
        found["contrast"] = sum(p[i] * p[j] * (i - j) ** 2 for i, j in pairs) * moved / scale
        below = [p[i] + p[j] for i, j in pairs]
        found["complexity"] = (
            sum(abs(i - j) * (p[i] * s[i] + p[j] * s[j]) / b for (i, j), b in zip(pairs, below, strict=True))
            / n
        )
        if moved:
            found["strength"] = sum((p[i] + p[j]) * (i - j) ** 2 for i, j in pairs) / moved
    apart = sum(abs(i * p[i] - j * p[j]) for i, j in pairs)
    if apart > 1e-12:
        found["busyness"] = weighted / apart
    return found


def slow_dependence(table: Counter[tuple[int, int]], n: int) -> np.ndarray:
    level, size = (np.array(c) for c in zip(*table, strict=True))
    counts = np.array(list(table.values()))
    return emphasis_features(
        SizeTable(np.zeros_like(level), level, size, counts, np.array([n])), energy=True
    )[:, 0]


@settings(max_examples=40, deadline=None)
@given(levels=VOLUMES)
def test_every_feature_and_dimension_follows_its_definition(grid_of, levels):
    planes = [levels[k : k + 1] for k in range(len(levels)) if levels[k].any()]
    by_slice = [slow_tables(p) for p in planes]
    joined = tuple(sum((t[k] for t in by_slice), Counter()) for k in range(3))
    groups = {"2D": by_slice, "2_5D": [joined], "3D": [slow_tables(levels)]}
    ours = neighbourhood_features(grid_of(levels), list(groups))
    for name, tables in groups.items():
        tone = [slow_tone(a, b) for a, b, _ in tables]
        for tag in NGTDM:
            defined = [t[tag] for t in tone if tag in t]
            expected = float(np.mean(defined)) if defined else np.nan
            assert ours[f"ngt_{tag}_{name}"] == pytest.approx(expected, rel=1e-6, abs=1e-9, nan_ok=True), tag
        like = np.mean([slow_dependence(c, sum(c.values())) for _, _, c in tables], axis=0)
        np.testing.assert_allclose([ours[f"ngl_{t}_{name}"] for t in NGLDM], like, rtol=1e-10, atol=1e-12)


def test_a_slice_by_hand(grid_of):
    levels = np.array([[[1, 2], [2, 2]]])
    ours = neighbourhood_features(grid_of(levels), ["2D"])
    # The 1 sees 2, 2, 2; each 2 sees 1, 2, 2 with a mean of 5/3.
    p, s = (0.25, 0.75), (1.0, 3 * (2 - 5 / 3))
    assert ours["ngt_coarseness_2D"] == pytest.approx(1 / (p[0] * s[0] + p[1] * s[1]))
    assert ours["ngt_busyness_2D"] == pytest.approx((p[0] * s[0] + p[1] * s[1]) / (2 * abs(0.25 - 1.5)))
    assert ours["ngl_dc_energy_2D"] == pytest.approx(0.25**2 + 0.75**2)  # dependence 1 once, 3 three times
    assert ours["ngl_hde_2D"] == pytest.approx((1 + 3 * 9) / 4)


def test_levels_of_equal_mass_leave_busyness_undefined(grid_of):
    # 3 x 2 = 2 x 3, also where the shares 2/5 and 3/5 are not exact.
    balanced = np.array([[[3] * 2 + [2] * 3]])
    assert np.isnan(neighbourhood_features(grid_of(balanced), ["3D"])["ngt_busyness_3D"])
    assert np.isfinite(neighbourhood_features(grid_of(balanced[:, :, :-1]), ["3D"])["ngt_busyness_3D"])


def test_no_difference_is_undefined_and_not_a_large_number(grid_of):
    ours = neighbourhood_features(grid_of(np.ones((3, 3, 3), int)), ["3D"])
    assert all(np.isnan(ours[f"ngt_{tag}_3D"]) for tag in NGTDM)
    assert ours["ngl_dc_perc_3D"] == 1
