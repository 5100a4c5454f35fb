"""DICOM series as volumes: what was written comes back, in the geometry that SimpleITK sees."""

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRBigEndian, JPEGLSLossless, RLELossless

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.dicom.scan import scan_folder
from imagenomics.images.dicom.series import read_series
from imagenomics.images.dicom.write import write_series
from imagenomics.images.volume import Volume

SHAPE = (5, 7, 6)


def turned(a, b, c):
    turns = (
        [[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]],
        [[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]],
        [[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]],
    )
    return turns[0] @ np.array(turns[1]) @ np.array(turns[2])


def volume(seed=0, direction=None, shape=SHAPE):
    array = np.random.default_rng(seed).integers(-1024, 3071, shape)
    matrix = np.eye(3) if direction is None else np.asarray(direction, dtype=float)
    return Volume(array, (2.5, 0.75, 0.5), (-12.5, 30.25, 7.0), tuple(matrix.ravel().tolist()))


def change(path, **values):
    dataset = pydicom.dcmread(path)
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


PLANES = {
    "axial": np.eye(3),
    "sagittal": np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    "coronal": np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "feet first": np.diag([-1, 1, -1]),
    "oblique": turned(0.3, -0.2, 0.5),
}


@pytest.mark.parametrize("plane", PLANES)
def test_numbers_and_geometry_come_back_and_agree_with_simpleitk(tmp_path, plane):
    written = volume(1, PLANES[plane])
    write_series(written, tmp_path / "s")
    read = read_series(tmp_path / "s")
    assert read.array.dtype == np.float64
    assert np.array_equal(read.array, written.array)
    assert np.allclose(read.spacing_mm, written.spacing_mm, atol=1e-9)
    assert np.allclose(read.origin_mm, written.origin_mm, atol=1e-9)
    assert np.allclose(read.direction, written.direction, atol=1e-9)
    assert read.spacing_known
    assert read.source == str(tmp_path / "s")
    assert read.history == ("read 5 DICOM slices",)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path / "s")))
    image = reader.Execute()
    assert np.array_equal(sitk.GetArrayFromImage(image), read.array)
    assert np.allclose(image.GetOrigin(), read.origin_mm, atol=1e-9)
    assert np.allclose(image.GetSpacing(), read.spacing_mm[::-1], atol=1e-9)
    assert np.allclose(image.GetDirection(), read.direction, atol=1e-9)


@settings(max_examples=10, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-3, 3)] * 3),
    order=st.permutations(range(SHAPE[0])),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
)
def test_the_order_of_files_never_matters(tmp_path_factory, angles, order, origin):
    folder = tmp_path_factory.mktemp("s")
    matrix = turned(*angles)
    written = Volume(volume(2).array, (3.0, 0.7, 0.6), origin, tuple(matrix.ravel().tolist()))
    paths = write_series(written, folder)
    read = read_series([paths[i] for i in order])
    assert np.array_equal(read.array, written.array)
    assert np.allclose(read.corners_mm(), written.corners_mm(), atol=1e-6)


def test_a_scale_of_its_own_for_each_slice(tmp_path):
    paths = write_series(volume(3), tmp_path, modality="PT", attributes={"Units": "BQML"})
    stored = np.stack([pydicom.dcmread(p).pixel_array for p in paths])
    for i, path in enumerate(paths):
        change(path, RescaleSlope=str(0.5 + i), RescaleIntercept=str(-i))
    expected = np.stack([s * (0.5 + i) - i for i, s in enumerate(stored)])
    assert np.array_equal(read_series(tmp_path).array, expected)


def test_what_cannot_be_stored_whole_is_close(tmp_path):
    values = np.random.default_rng(0).normal(0, 1e-3, SHAPE)
    write_series(Volume(values), tmp_path, modality="MR")
    assert np.abs(read_series(tmp_path).array - values).max() < np.ptp(values) / 32_767


def unsigned_12_bit(path):
    stored = (pydicom.dcmread(path).pixel_array + 1024).astype("<u2")
    bits = {"PixelRepresentation": 0, "BitsStored": 12, "HighBit": 11}
    change(path, PixelData=stored.tobytes(), RescaleIntercept="-1024", **bits)


def compressed(path, syntax, **options):
    dataset = pydicom.dcmread(path)
    dataset.compress(syntax, generate_instance_uid=False, **options)
    dataset.save_as(path)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
@pytest.mark.parametrize("signed", [True, False])
def test_compressed_series(tmp_path, syntax, signed):
    written = volume(4)
    for path in write_series(written, tmp_path):
        if not signed:
            unsigned_12_bit(path)
        compressed(path, syntax)
    assert np.array_equal(read_series(tmp_path).array, written.array)


def as_jpeg_2000(path):
    import openjpeg
    from pydicom.encaps import encapsulate

    dataset = pydicom.dcmread(path)
    stored = dataset.pixel_array
    code = openjpeg.encode(stored, photometric_interpretation=2, bits_stored=16)
    dataset.PixelData = encapsulate([code])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.JPEG2000Lossless
    dataset.save_as(path)


def test_jpeg_2000(tmp_path):
    written = volume(5, shape=(3, 48, 40))
    for path in write_series(written, tmp_path):
        as_jpeg_2000(path)
    assert np.array_equal(read_series(tmp_path).array, written.array)


