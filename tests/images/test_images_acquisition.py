"""What headers and sidecars say of one image."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from imagenomics.images.acquisition import acquisition_table, read_acquisition
from imagenomics.images.bids.acquired import NUMBERS, TEXTS
from imagenomics.images.dicom.attributes import CONFOUNDERS
from imagenomics.images.settings import ImageSettings


def settings(**changes):
    return ImageSettings(name="t1", path="{patient}.nii.gz", **changes)


def image(path, shape=(4, 5, 6), spacing=(0.4688, 0.4688, 5.0)):
    path.parent.mkdir(parents=True, exist_ok=True)
    volume = sitk.GetImageFromArray(np.zeros(shape, np.int16))
    volume.SetSpacing(spacing)
    sitk.WriteImage(volume, str(path))
    return path


def test_sidecar_keys_are_attributes_of_headers():
    known = {a.column: a.kind for a in CONFOUNDERS}
    assert {known[c] for c in TEXTS.values()} == {"text"}
    assert {known[c] for c, _ in NUMBERS.values()} == {"number"}


def test_spacing_of_the_header(tmp_path):
    path = image(tmp_path / "a.nii.gz")
    spacing = {"spacing_z_mm": 5.0, "spacing_y_mm": 0.4688, "spacing_x_mm": 0.4688}
    assert read_acquisition(path, settings()) == (spacing, "")
    assert read_acquisition(path, settings(spacing="unknown")) == ({}, "")
    assert read_acquisition(path, settings(spacing=(1, 1, 1))) == ({}, "")
    assert read_acquisition(path, settings(acquisition=False)) == ({}, "")
    assert read_acquisition(path, settings(acquisition=["spacing_z_mm"])) == ({"spacing_z_mm": 5.0}, "")


def test_sidecar_of_the_same_name(tmp_path):
    path = image(tmp_path / "a.nii.gz")
    says = {"Manufacturer": "X", "RepetitionTime": 2.2, "ScanningSequence": ["GR", "IR"], "FlipAngle": True}
    (tmp_path / "a.json").write_text(json.dumps(says))
    made, problem = read_acquisition(path, settings())
    assert (made["manufacturer"], made["repetition_time_ms"]) == ("X", 2200.0)
    assert made["scanning_sequence"] == "GR\\IR"
    assert "flip_angle_degrees" not in made
    assert problem == ""
    for content in ("{", "[1]"):
        (tmp_path / "a.json").write_text(content)
        made, problem = read_acquisition(path, settings())
        assert "a.json" in problem
        assert made["spacing_z_mm"] == 5.0


def test_a_bids_folder_inherits(tmp_path):
    path = image(tmp_path / "sub-1/anat/sub-1_T1w.nii.gz")
    (tmp_path / "dataset_description.json").write_text("{}")
    (tmp_path / "T1w.json").write_text(json.dumps({"MagneticFieldStrength": 1.5, "Manufacturer": "X"}))
    (path.parent / "sub-1_T1w.json").write_text(json.dumps({"MagneticFieldStrength": 3}))
    made, _ = read_acquisition(path, settings())
    assert (made["field_strength_t"], made["manufacturer"]) == (3.0, "X")


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"nothing")
    made, problem = read_acquisition(tmp_path / "a.nii.gz", settings())
    assert made == {}
    assert "gzip" in problem


def test_a_dicom_folder(tmp_path):
    pytest.importorskip("pydicom")
    from imagenomics.images.dicom.write import write_series
    from imagenomics.images.read import read_volume

    volume = read_volume(image(tmp_path / "a.nii.gz"))
    extra = {"MagneticFieldStrength": "1.5", "Manufacturer": "MAKER", "PatientAge": "050Y"}
    files = write_series(volume, tmp_path / "p", modality="MR", attributes=extra)
    made, problem = read_acquisition(tmp_path / "p", settings())
    assert problem == ""
    assert made["manufacturer"] == "MAKER"
    assert made["field_strength_t"] == 1.5
    assert (made["spacing_z_mm"], made["spacing_x_mm"]) == (5.0, 0.4688)
    assert not {"patient_id", "description", "study_date"} & set(made)
    single, _ = read_acquisition(files[0], settings())
    assert single["manufacturer"] == "MAKER"
    write_series(volume, tmp_path / "p" / "q", modality="MR", series="2")
    made, problem = read_acquisition(tmp_path / "p", settings())
    assert made == {}
    assert "2 series" in problem


def test_texts_with_bars_stay_one_level():
    table = acquisition_table({"A": {"model": "One|Two"}, "B": {"kvp": 120.0}}, name="ct")
    assert table.levels("ct.acquisition.model") == ["One/Two"]
    assert set(table.columns["role"]) == {"acquisition"}
    assert table.values.at["B", "ct.acquisition.model"] is None
