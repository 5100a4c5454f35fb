import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.images.dicom.seg import read_seg
from imagenomics.images.read import read_mask
from imagenomics.images.volume import Volume

sys.path.insert(0, str(Path(__file__).parent))

from dicom_mask_files import FRAME_UID, LABELMAP, SEG, SERIES_UID, image, save, segmentation, turned

DATA = Path(os.environ.get("IMAGENOMICS_TEST_DATA", "")) / "dicom"
realdata = [
    pytest.mark.realdata,
    pytest.mark.skipif(
        not os.environ.get("IMAGENOMICS_TEST_DATA"), reason="IMAGENOMICS_TEST_DATA is not set"
    ),
]


def pixels(seed=0, shape=(12, 9)):
    return np.random.default_rng(seed).random(shape) < 0.4


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)), st.booleans(), st.integers(1, 5), st.sampled_from([None, turned()]))
def test_frames_go_where_their_geometry_says(tmp_path_factory, order, flip, n, direction):
    """In any order, mirrored, on an oblique grid; slices without a frame are empty."""
    volume = image(direction=direction)
    slices = order[:n]
    made = segmentation(volume, [(z, 1, pixels(z)) for z in slices], flip=flip, labels=("lesion",))
    found = read_seg(save(made, tmp_path_factory.mktemp("seg") / "a.dcm", SEG), volume)
    expected = np.zeros(volume.array.shape, bool)
    for z in slices:
        expected[z] = pixels(z)
    assert np.array_equal(found.regions["lesion"], expected)
    assert found.label_map().grid == volume.grid
    assert found.table.loc[0, "n_voxels"] == expected.sum()
    assert found.table.loc[0, "volume_mm3"] == pytest.approx(expected.sum() * 3.0 * 0.8 * 1.25)


def test_sagittal_frames_and_frames_of_a_part(tmp_path):
    """Frames across another axis, smaller than the image: only their place in the patient counts."""
    volume = image((5, 6, 7), spacing=(2.0, 1.0, 1.0))
    made = segmentation(image((7, 3, 2), spacing=(1.0, 2.0, 1.0)), [(0, 1, pixels(1, (3, 2)))], labels=("a",))
    shared = made.SharedFunctionalGroupsSequence[0]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    start = volume.grid.to_mm(np.array([[4, 1, 5]]))[0]
    made.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0].ImagePositionPatient = list(start)
    found = read_seg(save(made, tmp_path / "a.dcm", SEG), volume).regions["a"]
    expected = np.zeros((5, 6, 7), bool)
    expected[[4, 3, 2], 1:3, 5] = pixels(1, (3, 2))
    assert np.array_equal(found, expected)


def test_overlapping_segments_keep_their_voxels_but_have_no_label_map(tmp_path):
    volume = image()
    made = segmentation(volume, [(1, 1, pixels(1)), (1, 2, pixels(2)), (2, 2, pixels(3))])
    path = save(made, tmp_path / "a.dcm", SEG)
    found = read_seg(path, volume)
    assert np.array_equal(found.regions["lesion"][1], pixels(1))
    assert np.array_equal(found.regions["organ"][1:3], [pixels(2), pixels(3)])
    shared = int((pixels(1) & pixels(2)).sum())
    with pytest.raises(InputError, match=f"IGX-IMG-160.*share {shared} voxels"):
        found.label_map()
    assert read_seg(path, volume, segments=["organ"]).label_map().labels == (2,)


def test_names_by_label_number_and_code(tmp_path):
    volume = image()
    path = save(segmentation(volume, [(1, 1, pixels(1))]), tmp_path / "a.dcm", SEG)
    assert list(read_seg(path, volume, names="number").regions) == ["1", "2"]
    assert list(read_seg(path, volume, names="code").regions) == ["SCT:100", "SCT:101"]
    found = read_seg(path, volume)
    assert not found.regions["organ"].any()
    assert found.table[["region", "number", "code", "meaning"]].to_numpy().tolist() == [
        ["lesion", 1, "SCT:100", "lesion"],
        ["organ", 2, "SCT:101", "organ"],
    ]
    with pytest.raises(InputError, match=r"IGX-IMG-157(.|\n)*did you mean 'lesion'"):
        read_seg(path, volume, segments=["lesions"])
    twice = save(segmentation(volume, [(1, 1, pixels(1))], labels=("a", "a")), tmp_path / "b.dcm", SEG)
    with pytest.raises(InputError, match="IGX-IMG-158"):
        read_seg(twice, volume)
    assert list(read_seg(twice, volume, names="number").regions) == ["1", "2"]


