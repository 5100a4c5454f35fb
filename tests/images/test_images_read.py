import gzip
import os
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.files.header import read_geometry, read_header
from imagenomics.images.read import read_mask, read_volume

SHAPE = (4, 6, 5)  # z, y, x


def numbers(dtype="int16", seed=3):
    rng = np.random.default_rng(seed)
    return (rng.random(SHAPE) * 100).astype(dtype)


def oblique(angles=(0.3, -0.2, 0.5)):
    a, b, c = angles
    turns = (
        [[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]],
        [[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]],
        [[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]],
    )
    return turns[0] @ np.array(turns[1]) @ np.array(turns[2])


def write(path, array, *, spacing=(1.5, 0.75, 3.0), origin=(-12.5, 30.0, 7.25), direction=None):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection((np.eye(3) if direction is None else direction).ravel().tolist())
    sitk.WriteImage(image, str(path), path.name.endswith((".gz", ".nrrd")))
    return path


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".nrrd", ".nhdr"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_numbers_and_geometry_survive(tmp_path, ending, dtype):
    array = numbers(dtype)
    volume = read_volume(write(tmp_path / f"a{ending}", array, direction=oblique()))
    assert volume.array.dtype == np.float64
    assert volume.array.flags.c_contiguous
    assert np.array_equal(volume.array, array.astype(np.float64))
    assert np.allclose(volume.spacing_mm, (3.0, 0.75, 1.5), atol=1e-6)
    assert np.allclose(volume.origin_mm, (-12.5, 30.0, 7.25), atol=1e-5)
    assert np.allclose(np.reshape(volume.direction, (3, 3)), oblique(), atol=1e-6)
    assert volume.spacing_known
    assert volume.history == (f"read a{ending}",)


@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd"])
def test_corners_agree_with_simpleitk(tmp_path, ending):
    path = write(tmp_path / f"a{ending}", numbers(), direction=oblique())
    image = sitk.ReadImage(str(path))
    z, y, x = SHAPE
    ends = [(i, j, k) for k in (-0.5, z - 0.5) for j in (-0.5, y - 0.5) for i in (-0.5, x - 0.5)]
    expected = [image.TransformContinuousIndexToPhysicalPoint(end) for end in ends]
    assert np.allclose(read_volume(path).corners_mm(), expected, atol=1e-9)
    assert np.isclose(read_volume(path).voxel_volume_mm3, 1.5 * 0.75 * 3.0)


def test_indices_and_places_are_inverse(tmp_path):
    grid = read_geometry(write(tmp_path / "a.nrrd", numbers(), direction=oblique()))
    indices = np.array([[0, 0, 0], [3, 5, 4], [1.5, 0.25, 2]])
    assert np.allclose(grid.to_index(grid.to_mm(indices)), indices, atol=1e-9)


@pytest.mark.parametrize("dtype", [">i2", ">f4", "<u2"])
def test_nifti_of_either_byte_order_and_with_scaling(tmp_path, dtype):
    array = numbers("int16").transpose(2, 1, 0)
    header = nib.Nifti1Header(endianness=dtype[0])
    header.set_data_dtype(np.dtype(dtype))
    image = nib.Nifti1Image(array.astype(dtype), np.diag([2.0, 3.0, 4.0, 1.0]), header)
    image.header.set_slope_inter(0.5, -7.0)
    data = bytearray(image.to_bytes())
    # nibabel scales again on writing: put the plain numbers and the scaling there by hand.
    data[352:] = array.astype(dtype).tobytes(order="F")
    struct.pack_into(f"{dtype[0]}2f", data, 112, 0.5, -7.0)
    path = tmp_path / "scaled.nii"
    path.write_bytes(data)
    assert np.allclose(read_volume(path).array, numbers("int16") * 0.5 - 7.0)
    assert np.allclose(read_volume(path).array, sitk.GetArrayFromImage(sitk.ReadImage(str(path))))
    assert read_geometry(path).spacing_mm == (4.0, 3.0, 2.0)


def test_a_big_endian_detached_nrrd(tmp_path):
    array = numbers("int16")
    (tmp_path / "a.raw").write_bytes(b"skipped!" + array.astype(">i2").tobytes())
    (tmp_path / "a.nhdr").write_text(
        "NRRD0004\ntype: short\ndimension: 3\nspace: RAS\nsizes: 5 6 4\n"
        "space directions: (2,0,0) (0,2,0) (0,0,3)\n"
        "space origin: (1,2,3)\nendian: big\nencoding: raw\nbyte skip: 8\ndata file: a.raw\n"
    )
    volume = read_volume(tmp_path / "a.nhdr")
    assert np.array_equal(volume.array, array)
    assert volume.origin_mm == (-1.0, -2.0, 3.0)
    (tmp_path / "b.nhdr").write_text(
        (tmp_path / "a.nhdr").read_text().replace("byte skip: 8", "byte skip: -1")
    )
    assert np.array_equal(read_volume(tmp_path / "b.nhdr").array, array)


def test_one_volume_with_a_fourth_axis_of_one_is_read(tmp_path):
    array = numbers()
    nib.save(nib.Nifti1Image(array.transpose(2, 1, 0)[..., None], np.eye(4)), tmp_path / "a.nii")
    assert np.array_equal(read_volume(tmp_path / "a.nii").array, array)


