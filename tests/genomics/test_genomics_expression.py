import gzip
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import FileProblem, InputError
from imagenomics.genomics.gene_ids import kind_of_id
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.normalise import log_cpm, quantile_normalise, tmm_factors
from imagenomics.genomics.settings import read_block

FOLDER = os.environ.get("IMAGENOMICS_TEST_DATA", "")
COUNTS = """gene\tp1\tp2\tp3
ENSG00000141510.18\t10\t20\t0
ENSG00000146648.1\t90\t180\t5
ENSG00000000003.2\t0\t0\t0
N_unmapped\t1000\t900\t800
"""
IDS = "ensembl,symbol\nENSG00000141510,TP53\nENSG00000146648,EGFR\nENSG00000999999,X\n"
GENES = {"kind": "expression", "orientation": "genes-by-samples", "gene_id": "gene"}


def _plain_tmm(counts, sizes):
    """The trimmed mean of M values as its paper words it, one gene after the other."""
    quartile = []
    kept = [j for j in range(len(counts[0])) if sum(row[j] for row in counts) > 0]
    for row, size in zip(counts, sizes, strict=True):
        ordered = sorted(row[j] / size for j in kept)
        place = 0.75 * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        quartile.append(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
    middle = sum(quartile) / len(quartile)
    ref = min(range(len(counts)), key=lambda i: (abs(quartile[i] - middle), i))
    factors = []
    for row, size in zip(counts, sizes, strict=True):
        genes = []
        for j in kept:
            x, r = row[j], counts[ref][j]
            if x > 0 and r > 0:
                m = math.log2((x / size) / (r / sizes[ref]))
                a = 0.5 * math.log2(x / size * r / sizes[ref])
                w = 1 / ((size - x) / (size * x) + (sizes[ref] - r) / (sizes[ref] * r))
                genes.append((m, a, w))
        n = len(genes)

        def rank(values, own):
            return sum(v < own for v in values) + (sum(v == own for v in values) + 1) / 2

        ms, as_ = [g[0] for g in genes], [g[1] for g in genes]
        low_m, low_a = math.floor(n * 0.3) + 1, math.floor(n * 0.05) + 1
        used = [
            (m, w)
            for m, a, w in genes
            if low_m <= rank(ms, m) <= n + 1 - low_m and low_a <= rank(as_, a) <= n + 1 - low_a
        ]
        if max(abs(m) for m in ms) < 1e-6 or not used:
            factors.append(1.0)
        else:
            factors.append(2 ** (sum(m * w for m, w in used) / sum(w for _, w in used)))
    centre = math.exp(sum(map(math.log, factors)) / len(factors))
    return [f / centre for f in factors]


def test_tmm_is_what_its_paper_words():
    rng = np.random.default_rng(7)
    counts = rng.negative_binomial(3, 0.02, size=(5, 120)).astype(float)
    counts[1, :15] *= 20  # a few genes take most of one library
    counts[:, 100:] = rng.poisson(0.4, size=(5, 20))
    sizes = counts.sum(axis=1)
    got = tmm_factors(counts, sizes)
    assert got == pytest.approx(_plain_tmm(counts.tolist(), sizes.tolist()), rel=1e-10)
    assert np.exp(np.log(got).mean()) == pytest.approx(1)


def test_tmm_undoes_what_few_genes_take():
    """Robinson and Oshlack's thought experiment: genes that only one sample has shrink all others."""
    rng = np.random.default_rng(1)
    level = rng.gamma(2.0, 200.0, 400)
    plain, crowded = rng.poisson(level), rng.poisson(level * 0.5)
    crowded[:20] = 0
    extra = np.zeros((2, 20))
    extra[1] = level.sum() * 0.5 / 20
    counts = np.column_stack([np.vstack([plain, crowded]), extra]).astype(float)
    sizes = counts.sum(axis=1)
    factors = tmm_factors(counts, sizes)
    assert factors[1] / factors[0] == pytest.approx(0.5, rel=0.06)
    assert tmm_factors(
        np.vstack([plain, 3 * plain]).astype(float), np.array([plain.sum(), 3 * plain.sum()])
    ) == pytest.approx([1, 1])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(1, 500), min_size=12, max_size=12), min_size=3, max_size=5))
def test_tmm_does_not_depend_on_depth_or_on_the_order_of_genes(rows):
    counts = np.array(rows, dtype=float)
    sizes = counts.sum(axis=1)
    got = tmm_factors(counts, sizes)
    turned = tmm_factors(counts[:, ::-1], sizes)
    assert got == pytest.approx(turned, rel=1e-9)
    assert np.isfinite(got).all()
    assert (got > 0).all()


def test_log_counts_per_million_are_of_one_patient_alone():
    counts = np.array([[0.0, 10, 90], [5, 5, 5]])
    got = log_cpm(counts, counts.sum(axis=1))
    assert got[0] == pytest.approx([math.log2((c + 0.5) / 101 * 1e6) for c in (0, 10, 90)])
    assert np.array_equal(log_cpm(counts[:1], counts[:1].sum(axis=1))[0], got[0])