@pytest.mark.parametrize(("threshold", "least"), [(0.5, 50), (0.505, 51), (1.0, 100), (0.001, 1)])
def test_a_fractional_segmentation_is_cut_at_the_declared_share(tmp_path, threshold, least):
    volume = image()
    values = np.random.default_rng(0).integers(0, 101, (12, 9))
    made = segmentation(volume, [(2, 1, values)], kind="FRACTIONAL", labels=("a",), most=100)
    path = save(made, tmp_path / "a.dcm", SEG)
    found = read_seg(path, volume, threshold=threshold)
    assert np.array_equal(found.regions["a"][2], values >= least)
    assert f"inside from {threshold * 100:g} on" in found.history[0]
    for wrong in (None, 0.0, 1.5, -1.0, float("nan")):
        with pytest.raises(InputError, match="IGX-IMG-152"):
            read_seg(path, volume, threshold=wrong)


def test_a_binary_segmentation_takes_no_threshold(tmp_path):
    volume = image()
    path = save(segmentation(volume, [(2, 1, pixels())]), tmp_path / "a.dcm", SEG)
    with pytest.raises(InputError, match="IGX-IMG-152"):
        read_seg(path, volume, threshold=0.5)


def test_a_label_map(tmp_path):
    volume = image()
    values = np.random.default_rng(0).integers(0, 3, (12, 9))
    made = segmentation(volume, [(2, 1, values), (4, 1, values)], kind="LABELMAP")
    found = read_seg(save(made, tmp_path / "a.dcm", LABELMAP), volume)
    assert np.array_equal(found.label_map().array[[2, 4]], [values, values])
    assert found.label_map().labels == (1, 2)


def test_another_series_or_frame_of_reference_is_refused(tmp_path):
    volume = image()
    path = save(segmentation(volume, [(2, 1, pixels())]), tmp_path / "a.dcm", SEG)
    found = read_seg(path, volume, frame_of_reference_uid=FRAME_UID, series_uid=SERIES_UID)
    assert found.history[1:] == ("frame of reference of the image", "series of the image")
    assert "not compared" in read_seg(path, volume).history[1]
    with pytest.raises(InputError, match=r"IGX-IMG-153(.|\n)*image.nii"):
        read_seg(path, volume, frame_of_reference_uid="9.9")
    with pytest.raises(InputError, match="IGX-IMG-154"):
        read_seg(path, volume, series_uid="9.9")


@pytest.mark.parametrize("shift", [(0.1, 0, 0), (0, 0.2, 0), (0, 0, 0.2)])
def test_frames_beside_the_grid_are_refused(tmp_path, shift):
    volume = image()
    made = segmentation(volume, [(2, 1, pixels())])
    item = made.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0]
    item.ImagePositionPatient = list(np.array(item.ImagePositionPatient, float) + shift)
    with pytest.raises(InputError, match="IGX-IMG-155") as caught:
        read_seg(save(made, tmp_path / "a.dcm", SEG), volume)
    assert volume.grid.text() in caught.value.expected


def test_another_resolution_or_a_turned_frame_is_refused(tmp_path):
    volume = image()
    finer = segmentation(image(spacing=(3.0, 0.4, 0.625)), [(2, 1, pixels())])
    with pytest.raises(InputError, match="IGX-IMG-155"):
        read_seg(save(finer, tmp_path / "a.dcm", SEG), volume)
    oblique = segmentation(image(direction=turned((0.02, 0, 0))), [(0, 1, pixels())])
    with pytest.raises(InputError, match="IGX-IMG-155"):
        read_seg(save(oblique, tmp_path / "b.dcm", SEG), volume)


def test_voxels_outside_the_image_are_refused_but_not_empty_pixels(tmp_path):
    volume, wide = image(), image((7, 12, 9))
    empty = np.zeros((12, 9), bool)
    path = save(segmentation(wide, [(2, 1, pixels()), (6, 1, empty)]), tmp_path / "a.dcm", SEG)
    assert read_seg(path, volume).regions["lesion"].sum() == pixels().sum()
    path = save(segmentation(wide, [(2, 1, pixels()), (6, 1, pixels())]), tmp_path / "b.dcm", SEG)
    with pytest.raises(InputError, match=f"IGX-IMG-156.*{int(pixels().sum())} voxels"):
        read_seg(path, volume)


def test_two_frames_at_one_place_are_refused(tmp_path):
    volume = image()
    path = save(segmentation(volume, [(2, 1, pixels()), (2, 1, pixels(5))]), tmp_path / "a.dcm", SEG)
    with pytest.raises(InputError, match=r"IGX-IMG-163.*frames 1 and 2"):
        read_seg(path, volume)


def test_an_image_without_mm_cannot_place_a_mask(tmp_path):
    path = save(segmentation(image(), [(2, 1, pixels())]), tmp_path / "a.dcm", SEG)
    with pytest.raises(InputError, match="IGX-IMG-161"):
        read_seg(path, image(spacing_known=False))


