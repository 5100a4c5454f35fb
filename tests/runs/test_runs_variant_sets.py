"""Sets of variants from a study file: found, counted, judged, shown; bad settings."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import ImagenomicsError
from imagenomics.study.run import run_study

STUDY = """
name = "bins"
[patients]
table = "clinical.csv"
[[feature_tables]]
name = "mri"
path = "features.csv"
[[molecules]]
name = "exome"
kind = "genotypes"
path = "genotypes.csv"
min_hwe = 1e-6
[[variant_sets]]
name = "genes"
features = ["mri.volume", "mri.other"]
molecules = "exome"
sets = "genes.gmt"
"""


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(11)
    n, patients = 120, [f"P{i:03d}" for i in range(120)]
    G = pd.DataFrame(random.binomial(2, 0.03, (n, 20)), columns=[f"rs{k}" for k in range(20)])
    G["rs20"] = np.repeat([0, 2], n // 2)
    frames = {
        "clinical": pd.DataFrame({"age": random.normal(60, 8, n)}),
        "features": pd.DataFrame(
            {"volume": G.iloc[:, :10].sum(axis=1) + random.normal(size=n), "other": random.normal(size=n)}
        ),
        "genotypes": G,
    }
    for name, frame in frames.items():
        frame.assign(patient=patients).to_csv(tmp_path / f"{name}.csv", index=False)
    rows = [
        ["A", "", *(f"rs{k}" for k in range(10)), "rs20"],
        ["B", "", *(f"rs{k}" for k in range(10, 20)), "rsX"],
    ]
    (tmp_path / "genes.gmt").write_text("\n".join("\t".join(row) for row in rows))
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def test_a_study_of_sets(folder):
    run = run_study(folder / "study.toml", out=folder / "run").folder
    found = pd.read_parquet(run / "associations.parquet").set_index(["target", "feature"])
    assert found.loc[("A", "mri.volume"), "q"] < 0.01
    assert (found.drop(("A", "mri.volume"))["q"] > 0.05).all()
    content = pd.read_parquet(run / "variant_sets.parquet").set_index("set")
    assert content.loc["A", ["variants", "absent"]].tolist() == [11, 1]  # rs20 left out by the filter
    assert content.loc["B", ["variants", "absent", "used"]].tolist() == [11, 1, 10]
    assert any("rs20" in path.read_text() for path in run.glob("*.csv"))
    verdicts = {v["target"]: v for v in json.loads((run / "verdicts.json").read_text())["verdicts"]}
    assert (verdicts["A"]["verdict"], verdicts["B"]["verdict"]) == ("supported", "no evidence found")
    page = (run / "report.html").read_text()
    assert "SKAT-O" in page
    assert "correlation with the burden" in page


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('molecules = "exome"', 'molecules = "exom"', "kind 'genotypes' named 'exom'"),
        ('sets = "genes.gmt"', 'sets = "genes.gmt"\nonly = ["C"]', "IGX-SETS-012"),
        ('sets = "genes.gmt"', 'sets = "genes.gmt"\nmax_frequency = 0.7', "max_frequency"),
        ('sets = "genes.gmt"', 'sets = "nothing.gmt"', "nothing.gmt"),
    ],
)
def test_bad_settings(folder, old, new, message):
    (folder / "study.toml").write_text(STUDY.replace(old, new))
    with pytest.raises(ImagenomicsError, match=message):
        run_study(folder / "study.toml", out=folder / "run")
