"""GDC and cBioPortal in the shapes of their documentation; every value here is made up."""

import gzip
import hashlib

import pytest

from imagenomics.archive import cbioportal, gdc
from imagenomics.archive.maf import join_mafs
from imagenomics.errors import FileProblem, InputError


def hit(n, **changes):
    content = f"file {n}".encode()
    row = {
        "file_id": f"id-{n:04d}",
        "file_name": f"made-up-{n}.maf.gz",
        "file_size": len(content),
        "md5sum": hashlib.md5(content).hexdigest(),
        "access": "open",
        "data_type": gdc.MUTATIONS,
        "cases": [
            {
                "submitter_id": f"TCGA-XX-{n:04d}",
                "samples": [
                    {"submitter_id": f"TCGA-XX-{n:04d}-01A", "sample_type": "Primary Tumor"},
                    {"submitter_id": f"TCGA-XX-{n:04d}-10A", "sample_type": "Blood Derived Normal"},
                ],
            }
        ],
    }
    return {**row, **changes}


def pages_of(hits):
    def answer(_, body):
        page = hits[body["from"] : body["from"] + body["size"]]
        return {
            "data": {"hits": page, "pagination": {"total": len(hits), "from": body["from"]}},
            "warnings": {},
        }

    return answer


def test_open_files_of_all_pages(server, web, monkeypatch):
    monkeypatch.setattr(gdc, "PAGE", 3)
    server.answer("/files", pages_of([hit(n) for n in range(8)]))
    files = gdc.list_files("TCGA-XXXX", server=server.url, web=web)
    assert [file.patients for file in files] == [(f"TCGA-XX-{n:04d}",) for n in range(8)]
    assert files[0].samples == ("TCGA-XX-0000-01A",)
    asked = [body for *_, body in server.asked]
    assert [body["from"] for body in asked] == [0, 3, 6]
    conditions = {c["content"]["field"]: c["content"]["value"] for c in asked[0]["filters"]["content"]}
    assert conditions["access"] == ["open"]
    assert conditions["cases.project.project_id"] == ["TCGA-XXXX"]


def test_a_controlled_file_in_the_answer_stops_everything(server, web):
    server.answer("/files", pages_of([hit(1), hit(2, access="controlled")]))
    with pytest.raises(InputError, match=r"IGX-ARCH-020.*id-0002"):
        gdc.list_files("TCGA-XXXX", server=server.url, web=web)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"data": {"hits": [], "pagination": {}}},
        {"data": {"hits": [{"access": "open"}], "pagination": {"total": 1}}},
        {"data": {"hits": [{**hit(1), "file_size": "many"}], "pagination": {"total": 1}}},
    ],
)
def test_another_layout_is_named(server, web, answer):
    server.answer("/files", answer)
    with pytest.raises(FileProblem, match="IGX-ARCH-021"):
        gdc.list_files("TCGA-XXXX", server=server.url, web=web)


def test_an_empty_page_before_the_end_is_no_endless_loop(server, web):
    server.answer("/files", {"data": {"hits": [], "pagination": {"total": 5}}})
    assert gdc.list_files("TCGA-XXXX", server=server.url, web=web) == []


def test_files_are_fetched_and_compared(server, web, tmp_path):
    server.answer("/files", pages_of([hit(n) for n in range(3)]))
    files = gdc.list_files("TCGA-XXXX", server=server.url, web=web)
    for n in range(3):
        server.answer(f"/data/id-{n:04d}", f"file {n}".encode())
    paths = gdc.download_files(files, tmp_path, server=server.url, web=web)
    assert sorted(path.read_bytes() for path in paths) == [b"file 0", b"file 1", b"file 2"]
    server.answer("/data/id-0001", b"file X")
    next(p for p in paths if "id-0001" in str(p)).unlink()
    with pytest.raises(FileProblem, match="IGX-ARCH-014"):
        gdc.download_files(files, tmp_path, server=server.url, web=web)


def test_names_that_leave_the_folder_stop_before_the_first_file(server, web, tmp_path):
    server.answer("/files", pages_of([hit(1), hit(2, file_name="../../../evil.sh")]))
    files = gdc.list_files("TCGA-XXXX", server=server.url, web=web)
    before = len(server.asked)
    with pytest.raises(InputError, match="IGX-ARCH-015"):
        gdc.download_files(files, tmp_path, server=server.url, web=web)
    assert len(server.asked) == before
    assert list(tmp_path.iterdir()) == []


def test_release(server, web):
    server.answer("/status", {"data_release": "Data Release 99.0 - made up", "status": "OK"})
    assert gdc.release(server=server.url, web=web) == "Data Release 99.0 - made up"


