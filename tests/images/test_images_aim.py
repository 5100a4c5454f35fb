import os
import re
from pathlib import Path

import numpy as np
import pytest

from imagenomics.cohort.settings import IdRule
from imagenomics.errors import FileProblem, InputError
from imagenomics.images.aim import read_aim, read_aim_folder
from imagenomics.images.reads import READ_COLUMNS
from imagenomics.tables.read import read_text_table

DATA = Path(os.environ.get("IMAGENOMICS_TEST_DATA", "")) / "nsclc-radiogenomics"
NAMESPACE = "gme://caCORE.caCORE/4.4/edu.northwestern.radiology.AIM"
ISO = "uri:iso.org:21090"
BODY = """
<imagingPhysicalEntityCollection><ImagingPhysicalEntity>
  <typeCode code="RID1" codeSystem="upper lobe" codeSystemName="RadLex"/><label value="Location"/>
</ImagingPhysicalEntity></imagingPhysicalEntityCollection>
<imagingObservationEntityCollection><ImagingObservationEntity>
  <typeCode code="RID2" codeSystemName="RadLex"><iso:displayName value=" mass"/></typeCode><label value="Nodule"/>
  <imagingObservationCharacteristicCollection>
    <ImagingObservationCharacteristic>
      <typeCode code="RID3" codeSystemName="RadLex"><iso:displayName value="part solid"/></typeCode>
      <typeCode code="LT2" codeSystemName="Own"><iso:displayName value="up to 5 mm"/></typeCode>
      <label value="Attenuation"/>
      <characteristicQuantificationCollection>
        <CharacteristicQuantification xsi:type="Numerical"><label value="share"/><ucumString value="%"/>
          <value value="35.5"/></CharacteristicQuantification>
        <CharacteristicQuantification xsi:type="Scale"><valueLabel value="likely"/><value value="L4"/>
        </CharacteristicQuantification>
      </characteristicQuantificationCollection>
    </ImagingObservationCharacteristic>
  </imagingObservationCharacteristicCollection>
</ImagingObservationEntity></imagingObservationEntityCollection>
<calculationEntityCollection><CalculationEntity>
  <typeCode code="G-D7FE" codeSystemName="SRT"/><description value="Length"/>
  <calculationResultCollection><CalculationResult type="Vector"><unitOfMeasure value="mm"/>
    <calculationDataCollection><CalculationData><value value="12.25"/></CalculationData>
      <CalculationData><value value="8"/></CalculationData></calculationDataCollection>
  </CalculationResult></calculationResultCollection>
</CalculationEntity></calculationEntityCollection>
"""


def aim(body=BODY, *, patient="P-01", reader="reader A", version="AIMv4_0", annotations=1):
    inner = f'<ImageAnnotation><name value="lesion 1"/>{body}</ImageAnnotation>' * annotations
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ImageAnnotationCollection aimVersion="{version}" '
        f'xmlns="{NAMESPACE}" xmlns:iso="{ISO}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<user><name value="{reader}"/></user><person><id value="{patient}"/></person>'
        f"<imageAnnotations>{inner}</imageAnnotations></ImageAnnotationCollection>"
    )


def write(folder, text=None, name="P-01.xml"):
    path = folder / name
    path.write_text(aim() if text is None else text, encoding="utf-8")
    return path


def test_every_answer_is_a_row(tmp_path):
    table = read_aim(write(tmp_path))
    assert tuple(table.columns) == READ_COLUMNS
    assert set(table["patient"]) == {"P-01"}
    assert set(table["reader"]) == {"reader A"}
    assert set(table["annotation"]) == {"lesion 1"}
    assert set(table["source"]) == {"P-01.xml"}
    shown = table[["kind", "item", "code", "scheme", "meaning", "unit"]].to_numpy().tolist()
    assert shown == [
        ["anatomy", "Location", "RID1", "RadLex", "upper lobe", ""],
        ["observation", "Nodule", "RID2", "RadLex", "mass", ""],
        ["characteristic", "Attenuation", "RID3+LT2", "RadLex+Own", "part solid+up to 5 mm", ""],
        ["measurement", "Attenuation: share", "", "", "", "%"],
        ["evaluation", "Attenuation", "L4", "", "likely", ""],
        ["measurement", "Length 1", "", "", "", "mm"],
        ["measurement", "Length 2", "", "", "", "mm"],
    ]
    assert np.array_equal(table["value"], [np.nan] * 3 + [35.5, np.nan, 12.25, 8.0], equal_nan=True)
    assert table["item_code"].iloc[-1] == "SRT:G-D7FE"


