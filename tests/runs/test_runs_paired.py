"""``[[paired]]`` in a study: from the file to the page."""

import json

import numpy as np
import pandas as pd
import pytest
from small_run_study import run, write_tables

from imagenomics.errors import InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

STUDY = """
name = "Before and after"
synthetic = true
[patients]
table = "patients.csv"
id = "patient"
[[feature_tables]]
name = "pre"
path = "pre.csv"
[[feature_tables]]
name = "post"
path = "post.csv"
[[paired]]
name = "treatment"
first = "pre"
second = "post"
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("paired")
    random = np.random.default_rng(6)
    n = 60
    person = random.normal(size=(n, 3))
    pre, post = (person + 0.5 * random.normal(size=(n, 3)) for _ in range(2))
    post[:, 0] -= 0.9
    names = ["size", "mean", "third"]
    tables = {
        "patients": pd.DataFrame({"age": random.integers(40, 80, n)}),
        "pre": pd.DataFrame(pre, columns=names),
        "post": pd.DataFrame(post, columns=names),
    }
    return write_tables(path, [f"P{i:03d}" for i in range(n)], tables, STUDY)


@pytest.mark.slow
def test_a_planted_change_reaches_the_page(study, tmp_path):
    out = run(study, tmp_path / "run")
    found = pd.read_parquet(out / "associations.parquet")
    assert len(found) == 3
    best = found.loc[found["p"].idxmin()]
    assert best["feature"].endswith("size")
    assert best["effect"] < -0.5
    (verdict,) = json.loads((out / "verdicts.json").read_text())["verdicts"]
    assert (verdict["verdict"], verdict["target"]) == ("supported", "the change from pre to post")
    page = (out / "report.html").read_text()
    assert "Wilcoxon" in page
    assert "pseudomedian" in page


def test_check_counts_and_refuses_what_has_no_partner(study):
    read = load_study(study)
    row = check_study(read.plan, read.root).analyses[0]
    assert (row["analysis"], row["tests"]) == ("treatment", 3)
    other = load_study(study, overrides=["paired.treatment.first=before"])
    with pytest.raises(InputError, match="IGX-ASSOC-051"):
        check_study(other.plan, other.root)
