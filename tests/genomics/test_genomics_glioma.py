import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagenomics.cohort.settings import IdRule
from imagenomics.errors import InputError
from imagenomics.genomics.derive.labels import derive_labels
from imagenomics.genomics.derive.settings import read_derive
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import read_block

FOLDER = os.environ.get("IMAGENOMICS_TEST_DATA", "")
MUTATIONS = """sample\tIDH1\tIDH2
A\tR132H\tWT
B\tWT\tR172K
C\tWT\tWT
D\tNS\tNS
E\tWT\tNS
F\tR49C\tWT
G\tR132C\tWT
H\tWT\tWT
I\tWT\tWT
"""
LABELS = """patient,codel,tert
A,codel,WT
B,non-codel,WT
C,non-codel,Mutant
D,codel,WT
E,non-codel,WT
F,non-codel,WT
G,NA,WT
H,non-codel,NA
I,non-codel,WT
"""
CODEL = {"column": "labels.codel", "positive": "codel"}


@pytest.fixture
def tables(load):
    return {
        "mut": load(MUTATIONS, kind="mutation-matrix", name="mut", file="m.tsv"),
        "labels": load(LABELS, kind="labels", name="labels", file="l.csv", columns=["codel", "tert"]),
    }


def test_idh_is_wild_type_only_where_both_genes_were_sequenced(tables, derive):
    settings = {"kind": "glioma-class", "edition": "2016", "mutations": "mut", "codeletion": CODEL}
    table, counts = derive(tables, **settings)
    idh = table.table.values["d.IDH"]
    assert np.array_equal(idh, [1, 1, 0, np.nan, np.nan, 0, 1, 0, 0], equal_nan=True)
    reasons = table.uncalled[table.uncalled["column"] == "d.IDH"].set_index("patient")["reason"].to_dict()
    assert reasons == {"D": "IDH1 was not sequenced", "E": "IDH1 is wild type, IDH2 was not sequenced"}
    loose, _ = derive(tables, **settings, both_genes=False)
    assert loose.table.values.at["E", "d.IDH"] == 0
    classes = table.table.values["d.class"].tolist()
    assert classes == [
        "IDHmut-codel",
        "IDHmut-non-codel",
        "IDHwt",
        None,
        None,
        "IDHwt",
        None,
        "IDHwt",
        "IDHwt",
    ]
    assert counts.at["d.class", "not_called"] == 3
    assert "IDH mutant, 1p/19q not known (1)" in counts.at["d.class", "why"]
    assert "WHO 2016" in counts.at["d.class", "rule"]


def test_the_edition_of_2021_needs_a_marker_for_a_glioblastoma(tables, derive):
    table, counts = derive(
        tables,
        kind="glioma-class",
        edition="2021",
        mutations="mut",
        codeletion=CODEL,
        tert={"column": "labels.tert", "positive": "Mutant"},
    )
    classes = table.table.values["d.class"].tolist()
    assert classes == ["oligodendroglioma", "astrocytoma", "glioblastoma", None, None, None, None, None, None]
    reasons = table.uncalled[table.uncalled["column"] == "d.class"].set_index("patient")["reason"]
    assert reasons["H"] == "IDH wild type, a marker of glioblastoma is not known"
    assert reasons["I"] == "IDH wild type without the declared markers of glioblastoma"
    assert "TERT promoter" in counts.at["d.class", "rule"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"mutations": "labels"}, "IGX-GEN-035"),
        ({"codeletion": {"column": "labels.codel", "positive": "yes"}}, "IGX-GEN-036"),
        ({"codeletion": {"column": "labels.cod", "positive": "codel"}}, "IGX-GEN-031"),
        ({"edition": "2021"}, "IGX-SET-001"),
        ({"tert": CODEL}, "IGX-SET-001"),
        ({"edition": "2007"}, "IGX-SET-001"),
    ],
)
def test_what_a_class_cannot_be_made_of(tables, derive, settings, code):
    with pytest.raises(InputError, match=code):
        derive(
            tables,
            **{
                "kind": "glioma-class",
                "edition": "2016",
                "mutations": "mut",
                "codeletion": CODEL,
                **settings,
            },
        )


