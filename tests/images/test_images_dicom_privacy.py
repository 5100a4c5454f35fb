"""Who a patient is does not get out: not by de-identified files, not by histories, not by problem rows."""

import copy

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from imagenomics.errors import FileProblem, InputError
from imagenomics.images.dicom.actions import ACTIONS, CHARACTERISTICS, DIRECT
from imagenomics.images.dicom.deidentify import deidentify
from imagenomics.images.dicom.identity import identifying_values
from imagenomics.images.dicom.index import index_folder
from imagenomics.images.dicom.risks import pixel_risks
from imagenomics.images.dicom.series import read_series, split_series
from imagenomics.images.dicom.write import write_series
from imagenomics.images.volume import Volume

SECRET = "a secret that stays at home"
PERSON = {
    "PatientName": "Lovelace^Ada^^Lady",
    "PatientID": "MRN0815471",
    "PatientBirthDate": "18151210",
    "PatientSex": "F",
    "PatientAge": "093Y",
    "PatientWeight": "57.5",
    "PatientAddress": "12 St James Square",
    "OtherPatientIDs": ["NHS99887766", "OLD5544"],
    "AccessionNumber": "ACC20200817",
    "ReferringPhysicianName": "Babbage^Charles",
    "OperatorsName": ["Turing^Alan", "Hopper^Grace"],
    "InstitutionName": "Analytical Hospital",
    "InstitutionAddress": "London",
    "StationName": "ENGINE42",
    "DeviceSerialNumber": "SN-778899",
    "StudyDate": "20200817",
    "SeriesDate": "20200817",
    "AcquisitionDate": "20200817",
    "ContentDate": "20200818",
    "StudyTime": "101112",
    "AcquisitionTime": "101314.5",
    "AcquisitionDateTime": "20200817101314.5",
    "StudyDescription": "Brain tumour of Lady Lovelace",
    "SeriesDescription": "t1 post",
    "ImageComments": "please call 555-1234",
    "StudyID": "ST4711",
    "SequenceName": "Lovelace prot",
    "Manufacturer": "MAKER",
    "BodyPartExamined": "BRAIN",
    "MagneticFieldStrength": "3",
}


def person(**values):
    dataset, request, code = Dataset(), Dataset(), Dataset()
    for keyword, value in {**PERSON, **values}.items():
        setattr(dataset, keyword, value)
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3.4.5.6.7"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3.4.5.1", "1.2.3.4.5.2"
    dataset.Modality = "MR"
    request.RequestingPhysician, request.ReferencedSOPInstanceUID = "Menabrea^Luigi", "1.2.3.4.5.6.7"
    code.ReferencedSOPClassUID, code.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3.4.5.6.7"
    code.StudyDate, code.PersonName = "20200817", "Somerville^Mary"
    dataset.RequestAttributesSequence, dataset.ReferencedImageSequence = [request], [code]
    block = dataset.private_block(0x0029, "SECRET MAKER", create=True)
    block.add_new(0x10, "LO", "Ada Lovelace MRN0815471")
    dataset.add_new(0x60000022, "LO", "overlay Lovelace")
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.SourceApplicationEntityTitle = "ENGINE42"
    dataset.preamble = b"Ada Lovelace".ljust(128, b"\0")
    return dataset


def everything(dataset):
    return str(dataset) + str(dataset.file_meta) + str(dataset.preamble)


@pytest.mark.parametrize("dates", ["remove", "shift"])
def test_nothing_that_identifies_is_left(dates):
    dataset = person()
    values = identifying_values(dataset)
    before = copy.deepcopy(dataset)
    clean = deidentify(dataset, patient_id="P001", secret=SECRET, dates=dates)
    text = everything(clean.dataset)
    assert dataset == before
    kept_times = {"101112", "101314.5"} if dates == "shift" else set()
    assert not [v for v in values - kept_times if v in text]
    for word in (
        "Lovelace",
        "Babbage",
        "Turing",
        "Menabrea",
        "Somerville",
        "MRN0815471",
        "555-1234",
        "ENGINE42",
    ):
        assert word not in text
    assert clean.dataset.PatientID == "P001"
    assert clean.dataset.PatientIdentityRemoved == "YES"
    assert clean.dataset.Manufacturer == "MAKER"
    assert clean.dataset.MagneticFieldStrength == 3
    assert clean.dataset.SOPClassUID == dataset.SOPClassUID
    assert clean.changed["leak"] == 1
    assert not [e for e in clean.dataset.iterall() if e.tag.is_private]