@pytest.mark.parametrize(
    "name", ["JPEGLosslessProcess14_1", "JPEG2000Lossless", "JPEGLSLossless", "RLELossless"]
)
@pytest.mark.parametrize("signed", [True, False])
def test_series_compressed_by_gdcm(tmp_path, name, signed):
    import gdcm

    written = volume(13, shape=(3, 48, 40))
    for path in write_series(written, tmp_path):
        if not signed:
            unsigned_12_bit(path)
        reader, change_syntax, writer = (
            gdcm.ImageReader(),
            gdcm.ImageChangeTransferSyntax(),
            gdcm.ImageWriter(),
        )
        reader.SetFileName(str(path))
        assert reader.Read()
        change_syntax.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, name)))
        change_syntax.SetInput(reader.GetImage())
        assert change_syntax.Change()
        writer.SetFileName(str(path))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change_syntax.GetOutput())
        assert writer.Write()
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID.is_compressed
    assert np.array_equal(read_series(tmp_path).array, written.array)


def test_big_endian_and_deflated(tmp_path):
    written = volume(6)
    for path in write_series(written, tmp_path / "big"):
        dataset = pydicom.dcmread(path)
        dataset.PixelData = dataset.pixel_array.astype(">i2").tobytes()
        fresh = pydicom.Dataset()
        fresh.update({element.tag: element for element in dataset})  # values decoded, byte order forgotten
        fresh.file_meta = dataset.file_meta
        fresh.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        pydicom.dcmwrite(path, fresh, enforce_file_format=True)
    assert np.array_equal(read_series(tmp_path / "big").array, written.array)
    for path in write_series(written, tmp_path / "packed"):
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
        dataset.save_as(path)
    assert np.array_equal(read_series(tmp_path / "packed").array, written.array)


def test_a_single_slice_has_its_thickness_or_no_known_spacing(tmp_path):
    path = write_series(volume(7, shape=(1, 7, 6)), tmp_path)[0]
    read = read_series(path)
    assert read.array.shape == (1, 7, 6)
    assert read.spacing_mm == (2.5, 0.75, 0.5)
    assert read.spacing_known
    read = read_series(change(path, SliceThickness=None))
    assert not read.spacing_known
    assert read.spacing_mm[0] == 1.0


def test_spacing_is_measured_and_never_taken_from_the_thickness(tmp_path):
    for path in write_series(volume(8), tmp_path):
        change(path, SliceThickness="5", SpacingBetweenSlices="7")
    assert read_series(tmp_path).spacing_mm[0] == pytest.approx(2.5)


def test_rounded_positions_are_read_and_noted(tmp_path):
    for i, path in enumerate(write_series(volume(9), tmp_path)):
        change(path, ImagePositionPatient=["-12.5", "30.25", f"{7 + 2.5 * i + 0.1 * (i == 2):.1f}"])
    read = read_series(tmp_path)
    assert read.spacing_mm[0] == pytest.approx(2.5)
    assert any("4.0%" in step for step in read.history)


def test_values_are_kept_and_noted(tmp_path):
    for path in write_series(volume(10), tmp_path):
        change(path, PhotometricInterpretation="MONOCHROME1", RescaleSlope=None, RescaleIntercept=None)
        dataset = pydicom.dcmread(path)
        dataset.add_new("PixelPaddingValue", "SS", int(dataset.pixel_array[0, 0]))
        dataset.save_as(path)
    read = read_series(tmp_path)
    assert np.array_equal(read.array, volume(10).array)
    text = " ".join(read.history)
    assert "MONOCHROME1" in text
    assert "no rescale" in text
    assert "padding" in text


def test_one_of_several_series_is_chosen(tmp_path):
    write_series(volume(11), tmp_path / "a", series="1")
    write_series(volume(12), tmp_path / "b", series="2")
    (tmp_path / "notes.txt").write_text("not a picture")
    with pytest.raises(InputError) as caught:
        read_series(tmp_path)
    assert caught.value.code == "IGX-IMG-104"
    uid = pydicom.dcmread(tmp_path / "b" / "0001.dcm").SeriesInstanceUID
    assert uid in caught.value.what
    assert "series_uid" in caught.value.remedy
    read = read_series(tmp_path, series_uid=uid)
    assert np.array_equal(read.array, volume(12).array)
    assert any("left aside: 5" in step for step in read.history)
    scan = scan_folder(tmp_path)
    assert np.array_equal(read_series(scan, series_uid=uid).array, read.array)
    assert np.array_equal(read_series(scan.paths_of(uid)).array, read.array)
    with pytest.raises(InputError, match="IGX-IMG-105"):
        read_series(tmp_path, series_uid=uid[:-1] + "9")
    with pytest.raises(InputError, match="IGX-IMG-104"):
        read_series(sorted(tmp_path.rglob("*.dcm")))


def test_nothing_to_read(tmp_path):
    for path in (tmp_path, []):
        with pytest.raises(FileProblem, match="IGX-IMG-103"):
            read_series(path)
    with pytest.raises(FileProblem, match="IGX-IMG-001"):
        read_series(tmp_path / "nowhere")


def test_without_pydicom_there_is_one_clear_error(tmp_path, monkeypatch):
    import sys

    write_series(volume(), tmp_path)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(FileProblem) as caught:
        read_series(tmp_path)
    assert caught.value.code == "IGX-IMG-100"
    assert caught.value.remedy == "pip install 'imagenomics[dicom]'"
