import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import read_block

MUTATIONS = """STUDY\tSAMPLE_ID\tIDH1\tTP53\tCIC\tNOTE
s\tTCGA-CS-0001-01\tR132H\tR175H T155P\tWT\tx
s\tTCGA-CS-0002-01\tWT\tG706=\tWT\tx
s\tTCGA-CS-0003-01\tNS\tNS\tNS\ty
s\tTCGA-CS-0004-01\tR132C\tWT\tWT\ty
s\tTCGA-CS-0005-10\tR132H\tWT\tWT\tnormal
"""
COPIES = """sample,EGFR,CDKN2A,IGH
p1,2,-2,NA
p2,1,-1,NA
p3,NP,0,NA
"""
NUMBERS = """case,A_rnaseq,B_rnaseq,age
p1,1.5,2,50
p2,NA,2,60
"""


@pytest.fixture
def load(tmp_path):
    def call(text, *, patients=None, name="m", file="t.tsv", **settings):
        path = tmp_path / file
        path.write_text(text)
        block = read_block({"name": name, "path": file, **settings}, where="[[molecules]]")
        return load_molecules(block, path=path, patients=patients)

    return call


def test_wild_type_and_not_sequenced_stay_apart(load):
    found = load(MUTATIONS, kind="mutation-matrix", rule="tcga-patient")
    values = found.table.values
    assert list(values.columns) == ["m.IDH1", "m.TP53"]
    assert np.array_equal(values["m.IDH1"], [1, 0, np.nan, 1], equal_nan=True)
    assert np.array_equal(values["m.TP53"], [1, 1, np.nan, 0], equal_nan=True)
    assert found.table.levels("m.IDH1") == ["wild type", "mutated"]
    assert set(found.table.columns["role"]) == {"molecule"}
    assert found.changes.to_numpy().tolist() == [
        ["TCGA-CS-0001", "IDH1", "R132H"],
        ["TCGA-CS-0001", "TP53", "R175H"],
        ["TCGA-CS-0001", "TP53", "T155P"],
        ["TCGA-CS-0002", "TP53", "G706="],
        ["TCGA-CS-0004", "IDH1", "R132C"],
    ]
    dropped = found.dropped.set_index("column")["reason"]
    assert dropped.to_dict() == {
        "STUDY": "no cell is a wild type",
        "NOTE": "no cell is a wild type",
        "CIC": "mutated in no patient",
    }
    counts = found.report.set_index("written")["n"].to_dict()
    assert counts == {"WT": 5, "NS": 3, "(synonymous changes)": 1, "(protein changes)": 3}
    assert any("no gene was sequenced in 1 patients: TCGA-CS-0003" in n for n in found.notes)
    assert any("'SAMPLE_ID' is taken" in n for n in found.notes)
    assert found.losses["reason"].tolist() == ["sample type 10 (normal blood) is not declared"]


def test_options_of_mutations(load):
    quiet = load(
        MUTATIONS, kind="mutation-matrix", rule="tcga-patient", synonymous="wild-type", min_mutated=2
    )
    assert list(quiet.table.values.columns) == ["m.IDH1"]
    assert quiet.dropped.set_index("column")["n"]["TP53"] == 1
    named = load(MUTATIONS, kind="mutation-matrix", rule="tcga-patient", genes=["TP53"], min_mutated=0)
    assert list(named.table.values.columns) == ["m.TP53"]
    with pytest.raises(InputError, match=r"IGX-GEN-002.*'TP35'(.|\n)*did you mean 'TP53'"):
        load(MUTATIONS, kind="mutation-matrix", rule="tcga-patient", genes="TP35")
    with pytest.raises(InputError, match=r"IGX-GEN-001.*'WT'"):
        load(MUTATIONS, kind="mutation-matrix", rule="tcga-patient", wild_type=["WILD"])


def test_a_gene_mutated_in_all_linked_patients_is_still_a_gene(load):
    found = load(
        MUTATIONS, kind="mutation-matrix", rule="tcga-patient", patients=["TCGA-CS-0001", "TCGA-CS-0004"]
    )
    assert found.table.values["m.IDH1"].tolist() == [1.0, 1.0]


