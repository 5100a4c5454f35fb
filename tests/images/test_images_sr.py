import os
import sys
from pathlib import Path

import numpy as np
import pytest

from imagenomics.errors import InputError
from imagenomics.images.dicom.sr import read_sr
from imagenomics.images.reads import READ_COLUMNS

sys.path.insert(0, str(Path(__file__).parent))

from dicom_mask_files import dataset, save

DATA = Path(os.environ.get("IMAGENOMICS_TEST_DATA", "")) / "dicom/highdicom"
SR = "1.2.840.10008.5.1.4.1.1.88.33"


def code(value, meaning, scheme="DCM"):
    return dataset(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def content(kind, name, *below, **more):
    made = dataset(ValueType=kind, ConceptNameCodeSequence=[name], **more)
    if below:
        made.ContentSequence = list(below)
    return made


def number(name, value, unit, *below, exact=None):
    measured = dataset(MeasurementUnitsCodeSequence=[code(unit, unit, "UCUM")], NumericValue=value)
    if exact is not None:
        measured.FloatingPointValue = exact
    return content("NUM", name, *below, MeasuredValueSequence=[measured])


def coded(name, answer, *below):
    return content("CODE", name, *below, ConceptCodeSequence=[answer])


def group(name, *below):
    tracking = content("TEXT", code("112039", "Tracking Identifier"), TextValue=name)
    uid = content("UIDREF", code("112040", "Tracking Unique Identifier"), UID="1.2")
    return content("CONTAINER", code("125007", "Measurement Group"), tracking, uid, *below)


def report(*groups, title=None, readers=("Doe^Jo",)):
    observers = [
        content("PNAME", code("121008", "Person Observer Name"), PersonName=name) for name in readers
    ]
    made = content(
        "CONTAINER",
        title or code("126000", "Imaging Measurement Report"),
        coded(code("121049", "Language"), code("en", "English", "RFC5646")),
        *observers,
        content("CONTAINER", code("126010", "Imaging Measurements"), *groups),
    )
    made.Modality = "SR"
    made.PatientID = "P-01"
    return made


def test_numbers_and_codes_are_rows(tmp_path):
    length = code("410668003", "Length", "SCT")
    made = report(
        group(
            "lesion 1",
            coded(code("121071", "Finding"), code("4147007", "Mass", "SCT")),
            number(length, "12.3", "mm", coded(code("370129005", "Method", "SCT"), code("1", "caliper"))),
            number(code("118565006", "Volume", "SCT"), "0.333", "cm3", exact=1 / 3),
        ),
        group(
            "lesion 2", content("NUM", length, NumericValueQualifierCodeSequence=[code("114006", "Failed")])
        ),
    )
    table = read_sr(save(made, tmp_path / "sr.dcm", SR))
    assert tuple(table.columns) == READ_COLUMNS
    assert set(table["patient"]) == {"P-01"}
    assert set(table["reader"]) == {"Doe^Jo"}
    shown = table[["annotation", "kind", "item", "item_code", "code", "meaning", "unit"]].to_numpy().tolist()
    assert shown == [
        ["lesion 1", "evaluation", "Finding", "DCM:121071", "4147007", "Mass", ""],
        ["lesion 1", "measurement", "Length", "SCT:410668003", "", "", "mm"],
        ["lesion 1", "evaluation", "Length: Method", "SCT:370129005", "1", "caliper", ""],
        ["lesion 1", "measurement", "Volume", "SCT:118565006", "", "", "cm3"],
        ["lesion 2", "measurement", "Length", "SCT:410668003", "114006", "Failed", ""],
    ]
    assert np.array_equal(table["value"], [np.nan, 12.3, np.nan, 1 / 3, np.nan], equal_nan=True)


def test_a_group_may_have_a_reader_of_its_own(tmp_path):
    own = content("PNAME", code("121008", "Person Observer Name"), PersonName="Roe^Al")
    made = report(
        group("a", own, coded(code("1", "q"), code("2", "yes"))),
        group("b", coded(code("1", "q"), code("3", "no"))),
    )
    table = read_sr(save(made, tmp_path / "sr.dcm", SR))
    assert table["reader"].tolist() == ["Roe^Al", "Doe^Jo"]


def test_several_readers_are_named(tmp_path):
    made = report(group("a", coded(code("1", "q"), code("2", "yes"))), readers=("Doe^Jo", "Roe^Al"))
    assert set(read_sr(save(made, tmp_path / "sr.dcm", SR))["reader"]) == {"Doe^Jo, Roe^Al"}


def test_another_report_is_refused(tmp_path):
    made = report(title=code("126200", "Image Library"))
    with pytest.raises(InputError, match=r"IGX-IMG-187.*Image Library"):
        read_sr(save(made, tmp_path / "sr.dcm", SR))
    made = report()
    made.PatientID = ""
    with pytest.raises(InputError, match=r"IGX-IMG-151.*PatientID"):
        read_sr(save(made, tmp_path / "b.dcm", SR))


def test_content_without_end_is_refused(tmp_path):
    below = coded(code("1", "q"), code("2", "yes"))
    for _ in range(30):
        below = coded(code("1", "q"), code("2", "yes"), below)
    with pytest.raises(InputError, match=r"IGX-IMG-151.*nested"):
        read_sr(save(report(group("a", below)), tmp_path / "sr.dcm", SR))


@pytest.mark.realdata
@pytest.mark.skipif(not os.environ.get("IMAGENOMICS_TEST_DATA"), reason="IMAGENOMICS_TEST_DATA is not set")
def test_the_report_of_highdicom():
    """Against highdicom's own reader of TID 1500."""
    hd = pytest.importorskip("highdicom")
    table = read_sr(DATA / "sr_document.dcm")
    groups = hd.sr.srread(DATA / "sr_document.dcm").content.get_planar_roi_measurement_groups()
    assert len(groups) == 1
    measured = groups[0].get_measurements()
    rows = table[table["kind"] == "measurement"]
    assert rows["value"].tolist() == [float(m.value) for m in measured] == [1.7]
    assert rows["unit"].tolist() == [m.unit.value for m in measured] == ["cm2"]
    assert rows["item"].tolist() == [m.name.meaning for m in measured]
    assert set(table["annotation"]) == {groups[0].tracking_identifier}
    assert table.loc[table["item"] == "Finding", "meaning"].item() == groups[0].finding_type.meaning
    assert (
        table.loc[table["item"] == "Finding Site", "meaning"].item()
        == groups[0].finding_sites[0].value.meaning
    )
    assert set(table["reader"]) == {"Foo"}
    assert len(table) == 6
