import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.errors import InputError
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.set_scores import gsva, singscore, ssgsea
from imagenomics.genomics.settings import read_block

FOLDER = os.environ.get("IMAGENOMICS_TEST_DATA", "")
TEXT = "sample,A,B,C,D,E\np1,1,2,3,4,5\np2,5,4,3,2,1\np3,1,NA,NA,4,5\n"
GMT = "HIGH\tx\tD\tE\nLOW\tx\tA\tB\nFAR\tx\tX\tY\tA\n"


@pytest.fixture
def rna(load, tmp_path):
    (tmp_path / "s.gmt").write_text(GMT)
    return {"rna": load(TEXT, kind="expression", name="rna", file="e.csv")}


def _walk(values, members, power):
    """The running sum of ssGSEA, gene by gene."""
    order = sorted(range(len(values)), key=lambda i: -values[i])
    ranks = {
        i: sum(v < values[i] for v in values) + (sum(v == values[i] for v in values) + 1) / 2 for i in order
    }
    total = sum(ranks[i] ** power for i in order if members[i])
    inside = outside = score = 0.0
    for i in order:
        if members[i]:
            inside += ranks[i] ** power / total
        else:
            outside += 1 / (len(values) - sum(members))
        score += inside - outside
    return score


def test_singscore_by_its_formula():
    values = np.array([1.0, 2, 3, 4, 5])
    top = np.array([False, False, False, True, True])
    assert singscore(values, top) == 0.5
    assert singscore(values, ~top & np.array([1, 1, 0, 0, 0], bool)) == -0.5
    middle = np.array([False, False, True, False, False])
    assert singscore(values, middle) == 0
    assert singscore(values, top, down=np.array([1, 1, 0, 0, 0], bool)) == 1
    # One gene of rank 4 of 5: (4 - 1) / (5 - 1) - 0.5.
    assert singscore(values, np.array([0, 0, 0, 1, 0], bool)) == 0.25


def test_ssgsea_is_the_sum_of_its_random_walk():
    rng = np.random.default_rng(3)
    for _ in range(5):
        values = rng.normal(size=60)
        members = rng.random(60) < 0.2
        assert ssgsea(values, members) == pytest.approx(_walk(values.tolist(), members.tolist(), 0.25))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=6, max_size=30, unique=True), st.integers(1, 4))
def test_scores_of_one_patient_see_only_ranks(numbers, k):
    values = np.array(numbers)
    members = np.arange(len(values)) < k
    order = np.argsort(np.argsort(values)).astype(float)
    for score in (singscore, ssgsea):
        assert score(order, members) == pytest.approx(score(np.exp(order / 10), members), rel=1e-9)
    assert -0.5 <= singscore(values, members) <= 0.5
    assert singscore(values, members) == pytest.approx(-singscore(-values, members))


def test_gseapy_gives_the_same_numbers():
    gseapy = pytest.importorskip("gseapy")
    rng = np.random.default_rng(0)
    values = rng.normal(size=(12, 300))
    values[:6, :30] += 1
    genes = [f"G{i}" for i in range(300)]
    sets = {"A": genes[:30], "B": genes[50:75], "C": genes[100:240:7]}
    frame = pd.DataFrame(values.T, index=genes, columns=[f"s{i}" for i in range(12)])
    options = {"gene_sets": sets, "outdir": None, "min_size": 5, "max_size": 500, "threads": 1}
    single = gseapy.ssgsea(data=frame, sample_norm_method="rank", weight=0.25, no_plot=True, **options).res2d
    varied = gseapy.gsva(data=frame, **options).res2d
    for name, members in sets.items():
        mask = np.isin(genes, members)
        theirs = single[single["Term"] == name].set_index("Name")["ES"].astype(float)[frame.columns]
        assert [ssgsea(row, mask) for row in values] == pytest.approx(theirs.to_numpy(), rel=1e-9)
        theirs = varied[varied["Term"] == name].set_index("Name")["ES"].astype(float)[frame.columns]
        # It looks the normal distribution up in a table, which exchanges a few neighbours.
        assert gsva(values, mask) == pytest.approx(theirs.to_numpy(), abs=1e-3)


