"""Image files that a study meets and that must be refused by name, cause and remedy."""

import struct

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.read import read_mask, read_volume

SHAPE = (6, 20, 16)


@pytest.fixture
def good(tmp_path):
    image = sitk.GetImageFromArray(np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE))
    image.SetSpacing((1.0, 1.0, 3.0))
    for name in ("good.nii", "good.nii.gz", "good.nrrd"):
        sitk.WriteImage(image, str(tmp_path / name), not name.endswith(".nii"))
    return tmp_path


def refused(path, code, reader=read_volume, **options):
    with pytest.raises((FileProblem, InputError)) as caught:
        reader(path, **options)
    error = caught.value
    assert error.code == code, str(error)
    assert path.name in (error.where or "")
    assert error.remedy
    return error


def patched(folder, place, form, *values):
    data = bytearray((folder / "good.nii").read_bytes())
    struct.pack_into(form, data, place, *values)
    path = folder / "patched.nii"
    path.write_bytes(data)
    return path


def test_an_absent_file_names_its_neighbour(good):
    error = refused(good / "goood.nii.gz", "IGX-IMG-001")
    assert "good.nii.gz" in error.remedy
    refused(good / "nowhere" / "x.nii", "IGX-IMG-001")


def test_a_format_that_is_not_known(good):
    (good / "a.nii.xz").write_bytes(b"x")
    error = refused(good / "a.nii.xz", "IGX-IMG-002")
    assert ".nii.gz" in error.expected
    (good / "a.dcm").write_bytes(b"x")
    refused(good / "a.dcm", "IGX-IMG-002")


@pytest.mark.parametrize("name", ["x.nii", "x.nii.gz", "x.nrrd"])
def test_other_content_under_an_image_name(good, name):
    (good / name).write_bytes(b"patient,age\nA,3\n" * 60)
    refused(good / name, "IGX-IMG-003")
    (good / "dir.nii").mkdir(exist_ok=True)
    refused(good / "dir.nii", "IGX-IMG-003")


def test_an_ending_that_lies_about_compression(good):
    (good / "a.nii").write_bytes((good / "good.nii.gz").read_bytes())
    assert "a.nii.gz" in refused(good / "a.nii", "IGX-IMG-003").remedy
    (good / "b.nii.gz").write_bytes((good / "good.nii").read_bytes())
    assert "b.nii" in refused(good / "b.nii.gz", "IGX-IMG-003").remedy


@pytest.mark.parametrize("name", ["good.nii", "good.nii.gz", "good.nrrd"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_truncated_files(good, name, share):
    whole = (good / name).read_bytes()
    path = good / f"cut-{name}"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises((FileProblem, InputError)) as caught:
        read_volume(path)
    assert caught.value.code in {"IGX-IMG-004", "IGX-IMG-003"}
    path.write_bytes(whole[:-9])
    refused(path, "IGX-IMG-004")


def test_a_wrong_checksum(good):
    data = bytearray((good / "good.nii.gz").read_bytes())
    data[-6] ^= 1
    (good / "sum.nii.gz").write_bytes(data)
    assert "CRC" in refused(good / "sum.nii.gz", "IGX-IMG-004").what


def test_an_empty_file(good):
    (good / "empty.nii.gz").touch()
    refused(good / "empty.nii.gz", "IGX-IMG-005")


@pytest.mark.parametrize("sizes", [(3, 0, 20, 6), (3, -16, 20, 6)])
def test_a_size_of_nothing(good, sizes):
    refused(patched(good, 40, "<4h", *sizes), "IGX-IMG-005")


def test_a_time_series_and_a_single_row(good):
    nib.save(nib.Nifti1Image(np.zeros((4, 4, 4, 3), "int16"), np.eye(4)), good / "time.nii.gz")
    assert "4 dimensions" in refused(good / "time.nii.gz", "IGX-IMG-006").what
    nib.save(nib.Nifti1Image(np.zeros(5, "int16"), np.eye(4)), good / "row.nii.gz")
    refused(good / "row.nii.gz", "IGX-IMG-006")


def test_colour_and_complex_and_vectors(good):
    colour = np.zeros((4, 4, 3), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.save(nib.Nifti1Image(colour, np.eye(4)), good / "colour.nii.gz")
    refused(good / "colour.nii.gz", "IGX-IMG-007")
    refused(patched(good, 70, "<h", 32), "IGX-IMG-007")
    image = sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), "uint8"), isVector=True)
    sitk.WriteImage(image, str(good / "vector.nrrd"))
    refused(good / "vector.nrrd", "IGX-IMG-007")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_counted_and_placed(good, value):
    array = np.ones(SHAPE, dtype="float32")
    array[2, 3, 4] = array[5, 0, 0] = value
    sitk.WriteImage(sitk.GetImageFromArray(array), str(good / "nan.nii.gz"))
    error = refused(good / "nan.nii.gz", "IGX-IMG-008")
    assert "2 of 1920" in error.what
    assert "(2, 3, 4)" in error.what


