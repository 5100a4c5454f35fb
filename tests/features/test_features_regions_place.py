"""Location, side, depth and the negative controls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imagenomics.errors import InputError
from imagenomics.features.regions.controls import fitting_places, moved_region, shuffled_image
from imagenomics.features.regions.depth import depth_features
from imagenomics.features.regions.laterality import MidPlane, laterality_features
from imagenomics.features.regions.location import location_features

MASKS = hnp.arrays(np.bool_, (3, 6, 7)).filter(np.any)
PLANE = MidPlane(point=(0, 0, 3), to_left=(0, 0, 1))


def values(rows):
    return dict(zip(rows["feature"], rows["value"], strict=True))


def test_shares_by_hand():
    atlas = np.zeros((1, 4, 6), np.int32)
    atlas[0, :, :2], atlas[0, :, 2:4] = 10, 20
    mask = np.zeros(atlas.shape, bool)
    mask[0, 0, 1:5] = True
    names = {10: "frontal", 20: "temporal", 30: "absent"}
    rows = location_features(mask, spacing_mm=(2, 1, 0.5), atlas=atlas, names=names, origin_mm=(1, 0, 100))
    assert values(rows) == {
        "centroid_z": 1,
        "centroid_y": 0,
        "centroid_x": 100 + 2.5 * 0.5,
        "share_frontal": 0.25,
        "share_temporal": 0.5,
        "share_absent": 0,
        "covered_frontal": 1 / 8,
        "covered_temporal": 2 / 8,
        "covered_absent": pytest.approx(np.nan, nan_ok=True),
        "share_elsewhere": 0.25,
        "n_parts": 2,
        "largest_part_share": 0.5,
    }
    unknown = location_features(mask, spacing_mm=(2, 1, 0.5), spacing_known=False, atlas=atlas)
    assert unknown["flags"].tolist() == ["voxel-units"] * 3 + [""] * (len(unknown) - 3)


@settings(max_examples=25, deadline=None)
@given(mask=MASKS, order=st.permutations([0, 1, 2, 3]), seed=st.integers(0, 9))
def test_shares_add_up_and_follow_the_names_not_the_numbers(mask, order, seed):
    atlas = np.random.default_rng(seed).integers(0, 4, mask.shape)
    options = {"spacing_mm": (1, 1, 1)}
    names = {k: f"part{k}" for k in range(4)}
    found = values(location_features(mask, atlas=atlas, names=names, **options))
    assert sum(found[f"share_part{k}"] for k in range(4)) == pytest.approx(1)
    assert found["share_elsewhere"] == pytest.approx(0, abs=1e-12)
    renamed = {order[k]: f"part{k}" for k in range(4)}
    other = values(location_features(mask, atlas=np.array(order)[atlas], names=renamed, **options))
    assert {k: other[k] for k in found} == pytest.approx(found, nan_ok=True)


def test_bad_atlases_are_refused():
    mask = np.ones((1, 2, 2), bool)
    for atlas, names, code in (
        (np.full((1, 2, 2), 0.5), None, "084"),
        (np.ones((1, 2, 2), int), {1: "a", 2: "a"}, "086"),
        (np.ones((1, 2, 3), int), None, "082"),
    ):
        with pytest.raises(InputError, match=f"IGX-FEAT-{code}"):
            location_features(mask, spacing_mm=(1, 1, 1), atlas=atlas, names=names)


def test_sides_by_hand():
    mask = np.zeros((1, 1, 7), bool)
    mask[0, 0, [1, 3, 4, 5, 6]] = True
    found = values(laterality_features(mask, plane=PLANE, spacing_mm=(1, 1, 2)))
    assert found == {
        "share_left": 0.6,
        "share_right": 0.2,
        "share_midline": 0.2,
        "laterality_index": pytest.approx(0.5),
        "crosses_midline": 1,
        "left_offset": pytest.approx(2 * (19 / 5 - 3)),
    }
    wide = values(laterality_features(mask, plane=PLANE, spacing_mm=(1, 1, 2), midline_mm=2))
    assert wide["share_midline"] == pytest.approx(0.4)


@settings(max_examples=25, deadline=None)
@given(mask=MASKS)
def test_a_mirrored_patient_changes_sides(mask):
    found = values(laterality_features(mask, plane=PLANE, spacing_mm=(1, 1, 1)))
    mirrored = values(laterality_features(mask[..., ::-1], plane=PLANE, spacing_mm=(1, 1, 1)))
    declared = values(laterality_features(mask, plane=MidPlane((0, 0, 3), (0, 0, -5)), spacing_mm=(1, 1, 1)))
    assert mirrored == pytest.approx(declared, nan_ok=True)
    assert mirrored["share_left"] == found["share_right"]
    assert mirrored["left_offset"] == pytest.approx(-found["left_offset"])


def test_an_oblique_plane_and_unknown_spacing():
    mask = np.zeros((1, 5, 5), bool)
    mask[0, 4, 4] = True
    oblique = MidPlane((0, 2, 2), (0, 1, 1))
    found = laterality_features(mask, plane=oblique, spacing_mm=(1, 1, 1), spacing_known=False)
    assert values(found)["left_offset"] == pytest.approx(np.sqrt(8))
    assert set(found["flags"]) == {"voxel-units"}
    along = laterality_features(
        mask, plane=MidPlane((0, 0, 2), (0, 0, 1)), spacing_mm=(1, 1, 1), spacing_known=False
    )
    assert along["flags"].tolist() == [""] * 5 + ["voxel-units"]


def test_a_lesion_at_the_midline_has_no_side():
    mask = np.zeros((1, 1, 7), bool)
    mask[0, 0, 3] = True
    rows = laterality_features(mask, plane=PLANE, spacing_mm=(1, 1, 1)).set_index("feature")
    assert rows.loc["laterality_index", "status"] == "skipped"
    with pytest.raises(InputError, match="IGX-FEAT-087"):
        MidPlane((0, 0, 3), (0, 0, 0))
    with pytest.raises(InputError, match="IGX-FEAT-087"):
        MidPlane((0, 0, np.nan), (0, 0, 1))


def test_depth_below_the_surface_of_a_ball():
    grids = np.meshgrid(*[np.arange(-15, 15.5, s) for s in (3.0, 1.0, 1.0)], indexing="ij")
    r = np.sqrt(sum(g**2 for g in grids))
    organ, lesion = r <= 14, (np.abs(grids[0]) < 1) & (np.hypot(grids[1] - 6, grids[2]) <= 2)
    found = values(depth_features(lesion, organ, spacing_mm=(3, 1, 1)))
    assert found["nearest"] == pytest.approx(14 - 8 + 0.5, abs=0.8)
    assert found["farthest"] == pytest.approx(14 - 4 + 0.5, abs=0.8)
    assert found["centroid_distance"] == pytest.approx(8.5, abs=0.8)
    assert found["share_inside"] == 1
    outside = values(depth_features(organ & (r > 13), lesion, spacing_mm=(3, 1, 1)))
    assert outside["share_inside"] == 0
    assert outside["nearest"] == pytest.approx(13.2 - 8, abs=0.9)
    full = depth_features(lesion, np.ones_like(lesion), spacing_mm=(3, 1, 1)).set_index("feature")
    assert "no surface" in full.loc["nearest", "reason"]
    with pytest.raises(InputError, match="IGX-FEAT-081"):
        depth_features(lesion, lesion & False, spacing_mm=(3, 1, 1))


@settings(max_examples=25, deadline=None)
@given(mask=MASKS, organ=MASKS.filter(lambda m: not m.all()))
def test_depths_are_those_of_a_slow_search(mask, organ):
    spacing = np.array([2.0, 1.0, 0.5])
    places = np.argwhere(mask)
    to_side = {side: np.argwhere(organ != side) for side in (False, True)}
    wanted = [
        np.sqrt((((to_side[bool(organ[tuple(p)])] - p) * spacing) ** 2).sum(axis=1)).min() for p in places
    ]
    found = values(depth_features(mask, organ, spacing_mm=spacing.tolist()))
    assert found["nearest"] == pytest.approx(min(wanted))
    assert found["mean_distance"] == pytest.approx(np.mean(wanted))
    assert found["farthest"] == pytest.approx(max(wanted))
    assert found["share_inside"] == pytest.approx(organ[mask].mean())


@settings(max_examples=25, deadline=None)
@given(mask=MASKS, seed=st.integers(0, 1000))
def test_shuffling_keeps_the_histogram_and_all_else(mask, seed):
    image = np.arange(mask.size, dtype=float).reshape(mask.shape)
    shuffled = shuffled_image(image, mask, seed=seed, patient="P1")
    np.testing.assert_array_equal(np.sort(shuffled[mask]), image[mask])
    np.testing.assert_array_equal(shuffled[~mask], image[~mask])
    np.testing.assert_array_equal(shuffled, shuffled_image(image, mask, seed=seed, patient="P1"))


def test_each_patient_is_shuffled_in_another_way_and_both_images_alike():
    mask = np.ones((2, 8, 8), bool)
    image = np.arange(128.0).reshape(mask.shape)
    one = shuffled_image(image, mask, seed=1, patient="A")
    assert not np.array_equal(one, shuffled_image(image, mask, seed=1, patient="B"))
    assert not np.array_equal(one, shuffled_image(image, mask, seed=2, patient="A"))
    np.testing.assert_array_equal(shuffled_image(2 * image, mask, seed=1, patient="A"), 2 * one)


@settings(max_examples=40, deadline=None)
@given(shape=hnp.arrays(np.bool_, (2, 2, 3)).filter(np.any), allowed=hnp.arrays(np.bool_, (3, 5, 6)))
def test_fitting_places_are_those_of_a_slow_search(shape, allowed):
    wanted = np.array(
        [
            [[allowed[z : z + 2, y : y + 2, x : x + 3][shape].all() for x in range(4)] for y in range(4)]
            for z in range(2)
        ]
    )
    np.testing.assert_array_equal(fitting_places(shape, allowed), wanted)


def test_a_moved_region_keeps_its_shape_inside_the_area():
    rng = np.random.default_rng(2)
    mask = np.zeros((6, 20, 20), bool)
    mask[0:3, 0:5, 0:4] = rng.random((3, 5, 4)) < 0.6
    allowed = np.zeros_like(mask)
    allowed[1:, 6:, 3:] = True
    places = set()
    for k in range(60):
        moved = moved_region(mask, allowed, seed=k, patient="A")
        assert not (moved & ~allowed).any()
        assert moved.sum() == mask.sum()
        offset = np.argwhere(moved) - np.argwhere(mask)
        assert (offset == offset[0]).all()
        places.add(tuple(offset[0]))
    assert len(places) > 40
    np.testing.assert_array_equal(
        moved_region(mask, allowed, seed=1, patient="A"), moved_region(mask, allowed, seed=1, patient="A")
    )


def test_no_room_is_said():
    with pytest.raises(InputError, match="IGX-FEAT-088"):
        moved_region(np.ones((1, 3, 3), bool), np.zeros((1, 3, 3), bool), seed=0, patient="A")
