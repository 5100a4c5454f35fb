"""A score is taught in one cohort, written down as a card, and counted in another without learning anything."""

import json

import numpy as np
import pandas as pd
import pytest

from imagenomics.cli import app
from imagenomics.errors import ImagenomicsError
from imagenomics.runs.check import check_study
from imagenomics.runs.job import JobOptions, run_plan
from imagenomics.study.load import load_study
from imagenomics.work.progress import Progress

STUDY = """
name = "Score"
seed = 1
[patients]
table = "patients.csv"
id = "patient"
[patients.clinical]
age = "age"
stage = { column = "stage", kind = "categorical" }
[[feature_tables]]
name = "mri"
path = "features.csv"
[[molecules]]
name = "calls"
kind = "labels"
path = "patients.csv"
id = "patient"
[molecules.columns]
IDH = { column = "IDH", positive = "mutant" }
[[survival]]
name = "death"
time = "months"
event = "dead"
unit = "months"
origin = "diagnosis"
endpoint = "overall survival"
[[survival.score]]
name = "vak"
"""
TAUGHT = """
permutations = 199
terms = [
    { by = "mri.volume", cut = "maximal" },
    { by = "age", at = 60.0, worse = "above" },
    { by = "calls.IDH", worse = "below" },
]
"""
FROZEN = """
card = "vak.json"
high = 2
"""


FILES = ("patients.csv", "others.csv")  # of the two cohorts


def cohort(path, seed, n=140, moved=None):
    r = np.random.default_rng(seed)
    ids = [f"{'AB'[seed % 2]}{i:03d}" for i in range(n)]
    volume, age, idh = r.lognormal(3, 0.6, n), r.integers(30, 85, n), r.integers(0, 2, n)
    hazard = np.exp(0.9 * (volume > 25) + 0.7 * (age > 60) - 1.0 * idh)
    hidden, left = r.exponential(30 / hazard), r.uniform(6, 70, n)
    if moved is not None:
        volume[moved:], hidden[moved:] = 5 * volume[moved:], hidden[moved:][::-1]
    table = {
        "patient": ids,
        "age": age,
        "stage": r.choice(["a", "b"], n),
        "IDH": np.where(idh == 1, "mutant", "wild type"),
        "months": np.minimum(hidden, left).round(3) + 0.01,
        "dead": (hidden <= left).astype(int),
    }
    path.mkdir(exist_ok=True)
    pd.DataFrame(table).to_csv(path / FILES[seed % 2], index=False)
    pd.DataFrame({"patient": ids, "volume": volume}).to_csv(path / "features.csv", index=False)


def run(path, more, last="report"):
    names = STUDY if (path / FILES[0]).exists() else STUDY.replace(*FILES)
    (path / "study.toml").write_text(names + more)
    read = load_study(path / "study.toml")
    run_plan(read.plan, read.root, JobOptions(path / "out", progress=Progress(shown=False)), last=last)
    return path / "out"


def check(file):
    read = load_study(file)
    return check_study(read.plan, read.root)


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    path = tmp_path_factory.mktemp("score") / "first"
    cohort(path, 2)
    return run(path, TAUGHT)


@pytest.fixture(scope="module")
def applied(taught, tmp_path_factory):
    path = tmp_path_factory.mktemp("score") / "second"
    cohort(path, 3)
    (path / "vak.json").write_bytes((taught / "scores" / "death-vak.json").read_bytes())
    return run(path, FROZEN)


def test_the_score_is_taught_tested_and_written_down(taught):
    score = pd.read_parquet(taught / "survival_scores.parquet").iloc[0]
    assert (score["source"], score["status"]) == ("learned", "ok")
    assert score["p"] <= 0.01
    assert score["c_apparent"] - score["c_index"] == pytest.approx(score["optimism"])
    row = (
        pd.read_parquet(taught / "associations.parquet").set_index("target").loc["overall survival (scores)"]
    )
    assert (row["effect_name"], row["effect"], row["p"]) == (
        "hazard ratio per point",
        score["ratio"],
        score["p"],
    )
    assert row["q"] == score["q"]
    card = json.loads((taught / "scores" / "death-vak.json").read_text())
    assert [t["name"] for t in card["terms"]] == ["mri.volume", "age", "calls.IDH"]
    assert [t["worse"] for t in card["terms"]] == ["above", "above", "below"]
    assert [t["cut"] for t in card["terms"][1:]] == [60.0, 0.5]
    points = pd.read_parquet(taught / "survival_points.parquet")
    assert points["points"].between(0, 3).all()
    assert points["points_left_out"].notna().all()
    verdicts = {v["target"]: v for v in json.loads((taught / "verdicts.json").read_text())["verdicts"]}
    assert verdicts["overall survival (scores)"]["verdict"] == "supported"
    page = (taught / "report.html").read_text()
    assert "not to be quoted" in page
    assert "One point for each term." in page


