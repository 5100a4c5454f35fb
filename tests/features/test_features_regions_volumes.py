"""Volumes, ratios and the number of lesions, against counts by hand and SimpleITK."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.regions.lesions import lesion_features, lesion_gaps
from imagenomics.features.regions.volumes import (
    compartment_features,
    sequence_ratio_features,
    split_labels,
)
from imagenomics.features.rows import COLUMNS

SPACING = (3.0, 1.0, 0.5)
MASKS = hnp.arrays(np.bool_, (4, 6, 7)).filter(np.any)


def value(rows, feature):
    return float(rows.set_index("feature").loc[feature, "value"])


def reason(rows, feature):
    return str(rows.set_index("feature").loc[feature, "reason"])


def layered(shape=(6, 10, 10)):
    labels = np.zeros(shape, np.int16)
    labels[1:5, 1:9, 1:9] = 2  # oedema
    labels[2:4, 3:7, 3:7] = 4  # enhancing
    labels[2:4, 4:6, 4:6] = 1  # necrosis
    return labels


def test_volumes_and_ratios_of_a_layered_lesion():
    masks = split_labels(layered(), {"necrosis": 1, "oedema": 2, "enhancing": [4]})
    rows = compartment_features(masks, spacing_mm=SPACING)
    assert tuple(rows.columns) == COLUMNS
    assert value(rows, "volume_necrosis") == 8 * 1.5
    assert value(rows, "volume_whole") == 4 * 64 * 1.5
    assert value(rows, "necrosis_of_core") == 8 / 32
    assert value(rows, "rim_of_core") == 24 / 32
    assert value(rows, "oedema_to_core") == (256 - 32) / 32
    assert set(rows["status"]) == {"ok"}


def test_overlapping_regions_count_once():
    core = np.zeros((1, 4, 4), bool)
    core[0, :2, :2] = True
    whole = np.ones((1, 4, 4), bool)
    rows = compartment_features(
        {"core": core, "flair": whole},
        spacing_mm=(1, 1, 1),
        ratios={"share": (("core",), ("core", "flair"))},
    )
    assert value(rows, "share") == 4 / 16
    assert value(rows, "volume_whole") == 16


def test_an_empty_part_is_a_volume_of_zero_and_its_ratio_says_why():
    labels = layered()
    labels[labels == 1] = 4
    masks = split_labels(labels, {"necrosis": 1, "enhancing": 4, "oedema": 2})
    rows = compartment_features(masks, spacing_mm=SPACING, ratios={"a": (("oedema",), ("necrosis",))})
    assert value(rows, "volume_necrosis") == 0
    assert "necrosis has no voxel" in reason(rows, "a")


def test_a_ratio_without_its_region_says_so():
    rows = compartment_features({"enhancing": np.ones((1, 2, 2), bool)}, spacing_mm=SPACING)
    assert "no region 'necrosis' was given" in reason(rows, "necrosis_of_core")


def test_unknown_spacing_flags_volumes_and_not_ratios():
    masks = split_labels(layered(), {"necrosis": 1, "oedema": 2, "enhancing": 4})
    rows = compartment_features(masks, spacing_mm=SPACING, spacing_known=False).set_index("feature")
    assert rows.loc["volume_whole", ["value", "unit", "flags"]].tolist() == [256, "voxels", "voxel-units"]
    assert rows.loc["oedema_to_core", ["flags", "status"]].tolist() == ["", "ok"]
    assert rows.index[0] == "volume_necrosis"


@settings(max_examples=20, deadline=None)
@given(order=st.permutations([1, 2, 4]))
def test_ratios_do_not_depend_on_label_numbers(order):
    table = np.zeros(5, np.int16)
    table[[1, 2, 4]] = order
    names = dict(zip(("necrosis", "oedema", "enhancing"), order, strict=True))
    permuted = compartment_features(split_labels(table[layered()], names), spacing_mm=SPACING)
    names = {"necrosis": 1, "oedema": 2, "enhancing": 4}
    straight = compartment_features(split_labels(layered(), names), spacing_mm=SPACING)
    np.testing.assert_array_equal(permuted["value"], straight["value"])


@pytest.mark.parametrize("labels", [np.full((2, 2, 2), 0.5), np.full((2, 2, 2), 7)])
def test_labels_without_a_name_are_refused(labels):
    with pytest.raises(InputError, match="IGX-FEAT-084"):
        split_labels(labels, {"a": 1})


def test_bad_masks_are_refused():
    with pytest.raises(ArgumentTypeError, match="IGX-FEAT-080"):
        compartment_features({"a": np.ones((2, 2, 2))}, spacing_mm=SPACING)
    with pytest.raises(InputError, match="IGX-FEAT-080"):
        compartment_features({"a": np.ones((2, 2), bool)}, spacing_mm=SPACING)
    with pytest.raises(InputError, match="IGX-FEAT-081"):
        compartment_features({"a": np.zeros((2, 2, 2), bool)}, spacing_mm=SPACING)
    with pytest.raises(InputError, match="IGX-FEAT-081"):
        compartment_features({}, spacing_mm=SPACING)
    with pytest.raises(InputError, match="IGX-FEAT-082"):
        compartment_features(
            {"a": np.ones((2, 2, 2), bool), "b": np.ones((1, 2, 2), bool)}, spacing_mm=SPACING
        )
    with pytest.raises(InputError, match="IGX-FEAT-007"):
        compartment_features({"a": np.ones((2, 2, 2), bool)}, spacing_mm=(0, 1, 1))


def test_sequence_ratio_on_one_grid_and_on_two():
    outer, inner = np.zeros((2, 1, 5, 5), bool)
    outer[0, :4, :4] = True
    inner[0, 2:5, :2] = True
    rows = sequence_ratio_features(outer, inner, outer_spacing_mm=(2, 1, 1), spacing_known=False)
    assert value(rows, "volume_ratio") == 16 / 6
    assert value(rows, "enclosed_share") == 4 / 6
    assert set(rows["flags"]) == {""}
    fine = np.repeat(inner, 2, axis=2)
    options = {"outer_spacing_mm": (2, 1, 1), "inner_spacing_mm": (2, 1, 0.5)}
    assert value(sequence_ratio_features(outer, fine, **options), "volume_ratio") == 16 / 6
    unknown = sequence_ratio_features(outer, fine, **options, spacing_known=False)
    assert "no common unit" in reason(unknown, "volume_ratio")
    nothing = sequence_ratio_features(outer, inner & False, outer_spacing_mm=(2, 1, 1))
    assert "no voxel" in reason(nothing, "volume_ratio")


def test_three_lesions_by_hand():
    mask = np.zeros((1, 20, 30), bool)
    mask[0, 2:6, 2:6] = True
    mask[0, 2:6, 10:12] = True
    mask[0, 15, 20] = True
    rows = lesion_features(mask, spacing_mm=(1, 1, 2))
    assert value(rows, "n_lesions") == 3
    assert value(rows, "largest_share") == 16 / 25
    assert value(rows, "effective_number") == pytest.approx(25**2 / (16**2 + 8**2 + 1))
    assert value(rows, "nearest_gap") == 5 * 2
    assert value(rows, "widest_gap") == pytest.approx(np.hypot(10, 18))
    assert value(rows, "centroid_spread") == pytest.approx(np.hypot(15 - 3.5, 2 * (20 - 3.5)))
    assert value(rows, "multifocal") == 1
    few = lesion_features(mask, spacing_mm=(1, 1, 2), min_volume=10, min_gap=11)
    assert (value(few, "n_lesions"), value(few, "n_specks"), value(few, "multifocal")) == (2, 1, 0)


@settings(max_examples=25, deadline=None)
@given(mask=MASKS)
def test_lesions_are_the_components_of_simpleitk(mask):
    rows = lesion_features(mask, spacing_mm=SPACING)
    found = sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8)), True)
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(found)
    sizes = [statistics.GetNumberOfPixels(label) for label in statistics.GetLabels()]
    assert value(rows, "n_lesions") == len(sizes)
    assert value(rows, "largest_share") == pytest.approx(max(sizes) / sum(sizes))


@settings(max_examples=15, deadline=None)
@given(mask=MASKS)
def test_gaps_are_the_distance_maps_of_simpleitk(mask):
    labels, n = ndimage.label(mask)
    gaps = lesion_gaps(labels, np.arange(1, n + 1), SPACING)
    for label in range(1, n + 1):
        own = sitk.GetImageFromArray((labels == label).astype(np.uint8))
        own.SetSpacing(SPACING[::-1])
        distance = sitk.GetArrayFromImage(
            sitk.SignedMaurerDistanceMap(own, squaredDistance=False, useImageSpacing=True)
        )
        for other in range(1, n + 1):
            if other != label:
                assert gaps[label - 1, other - 1] == pytest.approx(distance[labels == other].min(), rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(mask=MASKS)
def test_lesions_do_not_change_when_turned_or_moved(mask):
    rows = lesion_features(mask, spacing_mm=(2, 1, 1))
    turned = lesion_features(np.rot90(mask, axes=(1, 2)), spacing_mm=(2, 1, 1))
    moved = lesion_features(np.pad(mask, ((1, 0), (2, 3), (0, 4))), spacing_mm=(2, 1, 1))
    np.testing.assert_allclose(turned["value"], rows["value"])
    np.testing.assert_allclose(moved["value"], rows["value"])


def test_too_many_and_too_small_lesions_say_so():
    dots = np.zeros((1, 60, 60), bool)
    dots[0, ::3, ::3] = True
    assert "400 lesions" in reason(lesion_features(dots, spacing_mm=(1, 1, 1)), "nearest_gap")
    rows = lesion_features(dots, spacing_mm=(1, 1, 1), min_volume=2)
    assert value(rows, "n_lesions") == 0
    assert "min_volume" in reason(rows, "largest_share")