def test_quantiles_by_hand():
    # The worked example of the method: three arrays of four genes.
    values = np.array([[5.0, 2, 3, 4], [4, 1, 4, 2], [3, 4, 6, 8]])
    got = quantile_normalise(values)
    means = np.array([(2 + 1 + 3) / 3, (3 + 2 + 4) / 3, (4 + 4 + 6) / 3, (5 + 4 + 8) / 3])
    assert got[0] == pytest.approx(means[[3, 0, 1, 2]])
    assert got[1] == pytest.approx([(means[2] + means[3]) / 2, means[0], (means[2] + means[3]) / 2, means[1]])
    assert got[2] == pytest.approx(means)


def test_counts_with_ensembl_ids_become_symbols_and_losses_are_named(load, tmp_path):
    (tmp_path / "ids.csv").write_text(IDS)
    ids = {"table": "ids.csv", "from": "ensembl", "to": "symbol"}
    found = load(COUNTS, **GENES, values="counts", normalise="log-cpm", ids=ids)
    assert list(found.table.values.columns) == ["m.TP53", "m.EGFR"]
    assert found.table.values.at["p1", "m.TP53"] == pytest.approx(math.log2(10.5 / 101 * 1e6))
    reasons = found.dropped.set_index("column")["reason"].to_dict()
    assert reasons == {
        "N_unmapped": "a summary row of a counting program",
        "ENSG00000000003.2": "no symbol in ids.csv",
    }
    assert set(found.table.columns["unit"]) == {"log2 CPM"}
    assert set(found.table.columns["learned"]) == {""}
    tmm = load(COUNTS.replace("\t0\t0\t0", "\t5\t9\t1"), **GENES, values="counts", normalise="tmm")
    assert set(tmm.table.columns["learned"]) == {"cohort"}
    assert set(tmm.table.columns["unit"]) == {"log2 CPM (TMM)"}


def test_a_filter_names_what_it_leaves_out(load):
    found = load(COUNTS, **GENES, values="counts", min_value=1000, min_share=0.5)
    assert "ENSG00000000003.2" in set(found.dropped["column"])
    assert found.table.values.shape[1] == 2
    assert set(found.table.columns["unit"]) == {"counts"}
    with pytest.raises(InputError, match="IGX-GEN-046"):
        load(COUNTS, **GENES, values="counts", min_value=1e9)


@pytest.mark.parametrize(("several", "value"), [("sum", 5.0), ("mean", 2.5), ("first", 2.0)])
def test_several_ids_of_one_gene(load, tmp_path, several, value):
    (tmp_path / "alias.csv").write_text("alias,symbol\nP53,TP53\nLFS1,TP53\nAMB,A\nAMB,B\n")
    ids = {"table": "alias.csv", "from": "alias", "to": "symbol", "unmapped": "keep"}
    text = "sample,P53,LFS1,EGFR,AMB\np1,2,3,7,1\n"
    found = load(text, kind="expression", file="t.csv", ids={**ids, "several": several})
    assert found.table.values.loc["p1"].to_dict() == {"m.TP53": value, "m.EGFR": 7.0}
    assert found.dropped.set_index("column").at["AMB", "reason"] == "leads to several ids in alias.csv: A, B"
    with pytest.raises(InputError, match="IGX-GEN-043"):
        load(text, kind="expression", file="t.csv", ids=ids)


def test_the_part_of_an_id_that_counts(load):
    text = "sample,TP53|7157,?|100130426\np1,2,3\n"
    named = load(text, kind="expression", file="t.csv", ids={"part": "before-bar"}).table.values
    assert list(named.columns) == ["m.TP53"]
    numbered = load(text, kind="expression", file="t.csv", ids={"part": "after-bar"}).table.values
    assert list(numbered.columns) == ["m.7157", "m.100130426"]


def test_log2_and_molecules_other_than_genes(load):
    text = "sample,hsa-miR-21-5p,hsa-let-7a\np1,3,0\n"
    found = load(text, kind="expression", file="t.csv", molecule="miRNA", normalise="log2", unit="RPM")
    assert found.table.values.loc["p1"].tolist() == [2.0, 0.0]
    assert set(found.table.columns["family"]) == {"miRNA expression"}
    assert set(found.table.columns["unit"]) == {"log2(RPM + 1)"}


@pytest.mark.parametrize(
    ("gene", "kind"),
    [
        ("TP53", "symbol"),
        ("ENSG00000141510.18", "Ensembl"),
        ("ENST00000269305", "Ensembl"),
        ("7157", "Entrez"),
        ("hsa-miR-21-5p", "miRBase"),
        ("201746_at", "array probe"),
        ("LOC100130426", "symbol"),
    ],
)
def test_kinds_of_ids(gene, kind):
    assert kind_of_id(gene) == kind


