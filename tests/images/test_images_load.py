import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from imagenomics.errors import InputError
from imagenomics.images.find import find_images
from imagenomics.images.load import load_case
from imagenomics.images.settings import ImageSettings


def block(**fields):
    fields = {"name": "t1", "path": "{patient}.nii.gz", "mask": "{patient}_m.nii.gz", **fields}
    return ImageSettings.read(fields, where="test")


def write(path, array, origin=(0.0, 0.0, 0.0)):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.0, 1.0, 3.0))
    image.SetOrigin(origin)
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(5)
    array = rng.integers(0, 500, (5, 12, 11)).astype("int16")
    labels = np.zeros(array.shape, "uint8")
    labels[1:4, 3:8, 3:7] = 1
    labels[2, 4, 4] = 2
    return write(tmp_path / "i.nii.gz", array), write(tmp_path / "m.nii.gz", labels), array, labels


def test_a_case_is_normalised_and_cut_into_regions(files):
    image, mask, array, labels = files
    volume, found = load_case(image, mask, block(modality="MR", regions={"rim": 1, "core": 2, "necrosis": 3}))
    assert np.allclose(volume.array, (array - array.mean()) / array.std())
    assert np.array_equal(found["rim"], labels == 1)
    assert np.array_equal(found["core"], labels == 2)
    assert not found["necrosis"].any()
    assert [step.split()[0] for step in volume.history] == ["read", "mask;", "z-score"]


def test_spacing_settings_reach_image_and_mask(files):
    image, mask, *_ = files
    volume, _ = load_case(image, mask, block(spacing="unknown"))
    assert volume.spacing_mm == (1.0, 1.0, 1.0)
    assert not volume.spacing_known
    assert load_case(image, mask, block(spacing=[5, 2, 2]))[0].voxel_volume_mm3 == 20.0


def test_a_repaired_mask_leaves_its_trace_in_the_history(files, tmp_path):
    image, _, _, labels = files
    moved = write(tmp_path / "moved.nii.gz", labels, origin=(40.0, 0.0, 0.0))
    with pytest.raises(InputError, match="IGX-IMG-021"):
        load_case(image, moved, block())
    volume, found = load_case(image, moved, block(geometry="image"))
    assert found["lesion"].sum() == (labels > 0).sum()
    assert any("header of the image" in step for step in volume.history)


def test_without_a_mask_the_whole_image_is_the_region(files):
    volume, found = load_case(files[0], None, ImageSettings(name="t1", path="{patient}.nii"))
    assert list(found) == ["whole"]
    assert found["whole"].all()
    assert found["whole"].shape == volume.array.shape


def test_a_mask_without_the_declared_labels(files, tmp_path):
    image, mask, array, _ = files
    with pytest.raises(InputError, match="IGX-IMG-030") as caught:
        load_case(image, mask, block(regions={"core": 7}))
    assert "labels 1, 2" in caught.value.remedy
    empty = write(tmp_path / "empty.nii.gz", np.zeros(array.shape, "uint8"))
    with pytest.raises(InputError, match="the mask is empty"):
        load_case(image, empty, block())


@pytest.mark.realdata
def test_a_real_cohort_of_crops():
    root = os.environ.get("IMAGENOMICS_TEST_DATA")
    if not root:
        pytest.skip("IMAGENOMICS_TEST_DATA is not set")
    folder = Path(root, "lgg-mri-genomics/roi_nifti")
    patients = sorted({p.name.split("_")[0] for p in folder.glob("*_flair.nii.gz")})
    settings = ImageSettings(
        name="t1post",
        modality="MR",
        path="{patient}_t1post.nii.gz",
        mask="{patient}_mask.nii.gz",
        spacing="unknown",
    )
    found = find_images(settings, patients, folder)
    assert len(patients) == 110
    assert len(found.cases) == 100
    assert set(found.missing["reason"]) == {"image file not found"}
    for files in list(found.cases.values())[:15]:
        volume, found_regions = load_case(files.image, files.mask, settings)
        assert abs(volume.array.std() - 1) < 1e-9
        assert 0 < found_regions["lesion"].mean() < 0.9