@pytest.fixture
def portal(server):
    server.answer("/studies/made_up", {"studyId": "made_up", "publicStudy": True, "name": "Made up",
                                       "importDate": "2025-01-01", "referenceGenome": "hg19"})  # fmt: skip
    rows = [
        {"patientId": f"TCGA-XX-{n:04d}", "clinicalAttributeId": name, "value": str(value)}
        for n in range(3)
        for name, value in (("AGE", 50 + n), ("SEX", "Female"))
    ]
    server.answer("/studies/made_up/clinical-data", rows)
    server.answer("/sample-lists/made_up_sequenced/sample-ids", [f"TCGA-XX-{n:04d}-01" for n in range(3)])
    profile = {"molecularProfileId": "made_up_mutations", "molecularAlterationType": "MUTATION_EXTENDED"}
    server.answer("/studies/made_up/molecular-profiles", [{"molecularAlterationType": "MRNA"}, profile])
    server.answer("/molecular-profiles/made_up_mutations/mutations/fetch", [mutation(0), mutation(1, "IDH1")])
    return server


def mutation(n, gene="TP53"):
    return {
        "sampleId": f"TCGA-XX-{n:04d}-01",
        "patientId": f"TCGA-XX-{n:04d}",
        "gene": {"hugoGeneSymbol": gene, "entrezGeneId": 1},
        "mutationType": "Missense_Mutation",
        "variantType": "SNP",
        "proteinChange": "R132H",
        "chr": "2",
        "startPosition": 100 + n,
        "endPosition": 100 + n,
        "referenceAllele": "C",
        "variantAllele": "T",
        "ncbiBuild": "GRCh37",
    }


def test_a_public_study(portal, web):
    asked = {"server": portal.url, "web": web}
    assert cbioportal.study_facts("made_up", **asked)["genome"] == "hg19"
    table = cbioportal.clinical("made_up", **asked)
    assert table.loc["TCGA-XX-0002"].to_dict() == {"AGE": "52", "SEX": "Female"}
    samples = cbioportal.sequenced_samples("made_up", **asked)
    found = cbioportal.mutations("made_up", samples, **asked)
    assert list(found.columns) == list(cbioportal.MAF_COLUMNS)
    assert found["HGVSp_Short"].tolist() == ["p.R132H", "p.R132H"]
    assert found["Hugo_Symbol"].tolist() == ["TP53", "IDH1"]


def test_pages_of_the_portal(portal, web, monkeypatch):
    monkeypatch.setattr(cbioportal, "PAGE", 2)
    path = "/molecular-profiles/made_up_mutations/mutations/fetch"
    portal.answer(path, [mutation(0), mutation(1)], [mutation(2)])
    found = cbioportal.mutations("made_up", ["x"], server=portal.url, web=web)
    assert len(found) == 3
    portal.answer(path, [mutation(0), mutation(1)])
    with pytest.raises(FileProblem, match=r"IGX-ARCH-021.*twice"):
        cbioportal.mutations("made_up", ["x"], server=portal.url, web=web)


def test_a_study_that_is_not_public(portal, web):
    portal.answer("/studies/made_up", {"studyId": "made_up", "publicStudy": False})
    with pytest.raises(InputError, match="IGX-ARCH-020"):
        cbioportal.study_facts("made_up", server=portal.url, web=web)


@pytest.mark.parametrize("answer", [{"a": 1}, ["x"], [{"patientId": 3}], [{"patientId": "P"}]])
def test_clinical_answers_of_another_layout(portal, web, answer):
    portal.answer("/studies/made_up/clinical-data", answer)
    with pytest.raises(FileProblem, match="IGX-ARCH-021"):
        cbioportal.clinical("made_up", server=portal.url, web=web)


def test_a_study_without_mutations(portal, web):
    portal.answer("/studies/made_up/molecular-profiles", [])
    with pytest.raises(InputError, match="IGX-ARCH-022"):
        cbioportal.mutations("made_up", ["x"], server=portal.url, web=web)


def test_mafs_are_joined_under_one_header(tmp_path):
    first, second, other = (tmp_path / f"{n}.maf.gz" for n in "abc")
    first.write_bytes(gzip.compress(b"#version\nHugo_Symbol\tX\nTP53\t1\n"))
    second.write_bytes(gzip.compress(b"Hugo_Symbol\tX\nIDH1\t2\n"))
    assert join_mafs([first, second]) == "Hugo_Symbol\tX\nTP53\t1\nIDH1\t2\n"
    other.write_bytes(gzip.compress(b"Hugo_Symbol\tY\nIDH1\t2\n"))
    with pytest.raises(FileProblem, match="IGX-ARCH-023"):
        join_mafs([first, other])
    other.write_bytes(first.read_bytes()[:-9])
    with pytest.raises(FileProblem, match="IGX-ARCH-023"):
        join_mafs([other])
