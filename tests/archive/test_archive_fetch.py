"""A whole cohort fetched from a server and a downloader of our own: folder, record, study file, resuming, faults."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.archive.fetch import fetch_cohort
from imagenomics.archive.images import choose_modality, choose_series, keep_described, patients_of
from imagenomics.archive.order import Cohort, Options
from imagenomics.archive.study_file import Parts, study_text
from imagenomics.errors import FileProblem, InputError
from imagenomics.study.load import load_study

PATIENTS = [f"TCGA-XX-{n:04d}" for n in range(24)]
COHORT = Cohort(
    key="made-up",
    name='Made "up" cohort',
    rule={"name": "tcga-patient"},
    collection="made_up",
    gdc_project="MADE-UP",
    cbioportal="made_up",
    licence=("CC BY 4.0",),
)


def rows_of_index():
    rows = []
    for n, patient in enumerate(PATIENTS):
        rows.append((patient, f"ST{n}", f"1.2.{n}.1", "CT", 2))
        rows.append((patient, f"ST{n}", f"1.2.{n}.2", "CT", 3))
    rows.append((PATIENTS[0], "ST0", "1.2.0.9", "PT", 3))
    return rows


@pytest.fixture
def index(tmp_path):
    names = ["PatientID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "instanceCount"]
    frame = pd.DataFrame(rows_of_index(), columns=names).assign(
        collection_id="made_up",
        analysis_result_id=None,
        StudyDate="2001-01-01",
        SeriesDescription="axial",
        series_size_MB=1.0,
        license_short_name="CC BY 4.0",
        source_DOI="10.1/x",
    )
    path = tmp_path / "index.parquet"
    frame.to_parquet(path)
    return path


@pytest.fixture
def portal(server):
    facts = {"studyId": "made_up", "publicStudy": True, "importDate": "2025-01-01", "referenceGenome": "hg19"}
    server.answer("/studies/made_up", facts)
    values = [
        {"patientId": p, "clinicalAttributeId": "AGE", "value": str(40 + n)} for n, p in enumerate(PATIENTS)
    ]
    server.answer("/studies/made_up/clinical-data", values)
    server.answer("/sample-lists/made_up_sequenced/sample-ids", [f"{p}-01" for p in PATIENTS])
    profile = {"molecularProfileId": "m", "molecularAlterationType": "MUTATION_EXTENDED"}
    server.answer("/studies/made_up/molecular-profiles", [profile])
    found = [
        {
            "sampleId": f"{patient}-01",
            "gene": {"hugoGeneSymbol": "TP53"},
            "mutationType": "Missense_Mutation",
            "variantType": "SNP",
            "proteinChange": "R175H",
            "chr": "17",
            "startPosition": 7578406,
            "endPosition": 7578406,
            "referenceAllele": "C",
            "variantAllele": "T",
            "ncbiBuild": "GRCh37",
        }
        for patient in PATIENTS[::2]
    ]
    server.answer("/molecular-profiles/m/mutations/fetch", found)
    return server


class Downloader:
    """Leaves made-up DICOM files in a folder of its own, as the archive's downloader may do; faults by series."""

    def __init__(self, faults=()):
        self.asked, self.faults = [], dict(faults)

    def __call__(self, uids, folder):
        (uid,) = uids
        self.asked.append(uid)
        fault = self.faults.get(uid)
        if fault == "raises":
            raise RuntimeError("s5cmd ended with 1")
        n = next(count for *_, series, _, count in rows_of_index() if series == uid)
        place = folder / "collection" / uid
        place.mkdir(parents=True)
        for k in range(n - 1 if fault == "truncated" else n):
            content = b"" if fault == "empty" else bytes(128) + b"DICM" + f"{uid} {k}".encode()
            (place / f"{k}.dcm").write_bytes(content)
        if fault == "once":
            del self.faults[uid]
            (place / "0.dcm").unlink()