def test_a_segmentation_made_by_highdicom(tmp_path):
    """An independent writer: highdicom leaves empty frames out and orders frames by segment."""
    hd = pytest.importorskip("highdicom")
    from highdicom.sr.coding import CodedConcept

    volume = image((6, 12, 9), spacing=(2.0, 1.0, 1.5))
    array = np.random.default_rng(2).random((*volume.array.shape, 2)) < 0.3
    array[[0, 3], :, :, 0] = False
    positions = [hd.PlanePositionSequence("PATIENT", p) for p in _slice_positions(volume)]
    concept = CodedConcept("85756007", "SCT", "Tissue")
    described = [
        hd.seg.SegmentDescription(k, label, concept, concept, "MANUAL") for k, label in ((1, "a"), (2, "b"))
    ]
    made = hd.seg.Segmentation(
        source_images=_source(volume),
        pixel_array=array.astype(np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=described,
        series_instance_uid="1.2.7",
        series_number=1,
        sop_instance_uid="1.2.8",
        instance_number=1,
        manufacturer="x",
        manufacturer_model_name="x",
        software_versions="x",
        device_serial_number="x",
        plane_positions=positions,
    )
    made.save_as(tmp_path / "a.dcm")
    found = read_seg(tmp_path / "a.dcm", volume, frame_of_reference_uid=FRAME_UID, series_uid=SERIES_UID)
    assert np.array_equal(found.regions["a"], array[..., 0])
    assert np.array_equal(found.regions["b"], array[..., 1])


def _slice_positions(volume):
    return [tuple(volume.grid.to_mm(np.array([[z, 0, 0]]))[0]) for z in range(len(volume.array))]


def _source(volume):
    from dicom_mask_files import dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    made = []
    for z, position in enumerate(_slice_positions(volume)):
        item = dataset(
            SOPClassUID=CTImageStorage, SOPInstanceUID=f"1.2.6.{z + 1}", StudyInstanceUID="1.2.1",
            SeriesInstanceUID=SERIES_UID, FrameOfReferenceUID=FRAME_UID, Modality="CT", PatientID="p",
            PatientName="p", PatientBirthDate="", PatientSex="", StudyID="", StudyDate="", StudyTime="",
            AccessionNumber="", ReferringPhysicianName="", Rows=12, Columns=9, PixelSpacing=[1.0, 1.5],
            SliceThickness=2.0, ImageOrientationPatient=[1, 0, 0, 0, 1, 0], ImagePositionPatient=list(position),
            InstanceNumber=z + 1, ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        )  # fmt: skip
        item.file_meta = FileMetaDataset()
        item.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made.append(item)
    return made


class TestRealData:
    pytestmark = realdata

    @pytest.mark.parametrize(
        ("seg", "truth"),
        [
            ("dcmqi/23x38x3/seg/label.seg", "dcmqi/23x38x3/nrrd/label.nrrd"),
            ("dcmqi/liver.dcm", "dcmqi/liver_seg.nrrd"),
        ],
    )
    def test_the_voxels_of_dcmqi(self, seg, truth):
        mask = read_mask(DATA / truth)
        volume = Volume(np.zeros(mask.grid.shape), mask.spacing_mm, mask.origin_mm, mask.direction)
        found = read_seg(DATA / seg, volume)
        assert list(found.regions) == ["Liver"]
        assert np.array_equal(found.label_map().array, mask.array)

    @pytest.mark.parametrize(
        ("name", "threshold"), [("binary", None), ("binary_overlap", None), ("true_fractional", 0.4)]
    )
    def test_the_frames_of_highdicom(self, name, threshold):
        """Frames of one slice each, far apart: a grid is laid through them, and highdicom's reader is the oracle."""
        hd = pytest.importorskip("highdicom")
        seg = hd.seg.segread(DATA / f"highdicom/seg_image_ct_{name}.dcm")
        groups = seg.PerFrameFunctionalGroupsSequence
        heights = [float(g.PlanePositionSequence[0].ImagePositionPatient[2]) for g in groups]
        for z in sorted(set(heights)):
            volume = Volume(
                np.zeros((400, 16, 16)), (1.25, 0.488281, 0.488281), (-125.0, -128.100006, z - 200 * 1.25)
            )
            chosen = [k for k, h in enumerate(heights) if abs((h - z) / 1.25 - round((h - z) / 1.25)) < 0.01]
            if len(chosen) < len(heights):
                continue
            found = read_seg(DATA / f"highdicom/seg_image_ct_{name}.dcm", volume, threshold=threshold)
            for k in chosen:
                number = groups[k].SegmentIdentificationSequence[0].ReferencedSegmentNumber
                label = seg.get_segment_description(number).SegmentLabel
                frame = seg.pixel_array[k]
                expected = frame >= threshold * 255 if threshold else frame > 0
                assert np.array_equal(found.regions[label][200 + round((heights[k] - z) / 1.25)], expected)
            return
        pytest.fail("no grid holds all frames")

    def test_a_slide_is_refused(self):
        with pytest.raises(InputError, match="IGX-IMG-164"):
            read_seg(DATA / "highdicom/seg_image_sm_dots.dcm", image(), names="number")

    def test_the_image_instead_of_the_mask(self):
        with pytest.raises(InputError, match=r"IGX-IMG-150.*CT"):
            read_seg(DATA / "highdicom/ct_image.dcm", image())
