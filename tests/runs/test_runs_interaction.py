"""``[[interaction]]`` in a study: from the file to the page, the same for any number of workers."""

import json

import numpy as np
import pandas as pd
import pytest
from small_run_study import assert_workers_change_no_byte, run, write_tables

from imagenomics.errors import ImagenomicsError, InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

STUDY = """
name = "Interaction"
synthetic = true
[patients]
table = "patients.csv"
id = "patient"
[patients.site]
column = "centre"
[patients.clinical]
age = "age"
crp = "crp"
[[feature_tables]]
name = "pet"
path = "features.csv"
[[molecules]]
name = "labels"
kind = "labels"
path = "labels.csv"
id = "patient"
columns = ["kras", "mgmt", "level"]
[[interaction]]
name = "by_crp"
targets = "labels"
by = "crp"
cut = 6.0
permutations = 99
"""
N = 160


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("interaction")
    random = np.random.default_rng(4)
    ids = [f"P{i:03d}" for i in range(N)]
    crp = np.round(np.exp(random.standard_normal(N) * 0.8 + 1.8), 1)
    kras = random.random(N) < 0.45
    uptake = 2.0 * kras * (crp < 6) + random.standard_normal(N)
    crp[3] = np.nan
    tables = {
        "patients": pd.DataFrame(
            {"age": random.integers(40, 80, N), "crp": crp, "centre": np.repeat(["A", "B"], N // 2)}
        ),
        "features": pd.DataFrame({"uptake": uptake, "size": random.standard_normal(N)}),
        "labels": pd.DataFrame(
            {
                "kras": np.where(kras, "mutated", "wild"),
                "mgmt": random.choice(["yes", "no"], N),
                "level": random.standard_normal(N),
            }
        ),
    }
    return write_tables(path, ids, tables, STUDY)


@pytest.mark.slow
def test_workers_change_no_byte(study, tmp_path):
    assert_workers_change_no_byte(study, tmp_path, "associations.parquet", "strata.parquet")


def test_a_planted_difference_reaches_the_page(study, tmp_path):
    out = run(study, tmp_path / "run")
    found = pd.read_parquet(out / "associations.parquet")
    assert len(found) == 6
    best = found.loc[found["p"].idxmin()]
    assert (best["feature"], best["target"]) == ("pet.uptake", "labels.kras")
    assert best["q"] < 0.05
    assert best["p_maxt"] <= 0.05
    strata = pd.read_parquet(out / "strata.parquet")
    assert strata["stratum"].tolist() == np.repeat(["6 or more", "below 6", "all strata"], 6).tolist()
    left = pd.read_csv(out / "left_out.csv")
    assert left.loc[left["analysis"] == "by_crp", ["patient", "reason"]].to_numpy().tolist() == [
        ["P003", "crp not known"]
    ]
    verdicts = {v["target"]: v for v in json.loads((out / "verdicts.json").read_text())["verdicts"]}
    assert verdicts["labels.kras"]["verdict"] == "supported"
    assert "go with labels.kras differently along crp" in verdicts["labels.kras"]["reason"]
    assert verdicts["labels.mgmt"]["verdict"] == "no evidence found"
    for verdict in verdicts.values():
        assert "no evidence that they differ" in verdict["reason"]
        assert verdict["detectable_name"] == ""
    page = (out / "report.html").read_text()
    for words in ("differ most along crp", "below 6 (", "Breslow and Day", "Which pairs differ along crp"):
        assert words in page


def test_a_molecule_can_be_the_modifier(study, tmp_path):
    text = study.read_text().replace('by = "crp"\ncut = 6.0', 'by = "labels.mgmt"')
    other = study.with_name("molecule.toml")
    other.write_text(text)
    found = pd.read_parquet(run(other, tmp_path / "run", last="associate") / "associations.parquet")
    own = found["target"] == "labels.mgmt"
    assert set(found.loc[own, "reason"]) == {"the column is the modifier itself"}
    assert found.loc[~own, "p"].notna().all()


def test_check_counts_and_refuses_what_cannot_be_a_modifier(study):
    read = load_study(study)
    row = check_study(read.plan, read.root).analyses[0]
    assert (row["analysis"], row["tests"], row["targets"]) == ("by_crp", 6, 3)
    for override, code in {"site": "IGX-ASSOC-015", "labels.crp": "IGX-ASSOC-013"}.items():
        other = load_study(study, overrides=[f"interaction.by_crp.by={override}"])
        with pytest.raises(InputError, match=code):
            check_study(other.plan, other.root)


@pytest.mark.parametrize("override", ['adjust=["crp"]', 'side="greater"', "max_levels=1"])
def test_settings_that_do_not_fit_are_refused(study, override):
    with pytest.raises(ImagenomicsError):
        load_study(study, overrides=[f"interaction.by_crp.{override}"])