def test_what_counts_as_identifying():
    values = identifying_values(person())
    for value in (
        "Lovelace^Ada^^Lady",
        "Lovelace",
        "MRN0815471",
        "18151210",
        "NHS99887766",
        "Menabrea",
        "1.2.3.4.5.6.7",
    ):
        assert value in values
    assert "Ada Lovelace MRN0815471" in values  # private
    assert not {"MAKER", "1.2.840.10008.5.1.4.1.1.4", "BRAIN"} & values


def test_uids_stay_together_and_depend_on_the_secret():
    one, again = (deidentify(person(), patient_id="P", secret=SECRET).dataset for _ in range(2))
    other = deidentify(person(), patient_id="P", secret=SECRET + "!").dataset
    assert one.SOPInstanceUID == again.SOPInstanceUID != other.SOPInstanceUID
    assert one.ReferencedImageSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID
    assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID
    assert one.ReferencedImageSequence[0].ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.4"
    assert len({one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID}) == 3
    assert all(pydicom.uid.UID(u).is_valid for u in (one.StudyInstanceUID, one.SOPInstanceUID))


def test_dates_move_together_and_intervals_stay():
    from datetime import date

    def day(text):
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))

    first = deidentify(person(), patient_id="P", secret=SECRET, dates="shift").dataset
    later = deidentify(person(StudyDate="20210817"), patient_id="P", secret=SECRET, dates="shift").dataset
    assert (day(later.StudyDate) - day(first.StudyDate)).days == 365
    assert (day(first.ContentDate) - day(first.StudyDate)).days == 1
    assert first.AcquisitionDateTime[:8] == first.StudyDate
    assert first.AcquisitionTime == "101314.5"
    moved = (day("20200817") - day(first.StudyDate)).days
    assert 365 <= moved < 365 + 3650
    assert first.PatientBirthDate == ""
    other = deidentify(person(), patient_id="Q", secret=SECRET, dates="shift").dataset
    assert other.StudyDate != first.StudyDate
    gone = deidentify(person(), patient_id="P", secret=SECRET).dataset
    assert {gone.StudyDate, gone.AcquisitionTime, gone.AcquisitionDateTime} == {""}


def test_characteristics_are_kept_when_asked():
    clean = deidentify(person(), patient_id="P", secret=SECRET, keep_characteristics=True).dataset
    assert (clean.PatientSex, clean.PatientWeight, clean.PatientAge) == ("F", 57.5, "090Y")
    gone = deidentify(person(), patient_id="P", secret=SECRET).dataset
    assert "PatientWeight" not in gone
    assert gone.PatientSex == ""


def test_bad_arguments_and_objects():
    for options in ({"patient_id": " ", "secret": SECRET}, {"patient_id": "P", "secret": "short"}):
        with pytest.raises(InputError, match="IGX-IMG-140"):
            deidentify(person(), **options)
    report = person()
    report.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
    with pytest.raises(InputError, match="IGX-IMG-141"):
        deidentify(report, patient_id="P", secret=SECRET)


def test_the_table_names_attributes_that_exist():
    from pydicom.datadict import tag_for_keyword

    assert len(ACTIONS) >= 200
    assert not [k for k in {*ACTIONS, *DIRECT, *CHARACTERISTICS} if tag_for_keyword(k) is None]


