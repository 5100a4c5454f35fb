"""Modalities of one prediction: the same patients and folds, one verdict for each declared pair."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_run_study import assert_workers_change_no_byte, patients, run, write_tables

from imagenomics.errors import InputError
from imagenomics.runs.check import check_study
from imagenomics.study.load import load_study

N = 48
STUDY = """
name = "two modalities"
synthetic = true

[patients]
table = "patients.csv"
id = "patient"

[[feature_tables]]
name = "ct"
path = "ct.csv"

[[feature_tables]]
name = "pet"
path = "pet.csv"

[[molecules]]
name = "labels"
kind = "labels"
path = "patients.csv"
columns = ["kind"]

[[train]]
name = "kind"
target = "labels.kind"
positive = "each"
baselines = []
models = []
repeats = 2
folds = 2
leave_site_out = false
modalities = { ct = "ct.*", pet = "pet.*" }
compare = [["pet", "ct"]]

[predict]
inner_folds = 2

[predict.elastic_net]
n_lambdas = 2
l1_ratios = [0.3]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Three classes; PET shows class a clearly, CT shows nothing; two patients have no PET."""
    folder = tmp_path_factory.mktemp("modalities")
    random = np.random.default_rng(4)
    kind = np.resize(["a", "b", "c"], N)
    ct = pd.DataFrame(random.normal(size=(N, 4)), columns=[f"f{k}" for k in range(4)])
    pet = pd.DataFrame(random.normal(size=(N, 4)), columns=[f"f{k}" for k in range(4)])
    pet["f0"] += 3.0 * (kind == "a")
    pet.loc[[5, 6]] = np.nan
    tables = {"patients": pd.DataFrame({"kind": kind}), "ct": ct, "pet": pet}
    return write_tables(folder, patients(N), tables, STUDY)


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return run(study, tmp_path_factory.mktemp("run") / "out")


def test_each_pair_and_class_has_a_verdict_on_the_patients_with_both(folder):
    verdicts = json.loads((folder / "verdicts.json").read_text())["verdicts"]
    compared = {v["analysis"]: v for v in verdicts if v["kind"] == "comparison"}
    assert list(compared) == ["kind=a", "kind=b", "kind=c"]
    found = compared["kind=a"]
    assert (found["model"], found["n"], found["verdict"]) == ("pet vs ct", N - 2, "supported")
    assert found["ci_low"] > 0.0
    assert found["null_p_adjusted"] <= 0.05
    assert found["detectable"] > 0.1
    assert "predicted better from pet than from ct" in found["reason"]
    assert all("no proof" in compared[k]["reason"] for k in ("kind=b", "kind=c"))
    assert sum(v["kind"] == "prediction" for v in verdicts) == 3


def test_modalities_share_patients_and_folds(folder):
    table = pd.read_parquet(folder / "predictions.parquet")
    keys = ["analysis", "repeat", "patient", "fold", "label"]
    ct, pet = (table.loc[table["model"] == name, keys].reset_index(drop=True) for name in ("ct", "pet"))
    pd.testing.assert_frame_equal(ct, pet)
    assert not {"P05", "P06"} & set(ct["patient"])
    primary = table[table["model"] == "elastic-net"]
    assert {"P05", "P06"} <= set(primary["patient"])
    left = pd.read_csv(folder / "left_out.csv")
    own = left[left["analysis"] == "kind=a (modalities)"]
    assert list(own["patient"]) == ["P05", "P06"]
    assert set(own["reason"]) == {"no features of pet"}


def test_page_and_table_show_modalities_against_classes(folder):
    performance = pd.read_parquet(folder / "performance.parquet")
    own = performance[performance["role"] == "modality"]
    assert sorted(zip(own["analysis"], own["model"], strict=True)) == [
        (f"kind={k}", m) for k in "abc" for m in ("ct", "pet")
    ]
    assert own["note"].str.contains("halves").all()
    assert (own["n"] == N - 2).all()
    page = (folder / "report.html").read_text()
    assert "Modalities on the same patients" in page
    assert "pet minus ct" in page
    assert "3 comparisons of modalities: 1 supported and 2 no evidence found." in page
    assert "disjoint halves of the patients" in page


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_bytes(study, tmp_path):
    one = study.with_name("one.toml")
    one.write_text(study.read_text().replace('"each"', '"b"'))
    assert_workers_change_no_byte(one, tmp_path, "verdicts.json", "performance.parquet")


def test_check_counts_the_modalities(study):
    read = load_study(study)
    report = check_study(read.plan, read.root)
    row = next(r for r in report.analyses if r["analysis"] == "kind=a")
    assert row["modalities"] == 2
    assert row["comparisons"] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('compare = [["pet", "mr"]]', "'mr' is none of the modalities"),
        ('compare = [["pet", "pet"]]', "no better than itself"),
        ('compare = [["pet", "ct"], ["ct", "pet"]]', "more than once"),
    ],
)
def test_what_cannot_be_compared_is_refused(study, tmp_path, change, words):
    text = study.read_text().replace('compare = [["pet", "ct"]]', change)
    bad = tmp_path / "study.toml"
    bad.write_text(text)
    with pytest.raises(InputError, match=words):
        load_study(bad)


@pytest.mark.parametrize("name", ["svm", "clinical", "a b"])
def test_names_of_other_models_are_refused(study, tmp_path, name):
    text = study.read_text().replace("{ ct =", f'{{ "{name}" =').replace('"ct"]', f'"{name}"]')
    bad = tmp_path / "study.toml"
    bad.write_text(text)
    with pytest.raises(InputError, match=f"modalities: '{name}'"):
        load_study(bad)