@pytest.mark.parametrize(
    ("text", "settings", "code"),
    [
        ("sample,TP53,EGFR,7157,1956\np1,1,2,3,4\n", {}, "IGX-GEN-040"),
        ("sample,A,B\np1,-1,2\n", {"values": "counts"}, "IGX-GEN-041"),
        ("sample,A,B\np1,-1,2\n", {"normalise": "log2"}, "IGX-GEN-041"),
        ("sample,A,B\np1,NA,2\np2,1,1\n", {"values": "counts"}, "IGX-GEN-041"),
        ("sample,A,B\np1,NA,2\np2,1,1\n", {"normalise": "quantile"}, "IGX-GEN-041"),
        ("sample,A,B\np1,0,0\n", {"values": "counts"}, "IGX-GEN-041"),
        ("sample,A,B\np1,1,2\n", {"normalise": "tmm"}, "IGX-SET-001"),
        ("sample,A,B\np1,1,2\n", {"values": "counts", "normalise": "log2"}, "IGX-SET-001"),
        ("sample,A,B\np1,1,2\n", {"ids": {"table": "x.csv"}}, "IGX-SET-001"),
        (
            "sample,A,B\np1,1,2\n",
            {"ids": {"table": "ids.csv", "from": "ensembl", "to": "symbol"}},
            "IGX-GEN-045",
        ),
        (
            "sample,A,B\np1,1,2\n",
            {"ids": {"table": "ids.csv", "from": "Ensembl", "to": "symbol"}},
            "IGX-GEN-045",
        ),
    ],
)
def test_matrices_that_cannot_be_used(load, tmp_path, text, settings, code):
    (tmp_path / "ids.csv").write_text(IDS)
    with pytest.raises(InputError, match=code):
        load(text, kind="expression", file="t.csv", **settings)


def test_genes_named_by_hand_may_be_of_several_kinds(load):
    text = "sample,TP53,EGFR,7157,1956\np1,1,2,3,4\n"
    assert load(text, kind="expression", file="t.csv", genes=["TP53", "7157"]).table.values.shape == (1, 2)


GCT = "#1.2\n2\t3\nName\tDescription\tp1\tp2\tp3\nENSG1\tTP53\t1\t2\t3\nENSG2\tEGFR\t4\t5\tNA\n"
GCT3 = "#1.3\n2\t2\t1\t1\nid\tsymbol\tp1\tp2\ngroup\tna\ta\tb\nE1\tTP53\t1\t2\nE2\tEGFR\t3\t4\n"


def test_gct_files(load):
    found = load(GCT, kind="expression", file="t.gct")
    assert found.table.values.loc["p3"].tolist()[0] == 3
    assert np.isnan(found.table.values.at["p3", "m.ENSG2"])
    named = load(gzip.compress(GCT.encode()), kind="expression", file="t.gct.gz", gene_id="Description")
    assert list(named.table.values.columns) == ["m.TP53", "m.EGFR"]
    newer = load(GCT3, kind="expression", file="n.gct", gene_id="symbol")
    assert newer.table.values.at["p2", "m.EGFR"] == 4


@pytest.mark.parametrize(
    "text",
    [
        GCT.replace("#1.2", "Name"),
        GCT.replace("2\t3\n", "3\t3\n"),
        GCT.replace("2\t3\n", "2\t2\n"),
        GCT.replace("\t4\t5\tNA", "\t4\t5"),
        "",
    ],
)
def test_broken_gct_files(load, text):
    with pytest.raises(InputError, match="IGX-GEN-042"):
        load(text, kind="expression", file="t.gct")
    with pytest.raises(FileProblem, match="IGX-TAB-011"):
        load(gzip.compress(GCT.encode())[:-12], kind="expression", file="cut.gct.gz")


def test_a_name_of_genes_that_a_gct_file_does_not_have(load):
    with pytest.raises(InputError, match="IGX-GEN-042"):
        load(GCT, kind="expression", file="t.gct", gene_id="symbol")


def test_proteins_and_log_ratios_stay_as_they_are(load):
    found = load("sample,ER,HER2\np1,0.5,-2\n", kind="protein", file="p.csv", unit="RPPA", proteins=["HER2"])
    assert found.table.values.loc["p1"].tolist() == [-2]
    assert found.table.columns.at["m.HER2", "family"] == "protein"
    with pytest.raises(InputError, match="IGX-GEN-004"):
        load("sample,ER,HER2\np1,strong,-2\n", kind="protein", file="p.csv", proteins=["ER"])


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER, reason="IMAGENOMICS_TEST_DATA is not set")
def test_lung_expression_as_written():
    file = "rnaseq_top1000_log10_zscore_130.csv"
    path = Path(FOLDER) / "nsclc-radiogenomics" / file
    block = read_block(
        {
            "name": "rna",
            "kind": "expression",
            "path": file,
            "orientation": "genes-by-samples",
            "unit": "z-score",
        },
        where="x",
    )
    found = load_molecules(block, path=path)
    raw = pd.read_csv(path, index_col=0)
    assert found.table.values.shape == (130, 1000)
    assert int(found.table.values.isna().sum().sum()) == 4519
    assert found.table.values.at["R01-023", "rna.TOR1AIP1"] == pytest.approx(raw.at["TOR1AIP1", "R01-023"])
    assert set(found.table.columns["learned"]) == {""}