def test_a_frozen_score_learns_nothing_and_has_the_points_of_the_card(taught, applied):
    score = pd.read_parquet(applied / "survival_scores.parquet").iloc[0]
    assert (score["source"], score["draws"]) == ("card", 0)
    assert np.isnan(score["c_apparent"])
    assert score["p"] < 0.01
    points = pd.read_parquet(applied / "survival_points.parquet").set_index("patient")["points"]
    patients = pd.read_csv(applied.parent / "others.csv").set_index("patient")
    volume = pd.read_csv(applied.parent / "features.csv").set_index("patient")["volume"]
    cut = json.loads((taught / "scores" / "death-vak.json").read_text())["terms"][0]["cut"]
    by_hand = (volume > cut).astype(int) + (patients["age"] > 60) + (patients["IDH"] == "wild type")
    assert (points == by_hand[points.index]).all()
    groups = pd.read_parquet(applied / "survival_groups.parquet")
    assert list(groups["group"]) == ["fewer than 2 points", "2 points or more"]
    assert not (applied / "scores").exists() or not list((applied / "scores").glob("*.json"))
    assert "nothing was learned here" in (applied / "report.html").read_text()


def test_the_points_of_a_patient_do_not_change_when_others_do(applied, tmp_path):
    cohort(tmp_path / "third", 3, moved=70)
    (tmp_path / "third" / "vak.json").write_bytes((applied.parent / "vak.json").read_bytes())
    other = run(tmp_path / "third", FROZEN, last="associate")
    first, second = (
        pd.read_parquet(out / "survival_points.parquet").set_index("patient")["points"]
        for out in (applied, other)
    )
    ids = [p for p in first.index if int(p[1:]) < 70]
    pd.testing.assert_series_equal(first[ids], second[ids])
    assert (first != second).any()


def test_another_card_is_another_result(applied):
    path = applied.parent / "vak.json"
    before = path.read_text()
    card = json.loads(before)
    card["terms"][1]["cut"] = 45.0
    path.write_text(json.dumps(card))
    run(applied.parent, FROZEN, last="associate")
    points = pd.read_parquet(applied / "survival_points.parquet").set_index("patient")["points"]
    path.write_text(before)
    run(applied.parent, FROZEN)
    again = pd.read_parquet(applied / "survival_points.parquet").set_index("patient")["points"]
    assert (points >= again).all()
    assert (points > again).any()


def test_predict_counts_points_too(taught, applied, tmp_path):
    argv = [
        "predict",
        str(applied.parent / "study.toml"),
        "--model",
        str(taught / "scores" / "death-vak.json"),
    ]
    app.register()
    assert app.run([*argv, "--out", str(tmp_path / "out")]) == 0
    found = pd.read_csv(tmp_path / "out" / "predicted-death-vak.csv").set_index("patient")["score"]
    points = pd.read_parquet(applied / "survival_points.parquet").set_index("patient")["points"]
    assert (found[points.index] == points).all()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('terms = [{ by = "mri.volum" }]', "IGX-SURV-013"),
        ('terms = [{ by = "stage" }]', "IGX-SURV-023"),
        ('terms = [{ by = "months" }]', "IGX-SET-001"),
        ('card = "none.json"', "IGX-"),
        ('card = "features.csv"', "IGX-RUN-080"),
    ],
)
def test_what_cannot_be_used_is_refused_by_check(applied, more, code):
    path = applied.parent / "wrong.toml"
    path.write_text(STUDY.replace(*FILES) + more)
    with pytest.raises(ImagenomicsError, match=code):
        check(path)
