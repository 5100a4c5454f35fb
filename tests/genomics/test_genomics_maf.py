import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import FileProblem, InputError
from imagenomics.genomics.hotspots import at_hotspot
from imagenomics.genomics.maf import CLASS_RULES, read_maf
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import MafSettings, read_block

FOLDER = os.environ.get("IMAGENOMICS_TEST_DATA", "")
HEAD = (
    "Hugo_Symbol\tNCBI_Build\tChromosome\tStart_Position\tEnd_Position\tReference_Allele\tTumor_Seq_Allele2\t"
    "Variant_Classification\tTumor_Sample_Barcode\tHGVSp_Short\n"
)
ROWS = """IDH1\tGRCh38\tchr2\t1\t1\tC\tT\tMissense_Mutation\tP1\tp.R132H
IDH1\tGRCh38\tchr2\t1\t1\tC\tT\tMissense_Mutation\tP1\tp.R132H
TP53\tGRCh38\tchr17\t5\t5\tC\tT\tNonsense_Mutation\tP1\tp.R213*
TP53\tGRCh38\tchr17\t9\t9\tC\tT\tMissense_Mutation\tP1\tp.R175H
TTN\tGRCh38\tchr2\t7\t7\tC\tT\tSilent\tP2\tp.A1=
IDH1\tGRCh38\tchr2\t2\t2\tC\tA\tMissense_Mutation\tP3\tp.R1321S
"""


def test_classes_decide_and_a_repeated_row_counts_once(load):
    found = load(
        "#version 2.4\n" + HEAD + ROWS, kind="maf", file="t.maf", hotspots=["IDH1:R132", "TP53:R175H"]
    )
    values = found.table.values
    assert list(values.columns) == ["m.IDH1", "m.TP53", "m.IDH1_R132", "m.TP53_R175H"]
    assert values.loc["P1"].tolist() == [1, 1, 1, 1]
    assert values.loc["P2"].tolist() == [0, 0, 0, 0]
    assert values.loc["P3"].tolist() == [1, 0, 0, 0]
    assert len(found.variants) == 5
    assert found.changes.to_numpy().tolist()[0] == ["P1", "IDH1", "R132H"]
    counts = found.report.set_index("written")[["mapped", "n"]].to_dict("index")
    assert counts["Missense_Mutation"] == {"mapped": "mutated", "n": 3}
    assert counts["Silent"] == {"mapped": "not counted", "n": 1}
    assert any("1 rows repeat" in note for note in found.notes)


@pytest.mark.parametrize(("rule", "mutated"), [("coding", 3), ("truncating", 1), (["Silent"], 1)])
def test_another_rule_for_the_classes(load, rule, mutated):
    values = load(HEAD + ROWS, kind="maf", file="t.maf", classes=rule).table.values
    assert values.shape[1] == mutated


def test_rules_are_nested():
    assert set(CLASS_RULES["truncating"]) < set(CLASS_RULES["non-synonymous"]) < set(CLASS_RULES["coding"])


def test_only_a_list_of_samples_makes_patients_without_variants_wild_type(load, tmp_path):
    (tmp_path / "seq.csv").write_text("sample\nP1\nP2\nP3\nP4\n")
    patients = ["P1", "P2", "P3", "P4", "P5"]
    plain = load(HEAD + ROWS, kind="maf", file="t.maf", patients=patients)
    assert "P4" not in plain.table.values.index
    assert any("declare `sequenced`" in note for note in plain.notes)
    listed = load(HEAD + ROWS, kind="maf", file="t.maf", patients=patients, sequenced="seq.csv")
    assert listed.table.values.loc["P4"].tolist() == [0, 0]
    assert "P5" not in listed.table.values.index
    assert "P5" in set(listed.losses["patient"])


def test_genes_of_a_panel(load):
    found = load(HEAD + ROWS, kind="maf", file="t.maf", panel=["IDH1", "IDH2"])
    assert list(found.table.values.columns) == ["m.IDH1"]
    assert found.dropped.set_index("column").at["TP53", "reason"] == "not in the declared panel"
    assert found.sequenced.of("IDH2").all()
    assert not found.sequenced.of("TP53").any()
    named = load(HEAD + ROWS, kind="maf", file="t.maf", genes=["IDH1", "IDH3"], min_mutated=0)
    assert named.table.values["m.IDH3"].tolist() == [0, 0, 0]
    assert any("no row names 'IDH3'; there is 'IDH1'" in note for note in named.notes)
    with pytest.raises(InputError, match="IGX-GEN-025"):
        load(HEAD + ROWS, kind="maf", file="t.maf", panel=["IDH1"], genes=["TP53"])


@pytest.mark.parametrize(
    ("change", "settings", "code"),
    [
        (("Hugo_Symbol", "Gene"), {}, "IGX-GEN-022"),
        (("HGVSp_Short", "protein"), {"hotspots": ["IDH1:R132"]}, "IGX-GEN-022"),
        (("HGVSp_Short", "protein"), {"change": "HGVSp_Short"}, "IGX-GEN-022"),
        (("Silent", "Sylent"), {}, "IGX-GEN-023"),
        (("GRCh38\tchr17\t5", "37\tchr17\t5"), {}, "IGX-GEN-024"),
        (("Silent", "Silent"), {"genome": "GRCh37"}, "IGX-GEN-024"),
        (("P1", "TCGA-AA-0001-10"), {"rule": "tcga-patient"}, "IGX-GEN-006"),
    ],
)
def test_files_that_cannot_be_used(load, change, settings, code):
    text = (HEAD + ROWS).replace(*change)
    text = (
        text.replace("\tP2\t", "\tTCGA-AA-0002-11\t").replace("\tP3\t", "\tTCGA-AA-0003-10\t")
        if code.endswith("006")
        else text
    )
    with pytest.raises(InputError, match=code):
        load(text, kind="maf", file="t.maf", **settings)