def test_patients_without_a_row_and_rows_without_a_patient_are_lost_with_reason(load):
    found = load(
        MUTATIONS, kind="mutation-matrix", rule="tcga-patient", patients=["TCGA-CS-0001", "TCGA-CS-0009"]
    )
    assert list(found.table.values.index) == ["TCGA-CS-0001"]
    lost = found.losses.set_index("id_as_written")["category"].to_dict()
    assert lost == {
        "TCGA-CS-0005-10": "dropped",
        "TCGA-CS-0009": "only patients",
        "TCGA-CS-0002-01": "only m",
        "TCGA-CS-0003-01": "only m",
        "TCGA-CS-0004-01": "only m",
    }


def test_copy_number_codes_and_calls(load):
    calls = ["ordinal", "amplified", "deep-deletion", "gain", "loss"]
    found = load(COPIES, kind="copy-number", file="t.csv", calls=calls)
    values = found.table.values
    assert np.array_equal(values["m.EGFR"], [4, 3, np.nan], equal_nan=True)
    assert np.array_equal(values["m.EGFR.amplified"], [1, 0, np.nan], equal_nan=True)
    assert np.array_equal(values["m.EGFR.gain"], [1, 1, np.nan], equal_nan=True)
    assert values["m.CDKN2A.deep-deletion"].tolist() == [1, 0, 0]
    assert values["m.CDKN2A.loss"].tolist() == [1, 1, 0]
    assert found.table.columns.at["m.EGFR", "kind"] == "ordinal"
    assert len(found.table.levels("m.EGFR")) == 5
    assert found.dropped["column"].tolist() == ["IGH"]
    assert found.report.set_index("written")["mapped"].to_dict() == {
        "-1": "shallow loss", "-2": "deep deletion", "0": "diploid", "1": "low gain", "2": "amplification",
        "NP": ""}  # fmt: skip


def test_copy_number_refuses_log_ratios(load):
    with pytest.raises(InputError, match=r"IGX-GEN-003.*'0.73'(.|\n)*expression"):
        load(COPIES.replace("p2,1", "p2,0.73"), kind="copy-number", file="t.csv")


def test_expression_by_suffix(load):
    found = load(NUMBERS, kind="expression", file="t.csv", columns={"suffix": "_rnaseq"}, unit="log2 TPM")
    assert list(found.table.values.columns) == ["m.A", "m.B"]
    assert np.array_equal(found.table.values["m.A"], [1.5, np.nan], equal_nan=True)
    assert set(found.table.columns["unit"]) == {"log2 TPM"}
    assert found.dropped["column"].tolist() == ["age"]
    assert any("2 genes is not above 0" in n for n in found.notes)
    with pytest.raises(InputError, match="IGX-GEN-009"):
        load(NUMBERS, kind="expression", file="t.csv", columns={"suffix": "_rna"})


@pytest.mark.parametrize("cell", ["x", "inf"])
def test_expression_refuses_what_is_no_number(load, cell):
    with pytest.raises(InputError, match=rf"IGX-GEN-004.*'{cell}'"):
        load(NUMBERS.replace("2,50", f"{cell},50"), kind="expression", file="t.csv")


def test_ignored_and_nameless_columns_are_listed(load):
    found = load(",case,A,age\n0,p1,1,50\n1,p2,2,60\n", kind="expression", file="t.csv", ignore=["age"])
    assert list(found.table.values.columns) == ["m.A"]
    assert found.dropped["column"].tolist() == ["Unnamed: 0", "age"]


def test_genes_by_samples_is_the_same_table(load):
    straight = load("case,A,B\np1,1,2\np2,3,4\n", kind="expression", file="t.csv")
    turned = load(
        "gene,p1,p2\nA,1,3\nB,2,4\n", kind="expression", file="t.csv", orientation="genes-by-samples"
    )
    pd.testing.assert_frame_equal(straight.table.values, turned.table.values)
    twice = "gene,p1,p2\nA,1,3\nA,2,4\n"
    with pytest.raises(InputError, match=r"IGX-GEN-005.*'A'"):
        load(twice, kind="expression", file="t.csv", orientation="genes-by-samples")
    first = load(twice, kind="expression", file="t.csv", orientation="genes-by-samples", duplicates="first")
    assert first.table.values["m.A"].tolist() == [1.0, 3.0]


