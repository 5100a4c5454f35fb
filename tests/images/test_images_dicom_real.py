"""Real DICOM objects, against SimpleITK and against the same picture as NIfTI (data of IMAGENOMICS_TEST_DATA)."""

import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from imagenomics.errors import InputError
from imagenomics.images.dicom.deidentify import deidentify
from imagenomics.images.dicom.identity import identifying_values
from imagenomics.images.dicom.index import index_folder
from imagenomics.images.dicom.series import read_series
from imagenomics.images.geometry import compare_grids
from imagenomics.images.read import read_volume

FOLDER = os.environ.get("IMAGENOMICS_TEST_DATA", "")
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER, reason="IMAGENOMICS_TEST_DATA is not set"),
]
ROOT = Path(FOLDER)
PHANTOM = ROOT / "ibsi" / "ibsi_1_ct_radiomics_phantom"


def with_simpleitk(folder):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def test_the_ct_phantom_equals_its_nifti_voxel_by_voxel():
    series = read_series(PHANTOM / "dicom" / "image")
    nifti = read_volume(PHANTOM / "nifti" / "image" / "phantom.nii.gz")
    assert series.array.shape == (60, 201, 204)
    assert np.array_equal(series.array, nifti.array)
    # NIfTI holds its geometry in 32-bit numbers.
    assert np.allclose(series.spacing_mm, nifti.spacing_mm, rtol=1e-7)
    assert np.allclose(series.origin_mm, nifti.origin_mm, rtol=1e-7)
    assert series.direction == nifti.direction
    assert compare_grids(series.grid, nifti.grid).corner_error_mm < 1e-4


@pytest.mark.parametrize("name", ["dcmqi/ct-3slice", "dcmqi/23x38x3/image", "ibsi"])
def test_numbers_and_geometry_of_simpleitk(name):
    folder = PHANTOM / "dicom" / "image" if name == "ibsi" else ROOT / "dicom" / name
    volume, image = read_series(folder), with_simpleitk(folder)
    assert np.array_equal(volume.array, sitk.GetArrayFromImage(image))
    assert volume.spacing_mm[::-1] == pytest.approx(image.GetSpacing(), abs=1e-9)
    assert volume.origin_mm == pytest.approx(image.GetOrigin(), abs=1e-9)
    assert volume.direction == pytest.approx(image.GetDirection(), abs=1e-9)


def test_the_structure_set_beside_the_phantom_is_left_aside():
    volume = read_series(PHANTOM / "dicom")
    assert volume.array.shape == (60, 201, 204)
    assert any("left aside: 1" in step for step in volume.history)


def ct_uid():
    return str(pydicom.dcmread(ROOT / "dicom" / "highdicom" / "ct_image.dcm").SeriesInstanceUID)


def test_single_frame_and_enhanced_objects_of_the_same_picture():
    folder = ROOT / "dicom" / "dcmqi" / "23x38x3"
    single, many = read_series(folder / "image"), read_series(folder / "multiframe" / "mf.dcm")
    assert np.array_equal(single.array, many.array)
    assert single.grid == many.grid
    # A report that claims to be of the same series does not matter.
    assert read_series(ROOT / "dicom" / "highdicom", series_uid=ct_uid()).array.shape == (1, 128, 128)
    label = read_volume(folder / "nrrd" / "label.nrrd")
    assert single.array.shape == label.array.shape


def test_colour_and_reports_are_refused():
    for name in ("sm_image.dcm", "sr_document.dcm", "seg_image_ct_binary.dcm", "sm_annotations.dcm"):
        with pytest.raises(InputError, match="IGX-IMG-106"):
            read_series(ROOT / "dicom" / "highdicom" / name)


def test_an_index_of_everything():
    table = index_folder(ROOT / "dicom")
    series = table[table["kind"] == "series"]
    assert dict(series["modality"].value_counts()) == {"SEG": 6, "CT": 4, "SM": 1, "SR": 1, "ANN": 1}
    ct = series[series["path"].str.endswith("ct-3slice")].iloc[0]
    assert (ct["n_files"], ct["model"], ct["kernel"], ct["kvp"]) == (3, "LightSpeed Ultra", "STANDARD", 120.0)
    assert (ct["spacing_z_mm"], ct["plane"], ct["code"]) == (pytest.approx(1.0), "axial", "")
    assert set(table.loc[table["kind"] == "problem", "code"]) == {"IGX-IMG-101"}


def test_real_headers_are_cleaned():
    for path in (
        ROOT / "dicom" / "highdicom" / "ct_image.dcm",
        ROOT / "dicom" / "dcmqi" / "ct-3slice" / "01.dcm",
    ):
        dataset = pydicom.dcmread(path)
        clean = deidentify(dataset, patient_id="P1", secret="a secret of some length").dataset
        text = " ".join(
            str(e.value) for part in (clean, clean.file_meta) for e in part.iterall() if e.VR != "OW"
        )
        assert not [v for v in identifying_values(dataset) if v in text]
        assert np.array_equal(clean.pixel_array, dataset.pixel_array)