def test_an_unknown_class_may_be_declared(load):
    text = (HEAD + ROWS).replace("Silent", "Quiet")
    found = load(text, kind="maf", file="t.maf", other_classes=["Quiet"])
    assert found.report.set_index("written").at["Quiet", "mapped"] == "not counted"


@pytest.mark.parametrize("spot", ["IDH1", "IDH1:", ":R132"])
def test_a_hotspot_names_gene_and_place(spot):
    with pytest.raises(InputError, match="is no hotspot"):
        MafSettings.read({"name": "m", "kind": "maf", "path": "x", "hotspots": [spot]}, where="x")


def test_a_place_is_not_the_beginning_of_another():
    changes = pd.DataFrame(
        [("A", c) for c in ("R132H", "R132=", "R1321S", "R132", "R132_V133del", "XR132H")],
        columns=["gene", "change"],
    )
    assert at_hotspot(changes, "A:R132")["change"].tolist() == ["R132H", "R132_V133del"]
    assert at_hotspot(changes, "A:R132H")["change"].tolist() == ["R132H"]
    assert at_hotspot(changes, "B:R132").empty


def test_compressed_and_damaged_files(load, tmp_path):
    packed = gzip.compress(("#version 2.4\n#more\n" + HEAD + ROWS).encode())
    assert load(packed, kind="maf", file="t.maf.gz").table.values.shape == (3, 2)
    with pytest.raises(FileProblem, match="IGX-TAB-011"):
        load(packed[:-40], kind="maf", file="cut.maf.gz")
    with pytest.raises(InputError, match="IGX-COHORT-001"):
        load(HEAD, kind="maf", file="empty.maf")


def test_burden_counts_variants_and_tells_zero_from_not_sequenced(load, derive, tmp_path):
    (tmp_path / "seq.csv").write_text("sample\nP1\nP2\nP3\nP4\n")
    maf = load(HEAD + ROWS, kind="maf", file="t.maf", sequenced="seq.csv")
    table, counts = derive(
        {"mut": maf},
        patients=["P1", "P2", "P4", "P9"],
        kind="tmb",
        mutations="mut",
        megabases=2.0,
        name="tmb",
    )
    values = table.table.values["tmb.per_megabase"]
    assert np.array_equal(values, [1.5, 0, 0, np.nan], equal_nan=True)
    row = counts.loc["tmb.per_megabase"]
    assert (row["called"], row["not_called"], row["why"]) == (3, 1, "not sequenced in 'mut' (1)")
    assert "2 megabases" in row["rule"]
    coding, _ = derive({"mut": maf}, kind="tmb", mutations="mut", megabases=1, classes="coding", name="tmb")
    assert coding.table.values.loc["P2", "tmb.per_megabase"] == 1


def test_burden_needs_single_variants(load, derive):
    matrix = load("sample\tA\nP1\tWT\nP2\tR1H\n", kind="mutation-matrix", file="m.tsv")
    with pytest.raises(InputError, match="IGX-GEN-033"):
        derive({"mut": matrix}, kind="tmb", mutations="mut", megabases=1)
    with pytest.raises(InputError, match="IGX-GEN-031"):
        derive({"mut": matrix}, kind="tmb", mutations="mutt", megabases=1)


def _real(file, **settings):
    path = Path(FOLDER) / "maf" / file
    block = read_block({"name": "m", "kind": "maf", "path": file, **settings}, where="x")
    return read_maf(block, path=path), load_molecules(block, path=path)


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER, reason="IMAGENOMICS_TEST_DATA is not set")
def test_leukaemia_counts_are_those_of_the_maftools_vignette():
    maf, found = _real("tcga_laml.maf.gz", hotspots=["DNMT3A:R882", "IDH2:R140"])
    mutated = found.table.values.sum()
    known = {
        "FLT3": 52,
        "DNMT3A": 48,
        "NPM1": 33,
        "IDH2": 20,
        "IDH1": 18,
        "TET2": 17,
        "RUNX1": 16,
        "TP53": 15,
    }
    assert {g: int(mutated[f"m.{g}"]) for g in known} == known
    assert len(maf.variants) == 2207
    assert int(mutated["m.DNMT3A_R882"]) == 27
    # One row of text split by hand gives the same patients.
    raw = pd.read_csv(Path(FOLDER) / "maf" / "tcga_laml.maf.gz", sep="\t", dtype=str)
    hit = raw[(raw["Hugo_Symbol"] == "IDH2") & raw["Protein_Change"].fillna("").str.startswith("p.R140")]
    assert set(found.table.values.index[found.table.values["m.IDH2_R140"] == 1]) == set(
        hit["Tumor_Sample_Barcode"]
    )


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER, reason="IMAGENOMICS_TEST_DATA is not set")
def test_a_file_without_protein_changes_and_one_with_comments_of_the_gdc():
    maf, found = _real("brca.maf.gz")
    assert not maf.has_changes
    assert len(found.variants) == 1913
    with pytest.raises(InputError, match="hotspots need the protein changes"):
        _real("brca.maf.gz", hotspots=["TP53:R175"])
    _, lung = _real("pymaftools_example_multisample.maf", rule="tcga-patient", genome="GRCh38")
    assert lung.table.values.shape[0] == 6
    with pytest.raises(InputError, match="IGX-GEN-024"):
        _real("pymaftools_example_multisample.maf", rule="tcga-patient", genome="GRCh37")
