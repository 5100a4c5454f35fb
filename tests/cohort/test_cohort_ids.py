import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagenomics.cohort.barcodes import Barcode, read_barcode
from imagenomics.cohort.ids import build_parser, parse_id, parse_ids, read_participants
from imagenomics.cohort.settings import IdRule, SampleRule
from imagenomics.errors import InputError

TCGA = IdRule(name="tcga-patient")


@pytest.mark.parametrize(
    ("raw", "patient", "unit", "sample_type"),
    [
        ("TCGA-CS-4941", "TCGA-CS-4941", "", ""),
        ("tcga_cs_4941", "TCGA-CS-4941", "", ""),
        ("TCGA.CS.4941.01", "TCGA-CS-4941", "01", "01"),
        ("TCGA-CS-4941-01A", "TCGA-CS-4941", "01A", "01"),
        ("TCGA-02-0001-01C-01D-0182-01", "TCGA-02-0001", "01C-01D-0182-01", "01"),
        ("TCGA-CS-4941-10A-01D-1468-08", "TCGA-CS-4941", "10A-01D-1468-08", "10"),
        (
            "TCGA-02-0047-01Z-00-DX1.4755D138-5842-4159-848C-4248D6D53DE0.svs",
            "TCGA-02-0047",
            "01Z-00-DX1",
            "01",
        ),
    ],
)
def test_tcga_barcodes_are_read(raw, patient, unit, sample_type):
    found = parse_id(raw, TCGA)
    assert (found.patient, found.unit, found.sample_type) == (patient, unit, sample_type)


@pytest.mark.parametrize(
    "raw",
    ["", "TCGA-CS-494", "TCGA-CS-49411", "TCGA-CS", "TARGET-CS-4941", "TCGA-CS-4941-1", "TCGA-CS-4941_t1post",
     "xTCGA-CS-4941", "TCGA-CS-4941-77", "4941"],
)  # fmt: skip
def test_tcga_is_never_cut_off(raw):
    found = parse_id(raw, TCGA)
    assert found.patient == ""
    assert found.reason


def test_barcode_knows_site_and_vial():
    assert read_barcode("TCGA-CS-4941-01B-11D") == Barcode("TCGA-CS-4941", "CS", "01", "01B-11D")
    assert read_barcode("TCGA-CS-4941-01B-11D").vial == "B"
    assert read_barcode("TCGA-CS-4941-01").vial == ""


@pytest.mark.parametrize("kind", ["10", "11", "14", "20"])
def test_normal_samples_cannot_be_declared_as_tumour(kind):
    with pytest.raises(InputError, match=f"sample type {kind} is .* cannot stand for the tumour"):
        SampleRule.read({"types": [kind]}, where="samples")


def test_pattern_needs_the_whole_id_and_gives_units():
    rule = IdRule.read({"pattern": r"(?P<patient>R01-\d{3})(_(?P<unit>\w+))?"}, where="rule")
    assert (parse_id("R01-001_L2", rule).patient, parse_id("R01-001_L2", rule).unit) == ("R01-001", "L2")
    assert parse_id("R01-001", rule).unit == ""
    assert "whole id" in parse_id("R01-001.nii", rule).reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("tcga_patient", "did you mean 'tcga-patient'"),
        ({"pattern": "("}, "no regular expression"),
        ({"pattern": "(.*)"}, r"\(\?P<patient>"),
        ({"name": "pattern"}, "belong together"),
        ({"name": "exact", "pattern": "(?P<patient>.*)"}, "belong together"),
    ],
)
def test_bad_rules_are_explained(data, words):
    with pytest.raises(InputError, match=words):
        IdRule.read({"name": data} if isinstance(data, str) else data, where="rule")


def test_bids_labels_lead_to_the_study_ids():
    parse = build_parser(IdRule(name="bids"), known=["TCGA-CS-4941", "A-1", "A1", "B-2"])
    assert parse("sub-TCGACS4941").patient == "TCGA-CS-4941"
    assert parse("data/sub-B2/ses-01/anat/sub-B2_ses-01_T1w.nii.gz").patient == "B-2"
    assert parse("sub-B2_ses-01").unit == "ses-01"
    assert parse("sub-A1").ambiguous
    assert parse("sub-new").patient == "new"
    assert "BIDS label" in parse("sub-").reason


def test_participants_lead_from_label_to_id(tmp_path):
    path = tmp_path / "participants.tsv"
    path.write_text("participant_id\tstudy_id\nsub-01\tA/7\nsub-02\tA/8\n")
    labels = read_participants(path, column="study_id")
    assert build_parser(IdRule(name="bids"), labels=labels)("sub-02_ses-1").patient == "A/8"
    path.write_text("participant_id\tstudy_id\nsub-01\tA/7\nsub-01\tA/8\n")
    with pytest.raises(InputError, match="IGX-LINK-007"):
        read_participants(path, column="study_id")
    with pytest.raises(InputError, match="did you mean 'study_id'"):
        read_participants(path, column="studyid")


def test_plink_takes_the_iid_alone_only_where_it_is_unique():
    found = parse_ids(["F1 S1", "F2 S1", "0 S2", "F3\tS3", "S1", "a b c"], IdRule(name="plink"))
    assert found["patient"].tolist() == ["F1 S1", "F2 S1", "S2", "S3", "", ""]
    assert found["ambiguous"].tolist() == [False, False, False, False, True, False]
    assert "F1, F2" in found["reason"][4]


@pytest.mark.parametrize("ids", [[1, 2], ["a", None], ["a", 1.5], "abc"])
def test_ids_that_are_not_text_are_refused(ids):
    with pytest.raises(InputError, match="IGX-LINK-002"):
        parse_ids(ids, IdRule())


barcodes = st.from_regex(r"TCGA[-_.][A-Z0-9a-z]{2}[-_.][A-Za-z0-9]{4}([-_.]0[1-9][A-Z]?)?", fullmatch=True)
subjects = st.from_regex(r"sub-[A-Za-z0-9]{1,6}(_ses-[0-9]{2})?", fullmatch=True)
pairs = st.from_regex(r"[A-Z0]{1,2} [A-Z0-9]{1,3}", fullmatch=True)


@given(raw=st.one_of(st.text(max_size=20), barcodes, subjects, pairs), name=st.sampled_from(
    ["exact", "tcga-patient", "bids", "plink"]))  # fmt: skip
def test_reading_a_patient_id_again_changes_nothing(raw, name):
    rule = IdRule(name=name)
    first = parse_id(raw, rule)
    assert bool(first.patient) != bool(first.reason)
    if first.patient:
        assert parse_id(first.patient, rule).patient == first.patient


@given(barcode=barcodes)
def test_case_and_separators_do_not_change_the_patient(barcode):
    other = re.sub(r"[-_.]", "_", barcode).lower()
    assert parse_id(barcode, TCGA).patient == parse_id(other, TCGA).patient