# Arms of some cancer genes (any genome browser): enough to place 1p, 19q, 7 and 10 of the public gene matrix.
GENE_ARMS = {
    "1p": "ARID1A MTOR RPL22 SPEN SDHB MUTYH MPL CSF3R JAK1 FUBP1 BCL10 NRAS CDKN2C TNFRSF14 PRDM16 ID3 EPHA2 TAL1",
    "19q": "CIC AKT2 AXL ERCC2 ERCC1 BCL3 CD79A CCNE1 CEBPA PPP2R1A KMT2B XRCC1 POLD1 BAX TFPT KLK2",
    "7p": "EGFR CARD11 RAC1 IKZF1 HOXA9 HOXA11 HOXA13 JAZF1 ETV1 PMS2",
    "7q": "CDK6 MET BRAF EZH2 SMO POT1 KMT2C HGF PIK3CG XRCC2 RHEB KEL AKAP9 TRRAP CUX1",
    "10p": "GATA3 ABI1 KIF5B MLLT10 LARP4B",
    "10q": "PTEN FGFR2 RET NCOA4 TET1 SUFU FAS BMPR1A TCF7L2 NFKB2 TLX1 SMC3 SHOC2 KAT6B",
}


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER, reason="IMAGENOMICS_TEST_DATA is not set")
def test_calls_of_gliomas_agree_with_the_published_labels(tmp_path):
    folder = Path(FOLDER) / "tcga-glioma-molecular"
    genes = {g: arm for arm, names in GENE_ARMS.items() for g in names.split()}
    (tmp_path / "arms.csv").write_text("gene,arm\n" + "".join(f"{g},{a}\n" for g, a in genes.items()))
    samples = {"types": ["01", "02"], "choose": "first"}
    labels = {
        "IDH": {"column": "IDH.status"},
        "codel": {"column": "X1p.19q.codeletion"},
        "class": {"column": "IDH.codel.subtype"},
        "plus7": {"column": "Chr.7.gain.Chr.10.loss"},
    }
    header = pd.read_csv(folder / "katherlab_lgg_gbm_cna.tsv.gz", sep="\t", nrows=0).columns
    files = {
        "mut": (
            "katherlab_lgg_gbm_mutations.tsv.gz",
            "mutation-matrix",
            {"samples": samples, "genes": ["IDH1", "IDH2"]},
        ),
        "cna": (
            "katherlab_lgg_gbm_cna.tsv.gz",
            "copy-number",
            {"samples": samples, "genes": [g for g in genes if g in header]},
        ),
        "lab": ("tcgabiolinks_lgg.gbm.subtype.csv", "labels", {"id": "patient", "columns": labels}),
    }
    tables = {}
    for name, (file, kind, settings) in files.items():
        block = read_block({"name": name, "path": file, "kind": kind, **settings}, where=name)
        tables[name] = load_molecules(block, path=folder / file, rule=IdRule(name="tcga-patient"))
    blocks = [
        {"name": "arms", "kind": "arm-events", "copy_number": "cna", "gene_arms": "arms.csv"},
        {
            "name": "glioma",
            "kind": "glioma-class",
            "edition": "2016",
            "mutations": "mut",
            "codeletion": {"column": "arms.codel_1p19q"},
        },
    ]
    found = derive_labels(
        [read_derive(b, where="x") for b in blocks], tables, resolve=lambda name: tmp_path / name
    )
    published = tables["lab"].table.patients(found["arms"].table.values.index)
    texts = {
        c: [published.levels(f"lab.{c}")[int(v)] if v == v else "" for v in published.values[f"lab.{c}"]]
        if published.columns.at[f"lab.{c}", "kind"] == "binary"
        else list(published.values[f"lab.{c}"])
        for c in labels
    }
    called = pd.concat([found["arms"].table.values, found["glioma"].table.values], axis=1)

    def table(label, column):
        return pd.crosstab(np.array(texts[label], dtype=object), called[column].to_numpy())

    idh = table("IDH", "glioma.IDH")
    assert idh.loc["Mutant"].tolist() == [4, 439]  # four mutants of other assays that exomes do not show
    assert idh.loc["WT"].tolist() == [448, 0]
    codel = table("codel", "arms.codel_1p19q")
    assert codel.loc["codel"].tolist() == [0, 169]
    assert codel.loc["non-codel"].tolist() == [880, 11]
    seven = table("plus7", "arms.gain7_loss10")
    assert seven.loc["Gain chr 7 & loss chr 10"].tolist() == [21, 382]
    assert seven.loc["No combined CNA"].tolist() == [589, 41]
    classes = table("class", "glioma.class")
    right = sum(classes.at[c, c] for c in classes.columns)
    assert right == 167 + 257 + 439
    assert classes.loc[list(classes.columns)].to_numpy().sum() == right + 11