def image(**values):
    dataset = person(StudyDescription="", SeriesDescription="", BodyPartExamined="CHEST")
    dataset.Rows = dataset.Columns = 256
    dataset.PixelSpacing, dataset.ImageType = [1, 1], ["ORIGINAL", "PRIMARY"]
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({}, []),
        ({"BurnedInAnnotation": "YES"}, ["burnt-in text"]),
        ({"Modality": "US"}, ["burnt-in text"]),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, ["burnt-in text"]),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, ["burnt-in text"]),
        ({"SamplesPerPixel": 3}, ["burnt-in text"]),
        ({"BodyPartExamined": "BRAIN"}, ["face"]),
        ({"BodyPartExamined": "", "SeriesDescription": "t1 head"}, ["face"]),
        ({"BodyPartExamined": "BRAIN", "PixelSpacing": [4, 4]}, []),
        ({"BodyPartExamined": ""}, ["not known"]),
    ],
)
def test_risks_in_the_pixels(values, kinds):
    assert [risk.kind for risk in pixel_risks(image(**values))] == kinds


@pytest.fixture
def folder(tmp_path):
    attributes = {k: v for k, v in PERSON.items() if k not in ("PatientID", "PatientName")}
    array = np.random.default_rng(0).integers(0, 100, (4, 5, 6))
    paths = write_series(
        Volume(array),
        tmp_path / "x",
        modality="MR",
        patient_id="MRN0815471",
        attributes=attributes | {"EchoTime": "4"},
    )
    for path in paths:
        dataset = pydicom.dcmread(path)
        dataset.PatientName = PERSON["PatientName"]
        dataset.private_block(0x0029, "SECRET MAKER", create=True).add_new(0x10, "LO", "Ada Lovelace")
        dataset.save_as(path)
    return tmp_path


def test_no_value_of_the_header_reaches_a_volume(folder):
    values = identifying_values(pydicom.dcmread(folder / "x" / "0001.dcm"))
    assert len(values) > 25
    for volume in (read_series(folder), *split_series(folder, by="EchoTime").values()):
        said = " ".join((volume.source, *volume.history))
        assert not [v for v in values if v in said]


def test_no_value_of_the_header_reaches_a_problem_row_or_a_message(folder):
    values = identifying_values(pydicom.dcmread(folder / "x" / "0001.dcm"))
    whole = (folder / "x" / "0001.dcm").read_bytes()
    (folder / "x" / "cut.dcm").write_bytes(whole[:700])
    broken = whole.replace(b"20200817", b"2O2O/817").replace(b"57.5", b"5x.5")
    (folder / "x" / "0003.dcm").unlink()
    for name, content in (("broken.dcm", broken), ("two.dcm", whole)):
        (folder / "x" / name).write_bytes(content)
    table = index_folder(folder)
    assert (table["code"] != "").sum() >= 2
    said = " ".join(table["problem"]) + " ".join(table["remedy"])
    problems = table[table["kind"] == "problem"].drop(columns="path").astype(str)
    said += " ".join(problems.to_numpy(dtype=str).ravel())
    assert not [v for v in values if v in said]
    with pytest.raises((FileProblem, InputError)) as caught:
        read_series(folder)
    assert not [v for v in values if v in str(caught.value)]


def test_clean_files_are_read_again(folder, tmp_path):
    out = tmp_path / "clean"
    out.mkdir()
    before = read_series(folder / "x")
    for path in sorted((folder / "x").iterdir()):
        clean = deidentify(pydicom.dcmread(path), patient_id="P001", secret=SECRET)
        clean.dataset.save_as(out / path.name, enforce_file_format=True)
    after = read_series(out)
    assert np.array_equal(before.array, after.array)
    assert before.grid == after.grid
    assert index_folder(out)["patient_id"].tolist() == ["P001"]
    raw = b"".join(p.read_bytes() for p in out.iterdir())
    assert not [
        v for v in identifying_values(pydicom.dcmread(folder / "x" / "0001.dcm")) if v.encode() in raw
    ]
