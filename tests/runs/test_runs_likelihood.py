"""Levels in order and counts in a study: from the file to the page."""

import numpy as np
import pandas as pd
import pytest
from small_run_study import run, write_tables

from imagenomics.errors import ImagenomicsError
from imagenomics.study.load import load_study

STUDY = """
name = "Levels and counts"
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
name = "labels"
kind = "labels"
path = "labels.csv"
id = "patient"
columns = ["lesions", "other"]
[[associate]]
name = "counted"
targets = "labels"
adjust = ["age"]
counts = "negative-binomial"
ordinal = "proportional-odds"
permutations = 19
"""
N = 120


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("likelihood")
    random = np.random.default_rng(4)
    size = random.standard_normal((N, 2))
    mean = np.exp(1.0 + 0.8 * size[:, 0])
    tables = {
        "patients": pd.DataFrame({"age": random.integers(40, 80, N)}),
        "features": pd.DataFrame(size, columns=["size", "other"]),
        "labels": pd.DataFrame(
            {
                "lesions": random.negative_binomial(2.0, 2.0 / (2.0 + mean)),
                "other": random.standard_normal(N),
            }
        ),
    }
    return write_tables(path, [f"P{i:03d}" for i in range(N)], tables, STUDY)


def test_counts_reach_the_page_as_rate_ratios(study, tmp_path):
    out = run(study, tmp_path / "run")
    found = pd.read_parquet(out / "associations.parquet").set_index(["feature", "target"])
    best = found.loc[("ct.size", "labels.lesions")]
    assert (best["test"], best["effect_name"]) == (
        "negative binomial regression (quasi-score F)",
        "rate ratio per SD",
    )
    assert best["q"] < 0.05
    assert found.loc[("ct.size", "labels.other"), "test"] == "linear model (t)"
    page = (out / "report.html").read_text()
    assert "counts by negative binomial models" in page


def test_units_inside_patients_have_no_such_models(study):
    with pytest.raises(ImagenomicsError, match="counts = 'negative-binomial'"):
        load_study(study, overrides=['associate.counted.unit="biopsy"'])