def test_a_folder_keeps_the_good_files_and_names_the_bad_one(tmp_path):
    write(tmp_path)
    write(tmp_path, aim(patient="P-02"), name="P-02v1.xml")
    write(tmp_path, aim()[:-200], name="cut.xml")
    found = read_aim_folder(tmp_path)
    assert sorted(set(found.table["patient"])) == ["P-01", "P-02"]
    assert [(f.item, f.code) for f in found.failures] == [("cut.xml", "IGX-IMG-180")]
    assert "P-02v1.xml (P-02)" in found.notes[0]
    with pytest.raises(FileProblem, match="IGX-IMG-186"):
        read_aim_folder(tmp_path, pattern="*.aim")
    with pytest.raises(FileProblem, match="IGX-IMG-186"):
        read_aim_folder(tmp_path / "absent")


def test_ids_go_through_the_rule_and_what_it_cannot_read_is_a_loss(tmp_path):
    write(tmp_path)
    write(tmp_path, aim(patient="someone"), name="someone.xml")
    found = read_aim_folder(tmp_path, rule=IdRule(pattern=r"(?P<patient>P-\d+)"))
    assert set(found.table["patient"]) == {"P-01"}
    assert found.losses[["side", "id_as_written"]].to_numpy().tolist() == [["aim", "someone"]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (aim(patient=""), "IGX-IMG-184"),
        (aim(annotations=0), "IGX-IMG-184"),
        (aim(version="AIMv3_0"), "IGX-IMG-183"),
        ("<html><body/></html>", "IGX-IMG-183"),
        (aim(BODY.replace("12.25", "long")), "IGX-IMG-185"),
        (aim(BODY.replace("12.25", "inf")), "IGX-IMG-185"),
        (aim(BODY.replace("12.25", "")), "IGX-IMG-185"),
    ],
)
def test_files_that_say_too_little(tmp_path, text, code):
    with pytest.raises(InputError, match=code):
        read_aim(write(tmp_path, text))


@pytest.fixture(scope="module")
def found():
    return read_aim_folder(DATA / "aim_xml")


@pytest.fixture(scope="module")
def texts():
    return {p.name: p.read_text(encoding="utf-8") for p in sorted((DATA / "aim_xml").glob("*.xml"))}


@pytest.mark.realdata
@pytest.mark.skipif(not os.environ.get("IMAGENOMICS_TEST_DATA"), reason="IMAGENOMICS_TEST_DATA is not set")
class TestLungReadings:
    """The 190 readings of NSCLC Radiogenomics, counted by regular expressions over the raw text."""

    def test_nothing_is_lost(self, found, texts):
        assert found.failures == ()
        assert len(found.losses) == 0
        assert found.table["patient"].nunique() == len(texts) == 190
        assert found.notes == (
            "aim: files whose name is not the id of the patient in it: R01-023v1.xml (R01-023)",
        )

    def test_patients_are_those_of_the_clinical_table(self, found):
        clinical = read_text_table(DATA / "NSCLCR01Radiogenomic_DATA_LABELS_2018-05-22_1500-shifted.csv")
        assert set(found.table["patient"]) <= set(
            clinical["Case ID"] if "Case ID" in clinical else clinical["Patient ID"]
        )

    @pytest.mark.parametrize(
        ("tag", "kind", "total"),
        [
            ("ImagingPhysicalEntity", "anatomy", 190),
            ("ImagingObservationEntity", "observation", 256),
            ("ImagingObservationCharacteristic", "characteristic", 4005),
            ("CalculationEntity", "measurement", 35),
        ],
    )
    def test_rows_by_kind(self, found, texts, tag, kind, total):
        assert sum(len(re.findall(f"<{tag}>", text)) for text in texts.values()) == total
        assert (found.table["kind"] == kind).sum() == total

    def test_every_pair_of_item_and_code(self, found, texts):
        """Blocks of characteristics, cut out of the raw text, give the same counts."""
        counted = {}
        block = re.compile(
            r"<ImagingObservationCharacteristic>(.*?)</ImagingObservationCharacteristic>", re.DOTALL
        )
        for text in texts.values():
            for inner in block.findall(text):
                label = re.search(r'<label value="([^"]*)"', inner)[1]
                key = (label, "+".join(re.findall(r'<typeCode code="([^"]*)"', inner)))
                counted[key] = counted.get(key, 0) + 1
        rows = found.table[found.table["kind"] == "characteristic"]
        assert rows.groupby(["item", "code"]).size().to_dict() == counted
        assert counted["Emphysema", "RID28472"] == 98
        assert counted["Nodule Attenuation", "RID46011+LT3"] == 67

    def test_a_code_has_one_meaning_in_an_item_however_it_is_written(self, found):
        """Some files write the meaning as display name, others where the scheme belongs."""
        meanings = found.table.groupby(["item", "code"])["meaning"].nunique()
        assert (meanings == 1).all()
        assert (found.table.loc[found.table["meaning"] == "", "kind"] == "measurement").all()
