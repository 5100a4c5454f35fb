"""``[[differential]]`` in a study: from the file to the page, the same for any number of workers."""

import json

import numpy as np
import pandas as pd
import pytest
from small_run_study import assert_workers_change_no_byte, run, write_tables

from imagenomics.errors import InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

STUDY = """
name = "Differential"
synthetic = true
[patients]
table = "patients.csv"
id = "patient"
[patients.clinical]
age = "age"
[[feature_tables]]
name = "ct"
path = "features.csv"
[[molecules]]
name = "rna"
kind = "expression"
path = "rna.csv"
id = "patient"
values = "counts"
normalise = "log-cpm"
[[differential]]
name = "size_genes"
molecules = "rna"
adjust = ["age"]
trend = true
permutations = 60
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("differential")
    random = np.random.default_rng(4)
    ids = [f"P{i:02d}" for i in range(50)]
    size = random.standard_normal((50, 2))
    level = random.uniform(3, 8, 60) + 0.4 * random.standard_normal((50, 60))
    level[:, 0] += 0.6 * size[:, 0]
    counts = pd.DataFrame(random.poisson(np.exp(level)), columns=[f"GENE{i}" for i in range(60)])
    tables = {
        "patients": pd.DataFrame({"age": random.integers(40, 80, 50)}),
        "features": pd.DataFrame(size, columns=["size", "other"]),
        "rna": counts,
    }
    return write_tables(path, ids, tables, STUDY)


@pytest.mark.slow
def test_workers_change_no_byte(study, tmp_path):
    assert_workers_change_no_byte(study, tmp_path, "associations.parquet")


def test_a_planted_gene_reaches_the_page(study, tmp_path):
    out = run(study, tmp_path / "run")
    found = pd.read_parquet(out / "associations.parquet")
    assert len(found) == 120
    best = found.loc[found["p"].idxmin()]
    assert (best["target"], best["effect_name"]) == ("rna.GENE0", "log2 fold change per SD")
    assert best["q"] < 0.05
    assert best["p_maxt"] <= 0.05
    verdicts = json.loads((out / "verdicts.json").read_text())["verdicts"]
    supported = [v["target"] for v in verdicts if v["verdict"] == "supported"]
    assert "rna.GENE0" in supported
    assert len(supported) <= 3  # one in twenty of them may be chance
    page = (out / "report.html").read_text()
    assert "size_genes" in page
    assert "a curve over mean expression" in page
    assert "log2 fold change per SD" in page


def test_check_counts_and_refuses_raw_counts(study):
    read = load_study(study)
    row = check_study(read.plan, read.root).analyses[0]
    assert (row["analysis"], row["tests"], row["targets"]) == ("size_genes", 120, 60)
    raw = load_study(study, overrides=["molecules.rna.normalise=none"])
    with pytest.raises(InputError, match="IGX-DIFF-001"):
        check_study(raw.plan, raw.root)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["sam", "voom", "quasi-likelihood", "negative-binomial"])
def test_other_methods_reach_the_page(study, tmp_path, method):
    raw = ["molecules.rna.normalise=none"] if method != "sam" else []
    overrides = ["differential.size_genes.trend=false", f"differential.size_genes.method={method}", *raw]
    out = run(study, tmp_path / "run", overrides=overrides)
    found = pd.read_parquet(out / "associations.parquet")
    best = found.loc[found["p"].idxmin()]
    assert (best["target"], best["feature"]) == ("rna.GENE0", "ct.size")
    assert best["q"] < 0.05
    page = (out / "report.html").read_text()
    words = {
        "sam": "Tusher 2001",
        "voom": "voom, Law 2014",
        "negative-binomial": "Love 2014",
        "quasi-likelihood": "Lund 2012",
    }
    assert words[method] in page
    assert (out / "sam.parquet").is_file() == (method == "sam")
    if method == "sam":
        assert len(pd.read_parquet(out / "sam_deltas.parquet")) == 100