def test_gsva_is_the_walk_over_ranks_of_smoothed_frequencies():
    from scipy.stats import norm

    rng = np.random.default_rng(4)
    values = rng.normal(size=(5, 20))
    mask = np.arange(20) < 6
    got = gsva(values, mask)
    width = values.std(axis=0, ddof=1) / 4
    for i in range(5):
        frequency = np.array([norm.cdf((values[i, g] - values[:, g]) / width[g]).mean() for g in range(20)])
        order = np.argsort(-frequency)
        weights = [abs(20 - r - 10) for r in range(20)]
        total = sum(w for w, g in zip(weights, order, strict=True) if mask[g])
        walk, at = [], 0.0
        for w, g in zip(weights, order, strict=True):
            at += w / total if mask[g] else -1 / 14
            walk.append(at)
        assert got[i] == pytest.approx(max(0, *walk) + min(0, *walk))


def test_a_signature_of_genes_up_and_down(rna, derive):
    table, counts = derive(
        rna,
        patients=["p1", "p2", "p3", "p4"],
        kind="signature",
        expression="rna",
        genes=["D", "E"],
        down=["A", "B"],
    )
    assert np.array_equal(table.table.values["d.score"], [1, -1, 1, np.nan], equal_nan=True)
    assert counts.at["d.score", "rule"] == "singscore of 4 of 4 genes, 2 of them downwards"
    assert counts.at["d.score", "why"] == "no row in 'rna' (1)"
    assert table.table.columns.at["d.score", "learned"] == ""


def test_sets_of_a_file_and_who_has_enough_genes(rna, derive):
    table, counts = derive(
        rna, kind="signature", expression="rna", sets="s.gmt", method="ssgsea", min_share=0.6
    )
    assert list(table.table.values.columns) == ["d.HIGH", "d.LOW"]
    assert table.table.values.loc["p1", "d.HIGH"] > table.table.values.loc["p1", "d.LOW"]
    assert "1 of 3 sets have too few measured genes: FAR" in table.notes[0]
    assert counts.at["d.LOW", "why"] == "fewer than 60% of the genes have a value (1)"
    assert counts.at["d.LOW", "rule"] == "ssgsea of 2 of 2 genes of LOW (s.gmt)"


@pytest.mark.parametrize("method", ["gsva", "mean-z"])
def test_what_is_estimated_across_patients_says_so(rna, derive, method):
    table, counts = derive(
        rna, kind="signature", expression="rna", sets="s.gmt", only=["HIGH"], method=method
    )
    assert table.table.columns.at["d.HIGH", "learned"] == "cohort"
    assert counts.at["d.HIGH", "learned"] == "cohort"


def test_means_and_weights(rna, derive, tmp_path):
    table, _ = derive(rna, kind="signature", expression="rna", genes=["A", "E"], method="mean")
    assert table.table.values["d.score"].tolist() == [3, 3, 3]
    z, _ = derive(rna, kind="signature", expression="rna", genes=["A"], method="mean-z")
    own = np.array([1.0, 5, 1])
    assert z.table.values["d.score"].to_numpy() == pytest.approx((own - own.mean()) / own.std(ddof=1))
    (tmp_path / "w.csv").write_text("gene,weight\nA,2\nE,-1\n")
    weighted, _ = derive(
        rna, kind="signature", expression="rna", weights="w.csv", method="weighted", intercept=10
    )
    assert weighted.table.values["d.score"].tolist() == [7, 19, 7]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"genes": ["X", "Y"]}, "IGX-GEN-047"),
        ({"sets": "s.gmt", "only": ["HI"]}, "IGX-GEN-047"),
        ({"sets": "none.gmt"}, "IGX-GEN-020"),
        ({"weights": "w.csv", "method": "weighted"}, "IGX-GEN-047"),
        ({"genes": ["A"], "expression": "dna"}, "IGX-GEN-031"),
        ({"genes": ["A"], "sets": "s.gmt"}, "IGX-SET-001"),
        ({}, "IGX-SET-001"),
        ({"genes": ["A"], "down": ["B"], "method": "ssgsea"}, "IGX-SET-001"),
        ({"genes": ["A"], "down": ["A"]}, "IGX-SET-001"),
        ({"genes": ["A"], "only": ["B"]}, "IGX-SET-001"),
        ({"genes": ["A"], "method": "weighted"}, "IGX-SET-001"),
    ],
)
def test_signatures_that_cannot_be_scored(rna, derive, tmp_path, settings, code):
    (tmp_path / "w.csv").write_text("gene,weight\nA,1\nA,2\n")
    with pytest.raises(Exception, match=code):
        derive(rna, **{"kind": "signature", "expression": "rna", **settings})


def test_labels_have_no_numbers(load, derive):
    lab = load("patient,g\np1,a\np2,b\n", kind="labels", file="l.csv", columns=["g"])
    with pytest.raises(InputError, match="IGX-GEN-032"):
        derive({"lab": lab}, kind="signature", expression="lab", genes=["A"])


