import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.images.geometry import check_geometry, compare_grids, match_mask, share_inside
from imagenomics.images.grid import Grid
from imagenomics.images.volume import Mask, Volume, regions

SHAPE = (6, 10, 8)


def pair(**changes):
    volume = Volume(
        np.zeros(SHAPE), spacing_mm=(3.0, 1.0, 1.0), origin_mm=(-4.0, 5.0, 6.0), source="image.nii"
    )
    labels = np.zeros(SHAPE, int)
    labels[2:4, 3:7, 2:6] = 1
    labels[3, 4, 4] = 2
    mask = Mask(labels, volume.spacing_mm, volume.origin_mm, source="mask.nii")
    return volume, dataclasses.replace(mask, **changes)


def turned(angle):
    c, s = np.cos(angle), np.sin(angle)
    return (c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0)


def test_the_same_grid_passes_and_the_mask_is_left_alone():
    volume, mask = pair()
    check_geometry(volume, mask)
    assert match_mask(volume, mask) is mask


def test_rounding_in_headers_is_not_a_difference():
    volume, mask = pair(origin_mm=(-4.0000004, 5.0000002, 5.9999999), spacing_mm=(3.0000001, 1.0, 0.9999999))
    check_geometry(volume, mask)


@settings(max_examples=60, deadline=None)
@given(st.floats(-0.02, 0.02), st.integers(0, 2))
def test_the_tolerance_is_a_hundredth_of_the_shortest_voxel_side(shift, axis):
    volume, _ = pair()
    origin = list(volume.origin_mm)
    origin[axis] += shift
    difference = compare_grids(volume.grid, dataclasses.replace(volume.grid, origin_mm=tuple(origin)))
    assert np.isclose(difference.corner_error_mm, abs(shift), atol=1e-9)
    if abs(abs(shift) - 0.01) > 1e-9:
        assert difference.same == (abs(shift) < 0.01)


@pytest.mark.parametrize(
    ("changes", "part", "error_mm"),
    [
        ({"origin_mm": (-4.0, 5.0, 9.0)}, "origin", 3.0),
        ({"spacing_mm": (3.5, 1.0, 1.0)}, "spacing", 0.5 * 5.5),
        ({"direction": (-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0)}, "direction", np.hypot(15, 19)),
        ({"direction": turned(0.01)}, "direction", 2 * np.sin(0.005) * np.hypot(7.5, 9.5)),
    ],
)
def test_a_difference_shows_both_geometries_and_the_corner_error(changes, part, error_mm):
    volume, mask = pair(**changes)
    with pytest.raises(InputError) as caught:
        check_geometry(volume, mask)
    error = caught.value
    assert error.code == "IGX-IMG-021"
    assert f"{part} differ" in error.what
    assert f"{error_mm:.4g} mm" in error.what
    assert "image.nii" in error.where
    assert "mask.nii" in error.where
    assert volume.grid.text() in error.expected
    assert mask.grid.text() in error.expected
    assert 'geometry = "image"' in error.remedy


def test_other_sizes_offer_resampling_only_where_the_mask_lies_in_the_image():
    volume, mask = pair(array=np.ones((3, 5, 4), int), spacing_mm=(6.0, 2.0, 2.0))
    with pytest.raises(InputError, match="IGX-IMG-020") as caught:
        check_geometry(volume, mask)
    assert "resample-mask" in caught.value.remedy
    assert '"image"' not in caught.value.remedy
    far = dataclasses.replace(mask, origin_mm=(500.0, 0.0, 0.0))
    with pytest.raises(InputError, match="IGX-IMG-020") as caught:
        check_geometry(volume, far)
    assert "resample-mask" not in caught.value.remedy
    assert "exchanged" in caught.value.remedy


def test_taking_the_header_of_the_image_keeps_the_labels_and_is_recorded():
    volume, mask = pair(origin_mm=(0.0, 0.0, 0.0))
    repaired = match_mask(volume, mask, geometry="image")
    assert repaired.grid == volume.grid
    assert np.array_equal(repaired.array, mask.array)
    assert "header of the image" in repaired.history[-1]
    with pytest.raises(InputError, match="IGX-IMG-022"):
        match_mask(volume, dataclasses.replace(mask, array=np.ones((3, 5, 4), int)), geometry="image")


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2])
def test_resampling_takes_the_label_at_the_same_place_in_the_patient(angle):
    volume, mask = pair(
        array=np.arange(9 * 12 * 11).reshape(9, 12, 11) % 7,
        spacing_mm=(2.0, 0.8, 0.9),
        origin_mm=(-5.0 + 9 * np.sin(angle), 4.0 + np.cos(angle), 5.5),
        direction=turned(angle),
    )
    repaired = match_mask(volume, mask, geometry="resample-mask")
    assert repaired.grid == volume.grid
    assert "nearest neighbour" in repaired.history[-1]
    indices = np.argwhere(np.ones(SHAPE, bool))
    places = mask.grid.to_index(volume.grid.to_mm(indices))
    clear = np.abs(places - np.floor(places) - 0.5).min(axis=1) > 1e-6  # not halfway between two voxels
    nearest = np.rint(places).astype(int)
    inside = ((nearest >= 0) & (nearest < mask.array.shape)).all(axis=1)
    expected = np.where(inside, mask.array[tuple(np.clip(nearest, 0, np.array(mask.array.shape) - 1).T)], 0)
    assert np.array_equal(repaired.array[tuple(indices[clear].T)], expected[clear])
    assert clear.mean() > 0.7


def test_resampling_refuses_a_mask_of_another_place():
    volume, mask = pair(origin_mm=(500.0, 0.0, 0.0))
    with pytest.raises(InputError, match="IGX-IMG-022"):
        match_mask(volume, mask, geometry="resample-mask")


def test_share_inside_counts_labelled_voxels():
    volume, mask = pair()
    assert share_inside(volume.grid, mask) == 1.0
    half = dataclasses.replace(mask, origin_mm=(-4.0 + 4.0, 5.0, 6.0))
    assert share_inside(volume.grid, half) == 0.5
    empty = dataclasses.replace(mask, array=np.zeros(SHAPE, int))
    assert np.isnan(share_inside(volume.grid, empty))


def test_a_volume_refuses_what_is_not_a_volume():
    with pytest.raises(InputError, match="IGX-IMG-006"):
        Volume(np.zeros((3, 4)))
    with pytest.raises(InputError, match="IGX-IMG-009"):
        Volume(np.zeros((3, 4, 5)), spacing_mm=(0.0, 1.0, 1.0))
    with pytest.raises(InputError, match="IGX-IMG-009"):
        Mask(np.zeros((3, 4, 5)), spacing_mm=(1.0, float("nan"), 1.0))


def test_a_volume_carries_its_history_and_new_geometry():
    volume, _ = pair()
    finer = volume.replace(np.ones((12, 10, 8)), "halved slices", grid=Grid((12, 10, 8), (1.5, 1.0, 1.0)))
    assert finer.history == ("halved slices",)
    assert volume.history == ()
    assert finer.spacing_mm == (1.5, 1.0, 1.0)
    assert finer.source == volume.source
    assert finer.replace(finer.array, "looked").grid == finer.grid


def test_regions_are_named_unions_of_labels():
    _, mask = pair()
    found = regions(mask, {"lesion": "any", "rim": (1,), "core": (2,), "both": (1, 2), "none": (9,)})
    assert {name: int(region.sum()) for name, region in found.items()} == {
        "lesion": 32, "rim": 31, "core": 1, "both": 32, "none": 0
    }  # fmt: skip
    assert all(region.dtype == bool for region in found.values())
