"""Series of several volumes: named when one is expected, parted when asked; enhanced multi-frame objects."""

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.dicom.series import read_series, split_series
from imagenomics.images.dicom.write import write_series
from imagenomics.images.volume import Volume

SHAPE = (4, 6, 5)
SPACING = (3.0, 0.9, 0.8)


def array(seed):
    return np.random.default_rng(seed).integers(0, 2000, SHAPE)


def write_parts(folder, values, *, modality="MR"):
    """Write one volume for each dict of values, as parts of one series."""
    uid = None
    for i, attributes in enumerate(values):
        paths = write_series(
            Volume(array(i), SPACING),
            folder / f"{i}",
            modality=modality,
            series=f"{i}",
            attributes=attributes,
        )
        for path in paths:
            dataset = pydicom.dcmread(path)
            uid = uid or dataset.SeriesInstanceUID
            dataset.SeriesInstanceUID = uid
            dataset.save_as(path)
    return folder


def one_of(folder, code, *words):
    with pytest.raises(InputError) as caught:
        read_series(folder)
    assert caught.value.code == code, str(caught.value)
    for word in words:
        assert word in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("keyword", "values"),
    [
        ("TemporalPositionIdentifier", [1, 2, 3]),
        ("EchoTime", ["4.92", "2.46"]),
        ("DiffusionBValue", [0.0, 1000.0, 500.0]),
        ("TriggerTime", ["0", "40.5"]),
        ("AcquisitionTime", ["101500", "101630.5"]),
        ("FrameReferenceTime", ["1000", "31000"]),
    ],
)
def test_the_value_that_splits_is_named_and_parts(tmp_path, keyword, values):
    folder = write_parts(tmp_path, [{keyword: v} for v in values])
    error = one_of(folder, "IGX-IMG-111", keyword, f"{len(values)} volumes")
    assert f"by='{keyword}'" in error.remedy
    for by in (None, keyword):
        parts = split_series(folder, by=by)
        assert list(parts) == sorted(float(v) for v in values)
        for i, value in enumerate(values):
            assert np.array_equal(parts[float(value)].array, array(i))
            assert parts[float(value)].spacing_mm == pytest.approx(SPACING)
            assert any(keyword in step for step in parts[float(value)].history)


def test_magnitude_and_phase(tmp_path):
    folder = write_parts(tmp_path, [{"ImageType": ["ORIGINAL", "PRIMARY", k, "ND"]} for k in ("M", "P")])
    parts = split_series(folder)
    assert list(parts) == ["ORIGINAL\\PRIMARY\\M\\ND", "ORIGINAL\\PRIMARY\\P\\ND"]


def test_diffusion_with_directions_needs_two_values(tmp_path):
    directions = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    values = [{"DiffusionBValue": 0.0, "DiffusionGradientOrientation": [0.0, 0.0, 0.0]}]
    values += [
        {"DiffusionBValue": b, "DiffusionGradientOrientation": d} for b in (500.0, 1000.0) for d in directions
    ]
    folder = write_parts(tmp_path, values)
    one_of(folder, "IGX-IMG-111", "DiffusionBValue with DiffusionGradientOrientation", "5 volumes")
    parts = split_series(folder)
    assert next(iter(parts)) == (0.0, (0.0, 0.0, 0.0))
    assert np.array_equal(parts[(1000.0, (0.0, 1.0, 0.0))].array, array(4))


def test_b_values_in_private_elements(tmp_path):
    folder = write_parts(tmp_path, [{}, {}])
    for i, b in enumerate((0, 800)):
        for path in (folder / f"{i}").iterdir():
            dataset = pydicom.dcmread(path)
            dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", str(b))
            dataset.save_as(path)
    assert list(split_series(folder)) == [0.0, 800.0]


def test_a_part_with_a_gap_is_refused(tmp_path):
    folder = write_parts(tmp_path, [{"EchoTime": "5"}, {"EchoTime": "10"}])
    (folder / "1" / "0002.dcm").unlink()
    one_of(folder, "IGX-IMG-111", "EchoTime")
    with pytest.raises(InputError, match="IGX-IMG-109"):
        split_series(folder)