def test_gene_symbols_made_into_dates_are_noted(load):
    found = load("case,1-Mar,B\np1,1,2\np2,3,4\n", kind="expression", file="t.csv")
    assert any("1-Mar" in n and "spreadsheet" in n for n in found.notes)


def test_several_samples_need_a_declared_rule(load):
    text = "id,A\nTCGA-CS-0001-01B,5\nTCGA-CS-0001-01A,1\nTCGA-CS-0001-02A,9\nTCGA-CS-0002-01A,2\n"
    common = {"kind": "expression", "file": "t.csv", "rule": "tcga-patient"}
    with pytest.raises(InputError, match=r"IGX-COHORT-011.*'01A', '01B'(.|\n)*choose"):
        load(text, **common)
    first = load(text, samples={"choose": "first"}, **common)
    assert first.table.values["m.A"].tolist() == [1.0, 2.0]
    assert first.losses[["id_as_written", "reason"]].to_numpy().tolist() == [
        ["TCGA-CS-0001-02A", "sample type 02 (recurrent solid tumour) is not declared"],
        ["TCGA-CS-0001-01B", "another unit of this patient was taken (first)"],
    ]
    assert load(text, samples={"choose": "mean"}, **common).table.values["m.A"].tolist() == [3.0, 2.0]
    vial = load(text, samples={"vials": ["B", "A"], "choose": "first", "types": ["02", "01"]}, **common)
    assert vial.table.values["m.A"].tolist() == [9.0, 2.0]
    assert load(text, samples={"vials": ["A"]}, **common).table.values["m.A"].tolist() == [1.0, 2.0]


def test_a_column_of_samples_is_taken_before_one_of_patients(load):
    text = "PATIENT_ID,SAMPLE_ID,A\nTCGA-CS-0001,TCGA-CS-0001-10A,9\nTCGA-CS-0001,TCGA-CS-0001-01A,1\n"
    found = load(text, kind="expression", file="t.csv", rule="tcga-patient")
    assert found.table.values["m.A"].tolist() == [1.0]


def test_rows_that_repeat_a_sample_with_equal_values_are_one(load):
    text = "case,slide,A\np1,s1,5\np1,s2,5\np2,s3,1\n"
    found = load(text, kind="expression", file="t.csv")
    assert found.table.values["m.A"].tolist() == [5.0, 1.0]
    assert found.losses["reason"].tolist() == ["repeats another row of this sample with equal values"]
    with pytest.raises(InputError, match="IGX-COHORT-011"):
        load(text.replace("s2,5", "s2,6"), kind="expression", file="t.csv")


def test_no_sample_of_a_declared_type(load):
    text = "id,A\nTCGA-AB-0001-03A,5\nTCGA-AB-0002-03A,1\n"
    with pytest.raises(InputError, match=r"IGX-GEN-006.*2 of type 03") as caught:
        load(text, kind="expression", file="t.csv", rule="tcga-patient")
    assert "types" in caught.value.remedy
    found = load(text, kind="expression", file="t.csv", rule="tcga-patient", samples={"types": ["03"]})
    assert len(found.table) == 2


