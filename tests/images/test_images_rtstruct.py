import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.images.dicom.rtstruct import read_rtstruct
from imagenomics.images.read import read_mask, read_volume

sys.path.insert(0, str(Path(__file__).parent))

from dicom_mask_files import FRAME_UID, RTSTRUCT, SERIES_UID, contour, image, save, structure_set, turned

DATA = Path(os.environ.get("IMAGENOMICS_TEST_DATA", ""))


def box(volume, z, rows, columns, *, axis=0):
    """The corners, in mm, of a rectangle around these voxels (first, last) of slice ``z``."""
    (a, b), (c, d) = rows, columns
    flat = np.array([[a - 0.5, c - 0.5], [a - 0.5, d + 0.5], [b + 0.5, d + 0.5], [b + 0.5, c - 0.5]])
    return volume.grid.to_mm(np.insert(flat, axis, z, axis=1))


def read(tmp_path, volume, drawn, **options):
    path = save(structure_set(drawn), tmp_path / "rs.dcm", RTSTRUCT)
    return read_rtstruct(path, volume, **options)


def voxels(volume, *boxes):
    expected = np.zeros(volume.array.shape, bool)
    for z, (a, b), (c, d) in boxes:
        expected[z, a : b + 1, c : d + 1] ^= True
    return expected


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(*[st.floats(-3, 3)] * 3),
    st.integers(0, 4),
    st.tuples(st.integers(0, 11), st.integers(0, 11)).map(sorted),
    st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted),
)
def test_a_box_around_voxels_gives_these_voxels(tmp_path_factory, angles, z, rows, columns):
    """On grids that are not square, in any orientation."""
    volume = image(direction=turned(angles))
    found = read(tmp_path_factory.mktemp("rs"), volume, {"a": [contour(box(volume, z, rows, columns))]})
    assert np.array_equal(found.regions["a"], voxels(volume, (z, rows, columns)))
    assert len(found.remarks) == 0
    assert found.label_map().grid == volume.grid


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_contours_across_any_axis_of_the_voxels(tmp_path, axis):
    """The image may be stored with its slices along another axis than the contours."""
    volume = image()
    found = read(
        tmp_path, volume, {"a": [contour(box(volume, z, (1, 3), (2, 4), axis=axis)) for z in (2, 3)]}
    )
    expected = np.zeros(volume.array.shape, bool)
    np.moveaxis(expected, axis, 0)[2:4, 1:4, 2:5] = True
    assert np.array_equal(found.regions["a"], expected)


def test_a_contour_within_another_is_a_hole_and_a_keyhole_is_the_same(tmp_path):
    volume = image()
    outer, inner = box(volume, 2, (1, 10), (1, 7)), box(volume, 2, (3, 5), (3, 5))
    keyhole = np.concatenate([outer, outer[:1], inner[[0, 3, 2, 1, 0]]])
    found = read(tmp_path, volume, {"two": [contour(outer), contour(inner)], "one": [contour(keyhole)]})
    expected = voxels(volume, (2, (1, 10), (1, 7)), (2, (3, 5), (3, 5)))
    assert np.array_equal(found.regions["two"], expected)
    assert np.array_equal(found.regions["one"], expected)
    assert len(found.remarks) == 0
    xor = [contour(outer, "CLOSEDPLANAR_XOR"), contour(inner, "CLOSEDPLANAR_XOR")]
    assert np.array_equal(read(tmp_path, volume, {"x": xor}).regions["x"], expected)


def test_crossing_contours_are_reported(tmp_path):
    volume = image()
    bow_tie = volume.grid.to_mm(np.array([[1, 1, 1], [1, 8, 7], [1, 8, 1], [1, 1, 7.0]]))
    two = [contour(box(volume, 3, (1, 6), (1, 5))), contour(box(volume, 3, (4, 9), (3, 7)))]
    found = read(tmp_path, volume, {"bow": [contour(bow_tie)], "two": two})
    assert found.remarks.to_numpy().tolist() == [
        ["bow", "1", 1, "crosses itself 1 times"],
        ["two", "1, 2", 3, "contours cross each other 2 times; what two of them share lies outside"],
    ]
    assert found.regions["two"].sum() == 30 + 30 - 2 * 9


