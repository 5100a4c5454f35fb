"""Masks and readings that are damaged, hostile or something else: refused by name, cause and remedy."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.aim import read_aim
from imagenomics.images.dicom import need
from imagenomics.images.dicom.rtstruct import read_rtstruct
from imagenomics.images.dicom.seg import read_seg
from imagenomics.images.dicom.sr import read_sr
from imagenomics.images.safe_xml import read_xml

sys.path.insert(0, str(Path(__file__).parents[1] / "images"))

from dicom_mask_files import RTSTRUCT, SEG, contour, image, save, segmentation, structure_set

ERRORS = (InputError, FileProblem)


def pixels(seed=0):
    return np.random.default_rng(seed).random((12, 9)) < 0.4


def corners():
    return image().grid.to_mm(np.array([[2, 1.5, 2.5], [2, 1.5, 6.5], [2, 8.5, 6.5], [2, 8.5, 2.5]]))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("masks")
    save(segmentation(image(), [(2, 1, pixels()), (3, 1, pixels(1))]), folder / "seg.dcm", SEG)
    save(structure_set({"GTV": [contour(corners())]}), folder / "rs.dcm", RTSTRUCT)
    return folder


READERS = {
    "seg.dcm": lambda path: read_seg(path, image()).regions["lesion"],
    "rs.dcm": lambda path: read_rtstruct(path, image()).regions["GTV"],
}


@pytest.mark.parametrize("read", [*READERS.values(), read_sr])
def test_other_files_under_this_name(tmp_path, read):
    with pytest.raises(FileProblem, match="IGX-IMG-001"):
        read(tmp_path / "absent.dcm")
    for name, content in {"empty": b"", "text": b"patient,age\nA,3\n" * 60, "zeros": bytes(4096)}.items():
        path = tmp_path / f"{name}.dcm"
        path.write_bytes(content)
        with pytest.raises(ERRORS) as caught:
            read(path)
        assert caught.value.code in {"IGX-IMG-005", "IGX-IMG-101", "IGX-IMG-102"}
        assert name in caught.value.where


def test_each_reader_refuses_the_objects_of_the_others(files):
    for read, path, known in (
        (READERS["seg.dcm"], files / "rs.dcm", "structure set"),
        (READERS["rs.dcm"], files / "seg.dcm", "segmentation"),
        (read_sr, files / "seg.dcm", "segmentation"),
    ):
        with pytest.raises(InputError, match=f"IGX-IMG-150.*{known}"):
            read(path)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=25, deadline=None)
@given(cut=st.floats(0.0, 0.999), places=st.lists(st.integers(0, 10**6), min_size=1, max_size=4))
def test_a_damaged_file_gives_an_error_with_a_code_or_a_mask_of_the_right_shape(
    files, tmp_path_factory, name, cut, places
):
    whole = (files / name).read_bytes()
    path = tmp_path_factory.mktemp("damaged") / name
    broken = bytearray(whole)
    for place in places:
        broken[132 + place % (len(whole) - 132)] ^= 1 << (place % 8)
    for content in (whole[: int(cut * len(whole))], bytes(broken)):
        path.write_bytes(content)
        try:
            found = READERS[name](path)
        except (*ERRORS, KeyError):  # KeyError: the name of the region is what was damaged
            pass
        else:
            assert found.shape == image().array.shape
            assert found.dtype == bool


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        ("SegmentationType", "", "IGX-IMG-151"),
        ("SegmentationType", "SURFACE", "IGX-IMG-151"),
        ("SegmentSequence", [], "IGX-IMG-151"),
        ("PerFrameFunctionalGroupsSequence", [], "IGX-IMG-151"),
        ("NumberOfFrames", 3, "IGX-IMG-102"),
        ("Rows", 30000, "IGX-IMG-102"),
        ("PixelData", b"\1\0", "IGX-IMG-102"),
    ],
)
def test_segmentations_that_contradict_themselves(tmp_path, attribute, value, code):
    made = segmentation(image(), [(2, 1, pixels()), (3, 1, pixels(1))])
    setattr(made, attribute, value)
    with pytest.raises(ERRORS, match=code):
        read_seg(save(made, tmp_path / "a.dcm", SEG), image())


def test_frames_without_geometry_or_owner(tmp_path):
    for name in ("PlanePositionSequence", "SegmentIdentificationSequence"):
        made = segmentation(image(), [(2, 1, pixels())])
        delattr(made.PerFrameFunctionalGroupsSequence[0], name)
        with pytest.raises(InputError, match="IGX-IMG-151"):
            read_seg(save(made, tmp_path / "a.dcm", SEG), image())
    made = segmentation(image(), [(2, 1, pixels())])
    made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [0, 1]
    with pytest.raises(InputError, match="IGX-IMG-151"):
        read_seg(save(made, tmp_path / "b.dcm", SEG), image())


def test_numbers_that_are_none(files, tmp_path):
    """The number of a region, damaged in the bytes of the file: pydicom would raise a bare ValueError."""
    whole = (files / "rs.dcm").read_bytes()
    written = b"\x06\x30\x22\x00IS\x02\x001 "
    assert whole.count(written) == 1
    (tmp_path / "a.dcm").write_bytes(whole.replace(written, written[:-2] + b"D "))
    with pytest.raises(FileProblem, match=r"IGX-IMG-102.*ROINumber"):
        read_rtstruct(tmp_path / "a.dcm", image())


def test_broken_contours(tmp_path):
    for change in ({"ContourData": ["1", "2", "3", "4"]}, {"NumberOfContourPoints": 7}):
        bad = contour(corners())
        for name, value in change.items():
            setattr(bad, name, value)
        with pytest.raises(InputError, match=r"IGX-IMG-173(.|\n)*GTV, contour 1"):
            read_rtstruct(save(structure_set({"GTV": [bad]}), tmp_path / "a.dcm", RTSTRUCT), image())


def test_a_missing_package_is_named(files, monkeypatch):
    def absent(module):
        raise ImportError(module)

    monkeypatch.setattr(need, "import_module", absent)
    for name, read in READERS.items():
        with pytest.raises(FileProblem, match=r"IGX-IMG-100(.|\n)*imagenomics\[dicom\]"):
            read(files / name)


LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><lolz>&b;</lolz>"""
OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]><x>&secret;</x>"""


@pytest.mark.parametrize(
    "text", [LAUGHS, OUTSIDE, '<!DOCTYPE html PUBLIC "-//W3C//DTD" "http://x/y.dtd"><html/>']
)
def test_document_types_are_refused_before_any_entity_is_read(tmp_path, text):
    path = tmp_path / "a.xml"
    path.write_text(text)
    for read in (read_xml, read_aim):
        with pytest.raises(InputError, match="IGX-IMG-181"):
            read(path)


def test_limits_of_size_and_depth(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text("<a>" + "<b/>" * 1000 + "</a>")
    with pytest.raises(InputError, match="IGX-IMG-182"):
        read_xml(path, max_bytes=1000)
    assert len(read_xml(path)) == 1000
    path.write_text("<a>" * 100_000)
    with pytest.raises(InputError, match="IGX-IMG-182"):
        read_xml(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<a>",
        b"<a></b>",
        b"<a>&nothing;</a>",
        b"<a>\xff\xfe\xff</a>",
        b"\0" * 200,
        b"<a/><b/>",
    ],
)
def test_broken_xml(tmp_path, content):
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    with pytest.raises(FileProblem, match="IGX-IMG-180"):
        read_xml(path)


def test_encodings_and_namespaces(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(
        '<?xml version="1.0" encoding="iso-8859-1"?><n:a xmlns:n="u" n:k="é">ü</n:a>'.encode("latin-1")
    )
    root = read_xml(path)
    assert (root.tag, root.get("k"), root.text) == ("a", "é", "ü")
    path.write_bytes(b'<?xml version="1.0" encoding="martian"?><a/>')
    with pytest.raises(FileProblem, match="IGX-IMG-180"):
        read_xml(path)
