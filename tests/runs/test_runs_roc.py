"""``[[roc]]`` in a study: from the file to the page, the same for any number of workers."""

import json

import numpy as np
import pandas as pd
import pytest
from small_run_study import assert_workers_change_no_byte, run, write_tables

from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

STUDY = """
name = "Markers"
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
[[molecules]]
name = "labels"
kind = "labels"
path = "labels.csv"
id = "patient"
columns = ["mutated", "amplified", "level"]
[[roc]]
name = "markers"
targets = "labels"
scores = ["age"]
compare = [["ct.size", "ct.other"], ["ct.size", "age"]]
repeats = 3
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    random = np.random.default_rng(6)
    n = 90
    size = random.standard_normal((n, 3))
    tables = {
        "patients": pd.DataFrame({"age": random.integers(40, 80, n), "town": random.choice(["A", "B"], n)}),
        "features": pd.DataFrame(size, columns=["size", "other", "flat"]).assign(flat=1.0),
        "labels": pd.DataFrame(
            {
                "mutated": np.where(size[:, 0] + 0.6 * random.standard_normal(n) < -0.2, "yes", "no"),
                "amplified": random.choice(["yes", "no"], n),
                "level": random.standard_normal(n),
            }
        ),
    }
    return write_tables(tmp_path_factory.mktemp("roc"), [f"P{i:03d}" for i in range(n)], tables, STUDY)


@pytest.mark.slow
def test_workers_change_no_byte(study, tmp_path):
    assert_workers_change_no_byte(
        study, tmp_path, "associations.parquet", "roc_cutoffs.parquet", "roc_curves.parquet"
    )


def test_a_planted_marker_reaches_the_page(study, tmp_path):
    out = run(study, tmp_path / "run")
    rows = pd.read_parquet(out / "associations.parquet")
    assert len(rows) == 3 * 4 + 3 * 2
    cuts = pd.read_parquet(out / "roc_cutoffs.parquet").set_index(["target", "feature"])
    assert len(cuts) == 2 * 3
    best = cuts.loc["labels.mutated", "ct.size"]
    assert best["direction"] == "lower"
    assert best["balanced_accuracy"] > 0.8
    curves = pd.read_parquet(out / "roc_curves.parquet")
    assert set(curves["feature"]) == {"ct.size", "ct.other", "age"}
    assert np.isinf(curves["threshold"]).sum() == 6
    verdicts = {v["target"]: v for v in json.loads((out / "verdicts.json").read_text())["verdicts"]}
    assert verdicts["labels.mutated"]["verdict"] == "supported"
    assert verdicts["labels.amplified"]["verdict"] == "no evidence found"
    assert verdicts["labels.level"]["verdict"] == "not testable"
    page = (out / "report.html").read_text()
    for words in (
        "Markers and cut-offs",
        "ROC curves of markers of labels.mutated",
        "only the second",
        "One marker against another",
        "size vs",
        "Mann-Whitney test. Cut-offs with the largest Youden index",
    ):
        assert words in page


def test_check_counts_and_refuses_what_is_no_marker(study):
    read = load_study(study)
    row = check_study(read.plan, read.root).analyses[0]
    assert (row["analysis"], row["tests"], row["targets"]) == ("markers", 18, 3)
    for override, code in {
        'scores=["town"]': "IGX-ASSOC-082",
        'scores=["agee"]': "IGX-RUN-042",
        'targets="labels.level"': "IGX-ASSOC-080",
        'compare=[["ct.size", "ct.sise"]]': "IGX-ASSOC-081",
    }.items():
        other = load_study(study, overrides=[f"roc.markers.{override}"])
        with pytest.raises(InputError, match=code):
            check_study(other.plan, other.root)


@pytest.mark.parametrize(
    "override", ['adjust=["age"]', 'within="site"', "folds=40", 'compare=[["a","a"]]', "permutations=10"]
)
def test_settings_that_do_not_fit_are_refused(study, override):
    with pytest.raises(ImagenomicsError):
        load_study(study, overrides=[f"roc.markers.{override}"])