def test_contours_between_slices_are_refused_or_go_to_the_nearest(tmp_path):
    volume = image()
    heights = {"near": 1.3, "half": 2.5, "rounded": 3.04}
    rois = {name: [contour(box(volume, z, (1, 3), (2, 4)))] for name, z in heights.items()}
    with pytest.raises(InputError, match=r"IGX-IMG-171(.|\n)*between = 'nearest'"):
        read(tmp_path, volume, rois)
    assert read(tmp_path, volume, rois, rois=["rounded"]).regions["rounded"][3].any()
    found = read(tmp_path, volume, rois, between="nearest")
    slices = {
        name: np.flatnonzero(region.any(axis=(1, 2))).tolist() for name, region in found.regions.items()
    }
    assert slices == {"near": [1], "half": [2], "rounded": [3]}
    assert found.remarks["remark"].tolist() == [
        "taken to this slice from +0.30 slices away",
        "taken to this slice from +0.50 slices away",
    ]


def test_two_planes_in_one_slice_do_not_cancel_each_other_out(tmp_path):
    volume = image()
    drawn = [contour(box(volume, z, (1, 3), (2, 4))) for z in (1.7, 2.2, 2.2)]
    drawn[1:] = [contour(box(volume, 2.2, (1, 8), (1, 7))), contour(box(volume, 2.2, (3, 4), (3, 4)))]
    found = read(tmp_path, volume, {"a": drawn}, between="nearest")
    assert np.array_equal(found.regions["a"], voxels(volume, (2, (1, 8), (1, 7)), (2, (3, 4), (3, 4))))
    assert "another plane is nearer" in found.remarks["remark"].iloc[0]


def test_gaps_and_what_leaves_the_image_are_reported(tmp_path):
    volume = image()
    drawn = [contour(box(volume, z, (1, 3), (5, 20))) for z in (0, 3, 7)]
    found = read(tmp_path, volume, {"a": [*drawn, contour(box(volume, 1, (1, 1), (1, 1))[:2])]})
    assert np.array_equal(found.regions["a"], voxels(volume, (0, (1, 3), (5, 8)), (3, (1, 3), (5, 8))))
    assert found.remarks[["item", "slice", "remark"]].to_numpy().tolist() == [
        ["4", -1, "2 points enclose nothing: left out"],
        ["3", 7, "outside the image: left out"],
        ["1", 0, "reaches beyond the image: cut off"],
        ["2", 3, "reaches beyond the image: cut off"],
        ["", 1, "no contour, between slices that have one"],
        ["", 2, "no contour, between slices that have one"],
    ]


@pytest.mark.parametrize("z", [-2, 40])
def test_contours_of_another_place_are_refused(tmp_path, z):
    volume = image()
    with pytest.raises(InputError, match="IGX-IMG-174"):
        read(tmp_path, volume, {"a": [contour(box(volume, z, (1, 3), (2, 4)))]})
    with pytest.raises(InputError, match="IGX-IMG-174"):
        read(tmp_path, volume, {"a": [contour(box(volume, 1, (100, 130), (2, 4)))]})


def test_points_and_lines_are_no_regions(tmp_path):
    volume = image()
    corners = box(volume, 1, (1, 3), (2, 4))
    rois = {
        "mark": [contour(corners[:1], "POINT")],
        "line": [contour(corners, "OPEN_PLANAR")],
        "none": [],
        "lesion": [contour(corners)],
    }
    found = read(tmp_path, volume, rois)
    assert list(found.regions) == ["lesion"]
    assert found.table[["region", "n_voxels", "reason"]].to_numpy().tolist() == [
        ["mark", 0, "contours that enclose nothing: POINT"],
        ["line", 0, "contours that enclose nothing: OPEN_PLANAR"],
        ["none", 0, "no contours"],
        ["lesion", 9, ""],
    ]
    for name, code in {"mark": "IGX-IMG-170", "line": "IGX-IMG-170", "none": "IGX-IMG-175"}.items():
        with pytest.raises(InputError, match=code):
            read(tmp_path, volume, rois, rois=[name])


