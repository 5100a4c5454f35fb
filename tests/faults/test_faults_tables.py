"""Tables as they arrive: broken, mislabelled, hostile. Each fault has a code and says what to do."""

import bz2
import gzip
import lzma

import numpy as np
import pytest

from imagenomics.cohort.clinical import read_patients
from imagenomics.cohort.settings import PatientsSettings
from imagenomics.errors import FileProblem, ImagenomicsError, InputError
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import read_block

GOOD = "patient,age,IDH\n" + "".join(f"p{i:03d},{30 + i},{'WT' if i % 2 else 'R132H'}\n" for i in range(400))


def _read(path, **settings):
    data = {"table": path.name, "clinical": {"age": "age"}, **settings}
    return read_patients(PatientsSettings.read(data, where="[patients]"), path=path)


def _load(path, **settings):
    block = read_block(
        {"name": "m", "path": path.name, "kind": "mutation-matrix", **settings}, where="[[molecules]]"
    )
    return load_molecules(block, path=path)


def _half(data):
    return data[: len(data) // 2]


FILES = {
    "empty.csv": (b"", "IGX-TAB-011"),
    "header.csv": (b"patient,age,IDH\n", "IGX-COHORT-001"),
    "truncated.csv.gz": (_half(gzip.compress(GOOD.encode())), "IGX-TAB-011"),
    "truncated.csv.xz": (_half(lzma.compress(GOOD.encode())), "IGX-TAB-011"),
    "truncated.csv.bz2": (_half(bz2.compress(GOOD.encode())), "IGX-TAB-011"),
    "plain.csv.gz": (GOOD.encode(), "IGX-TAB-011"),
    "broken.csv.zip": (b"PK\x03\x04 nothing", "IGX-TAB-011"),
    "broken.csv.xz": (b"nothing", "IGX-TAB-011"),
    "broken.parquet": (b"PAR1 nothing", "IGX-TAB-011"),
    "utf16.csv": (GOOD.encode("utf-16"), "IGX-TAB-011"),
    "latin.csv": (GOOD.replace("p001", "Müller").encode("latin-1"), "IGX-TAB-011"),
    "quote.csv": (GOOD.replace("p001", '"p001').encode(), "IGX-TAB-011"),
    "ragged.csv": (GOOD.replace("p001,", "p001,,").encode(), "IGX-TAB-011"),
    "semicolon.csv": (GOOD.replace(",", ";").encode(), "IGX-COHORT-002"),
    "tab.csv": (GOOD.replace(",", "\t").encode(), "IGX-COHORT-002"),
    "comma.tsv": (GOOD.encode(), "IGX-COHORT-002"),
    "tab and comma.csv": (GOOD.replace(",", "\t").replace("age", "age, years").encode(), "IGX-COHORT-002"),
    "rownames.csv": (GOOD.replace("patient,", "").encode(), "IGX-COHORT-019"),
    "trailing.csv": (GOOD.replace("\n", ",\n").replace("IDH,", "IDH").encode(), "IGX-COHORT-019"),
    "twice.csv": (GOOD.replace("age,IDH", "IDH,IDH").encode(), "IGX-COHORT-003"),
    "spaces.csv": (GOOD.replace("age,IDH", "IDH ,IDH").encode(), "IGX-COHORT-003"),
    "duplicates.csv": (GOOD.replace("p001", "p002").encode(), "IGX-COHORT-011"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("read", [_read, _load])
def test_a_broken_table_has_its_code_names_the_file_and_says_what_to_do(tmp_path, name, read):
    content, code = FILES[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImagenomicsError) as caught:
        read(path)
    assert caught.value.code == code
    assert caught.value.remedy
    if code != "IGX-COHORT-011":
        assert name in str(caught.value)


def test_an_absent_table_names_the_nearest(tmp_path):
    (tmp_path / "labels.csv").write_text(GOOD)
    with pytest.raises(FileProblem, match=r"did you mean 'labels.csv'"):
        _read(tmp_path / "label.csv")


def test_the_declared_separator_mends_a_wrong_ending(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(GOOD.replace(",", "\t"))
    assert len(_read(path, separator="\t").table) == 400
    path.write_text(GOOD.replace(",", ";"))
    assert len(_load(path, separator=";").table) == 400


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert list(_read(path).table.values.index[:2]) == ["p000", "p001"]


def test_ids_keep_their_leading_zeros(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,age\n001,3\n010,4\n1e5,5\nNA,6\n")
    assert list(_read(path).table.values.index) == ["001", "010", "1e5", "NA"]


def test_lost_leading_zeros_are_explained(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,IDH1\n7,WT\n12,R132H\n101,WT\n")
    block = read_block({"name": "m", "path": "t", "kind": "mutation-matrix"}, where="t")
    with pytest.raises(InputError, match=r"IGX-LINK-003.*'7' is '007'"):
        load_molecules(block, path=path, patients=["007", "012", "101"])


def test_blank_ids_are_lost_with_a_reason(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,age\n,3\nx,4\n  ,5\n")
    cohort = _read(path)
    assert list(cohort.table.values.index) == ["x"]
    assert cohort.losses["reason"].tolist() == ["no id", "no id"]


def test_normal_samples_only(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,IDH1\nTCGA-CS-0001-10A,WT\nTCGA-CS-0002-11A,WT\n")
    with pytest.raises(InputError, match="IGX-GEN-006") as caught:
        _load(path, rule="tcga-patient")
    assert "1 of type 10 (normal blood)" in str(caught.value)
    assert "cannot stand for the tumour" in caught.value.remedy


def test_mixed_sample_types_of_one_patient(tmp_path):
    path = tmp_path / "t.csv"
    rows = "TCGA-CS-0001-01A,WT\nTCGA-CS-0001-10A,WT\nTCGA-CS-0001-02A,R132H\nTCGA-CS-0002-02A,R132H\n"
    path.write_text("id,IDH1\n" + rows)
    found = _load(path, rule="tcga-patient", min_mutated=0)
    assert found.table.values["m.IDH1"].to_dict() == {"TCGA-CS-0001": 0.0}
    assert len(found.losses) == 3
    with pytest.raises(InputError, match=r"IGX-COHORT-011.*'01A', '02A'"):
        _load(path, rule="tcga-patient", samples={"types": ["01", "02"]})
    both = _load(path, rule="tcga-patient", samples={"types": ["01", "02"], "choose": "first"})
    assert both.table.values["m.IDH1"].to_dict() == {"TCGA-CS-0001": 0.0, "TCGA-CS-0002": 1.0}


def test_constant_columns_are_noted_and_kept(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,age,sex\na,3,F\nb,3,F\n")
    cohort = _read(path, clinical={"age": "age", "sex": "sex"})
    assert cohort.table.values["sex"].tolist() == ["F", "F"]
    assert len([n for n in cohort.notes if "in every patient" in n]) == 2


def test_hostile_ids_and_genes_are_carried_unchanged(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('id,<img src=x onerror=alert(1)>,=1+1,../../x\n<script>,WT,R1H,WT\n"=cmd|A",R1H,WT,R1H\n')
    found = _load(path, id="id")
    assert list(found.table.values.index) == ["<script>", "=cmd|A"]
    assert list(found.table.values.columns) == ["m.<img src=x onerror=alert(1)>", "m.=1+1", "m.../../x"]


def test_numbers_too_large_for_a_float_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,age\na,50\nb,1e400\n")
    # pandas 2 reads no number there, pandas 3 an infinite one.
    with pytest.raises(InputError, match=r"IGX-COHORT-017|IGX-TAB-013"):
        _read(path, clinical={"age": {"kind": "continuous"}})


def test_missing_words_never_become_mutations(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,IDH1\na,WT\nb,\nc,Unknown\nd,[Not Available]\ne,R132H\n")
    values = _load(path).table.values["m.IDH1"]
    assert np.array_equal(values, [0, np.nan, np.nan, np.nan, 1], equal_nan=True)