def test_ids_that_do_not_match_bring_the_rule_that_would(load):
    with pytest.raises(InputError, match="IGX-LINK-001") as caught:
        load(MUTATIONS, kind="mutation-matrix", patients=["TCGA-CS-0001", "TCGA-CS-0002"])
    assert 'rule = "tcga-patient"' in caught.value.remedy
    with pytest.raises(InputError, match="IGX-LINK-005"):
        load(COPIES, kind="copy-number", file="t.csv", rule="tcga-patient", patients=["p1"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "mutations"}, "IGX-GEN-008.*did you mean|IGX-GEN-008(.|\n)*mutation-matrix"),
        ({"kind": "expression", "gene": "all"}, "did you mean 'genes'"),
        ({"kind": "copy-number", "samples": {"choose": "mean"}}, "no mean"),
        ({"kind": "copy-number", "calls": ["amp"]}, "IGX-SET-001"),
        ({"kind": "labels", "columns": {}}, "IGX-SET-001"),
        ({"kind": "expression", "name": "a.b"}, "IGX-SET-001"),
    ],
)
def test_bad_settings_are_explained(data, words):
    with pytest.raises(InputError, match=words):
        read_block({"name": "m", "path": "t", **data}, where="[[molecules]]")


def test_a_parquet_matrix_of_numbers(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"case": ["a", "b"], "EGFR": [2.0, np.nan], "B": [0, -1]}).to_parquet(path)
    block = read_block({"name": "c", "path": "t", "kind": "copy-number"}, where="t")
    values = load_molecules(block, path=path).table.values
    assert np.array_equal(values["c.EGFR"], [4, np.nan], equal_nan=True)
    assert values["c.B"].tolist() == [2.0, 1.0]
    block = read_block({"name": "c", "path": "t", "kind": "expression"}, where="t")
    assert load_molecules(block, path=path).table.values["c.B"].tolist() == [0.0, -1.0]


def test_results_do_not_depend_on_the_order_of_rows_or_patients(load):
    head, *rows = MUTATIONS.splitlines()
    patients = ["TCGA-CS-0002", "TCGA-CS-0001", "TCGA-CS-0003"]
    one = load(MUTATIONS, kind="mutation-matrix", rule="tcga-patient", patients=patients)
    other = load(
        "\n".join([head, *reversed(rows)]),
        kind="mutation-matrix", rule="tcga-patient", patients=sorted(patients),
    )  # fmt: skip
    pd.testing.assert_frame_equal(one.table.values, other.table.values)
    pd.testing.assert_frame_equal(one.changes, other.changes)


def test_a_file_that_is_no_matrix_of_this_kind(load):
    with pytest.raises(InputError, match=r"IGX-GEN-009.*no cell is a number"):
        load("id,A\na,x\nb,y\n", kind="expression", file="t.csv")
    with pytest.raises(InputError, match="IGX-GEN-009"):
        load("gene\nA\nB\n", kind="expression", file="t.csv", orientation="genes-by-samples")
    with pytest.raises(InputError, match=r"IGX-COHORT-004(.|\n)*did you mean 'gene'"):
        load(
            "gene,p\nA,1\n", kind="expression", file="t.csv", orientation="genes-by-samples", gene_id="genes"
        )


def test_participants_lead_from_bids_labels_to_the_study_ids(load, tmp_path):
    (tmp_path / "participants.tsv").write_text("participant_id\tcase\nsub-01\tp/1\nsub-02\tp/2\n")
    rule = {"name": "bids", "participants": str(tmp_path / "participants.tsv"), "participants_id": "case"}
    text = "id,A\nsub-01,1\nsub-02,2\n"
    found = load(text, kind="expression", file="t.csv", rule=rule, patients=["p/1", "p/2", "p/3"])
    assert list(found.table.values.index) == ["p/1", "p/2"]


def test_hotspots_of_a_matrix_know_who_was_sequenced(load):
    found = load(MUTATIONS, kind="mutation-matrix", rule="tcga-patient", hotspots=["IDH1:R132", "IDH1:R132C"])
    values = found.table.values
    assert np.array_equal(values["m.IDH1_R132"], [1, 0, np.nan, 1], equal_nan=True)
    assert np.array_equal(values["m.IDH1_R132C"], [0, 0, np.nan, 1], equal_nan=True)
    with pytest.raises(InputError, match="IGX-GEN-002"):
        load(MUTATIONS, kind="mutation-matrix", rule="tcga-patient", hotspots=["IDH2:R172"])
    with pytest.raises(InputError, match="IGX-SET-001"):
        load(MUTATIONS, kind="mutation-matrix", rule="tcga-patient", hotspots=["IDH2"])