def test_contours_that_are_not_parallel_to_the_slices(tmp_path):
    volume = image()
    tilted = image(direction=turned((0.1, 0.0, 0.0)))
    with pytest.raises(InputError, match=r"IGX-IMG-172(.|\n)*contour 1 spans"):
        read(tmp_path, volume, {"a": [contour(box(tilted, 2, (1, 9), (2, 6)))]})


def test_names_numbers_and_references(tmp_path):
    volume = image()
    drawn = [contour(box(volume, 1, (1, 3), (2, 4)))]
    rois = {"GTV-1": drawn, "GTV-2": drawn}
    found = read(tmp_path, volume, rois, frame_of_reference_uid=FRAME_UID, series_uid=SERIES_UID)
    assert found.history[1:] == ("frame of reference of the image", "series of the image")
    assert list(read(tmp_path, volume, rois, names="number").regions) == ["1", "2"]
    with pytest.raises(InputError, match="IGX-IMG-157"):
        read(tmp_path, volume, rois, rois=["CTV"])
    with pytest.raises(InputError, match="IGX-IMG-153"):
        read(tmp_path, volume, rois, frame_of_reference_uid="9.9")
    with pytest.raises(InputError, match="IGX-IMG-154"):
        read(tmp_path, volume, rois, series_uid="9.9")
    with pytest.raises(InputError, match="IGX-IMG-160"):
        found.label_map()


def test_a_region_with_the_number_0_keeps_its_voxels_and_has_no_label(tmp_path):
    volume = image()
    made = structure_set({"a": [contour(box(volume, 1, (1, 3), (2, 4)))]})
    made.StructureSetROISequence[0].ROINumber = made.ROIContourSequence[0].ReferencedROINumber = 0
    found = read_rtstruct(save(made, tmp_path / "a.dcm", RTSTRUCT), volume)
    assert found.regions["a"].sum() == 9
    with pytest.raises(InputError, match="IGX-IMG-159"):
        found.label_map()


def test_contours_of_one_region_in_several_items(tmp_path):
    volume = image()
    parts = [[contour(box(volume, z, (1, 3), (2, 4)))] for z in (1, 2)]
    made = structure_set({"a": parts[0], "b": parts[1]})
    made.ROIContourSequence[1].ReferencedROINumber = 1
    found = read_rtstruct(save(made, tmp_path / "a.dcm", RTSTRUCT), volume)
    assert found.regions["a"].sum() == 18
    assert list(found.regions) == ["a"]


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.name, reason="IMAGENOMICS_TEST_DATA is not set")
class TestIbsiPhantom:
    """The RTSTRUCT and the NIfTI mask of the IBSI CT phantom are the same region."""

    FOLDER = DATA / "ibsi/ibsi_1_ct_radiomics_phantom"

    def test_every_voxel_of_the_published_mask(self):
        volume = read_volume(self.FOLDER / "nifti/image/phantom.nii.gz")
        truth = read_mask(self.FOLDER / "nifti/mask/mask.nii.gz")
        found = read_rtstruct(self.FOLDER / "dicom/mask/DCM_RS_00060.dcm", volume)
        assert list(found.regions) == ["GTV-1"]
        assert np.array_equal(found.label_map().array, truth.array)
        assert found.table.loc[0, "n_voxels"] == 125_256

    def test_the_same_voxels_when_the_image_is_stored_another_way(self):
        """Axes exchanged and mirrored: the voxels move, their places in the patient stay."""
        volume = read_volume(self.FOLDER / "nifti/image/phantom.nii.gz")
        truth = read_mask(self.FOLDER / "nifti/mask/mask.nii.gz").array
        grid = volume.grid
        origin = grid.to_mm(np.array([[0, truth.shape[1] - 1, 0]]))[0]
        # The array (y mirrored, z, x): its axes x, y, z are x, z and -y of the patient.
        stored = type(volume)(
            np.moveaxis(volume.array, 1, 0)[::-1],
            (grid.spacing_mm[1], grid.spacing_mm[0], grid.spacing_mm[2]),
            tuple(origin),
            (1.0, 0, 0, 0, 0, -1.0, 0, 1.0, 0),
        )
        found = read_rtstruct(self.FOLDER / "dicom/mask/DCM_RS_00060.dcm", stored)
        assert np.array_equal(found.regions["GTV-1"], np.moveaxis(truth, 1, 0)[::-1] != 0)
