"""Outlines: boxes whose distances are known, symmetry, empty ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.stats.agreement.overlap import dice, jaccard, surface_distances


def _box(start, size, shape=(12, 20, 20)):
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(a, a + s) for a, s in zip(start, size, strict=True))] = True
    return mask


def test_a_shifted_box():
    a, b = _box((3, 4, 5), (4, 6, 6)), _box((3, 4, 8), (4, 6, 6))
    assert dice(a, b) == 0.5
    assert jaccard(a, b) == 1 / 3
    found = surface_distances(a, b, spacing_mm=(5.0, 1.0, 0.5))
    assert found.hausdorff_mm() == 1.5  # three voxels of half a millimetre
    thick = surface_distances(_box((3, 4, 5), (2, 6, 6)), _box((5, 4, 5), (2, 6, 6)), spacing_mm=(5, 1, 1))
    assert thick.hausdorff_mm() == 10.0


def test_nested_boxes_have_a_known_average():
    line = np.zeros((1, 1, 20), dtype=bool)
    a, b = line.copy(), line.copy()
    a[..., 2:10] = True
    b[..., 2:14] = True
    # Flat shapes are all surface: 8 voxels lie in both; 4 of b are 1, 2, 3, 4 steps away.
    found = surface_distances(a, b, spacing_mm=(1, 1, 2.0))
    assert found.average_mm() == pytest.approx(2 * (1 + 2 + 3 + 4) / 20)
    assert found.hausdorff_mm(95) == pytest.approx(2 * np.percentile([0] * 8 + [1, 2, 3, 4], 95))


@quick(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_laws(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.random((2, 6, 7, 8)) < 0.3
    spacing = tuple(rng.uniform(0.3, 4.0, 3))
    found, back = (surface_distances(*pair, spacing_mm=spacing) for pair in ((a, b), (b, a)))
    assert found.hausdorff_mm() == back.hausdorff_mm() >= found.hausdorff_mm(95)
    assert found.average_mm() == pytest.approx(back.average_mm())
    assert jaccard(a, b) == pytest.approx(dice(a, b) / (2 - dice(a, b)))
    padded = [np.pad(m, 2) for m in (a, b)]
    assert surface_distances(*padded, spacing_mm=spacing).hausdorff_mm() == pytest.approx(
        found.hausdorff_mm()
    )
    same = surface_distances(a, a, spacing_mm=spacing)
    assert same.hausdorff_mm() == same.average_mm() == 0.0


def test_two_dimensions():
    a, b = _box((3, 4, 5), (1, 6, 6))[3], _box((3, 4, 8), (1, 6, 6))[3]
    assert surface_distances(a, b, spacing_mm=(1.0, 2.0)).hausdorff_mm() == 6.0


def test_empty_outlines():
    a, empty = _box((3, 4, 5), (4, 6, 6)), np.zeros((12, 20, 20), dtype=bool)
    assert dice(a, empty) == jaccard(a, empty) == 0.0
    assert np.isnan(dice(empty, empty))
    assert np.isnan(jaccard(empty, empty))
    for pair in ((a, empty), (empty, a)):
        found = surface_distances(*pair, spacing_mm=(1, 1, 1))
        assert found.hausdorff_mm(95) == found.average_mm() == np.inf
    none = surface_distances(empty, empty, spacing_mm=(1, 1, 1))
    assert np.isnan(none.hausdorff_mm())
    assert np.isnan(none.average_mm())


def test_what_is_refused():
    a = _box((3, 4, 5), (4, 6, 6))
    with pytest.raises(InputError, match="IGX-STAT-020"):
        dice(a, a[1:])
    with pytest.raises(ArgumentTypeError, match="IGX-STAT-027"):
        jaccard(a, a.astype(int))
    for bad in ((1, 1), (1, 0, 1), (1, np.nan, 1)):
        with pytest.raises(InputError, match="IGX-STAT-027"):
            surface_distances(a, a, spacing_mm=bad)
