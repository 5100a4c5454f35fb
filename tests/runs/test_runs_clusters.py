"""``[[clusters]]`` in a study: from the file to tables and verdicts, the same for any number of workers."""

import json

import numpy as np
import pandas as pd
import pytest
from small_run_study import assert_workers_change_no_byte, run, write_tables

from imagenomics.associate.clusters.frames import TABLES
from imagenomics.associate.clusters.rows import ONE, SIGNIFICANCE, THEMSELVES
from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

STUDY = """
name = "Clusters"
synthetic = true
[patients]
table = "patients.csv"
id = "patient"
[patients.clinical]
age = "age"
town = { column = "town", kind = "categorical" }
[[feature_tables]]
name = "ct"
path = "features.csv"
[[feature_tables]]
name = "mr"
path = "noise.csv"
[[molecules]]
name = "labels"
kind = "labels"
path = "labels.csv"
id = "patient"
columns = ["mutated", "amplified", "level"]
[[clusters]]
name = "groups"
features = ["ct.*"]
targets = "labels"
clinical = ["age", "town"]
survival = [{ time = "months", event = "dead", unit = "months", origin = "diagnosis", endpoint = "overall survival" }]
references = 30
resamples = 40
null_draws = 99
permutations = 50
max_k = 5
[[clusters]]
name = "cloud"
features = ["mr.*"]
targets = "labels"
choose = "given"
k = 2
references = 20
resamples = 40
null_draws = 99
permutations = 0
max_k = 3
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    random = np.random.default_rng(9)
    n = 100
    group = np.arange(n) % 3
    shapes = 1.6 * random.standard_normal((3, 8))[group] + random.standard_normal((n, 8))
    shapes[5, 0] = np.nan
    tables = {
        "patients": pd.DataFrame(
            {
                "age": random.integers(40, 80, n),
                "town": random.choice(["A", "B"], n),
                "months": random.exponential(np.where(group == 0, 8.0, 30.0)) + 0.1,
                "dead": (random.random(n) < 0.8).astype(int),
            }
        ),
        "features": pd.DataFrame(shapes, columns=[f"shape{j}" for j in range(8)]).assign(flat=1.0),
        "noise": pd.DataFrame(random.standard_normal((n, 5)), columns=[f"x{j}" for j in range(5)]),
        "labels": pd.DataFrame(
            {
                "mutated": np.where((group == 1) ^ (random.random(n) < 0.1), "yes", "no"),
                "amplified": random.choice(["yes", "no"], n),
                "level": random.standard_normal(n) + 1.5 * (group == 2),
            }
        ),
    }
    return write_tables(tmp_path_factory.mktemp("clusters"), [f"P{i:03d}" for i in range(n)], tables, STUDY)


@pytest.fixture(scope="module")
def done(study, tmp_path_factory):
    return run(study, tmp_path_factory.mktemp("out") / "run")


@pytest.mark.slow
def test_workers_change_no_byte(study, tmp_path):
    names = [f"{name}.parquet" for name in TABLES]
    assert_workers_change_no_byte(study, tmp_path, "associations.parquet", *names)


def test_planted_groups_become_tables(done):
    patients = pd.read_parquet(done / "clusters.parquet").query("analysis == 'groups'").set_index("patient")
    assert patients["cluster"].max() == 3
    assert patients.loc["P005", "reason"] == "1 of 9 clustered features not known"
    trees = pd.read_parquet(done / "cluster_trees.parquet")
    assert trees.groupby(["analysis", "side"]).size().loc["groups"].to_dict() == {
        "features": 15,
        "patients": 197,
    }
    choice = pd.read_parquet(done / "cluster_choice.parquet").query("analysis == 'groups' and chosen")
    assert choice["k"].tolist() == [3]
    groups = pd.read_parquet(done / "cluster_groups.parquet").query("analysis == 'groups'")
    assert groups["n"].sum() == 99
    assert (groups["jaccard"] > 0.8).all()
    profiles = pd.read_parquet(done / "cluster_profiles.parquet").query("analysis == 'groups'")
    assert profiles.query("cluster == 0")["feature"].tolist() == ["ct.flat"]
    values = pd.read_parquet(done / "cluster_values.parquet").query("analysis == 'groups'")
    assert len(values) == 99 * 8
    left = pd.read_csv(done / "left_out.csv")
    assert left.query("analysis == 'groups'")["patient"].tolist() == ["P005"]


def test_targets_follow_the_groups(done):
    rows = pd.read_parquet(done / "associations.parquet").query("analysis == 'groups'").set_index("target")
    assert len(rows) == 3 + 2 + 1 + 1
    assert rows.loc["labels.mutated", "test"] == "chi-square"
    assert rows.loc["labels.level", "test"] == "Kruskal-Wallis"
    assert rows.loc["overall survival", "test"] == "log-rank"
    assert rows.loc[THEMSELVES, "test"] == SIGNIFICANCE
    assert (rows.loc[["labels.mutated", "labels.level", "overall survival"], "q"] < 0.05).all()
    curves = pd.read_parquet(done / "survival_curves.parquet")
    assert set(curves["group"]) == {"cluster 1", "cluster 2", "cluster 3"}
    verdicts = {v["target"]: v for v in _verdicts(done, "groups")}
    assert verdicts[THEMSELVES]["verdict"] == "supported"
    assert verdicts["labels.mutated"]["verdict"] == "supported"
    assert verdicts["overall survival"]["verdict"] == "supported"
    assert verdicts["labels.amplified"]["verdict"] == "no evidence found"


def test_the_page_shows_the_map_and_says_what_is_not_there(done):
    page = (done / "report.html").read_text()
    for words in (
        "Patients and their features",
        "1 feature left out (the same in all patients)",
        "3 clusters by the gap statistic",
        "there is no evidence of groups",
        "How many clusters",
        "come back in resampled patients",
        "Survival of the clusters",
        "8 features in rows and 99 patients in columns",
        "What follows the clusters",
        "Patients were clustered by their image features alone",
        "2 clusters by the study file",
    ):
        assert words in page, words
    assert page.count("data:image/png;base64") >= 2
    assert "plotly" not in page[:200_000].lower()


def test_clusters_that_are_not_there_are_no_groups(done):
    rows = pd.read_parquet(done / "associations.parquet").query("analysis == 'cloud'").set_index("target")
    assert rows.loc["labels.level", "p"] > 0
    assert rows.loc[THEMSELVES, "p"] > 0.05
    verdicts = {v["target"]: v for v in _verdicts(done, "cloud")}
    assert verdicts[THEMSELVES]["verdict"] == "no evidence found"
    assert "not worked out: it depends on how many groups" in verdicts[THEMSELVES]["reason"]
    for target in ("labels.mutated", "labels.level"):
        assert verdicts[target]["verdict"] == "not testable"
        assert "There are no clusters" in verdicts[target]["reason"]


def test_one_cluster_refuses_every_test(study, tmp_path):
    overrides = ['clusters.groups.features=["mr.*"]', "clusters.groups.permutations=0"]
    out = run(study, tmp_path / "one", last="associate", overrides=overrides)
    rows = pd.read_parquet(out / "associations.parquet").query("analysis == 'groups'").set_index("target")
    assert rows.loc["overall survival", "reason"] == ONE
    assert rows["p"].notna().sum() == 1


def test_check_counts_and_refuses_what_is_not_there(study):
    read = load_study(study)
    row = check_study(read.plan, read.root).analyses[0]
    assert (row["analysis"], row["tests"], row["targets"], row["features"]) == ("groups", 7, 6, 9)
    for override, code in {
        'clinical=["agee"]': "IGX-RUN-042",
        'targets="labls"': "IGX-RUN-041",
        'survival=[{time="mnths",event="dead",unit="months",origin="diagnosis"}]': "IGX-SURV-010",
    }.items():
        other = load_study(study, overrides=[f"clusters.groups.{override}"])
        with pytest.raises(InputError, match=code):
            check_study(other.plan, other.root)


@pytest.mark.parametrize("override", ['adjust=["age"]', "k=3", 'linkage="single"', "max_k=1"])
def test_settings_that_do_not_fit_are_refused(study, override):
    with pytest.raises(ImagenomicsError):
        load_study(study, overrides=[f"clusters.groups.{override}"])


def _verdicts(folder, analysis):
    read = json.loads((folder / "verdicts.json").read_text())["verdicts"]
    return [v for v in read if v["analysis"] == analysis]