CENTROIDS = "gene,LumA,Basal\nA,-1,1\nB,-1,0.5\nC,0,0\nD,1,-0.5\nE,1,-1\n"


def test_the_nearest_centroid(rna, derive, tmp_path):
    (tmp_path / "c.csv").write_text(CENTROIDS)
    table, counts = derive(rna, kind="centroid", expression="rna", centroids="c.csv", name="pam")
    values = table.table.values
    assert values["pam.class"].tolist() == ["LumA", "Basal", "LumA"]
    frame = pd.DataFrame({"p": [1, 2, 3, 4, 5], "c": [-1, -1, 0, 1, 1]})
    assert values.at["p1", "pam.r_LumA"] == pytest.approx(frame.corr(method="spearman").iloc[0, 1])
    assert "5 of 5 genes" in counts.at["pam.class", "rule"]
    pearson, _ = derive(rna, kind="centroid", expression="rna", centroids="c.csv", correlation="pearson")
    assert pearson.table.values.at["p1", "d.r_LumA"] == pytest.approx(frame.corr().iloc[0, 1])
    centred, counts = derive(rna, kind="centroid", expression="rna", centroids="c.csv", centre="median")
    assert set(centred.table.columns["learned"]) == {"cohort"}
    assert "median of the patients" in counts.at["d.class", "rule"]


def test_who_is_like_no_centroid_or_like_two_is_not_called(load, derive, tmp_path):
    (tmp_path / "c.csv").write_text(CENTROIDS.replace("Basal", "Near").replace(",1\nB", ",-1\nB"))
    rna = {"rna": load(TEXT + "p4,2,2,2,2,2\n", kind="expression", name="rna", file="e.csv")}
    table, _ = derive(
        rna,
        kind="centroid",
        expression="rna",
        centroids="c.csv",
        min_correlation=0.5,
        min_margin=0.1,
        min_share=0.9,
    )
    reasons = table.uncalled[table.uncalled["column"] == "d.class"].set_index("patient")["reason"].to_dict()
    assert reasons["p3"] == "fewer than 90% of the genes have a value"
    assert reasons["p4"] == "all numbers of the patient are equal"
    assert reasons["p2"] in ("no correlation reaches 0.5", "two classes are closer than 0.1")


@pytest.mark.parametrize(
    "text",
    [
        "gene,one\nA,1\n",
        CENTROIDS.replace("B,", "A,"),
        CENTROIDS.replace("A", "X").replace("B,", "Y,").replace("C,", "Z,"),
        "gene,a\\|b,c\nA,1,2\n",
    ],
)
def test_centroids_that_cannot_be_used(rna, derive, tmp_path, text):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(InputError, match="IGX-GEN-048"):
        derive(rna, kind="centroid", expression="rna", centroids="c.csv")


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER, reason="IMAGENOMICS_TEST_DATA is not set")
def test_hallmarks_of_gliomas_follow_the_published_groups(derive, tmp_path):
    """IDH-mutant gliomas of TCGA are less hypoxic and less mesenchymal than those of IDH wild type."""
    folder = Path(FOLDER) / "tcga-glioma-molecular"
    file = "porpoise_tcga_gbmlgg_all_clean.csv.zip"
    block = {
        "name": "rna",
        "kind": "expression",
        "path": file,
        "id": "case_id",
        "columns": {"suffix": "_rnaseq"},
        "samples": {"choose": "first"},
    }
    rna = load_molecules(read_block(block, where="x"), path=folder / file)
    sets = Path(FOLDER) / "genesets" / "h.all.v7.0.symbols.gmt"
    (tmp_path / "h.gmt").write_text(sets.read_text())
    names = ["HALLMARK_HYPOXIA", "HALLMARK_EPITHELIAL_MESENCHYMAL_TRANSITION"]
    options = {"kind": "signature", "expression": "rna", "sets": "h.gmt", "only": names, "min_share": 0.1}
    labels = pd.read_csv(folder / "tcgabiolinks_lgg.gbm.subtype.csv", index_col="patient")["IDH.status"]
    for method in ("singscore", "ssgsea"):
        table, counts = derive({"rna": rna}, method=method, **options)
        values = table.table.values
        idh = labels.reindex(values.index)
        for name in names:
            mutant, wild = values.loc[idh == "Mutant", f"d.{name}"], values.loc[idh == "WT", f"d.{name}"]
            above = (wild.to_numpy()[:, None] > mutant.to_numpy()[None, :]).mean()
            assert above > 0.65  # 0.5 where the groups do not differ; a tenth of the genes is measured
        assert (counts["not_called"] == 0).all()
