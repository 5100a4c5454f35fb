"""What lies in a folder: series, problems, confounders; no pixel is read."""

import numpy as np
import pydicom
import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.dicom.acquisition import acquisition_columns
from imagenomics.images.dicom.attributes import ATTRIBUTES, MEASURED
from imagenomics.images.dicom.index import COLUMNS, index_folder
from imagenomics.images.dicom.scan import scan_folder
from imagenomics.images.dicom.write import write_series
from imagenomics.images.volume import Volume
from imagenomics.work.executor import Outcome
from imagenomics.work.failures import failure_of

SHAPE = (5, 6, 4)
CT = {
    "Manufacturer": "MAKER A",
    "ManufacturerModelName": "One|Two",
    "ConvolutionKernel": "B30f",
    "KVP": "120",
    "ContrastBolusAgent": "Iohexol",
    "ContrastBolusStartTime": "235930",
    "AcquisitionTime": "000045.25",
    "SeriesDescription": "Thorax",
    "StudyDate": "20200102",
}
MR = {"Manufacturer": "MAKER B", "MagneticFieldStrength": "3", "EchoTime": "4.5", "RepetitionTime": "2000"}


def volume(spacing=(2.5, 0.8, 0.7), direction=(1, 0, 0, 0, 1, 0, 0, 0, 1)):
    array = np.random.default_rng(0).integers(0, 100, SHAPE)
    return Volume(array, spacing, (1.0, 2.0, 3.0), tuple(np.ravel(direction).astype(float)))


@pytest.fixture
def folder(tmp_path):
    sagittal = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    write_series(volume(), tmp_path / "a" / "ct", patient_id="A", attributes=CT)
    write_series(
        volume((4, 1, 1), sagittal), tmp_path / "b" / "mr", patient_id="B", modality="MR", attributes=MR
    )
    (tmp_path / "notes.txt").write_text("x" * 300)
    (tmp_path / "table.csv").write_text("patient,age\n")
    return tmp_path


def test_one_row_for_each_series(folder):
    table = index_folder(folder)
    assert list(table.columns) == list(COLUMNS)
    assert list(table["kind"]) == ["series", "series", "problem"]
    ct, mr, others = (table.iloc[i] for i in range(3))
    assert (ct["patient_id"], ct["modality"], ct["manufacturer"], ct["kernel"]) == (
        "A",
        "CT",
        "MAKER A",
        "B30f",
    )
    assert (ct["n_files"], ct["n_instances"], ct["n_frames"], ct["n_duplicates"]) == (5, 5, 5, 0)
    assert (ct["spacing_z_mm"], ct["spacing_y_mm"], ct["spacing_x_mm"]) == pytest.approx((2.5, 0.8, 0.7))
    assert (ct["plane"], mr["plane"]) == ("axial", "sagittal")
    assert ct["kvp"] == 120.0
    assert ct["contrast_delay_s"] == 75.0  # over midnight
    assert np.isnan(ct["echo_time_ms"])
    assert (mr["field_strength_t"], mr["echo_time_ms"], mr["repetition_time_ms"]) == (3.0, 4.5, 2000.0)
    assert ct["varies"] == ""
    assert ct["path"] == str(folder / "a" / "ct")
    assert (ct["code"], mr["code"], others["code"]) == ("", "", "IGX-IMG-101")
    assert others["n_files"] == 2
    for attribute in (*ATTRIBUTES, *MEASURED):
        assert (table[attribute.column].dtype == np.float64) == (attribute.kind == "number")


def test_the_same_from_a_scan_and_with_any_order_of_files(folder):
    scan = scan_folder(folder)
    assert index_folder(scan).equals(index_folder(folder))
    assert len(scan.paths_of(index_folder(scan)["series_uid"][0])) == 5


class Failing:
    """An executor whose only task dies."""

    workers = 2

    def map(self, function, items, *, label, shared=None):
        return Outcome({}, [failure_of(name, MemoryError()) for name in items])


def test_a_worker_that_dies_becomes_a_row(folder):
    table = index_folder(folder, executor=Failing())
    assert table["kind"].tolist() == ["problem"]
    assert table["n_files"].tolist() == [12]
    assert table["code"].tolist() == ["IGX-WORK-003"]


