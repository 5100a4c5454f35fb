"""DICOM series that a study meets and that must be refused by file, cause and remedy; damaged files never crash."""

import struct
import zlib

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless, RLELossless

from imagenomics.errors import FileProblem, ImagenomicsError, InputError
from imagenomics.images.dicom.index import index_folder
from imagenomics.images.dicom.series import read_series
from imagenomics.images.dicom.write import write_series
from imagenomics.images.volume import Volume

SHAPE = (6, 16, 14)


def array(seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(-1000, 2000, shape)


@pytest.fixture
def series(tmp_path):
    folder = tmp_path / "ct"
    write_series(Volume(array(), (3.0, 0.8, 0.8)), folder)
    return folder


def change(path, **values):
    dataset = pydicom.dcmread(path)
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        elif isinstance(value, pydicom.DataElement):
            dataset.add(value)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(path)


def refused(source, code, *names, **options):
    with pytest.raises((FileProblem, InputError)) as caught:
        read_series(source, **options)
    error = caught.value
    assert error.code == code, str(error)
    assert error.remedy
    for name in names:
        assert name in (error.where or ""), str(error)
    return error


def test_a_missing_slice_names_its_neighbours(series):
    (series / "0003.dcm").unlink()
    error = refused(series, "IGX-IMG-109", "0002.dcm", "0004.dcm")
    assert "1 slice is missing" in error.what
    (series / "0004.dcm").unlink()
    assert "2 slices are missing" in refused(series, "IGX-IMG-109").what


def test_uneven_distances(series):
    change(series / "0006.dcm", ImagePositionPatient=["0", "0", "16.2"])
    refused(series, "IGX-IMG-122", "0005.dcm", "0006.dcm")


def test_the_same_file_twice(series):
    (series / "copy.dcm").write_bytes((series / "0002.dcm").read_bytes())
    error = refused(series, "IGX-IMG-110", "copy.dcm", "0002.dcm")
    assert "same instance" in error.what


def test_two_slices_at_one_place(series):
    change(series / "0002.dcm", ImagePositionPatient=["0", "0", "6"])
    error = refused(series, "IGX-IMG-110", "0002.dcm", "0003.dcm")
    assert "same place" in error.what


def test_a_tilted_gantry(series):
    for i, path in enumerate(sorted(series.iterdir())):
        change(path, ImagePositionPatient=["0", f"{0.5 * i}", f"{3 * i}"], GantryDetectorTilt="9.46")
    error = refused(series, "IGX-IMG-112", "0006.dcm")
    assert "9.46" in error.what
    assert "tilt" in error.remedy


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"PixelSpacing": ["0.8", "0.9"]}, "pixel spacing"),
        ({"ImageOrientationPatient": ["1", "0", "0", "0", "0", "-1"]}, "orientation"),
        ({"Columns": 7, "Rows": 32}, "size"),
        ({"FrameOfReferenceUID": "2.25.7"}, "frame of reference"),
        ({"RescaleType": "US"}, "unit"),
        ({"RescaleSlope": None, "RescaleIntercept": None}, "rescaling"),
    ],
)
def test_slices_that_contradict_each_other(series, values, word):
    change(series / "0004.dcm", **values)
    assert word in refused(series, "IGX-IMG-108", "0004.dcm").what


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("IGX-IMG-107", {"PixelSpacing": ["0", "0.8"]}),
        ("IGX-IMG-107", {"PixelSpacing": None}),
        ("IGX-IMG-107", {"ImagePositionPatient": None}),
        ("IGX-IMG-107", {"ImageOrientationPatient": ["1", "0", "0", "1", "0", "0"]}),
        ("IGX-IMG-107", {"ImageOrientationPatient": ["0", "0", "0", "0", "0", "0"]}),
        ("IGX-IMG-102", {"ImagePositionPatient": ["1", "2"]}),
        ("IGX-IMG-102", {"BitsStored": 17}),
        ("IGX-IMG-102", {"HighBit": 11}),
        ("IGX-IMG-102", {"BitsAllocated": 12}),
        ("IGX-IMG-102", {"Rows": 0}),
        ("IGX-IMG-118", {"RescaleSlope": "0"}),
        ("IGX-IMG-118", {"RescaleIntercept": None}),
        ("IGX-IMG-106", {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}),
        ("IGX-IMG-106", {"PhotometricInterpretation": "PALETTE COLOR"}),
        ("IGX-IMG-106", {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}),
        ("IGX-IMG-106", {"NumberOfFrames": "6"}),
        ("IGX-IMG-114", {"NumberOfFrames": None, "Rows": 64}),
        ("IGX-IMG-116", {"Rows": 65_535, "Columns": 65_535}),
        ("IGX-IMG-116", {"NumberOfFrames": "2000000000"}),
    ],
)
def test_a_header_that_cannot_be_read_as_a_slice(series, code, values):
    path = series / "0001.dcm"
    change(path, **{k: v for k, v in values.items() if k != "NumberOfFrames" or v})
    refused(path, code, "0001.dcm")


def test_numbers_that_do_not_fit_their_bits(series):
    path = series / "0002.dcm"
    change(path, BitsStored=11, HighBit=10)
    assert "11 bits" in refused(series, "IGX-IMG-115", "0002.dcm").what


