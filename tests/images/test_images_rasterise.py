import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.images.contours import trace_outlines
from imagenomics.images.dicom.rasterise import count_crossings, fill_polygons

SQUARE = np.array([[1.0, 2.0], [1.0, 6.0], [4.0, 6.0], [4.0, 2.0]])


def crossed_by_ray(polygon, y, x):
    """The textbook test of one point, edge by edge: how often a ray to the left meets the polygon."""
    inside = False
    for (y0, x0), (y1, x1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if (y0 > y) != (y1 > y) and x > x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            inside = not inside
    return inside


def winding_angle(polygon, y, x):
    """Another route: the sum of the angles under which the edges are seen (odd turns are inside)."""
    corners = (polygon[:, 1] - x) + 1j * (polygon[:, 0] - y)
    turns = np.angle(np.roll(corners, -1) / corners).sum() / (2 * np.pi)
    return round(turns) % 2 == 1


def distance_to_edges(polygon, y, x):
    a, b = polygon, np.roll(polygon, -1, axis=0)
    step = b - a
    t = np.clip(((np.array([y, x]) - a) * step).sum(1) / np.maximum((step**2).sum(1), 1e-30), 0, 1)
    return np.hypot(*(a + t[:, None] * step - [y, x]).T).min()


corners = st.lists(
    st.tuples(st.floats(-3, 15, width=32), st.floats(-3, 12, width=32)), min_size=3, max_size=12
).map(np.array)


@settings(max_examples=40, deadline=None)
@given(corners)
def test_each_centre_agrees_with_the_tests_of_one_point(polygon):
    found = fill_polygons([polygon], (12, 9))
    for y, x in np.ndindex(12, 9):
        if distance_to_edges(polygon, y, x) > 1e-4:
            assert found[y, x] == winding_angle(polygon, y, x) == crossed_by_ray(polygon, y, x)


@settings(max_examples=40, deadline=None)
@given(corners, st.integers(0, 5), st.integers(0, 7))
def test_moving_a_polygon_by_whole_pixels_moves_its_pixels(polygon, down, right):
    inside = np.clip(polygon, 0, 8)
    moved = fill_polygons([inside + np.array([down, right])], (20, 20))
    assert np.array_equal(moved[down:, right:], fill_polygons([inside], (20, 20))[: 20 - down, : 20 - right])


@settings(max_examples=40, deadline=None)
@given(corners, corners, corners)
def test_several_polygons_are_the_exclusive_or_of_each(a, b, c):
    each = [fill_polygons([p], (13, 17)) for p in (a, b, c)]
    assert np.array_equal(fill_polygons([a, b, c], (13, 17)), each[0] ^ each[1] ^ each[2])


@settings(max_examples=40, deadline=None)
@given(corners, st.integers(0, 11))
def test_order_and_start_of_the_corners_do_not_matter(polygon, start):
    expected = fill_polygons([polygon], (13, 17))
    assert np.array_equal(fill_polygons([polygon[::-1]], (13, 17)), expected)
    assert np.array_equal(fill_polygons([np.roll(polygon, start, axis=0)], (13, 17)), expected)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_outlines_traced_around_pixels_give_the_pixels_back(seed):
    region = np.random.default_rng(seed).random((9, 14)) < 0.5
    outlines = [outline[:, ::-1] for outline in trace_outlines(region)]  # x, y -> row, column
    assert np.array_equal(fill_polygons(outlines, region.shape), region)


def test_neighbours_that_share_an_edge_share_no_pixel_and_leave_none_out():
    """A fan of triangles whose edges run through pixel centres."""
    centre, ring = (8.0, 8.0), [(0, 0), (0, 8), (0, 16), (8, 16), (16, 16), (16, 8), (16, 0), (8, 0)]
    parts = [
        fill_polygons([np.array([centre, ring[k], ring[(k + 1) % 8]], float)], (17, 17)) for k in range(8)
    ]
    assert np.array_equal(np.sum(parts, axis=0), fill_polygons([np.array(ring, float)], (17, 17)))


def test_a_centre_on_an_edge_belongs_to_the_right_and_lower_side():
    found = fill_polygons([SQUARE], (6, 8))
    expected = np.zeros((6, 8), bool)
    expected[1:4, 2:6] = True
    assert np.array_equal(found, expected)
    rounding = SQUARE + np.random.default_rng(0).normal(0, 1e-12, SQUARE.shape)
    assert np.array_equal(fill_polygons([rounding], (6, 8)), expected)


@pytest.mark.parametrize("radius", [30.0, 77.7])
def test_the_area_of_a_disc(radius):
    angle = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    disc = np.column_stack([100.3 + radius * np.sin(angle), 99.6 + radius * np.cos(angle)])
    y, x = np.mgrid[:200, :200]
    truth = np.hypot(y - 100.3, x - 99.6) < radius
    found = fill_polygons([disc], (200, 200))
    assert (found != truth).sum() <= 2  # centres within 1e-4 of the circle
    assert abs(found.sum() / (np.pi * radius**2) - 1) < 0.01


def test_a_hole_a_keyhole_and_an_island_in_the_hole():
    box = lambda a, b: np.array([[a, a], [a, b], [b, b], [b, a]], float)  # noqa: E731
    ring = fill_polygons([box(0.5, 9.5), box(2.5, 7.5)], (10, 10))
    assert ring.sum() == 81 - 25
    assert fill_polygons([box(0.5, 9.5), box(2.5, 7.5), box(3.5, 6.5)], (10, 10)).sum() == 81 - 25 + 9
    keyhole = np.concatenate([box(0.5, 9.5), box(0.5, 9.5)[:1], box(2.5, 7.5)[[0, 3, 2, 1, 0]]])
    assert np.array_equal(fill_polygons([keyhole], (10, 10)), ring)
    assert count_crossings([keyhole]) == (0, 0)


def test_parts_beyond_the_picture_are_cut_off():
    far = np.array([[-1e12, -1e12], [-1e12, 1e12], [1e12, 1e12], [1e12, -1e12]])
    assert fill_polygons([far], (4, 5)).all()
    assert not fill_polygons([far + 5e12], (4, 5)).any()
    assert not fill_polygons([], (4, 5)).any()


def test_crossings_are_counted():
    bow_tie = np.array([[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 4.0]])
    assert count_crossings([bow_tie]) == (1, 0)
    assert count_crossings([SQUARE, SQUARE + 1.5]) == (0, 2)
    assert count_crossings([SQUARE, SQUARE + 20]) == (0, 0)
    assert count_crossings([np.zeros((20_001, 2))]) is None