@pytest.mark.parametrize("size", [0.0, -1.0, np.nan, np.inf])
def test_spacing_that_other_readers_replace_by_one(good, size):
    path = patched(good, 80, "<f", size)
    refused(path, "IGX-IMG-009")
    refused(path, "IGX-IMG-009", reader=read_mask)
    assert read_volume(path, spacing=(3.0, 1.0, 1.0)).spacing_mm == (3.0, 1.0, 1.0)


def test_a_gigantic_header_takes_no_memory(good):
    refused(patched(good, 40, "<4h", 3, 32767, 32767, 32767), "IGX-IMG-010")
    refused(good / "good.nii", "IGX-IMG-010", max_voxels=1919)
    # Within the limit, but more than so small a file can hold, packed or not.
    refused(patched(good, 40, "<4h", 3, 600, 600, 600), "IGX-IMG-004")
    (good / "bomb.nrrd").write_bytes(
        b"NRRD0004\ntype: short\ndimension: 3\nsizes: 600 600 600\nspacings: 1 1 1\nendian: little\n"
        b"encoding: gzip\n\n" + (good / "good.nii.gz").read_bytes()
    )
    refused(good / "bomb.nrrd", "IGX-IMG-004")


def test_more_numbers_than_the_header_declares(good):
    refused(patched(good, 40, "<4h", 3, 16, 20, 5), "IGX-IMG-011")


@pytest.mark.parametrize("line", ["encoding: ascii", "encoding: hex", "type: block", "line skip: 2"])
def test_nrrd_variants_that_are_not_supported(good, line):
    fields = {"type": "short", "dimension": "3", "sizes": "2 2 2", "spacings": "1 1 1", "encoding": "raw"}
    name, value = line.split(": ")
    text = "".join(f"{k}: {v}\n" for k, v in {**fields, name: value}.items())
    (good / "odd.nrrd").write_bytes(b"NRRD0004\n" + text.encode() + b"\n" + bytes(16))
    refused(good / "odd.nrrd", "IGX-IMG-013")


def test_nifti_variants_that_are_not_supported(good):
    nib.save(nib.Nifti2Image(np.zeros((4, 4, 4), "int16"), np.eye(4)), good / "two.nii.gz")
    refused(good / "two.nii.gz", "IGX-IMG-013")
    refused(patched(good, 70, "<h", 1536), "IGX-IMG-013")
    refused(patched(good, 344, "<4s", b"ni1\0"), "IGX-IMG-003")
    refused(patched(good, 40, "<h", 99), "IGX-IMG-003")
    refused(patched(good, 108, "<f", np.nan), "IGX-IMG-003")


@pytest.mark.parametrize("line", ["sizes: a b c", "byte skip: x", "encoding:", "nothing"])
def test_broken_nrrd_headers(good, line):
    head = "NRRD0004\ntype: short\ndimension: 3\nspacings: 1 1 1\n"
    rest = "" if line.startswith("encoding") else "encoding: raw\n"
    sizes = "" if line.startswith("sizes") or line == "nothing" else "sizes: 2 2 2\n"
    (good / "odd.nrrd").write_bytes((head + rest + sizes + line + "\n\n").encode() + bytes(16))
    refused(good / "odd.nrrd", "IGX-IMG-003")


def test_axes_that_are_not_at_right_angles(good):
    affine = np.eye(4)
    affine[0, 1] = 0.3
    nib.save(nib.Nifti1Image(np.zeros((5, 6, 7), "int16"), affine), good / "skewed.nii.gz")
    assert "right angles" in refused(good / "skewed.nii.gz", "IGX-IMG-003").what


def test_a_detached_header_without_its_data(good):
    (good / "a.nhdr").write_text(
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nspacings: 1 1 1\nencoding: raw\n"
        "data file: gone.raw\n"
    )
    assert "gone.raw" in refused(good / "a.nhdr", "IGX-IMG-001").what
    (good / "b.nhdr").write_text((good / "a.nhdr").read_text().replace("gone.raw", "LIST\na.raw\nb.raw"))
    refused(good / "b.nhdr", "IGX-IMG-013")


def test_a_mask_that_is_an_image(good):
    array = np.linspace(0, 1, np.prod(SHAPE), dtype="float32").reshape(SHAPE)
    sitk.WriteImage(sitk.GetImageFromArray(array), str(good / "p.nii.gz"))
    refused(good / "p.nii.gz", "IGX-IMG-012", reader=read_mask)
    sitk.WriteImage(sitk.GetImageFromArray(np.full(SHAPE, 1e12)), str(good / "huge.nii.gz"))
    refused(good / "huge.nii.gz", "IGX-IMG-012", reader=read_mask)