def test_a_flat_picture_becomes_one_slice_without_a_known_thickness(tmp_path):
    array = numbers()[0]
    nib.save(nib.Nifti1Image(array.T, np.diag([0.5, 0.25, 1, 1])), tmp_path / "a.nii")
    volume = read_volume(tmp_path / "a.nii")
    assert np.array_equal(volume.array, array[None])
    assert volume.spacing_mm == (1.0, 0.25, 0.5)
    assert not volume.spacing_known
    assert "thickness" in volume.history[-1]
    assert read_volume(tmp_path / "a.nii", spacing=(5.0, 0.25, 0.5)).spacing_known


def test_declared_and_unknown_spacing(tmp_path):
    path = write(tmp_path / "a.nii.gz", numbers())
    unknown = read_volume(path, spacing="unknown")
    assert unknown.spacing_mm == (1.0, 1.0, 1.0)
    assert not unknown.spacing_known
    declared = read_volume(path, spacing=(6.0, 2.0, 2.5))
    assert declared.spacing_mm == (6.0, 2.0, 2.5)
    assert declared.spacing_known
    assert "declared" in declared.history[-1]
    with pytest.raises(InputError, match="IGX-IMG-009"):
        read_volume(path, spacing=(6.0, 0.0, 2.5))


def test_a_header_without_spacing_is_never_guessed(tmp_path):
    head = "NRRD0004\ntype: short\ndimension: 3\nsizes: 5 6 4\nendian: little\nencoding: raw\n"
    for name, line in (("none", ""), ("nan", "spacings: nan nan nan\n"), ("zero", "spacings: 0 1 1\n")):
        path = tmp_path / f"{name}.nrrd"
        path.write_bytes((head + line + "\n").encode() + numbers().tobytes())
        with pytest.raises(InputError, match="IGX-IMG-009"):
            read_volume(path)
    assert read_volume(tmp_path / "none.nrrd", spacing="unknown").array.shape == SHAPE


def test_masks_are_labels(tmp_path):
    labels = (numbers() % 3).astype("uint8")
    assert read_mask(write(tmp_path / "m.nii.gz", labels)).labels == (1, 2)
    assert read_mask(write(tmp_path / "f.nii.gz", labels.astype("float32"))).array.dtype == np.int32
    with pytest.raises(InputError, match="IGX-IMG-012") as caught:
        read_mask(write(tmp_path / "p.nii.gz", labels * np.float32(0.5)))
    assert "0.5" in caught.value.what


def test_geometry_is_read_without_the_numbers(tmp_path):
    path = write(tmp_path / "a.nii", numbers())
    full = path.read_bytes()
    grid = read_geometry(path)
    assert grid == read_volume(path).grid
    path.write_bytes(full[:352] + b"\xff" * (len(full) - 352))  # any numbers: they are not looked at
    assert read_geometry(path) == grid
    assert read_header(path).layout.n_voxels == np.prod(SHAPE)


@settings(max_examples=25, deadline=None)
@given(cut=st.floats(0.0, 0.999), flip=st.integers(0, 10**6), ending=st.sampled_from([".nii.gz", ".nrrd"]))
def test_a_damaged_file_never_gives_other_numbers(tmp_path_factory, cut, flip, ending):
    folder = tmp_path_factory.mktemp("damaged")
    array = numbers()
    path = write(folder / f"a{ending}", array)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(cut * len(whole))])
    with pytest.raises((FileProblem, InputError)):
        read_volume(path)
    broken = bytearray(whole)
    broken[flip % len(whole)] ^= 1 << (flip % 8)
    path.write_bytes(broken)
    try:
        volume = read_volume(path)
    except (FileProblem, InputError):
        return
    # The flip hit a comment, a time stamp or the geometry: the numbers are still right.
    assert np.array_equal(volume.array.ravel(), array.ravel())


def test_several_gzip_members_are_one_file(tmp_path):
    array = numbers("float64")
    plain = write(tmp_path / "a.nii", array).read_bytes()
    half = len(plain) // 2
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(plain[:half]) + gzip.compress(plain[half:]))
    assert np.array_equal(read_volume(tmp_path / "b.nii.gz").array, array)


@pytest.mark.realdata
def test_real_images_agree_with_simpleitk():
    root = os.environ.get("IMAGENOMICS_TEST_DATA")
    if not root:
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    files = sorted(Path(root, "lgg-mri-genomics/roi_nifti").glob("TCGA-CS-*.nii.gz"))[:12]
    files += sorted(Path(root, "pyradiomics-cases").glob("*.nrrd"))
    files += sorted(Path(root, "ibsi").rglob("*.nii.gz"))
    assert len(files) > 20
    for file in files:
        volume, image = read_volume(file), sitk.ReadImage(str(file))
        assert np.array_equal(volume.array, sitk.GetArrayFromImage(image)), file
        assert volume.spacing_mm == image.GetSpacing()[::-1]
        assert np.array_equal(volume.direction, image.GetDirection())
        if file.name.endswith(("mask.nii.gz", "label.nrrd")):
            assert read_mask(file).labels in {(), (1,), (2,), (255,)}, file