def test_problems_become_rows(folder):
    whole = (folder / "a" / "ct" / "0001.dcm").read_bytes()
    (folder / "a" / "damaged.dcm").write_bytes(whole[:200])
    (folder / "a" / "empty.dcm").touch()
    (folder / "a" / "ct" / "copy.dcm").write_bytes(whole)
    (folder / "b" / "mr" / "0003.dcm").unlink()
    directory = pydicom.dcmread(folder / "a" / "ct" / "0002.dcm")
    directory.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    directory.save_as(folder / "DICOMDIR")
    (folder / "link").symlink_to(folder, target_is_directory=True)
    table = index_folder(folder)
    ct, mr = table[table["kind"] == "series"].to_dict("records")
    assert (ct["n_files"], ct["n_duplicates"], ct["code"]) == (6, 1, "IGX-IMG-110")
    assert (mr["n_files"], mr["code"]) == (4, "IGX-IMG-109")
    assert "missing" in mr["problem"]
    assert mr["remedy"]
    damaged = table[table["path"] == str(folder / "a" / "damaged.dcm")].iloc[0]
    assert damaged["code"] == "IGX-IMG-102"
    left = table[table["kind"] == "left out"].iloc[0]
    assert left["path"] == str(folder / "DICOMDIR")
    assert (table["n_files"].sum()) == sum(p.is_file() for p in folder.rglob("*") if "link" not in p.parts)


def test_what_differs_within_a_series_is_named(folder):
    path = folder / "a" / "ct" / "0004.dcm"
    dataset = pydicom.dcmread(path)
    dataset.KVP, dataset.SliceThickness = "100", "5"
    dataset.save_as(path)
    assert index_folder(folder)["varies"][0] == "slice_thickness_mm, kvp"
    dataset.PatientID = "SOMEBODY ELSE"
    dataset.save_as(path)
    row = index_folder(folder).iloc[0]
    assert row["code"] == "IGX-IMG-108"
    assert "SOMEBODY" not in row["problem"] + row["remedy"]


def test_objects_without_pictures_are_series_without_frames(folder):
    dataset = pydicom.dcmread(folder / "a" / "ct" / "0001.dcm")
    for keyword in ("PixelData", "Rows", "Columns", "PixelSpacing"):
        delattr(dataset, keyword)
    dataset.Modality, dataset.SeriesInstanceUID = "RTSTRUCT", "2.25.1"
    dataset.save_as(folder / "a" / "rs.dcm")
    row = index_folder(folder).query("modality == 'RTSTRUCT'").iloc[0]
    assert (row["n_files"], row["n_frames"], row["is_picture"], row["code"]) == (1, 0, False, "")


def test_limits(folder, tmp_path):
    with pytest.raises(InputError, match="IGX-IMG-119"):
        index_folder(folder, max_files=11)
    assert len(index_folder(folder, max_files=12)) == 3
    with pytest.raises(FileProblem, match="IGX-IMG-001"):
        index_folder(tmp_path / "nowhere")
    (tmp_path / "void").mkdir()
    assert index_folder(tmp_path / "void").empty


def test_confounders_by_patient(folder):
    table = acquisition_columns(index_folder(folder), name="scan")
    assert list(table.values.index) == ["A", "B"]
    assert table.values["scan.acquisition.manufacturer"].tolist() == ["MAKER A", "MAKER B"]
    assert table.levels("scan.acquisition.model") == ["One/Two"]
    assert table.values.at["A", "scan.acquisition.kvp"] == 120
    assert np.isnan(table.values.at["B", "scan.acquisition.kvp"])
    assert table.values.at["B", "scan.acquisition.model"] is None
    assert set(table.columns["role"]) == {"acquisition"}
    assert table.columns.at["scan.acquisition.spacing_z_mm", "unit"] == "mm"
    assert table.columns.at["scan.acquisition.kernel", "kind"] == "categorical"
    features = set(table.columns["feature"])
    assert {"contrast_agent", "contrast_delay_s", "field_strength_t", "echo_time_ms"} <= features
    assert not features & {"patient_id", "description", "study_date", "inversion_time_ms"}


def test_one_series_for_each_patient(folder):
    index = index_folder(folder)
    with pytest.raises(InputError, match="IGX-IMG-142"):
        acquisition_columns(index.assign(patient="P1"), patient="patient")
    with pytest.raises(InputError, match="did you mean 'patient_id'"):
        acquisition_columns(index, patient="patient_ids")
    with pytest.raises(InputError, match="IGX-IMG-143"):
        acquisition_columns(index.assign(patient_id=""))