@pytest.fixture
def fetch(portal, index, web, tmp_path):
    def call(*, downloader=None, out=tmp_path / "out", cohort=COHORT, **options):
        made = {"index": index, "web": web, "cbioportal_server": portal.url, "gdc_server": portal.url}
        chosen = Options(**{**made, "downloader": downloader or Downloader(), **options})
        return fetch_cohort(cohort, out, chosen)

    return call


def test_what_a_fetched_cohort_holds(fetch, tmp_path):
    fetched = fetch()
    out = tmp_path / "out"
    assert fetched.patients == tuple(PATIENTS)
    assert fetched.failures.empty
    assert len((out / "checksums.sha256").read_text().splitlines()) == 72 + 2
    assert sorted(p.name for p in out.iterdir()) == [
        *(
            "checksums.sha256",
            "failures.csv",
            "fetch.json",
            "images",
            "molecules",
            "patients.csv",
            "study.toml",
        )
    ]
    assert len(list((out / "images").rglob("*.dcm"))) == 72  # the larger of two series each
    record = json.loads((out / "fetch.json").read_text())
    assert record["licence"] == ["CC BY 4.0"]
    assert record["releases"]["cbioportal"].startswith("made_up, imported 2025-01-01")
    assert record["releases"]["idc"] == "index.parquet"
    for line in (out / "checksums.sha256").read_text().splitlines():
        value, name = line.split("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == value
    assert not [p for p in out.rglob("*") if p.name.endswith(".part")]


def test_the_study_file_is_one(fetch):
    plan = load_study(fetch().study).plan
    assert plan.name == 'Made "up" cohort'
    assert plan.images[0].path == "images/{patient}/CT"
    assert plan.molecules[0].kind == "maf"
    assert plan.patients.rule.name == "tcga-patient"


def test_a_killed_fetch_goes_on_where_it_stopped(fetch, tmp_path):
    first = Downloader({"1.2.5.2": "raises"})
    assert len(fetch(downloader=first).failures) == 1
    second = Downloader()
    fetched = fetch(downloader=second)
    assert second.asked == ["1.2.5.2"]
    assert fetched.failures.empty
    untouched = (tmp_path / "out" / "images" / PATIENTS[0] / "CT" / "0.dcm").stat().st_mtime_ns
    third = Downloader()
    fetch(downloader=third)
    assert third.asked == []
    assert (tmp_path / "out" / "images" / PATIENTS[0] / "CT" / "0.dcm").stat().st_mtime_ns == untouched


@pytest.mark.parametrize("fault", ["raises", "truncated", "empty"])
def test_a_patient_whose_pictures_do_not_come_costs_only_himself(fetch, tmp_path, fault):
    fetched = fetch(downloader=Downloader({"1.2.3.2": fault}))
    assert fetched.failures[["patient", "code"]].to_numpy().tolist() == [[PATIENTS[3], "IGX-ARCH-031"]]
    assert not (tmp_path / "out" / "images" / PATIENTS[3] / "CT").exists()
    assert PATIENTS[3] in (tmp_path / "out" / "failures.csv").read_text()
    load_study(fetched.study)


def test_a_series_that_comes_short_once_is_fetched_again(fetch):
    downloader = Downloader({"1.2.3.2": "once"})
    assert fetch(downloader=downloader).failures.empty
    assert downloader.asked.count("1.2.3.2") == 2


def test_a_damaged_file_is_fetched_again(fetch, tmp_path):
    fetch()
    (tmp_path / "out" / "images" / PATIENTS[2] / "CT" / "1.dcm").write_bytes(b"")
    downloader = Downloader()
    fetch(downloader=downloader)
    assert downloader.asked == ["1.2.2.2"]


def test_a_server_that_breaks_leaves_no_study(fetch, portal, tmp_path):
    portal.answer("/molecular-profiles/m/mutations/fetch", 500)
    with pytest.raises(FileProblem, match="IGX-ARCH-011"):
        fetch()
    assert not (tmp_path / "out" / "study.toml").exists()


def test_fewer_patients_and_only_one_side(fetch, portal, tmp_path):
    fetched = fetch(patients=3)
    assert fetched.patients == tuple(PATIENTS[:3])
    assert len(pd.read_csv(tmp_path / "out" / "patients.csv")) == 3
    *_, (_, _, _, asked) = portal.asked
    assert asked == {"sampleIds": [f"{p}-01" for p in PATIENTS[:3]]}
    pictures = fetch(patients=3, molecules="none", out=tmp_path / "pictures")
    assert "[[molecules]]" not in pictures.study.read_text()
    molecules = fetch(images=False, out=tmp_path / "molecules")
    assert "No pictures were fetched" in molecules.study.read_text()
    assert load_study(molecules.study).plan.molecules[0].name == "mutations"


def test_nothing_open_is_said_and_nothing_is_asked(fetch, portal):
    with pytest.raises(InputError, match="IGX-ARCH-032"):
        fetch(cohort=Cohort(key="closed", name="Closed"))
    assert portal.asked == []


def test_patients_who_would_leave_the_folder(fetch, index, tmp_path):
    frame = pd.read_parquet(index)
    frame.loc[frame["PatientID"] == PATIENTS[1], "PatientID"] = "../../evil"
    frame.to_parquet(index)
    fetched = fetch()
    assert fetched.failures[["patient", "code"]].to_numpy().tolist() == [["../../evil", "IGX-ARCH-015"]]
    assert not (tmp_path.parent / "evil").exists()


def test_molecules_of_the_gdc(fetch, portal, tmp_path):
    content = (
        b"Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\nTP53\tSilent\tTCGA-XX-0000-01A-11D\n"
    )
    row = {
        "file_id": "a",
        "file_name": "x.maf",
        "file_size": len(content),
        "md5sum": hashlib.md5(content).hexdigest(),
        "access": "open",
        "cases": [{"submitter_id": PATIENTS[0], "samples": [{"submitter_id": f"{PATIENTS[0]}-01A"}]}],
    }
    portal.answer("/files", {"data": {"hits": [row], "pagination": {"total": 1}}})
    portal.answer("/data/a", content)
    portal.answer("/status", {"data_release": "made up 1"})
    fetched = fetch(molecules="gdc", patients=2)
    assert (tmp_path / "out" / "molecules" / "mutations.maf").read_bytes() == content
    assert json.loads((tmp_path / "out" / "fetch.json").read_text())["releases"]["gdc"] == "made up 1"
    assert PATIENTS[0] in fetched.patients


def _series(rows):
    names = ["PatientID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "instanceCount"]
    return pd.DataFrame(rows, columns=names).assign(analysis_result_id=None)


def test_one_series_each_with_its_segmentation_whatever_the_order():
    table = _series(
        [
            ("P1", "A", "1", "CT", 90),
            ("P1", "B", "2", "CT", 50),
            ("P1", "B", "3", "SEG", 1),
            ("P2", "C", "5", "CT", 40),
            ("P2", "C", "4", "CT", 40),
        ]
    )
    chosen = choose_series(table, "CT")
    assert chosen["SeriesInstanceUID"].tolist() == ["2", "3", "4"]
    assert chosen["role"].tolist() == ["image", "mask", "image"]
    for seed in range(5):
        pd.testing.assert_frame_equal(choose_series(table.sample(frac=1, random_state=seed), "CT"), chosen)


def test_modalities():
    table = _series([("P1", "A", "1", "MR", 9), ("P2", "B", "2", "MR", 9), ("P1", "A", "3", "CT", 9)])
    assert choose_modality(table) == "MR"
    assert choose_modality(table, "CT") == "CT"
    assert patients_of(table, "MR", among=["P2"], n=1) == ["P2"]
    masks = _series([("P2", "B", "9", "SEG", 1)])
    assert patients_of(pd.concat([table, masks]), "MR", among=None, n=1) == ["P2"]
    with pytest.raises(InputError, match="IGX-ARCH-030"):
        choose_modality(table, "PT")
    with pytest.raises(InputError, match=r"IGX-ARCH-030.*SM"):
        choose_modality(_series([("P1", "A", "1", "SM", 9)]))


def test_series_by_their_description():
    table = _series([("P1", "A", "1", "MR", 90), ("P1", "A", "2", "MR", 9), ("P1", "A", "3", "SEG", 1)])
    table["SeriesDescription"] = ["DSC perfusion", "T1 axial POST", None]
    kept = keep_described(table, "MR", "*t1*post*")
    assert kept["SeriesInstanceUID"].tolist() == ["2", "3"]
    with pytest.raises(InputError, match=r"IGX-ARCH-034(?s:.)*DSC perfusion"):
        keep_described(table, "MR", "*flair*")


@pytest.mark.parametrize("name", ['a "b" \\ c', "line\nbreak", "\u202e", "\x7f", "'''", "{patient}"])
def test_every_name_is_a_valid_study(name, tmp_path):
    path = tmp_path / "study.toml"
    rule = {"pattern": r"(?P<patient>\d+)\D*"}
    parts = Parts(name, rule, "MR", n_masked=2, n_patients=2, mutations=True, sources=(name,))
    path.write_text(study_text(parts), encoding="utf-8")
    plan = load_study(path).plan
    assert plan.name == name.strip()
    assert plan.patients.rule.pattern == r"(?P<patient>\d+)\D*"


@pytest.mark.parametrize(("n_masked", "mask"), [(3, "images/{patient}/SEG/*"), (2, None), (0, None)])
def test_masks_of_the_archive_are_taken_where_all_have_one(n_masked, mask, tmp_path):
    path = tmp_path / "study.toml"
    parts = Parts("x", {"name": "exact"}, "CT", n_masked=n_masked, n_patients=3, mutations=False)
    path.write_text(study_text(parts), encoding="utf-8")
    assert load_study(path).plan.images[0].mask == mask
    assert ("2 of 3 patients" in path.read_text()) == (n_masked == 2)


@pytest.mark.slow
def test_a_fetched_study_runs(fetch, run_fetched):
    """The pictures are real DICOM this time; every patient is measured and the one gene is tested."""
    fetched = fetch(downloader=_write_ct)
    done = run_fetched(fetched.study)
    features = pd.read_parquet(done / "features.parquet")
    assert len(features) == len(PATIENTS)
    tested = pd.read_parquet(done / "associations.parquet")
    assert set(tested["target"]) == {"mutations.TP53"}
    assert (tested["status"] == "ok").any(), tested["reason"].unique()


@pytest.fixture
def run_fetched(tmp_path):
    from imagenomics.runs.job import JobOptions, run_plan
    from imagenomics.work.progress import Progress

    def call(study):
        loaded = load_study(study, overrides=["features.families=['intensity', 'volume']"])
        options = JobOptions(tmp_path / "run", progress=Progress(shown=False))
        run_plan(loaded.plan, loaded.root, options, last="associate")
        return tmp_path / "run"

    return call


def _write_ct(uids, folder):
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import FileDataset, FileMetaDataset

    (uid,) = uids
    n = next(count for *_, series, _, count in rows_of_index() if series == uid)
    rng = np.random.default_rng(int(uid.split(".")[2]))
    for k in range(n):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        meta.MediaStorageSOPInstanceUID = f"{uid}.{k + 1}"
        meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        data = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
        data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
        data.SeriesInstanceUID, data.StudyInstanceUID, data.FrameOfReferenceUID = uid, f"{uid}.7", f"{uid}.8"
        data.PatientID, data.Modality = PATIENTS[int(uid.split(".")[2])], "CT"
        data.Rows = data.Columns = 8
        data.PixelSpacing, data.SliceThickness = [1.0, 1.0], 2.0
        data.ImageOrientationPatient, data.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, 2.0 * k]
        data.RescaleSlope, data.RescaleIntercept, data.RescaleType = 1, 0, "HU"
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated = data.BitsStored = 16
        data.HighBit, data.PixelRepresentation = 15, 1
        data.PixelData = rng.integers(-100, 100, (8, 8)).astype("<i2").tobytes()
        data.save_as(folder / f"{k}.dcm", enforce_file_format=True)