def test_what_does_not_split(tmp_path):
    folder = write_parts(tmp_path, [{"EchoTime": "5"}])
    with pytest.raises(InputError, match="IGX-IMG-117"):
        split_series(folder)
    with pytest.raises(InputError, match="did you mean 'EchoTime'"):
        split_series(folder, by="EchoTimes")
    with pytest.raises(InputError, match="IGX-IMG-116"):
        split_series(folder, by="EchoTime", max_voxels=100)
    assert list(split_series(folder, by="EchoTime")) == [5.0]


def test_a_localiser_is_parted_by_its_orientations(tmp_path):
    folder = write_parts(tmp_path, [{}, {"ImageOrientationPatient": ["0", "1", "0", "0", "0", "-1"]}])
    for i, path in enumerate(sorted((folder / "1").iterdir())):
        dataset = pydicom.dcmread(path)
        dataset.ImagePositionPatient = [f"{i * 3}", "0", "0"]
        dataset.save_as(path)
    error = one_of(folder, "IGX-IMG-108", "orientation")
    assert "ImageOrientationPatient" in error.remedy
    assert len(split_series(folder, by="ImageOrientationPatient")) == 2


def enhanced(path, arrays, *, slopes=None, order=None):
    """Write an enhanced MR object of several volumes (t, z, y, x)."""
    write_series(Volume(arrays[0], SPACING), path.parent / "single", modality="MR")
    dataset = pydicom.dcmread(path.parent / "single" / "0001.dcm")
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "RescaleSlope",
        "RescaleIntercept",
    ):
        delattr(dataset, keyword)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4.1"
    shared, frames, pixels = Dataset(), [], []
    orientation, measures = Dataset(), Dataset()
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.PixelSpacing, measures.SliceThickness = [0.9, 0.8], 3
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [orientation], [measures]
    places = [(t, z) for t in range(len(arrays)) for z in range(SHAPE[0])]
    for t, z in [places[i] for i in order] if order else places:
        item, position, scale, content = Dataset(), Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [0, 0, 3 * z]
        scale.RescaleSlope, scale.RescaleIntercept = (slopes or {}).get((t, z), 1), 0
        content.TemporalPositionIndex, content.InStackPositionNumber = t + 1, z + 1
        item.PlanePositionSequence, item.PixelValueTransformationSequence = [position], [scale]
        item.FrameContentSequence = [content]
        frames.append(item)
        pixels.append(arrays[t][z].astype("<i2").tobytes())
    dataset.SharedFunctionalGroupsSequence, dataset.PerFrameFunctionalGroupsSequence = [shared], frames
    dataset.NumberOfFrames, dataset.PixelData = len(frames), b"".join(pixels)
    dataset.save_as(path)
    return path


def test_an_enhanced_object_with_a_scale_for_each_frame(tmp_path):
    slopes = {(0, z): 1 + z for z in range(SHAPE[0])}
    path = enhanced(tmp_path / "e.dcm", [array(0)], slopes=slopes, order=[2, 0, 3, 1])
    volume = read_series(path)
    assert np.array_equal(volume.array, array(0) * np.arange(1, 5)[:, None, None])
    assert volume.spacing_mm == pytest.approx(SPACING)
    assert volume.source == str(path)


def test_an_enhanced_object_of_several_time_points(tmp_path):
    path = enhanced(tmp_path / "e.dcm", [array(0), array(1), array(2)])
    one_of(path, "IGX-IMG-111", "TemporalPositionIndex", "3 volumes")
    parts = split_series(path)
    assert list(parts) == [1.0, 2.0, 3.0]
    assert np.array_equal(parts[3.0].array, array(2))


def test_compressed_frames_of_an_enhanced_object(tmp_path):
    path = enhanced(tmp_path / "e.dcm", [array(0)], order=[3, 2, 1, 0])
    for syntax in (pydicom.uid.RLELossless, pydicom.uid.JPEGLSLossless):
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(tmp_path / "c.dcm")
        assert np.array_equal(read_series(tmp_path / "c.dcm").array, array(0))


def test_frames_that_are_not_described(tmp_path):
    path = enhanced(tmp_path / "e.dcm", [array(0)])
    dataset = pydicom.dcmread(path)
    dataset.PerFrameFunctionalGroupsSequence = dataset.PerFrameFunctionalGroupsSequence[:2]
    dataset.save_as(path)
    with pytest.raises(FileProblem) as caught:
        read_series(path)
    assert caught.value.code == "IGX-IMG-102"
    assert "4 frames are declared, 2 are described" in caught.value.what
