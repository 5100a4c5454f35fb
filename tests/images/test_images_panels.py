import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from imagenomics.errors import InputError
from imagenomics.images.contours import signed_area, trace_outlines
from imagenomics.images.panels import LARGEST_SIDE, panel
from imagenomics.images.volume import Volume


@settings(max_examples=150, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_outlines_enclose_exactly_the_pixels(region):
    outlines = trace_outlines(region)
    assert sum(signed_area(o) for o in outlines) == region.sum()
    for outline in outlines:
        steps = np.roll(outline, -1, axis=0) - outline
        assert (np.count_nonzero(steps, axis=1) == 1).all()  # along pixel edges, no point to spare
        assert (outline - 0.5 == np.rint(outline - 0.5)).all()
    assert np.array_equal(_filled(outlines, region.shape), region)


def _filled(outlines, shape):
    """Return the pixels whose centre has an odd number of vertical edges to its left."""
    crossings = np.zeros(shape, int)
    for outline in outlines:
        for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
            if x0 == x1:
                low, high = sorted((y0, y1))
                crossings[int(low + 0.5) : int(high + 0.5), int(x0 + 0.5) :] += 1
    return crossings % 2 == 1


def test_a_pixel_a_ring_and_two_that_touch_at_a_corner():
    one = trace_outlines(np.array([[False, False], [False, True]]))
    assert [o.tolist() for o in one] == [[[0.5, 0.5], [1.5, 0.5], [1.5, 1.5], [0.5, 1.5]]]
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    assert sorted(signed_area(o) for o in trace_outlines(ring)) == [-1.0, 9.0]
    assert [signed_area(o) for o in trace_outlines(np.eye(2, dtype=bool))] == [1.0, 1.0]
    assert trace_outlines(np.zeros((3, 3), bool)) == []


def case(shape=(5, 60, 50)):
    rng = np.random.default_rng(0)
    mask = np.zeros(shape, bool)
    mask[1, 20:24, 20:24] = True
    mask[-2, 20:30, 18:26] = True
    return Volume(rng.normal(100, 10, shape), spacing_mm=(3.0, 2.0, 1.0)), mask


def test_the_slice_with_most_of_the_region_is_shown():
    volume, mask = case()
    picture = panel(volume, {"lesion": mask, "elsewhere": mask & False})
    assert picture.slice_index == 3
    assert picture.n_slices == 5
    assert picture.aspect == 2.0
    assert picture.pixels.dtype == np.uint8
    assert "slice 4 of 5" in picture.note
    assert picture.contours["elsewhere"] == []
    assert sum(signed_area(c) for c in picture.contours["lesion"]) == mask[3].sum()
    row, column = np.argwhere(_filled(picture.contours["lesion"], picture.pixels.shape))[0]
    height, width = picture.pixels.shape
    assert (row, column) == (12, 12)
    assert (height, width) == (10 + 24, 8 + 24)
    low, high = np.percentile(volume.array[3, 8:42, 6:38], [1, 99])
    expected = np.clip((volume.array[3, 20, 18] - low) / (high - low), 0, 1) * 255
    assert abs(int(picture.pixels[12, 12]) - expected) <= 0.5


def test_a_large_picture_is_averaged_down_and_its_outline_follows():
    volume, mask = case((2, 600, 500))
    mask[:] = False
    mask[1, 100:400, 100:400] = True
    picture = panel(volume, {"a": mask})
    assert max(picture.pixels.shape) <= LARGEST_SIDE
    factor = 600 / picture.pixels.shape[0]
    assert np.isclose(sum(signed_area(c) for c in picture.contours["a"]), 300 * 300 / round(factor) ** 2)
    bright = volume.replace(mask.astype(float), "mask as image")
    inside = np.argwhere(panel(bright, {"a": mask}).pixels > 127)[:, ::-1]  # x, y
    corners = np.concatenate(panel(bright, {"a": mask}).contours["a"])
    assert np.abs(corners.min(axis=0) - (inside.min(axis=0) - 0.5)).max() <= 0.5
    assert np.abs(corners.max(axis=0) - (inside.max(axis=0) + 0.5)).max() <= 0.5


def test_a_constant_slice_is_grey_and_an_empty_region_is_refused():
    volume, mask = case()
    flat = volume.replace(np.ones_like(volume.array), "flat")
    assert (panel(flat, {"a": mask}).pixels == 128).all()
    with pytest.raises(InputError, match="IGX-IMG-060"):
        panel(volume, {"a": np.zeros_like(mask)})
    with pytest.raises(InputError, match="IGX-IMG-060"):
        panel(volume, {"a": mask[:2]})
