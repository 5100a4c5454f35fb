"""``[[replicate]]`` in a study: from the file to the page, the same for any number of workers."""

import json

import numpy as np
import pandas as pd
import pytest
from small_run_study import assert_workers_change_no_byte, run, write_tables

from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

STUDY = """
name = "Replication"
synthetic = true
[patients]
table = "patients.csv"
id = "patient"
[patients.site]
column = "centre"
[patients.clinical]
age = "age"
[[feature_tables]]
name = "ct"
path = "features.csv"
[[molecules]]
name = "labels"
kind = "labels"
path = "labels.csv"
id = "patient"
columns = ["mutated", "level"]
[[replicate]]
name = "again"
targets = "labels"
"""
SITES = np.repeat(["Ghent", "Leiden", "Oslo", "Turin", "Small"], [50, 60, 60, 50, 6])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("replicate")
    random = np.random.default_rng(4)
    n = len(SITES)
    ids = [f"P{i:03d}" for i in range(n)]
    size = random.standard_normal((n, 3))
    mutated = np.where(size[:, 0] + 0.5 * random.standard_normal(n) > 0.2, "yes", "no")
    centre = SITES.astype(object)
    centre[3] = None
    tables = {
        "patients": pd.DataFrame({"age": random.integers(40, 80, n), "centre": centre}),
        "features": pd.DataFrame(size, columns=["size", "other", "third"]),
        "labels": pd.DataFrame({"mutated": mutated, "level": random.standard_normal(n)}),
    }
    return write_tables(path, ids, tables, STUDY)


@pytest.mark.slow
def test_workers_change_no_byte(study, tmp_path):
    assert_workers_change_no_byte(study, tmp_path, "associations.parquet", "replication.parquet")


def test_a_planted_pair_reaches_the_page(study, tmp_path):
    out = run(study, tmp_path / "run")
    found = pd.read_parquet(out / "associations.parquet")
    assert len(found) == 6 * 5
    assert set(found["stratum"]) == {"all cohorts", "Ghent", "Leiden", "Oslo", "Turin"}
    assert found.loc[found["stratum"] != "all cohorts", "q"].isna().all()
    pooled = found[found["stratum"] == "all cohorts"]
    best = pooled.loc[pooled["p"].idxmin()]
    assert (best["target"], best["effect_name"]) == ("labels.mutated", "AUC")
    assert best["q"] < 0.05
    assert "Small does not enter (6 patients)" in best["reason"]
    pairs = pd.read_parquet(out / "replication.parquet")
    assert (len(pairs), pairs["cohorts"].max()) == (6, 4)
    left = pd.read_csv(out / "left_out.csv")
    assert left.loc[left["analysis"] == "again", ["patient", "reason"]].to_numpy().tolist() == [
        ["P003", "site not known"]
    ]
    verdicts = json.loads((out / "verdicts.json").read_text())["verdicts"]
    said = {v["target"]: v for v in verdicts}
    assert said["labels.mutated"]["verdict"] == "supported"
    assert said["labels.level"]["verdict"] == "no evidence found"
    assert "not adjusted for site" not in said["labels.mutated"]["reason"]
    page = (out / "report.html").read_text()
    for words in ("The strongest pairs in each cohort", "random effects", "Hartung and Knapp", "Leiden (60)"):
        assert words in page
    assert "again · Ghent" not in page


def test_check_counts_and_refuses_what_cannot_be_cohorts(study):
    read = load_study(study)
    row = check_study(read.plan, read.root).analyses[0]
    assert (row["analysis"], row["tests"], row["targets"]) == ("again", 6, 2)
    for override, code in {"age": "IGX-META-003", "hospital": "IGX-RUN-042"}.items():
        other = load_study(study, overrides=[f"replicate.again.by={override}"])
        with pytest.raises(InputError, match=code):
            check_study(other.plan, other.root)


@pytest.mark.parametrize("override", ['adjust=["site"]', 'within="site"', "permutations=10", "min_cohorts=1"])
def test_settings_that_do_not_fit_are_refused(study, override):
    with pytest.raises(ImagenomicsError):
        load_study(study, overrides=[f"replicate.again.{override}"])