def test_a_lost_sign(series):
    for path in series.iterdir():
        change(path, PixelRepresentation=0)  # -1000 becomes 64536 HU
    assert "HU" in refused(series, "IGX-IMG-115", "0001.dcm").what
    for path in series.iterdir():
        smallest = pydicom.DataElement("SmallestImagePixelValue", "SS", -1000)
        largest = pydicom.DataElement("LargestImagePixelValue", "SS", 2000)
        change(path, Modality="MR", SmallestImagePixelValue=smallest, LargestImagePixelValue=largest)
    refused(series, "IGX-IMG-115", "0001.dcm")
    for path in series.iterdir():
        change(path, PixelRepresentation=1)
    assert np.array_equal(read_series(series).array, array())


def test_more_voxels_than_allowed(series):
    error = refused(series, "IGX-IMG-116", "ct", max_voxels=6 * 16 * 14 - 1)
    assert "1,344" in error.what
    assert read_series(series, max_voxels=6 * 16 * 14).array.size == 1344


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.7, 0.99])
def test_truncated_files(series, share):
    path = series / "0005.dcm"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(FileProblem) as caught:
        read_series(path)
    assert "0005.dcm" in caught.value.where
    if share > 0.3:
        assert refused(series, "IGX-IMG-114", "0005.dcm")


def test_a_damaged_file_beside_the_series_stops_it(series):
    data = bytearray((series / "0006.dcm").read_bytes())
    struct.pack_into("<I", data, 132 + 8, 2**32 - 1)
    (series / "0006.dcm").write_bytes(data[:160])
    refused(series, "IGX-IMG-102", "0006.dcm")


def test_other_files_are_passed_over_or_refused_by_name(series, tmp_path):
    (series / "notes.txt").write_text("x" * 500)
    (series / "empty").touch()
    assert read_series(series).array.shape == SHAPE
    refused(series / "notes.txt", "IGX-IMG-101", "notes.txt")
    refused(series / "empty", "IGX-IMG-005", "empty")


def bomb(path, syntax, frame):
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path)


def test_compressed_frames_larger_than_the_header_says(series):
    path = series / "0001.dcm"
    big = np.zeros((64, 64), np.int16)
    dataset = pydicom.dcmread(path)
    dataset.Rows, dataset.Columns, dataset.PixelData = 64, 64, big.tobytes()
    dataset.compress(JPEGLSLossless, generate_instance_uid=False)
    dataset.Rows, dataset.Columns = SHAPE[1:]
    dataset.save_as(path)
    assert "64 x 64" in refused(path, "IGX-IMG-114", "0001.dcm").what
    # A JPEG 2000 frame that promises 60000 x 60000 pixels, in 60 bytes.
    header = struct.pack(
        ">HHHH8IH3B", 0xFF4F, 0xFF51, 41, 0, 60_000, 60_000, 0, 0, 60_000, 60_000, 0, 0, 1, 15, 1, 1
    )
    bomb(path, pydicom.uid.JPEG2000Lossless, header)
    assert "60000 x 60000" in refused(path, "IGX-IMG-114").what
    bomb(path, RLELossless, b"\x02" + b"\0" * 63 + b"\x80\x00" * 5_000)
    assert "run-length" in refused(path, "IGX-IMG-114").what
    bomb(path, JPEGLSLossless, b"no code stream at all")
    refused(path, "IGX-IMG-114")


def test_a_packed_data_set_that_would_fill_the_memory(series, monkeypatch):
    monkeypatch.setattr("imagenomics.images.dicom.open.MAX_INFLATED", 1 << 20)
    path = series / "0001.dcm"
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    dataset.save_as(path)
    assert read_series(path).array.shape == (1, 16, 14)
    head = path.read_bytes()
    meta = 144 + pydicom.dcmread(path).file_meta.FileMetaInformationGroupLength
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    path.write_bytes(head[:meta] + packer.compress(b"\0" * (1 << 21)) + packer.flush())
    refused(path, "IGX-IMG-116", "0001.dcm")


def test_compressions_that_are_not_read(series):
    path = series / "0001.dcm"
    bomb(path, "1.2.840.10008.1.2.4.102", b"\0" * 64)  # MPEG-4
    assert "MPEG" in refused(path, "IGX-IMG-113", "0001.dcm").what


def only_our_errors(path, content):
    path.write_bytes(content)
    error = None
    try:
        read_series(path)
    except ImagenomicsError as caught:
        error = caught
    assert error is None or (error.code.startswith("IGX-IMG-") and error.where)
    assert len(index_folder(path.parent)) >= 1


QUIET = [HealthCheck.function_scoped_fixture]


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_flipped_bytes_never_crash(series, data):
    whole = (series / "0001.dcm").read_bytes()
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(128, len(whole) - 16 * 14 * 2))] = data.draw(st.integers(0, 255))
    folder = series.parent / "flipped"
    folder.mkdir(exist_ok=True)
    only_our_errors(folder / "x.dcm", bytes(content))


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(end=st.floats(0, 1))
def test_truncations_never_crash(series, end):
    whole = (series / "0002.dcm").read_bytes()
    folder = series.parent / "cut"
    folder.mkdir(exist_ok=True)
    only_our_errors(folder / "x.dcm", whole[: int(end * len(whole))])


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_flipped_bytes_of_compressed_pixels_never_crash(series, syntax, data):
    path = series / "0003.dcm"
    dataset = pydicom.dcmread(path)
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(path)
    content = bytearray(path.read_bytes())
    start = content.find(b"\xfe\xff\x00\xe0")
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(start, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = series.parent / "packed"
    folder.mkdir(exist_ok=True)
    only_our_errors(folder / "x.dcm", bytes(content))
