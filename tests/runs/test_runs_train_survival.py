"""Survival is predicted from the study file to the verdicts: what is refused, lost, found and written."""

import json

import numpy as np
import pandas as pd
import pytest
from small_run_study import assert_workers_change_no_byte, patients, run, write_tables

import imagenomics as ig
from imagenomics.associate.survival.kaplan_meier import kaplan_meier
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError
from imagenomics.predict.settings import PredictSettings
from imagenomics.report.page import write_report
from imagenomics.runs.apply import apply_card, read_card
from imagenomics.runs.check import check_study
from imagenomics.runs.folder import read_patient_table
from imagenomics.runs.horizons import horizon_auc
from imagenomics.runs.risk_groups import risk_curves
from imagenomics.runs.train_block import TrainBlock
from imagenomics.stats.ranks import auc
from imagenomics.study.load import load_study

STUDY = """
name = "Survival"
seed = 3
[patients]
table = "clinic.csv"
id = "patient"
[patients.clinical]
age = "age"
months = "months"
dead = { column = "dead", kind = "binary" }
[[feature_tables]]
name = "mri"
path = "mri.csv"
[[train]]
name = "os"
target = "months"
event = "dead"
unit = "months"
origin = "diagnosis"
repeats = 2
horizons = [12.0]
folds = 3
[predict]
inner_folds = 2
[predict.elastic_net]
n_lambdas = 4
l1_ratios = [0.5]
"""
BLOCK = {"name": "os", "target": "months", "event": "dead", "unit": "months", "origin": "diagnosis"}


def _tables(seed, n=90, slope=1.2):
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 6))
    age = random.normal(60, 9, n).round()
    hidden, left = random.exponential(20 * np.exp(-slope * X[:, 2])), random.exponential(40, n)
    clinic = pd.DataFrame(
        {
            "age": age,
            "months": np.round(np.minimum(hidden, left) + 0.05, 2),
            "dead": (hidden <= left).astype(int),
        }
    )
    return {"clinic": clinic, "mri": pd.DataFrame(X, columns=[f"f{j}" for j in range(6)])}


def _study(folder, tables, text=STUDY):
    folder.mkdir(exist_ok=True)
    return write_tables(folder, patients(len(tables["clinic"])), tables, text)


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A run in which the third feature says who dies sooner; the first patient has no time."""
    tables = _tables(1)
    tables["clinic"].loc[0, "months"] = np.nan
    folder = tmp_path_factory.mktemp("survival")
    return run(_study(folder, tables), folder / "run", last="nulls"), tables


def test_a_planted_feature_is_found(followed):
    folder, tables = followed
    verdicts = json.loads((folder / "verdicts.json").read_text())["verdicts"]
    said = next(v for v in verdicts if v["kind"] == "prediction")
    assert (said["verdict"], said["estimate_name"], said["n"]) == ("supported", "c_index", 89)
    assert 0.65 < said["estimate"] < 0.85
    assert said["ci_low"] > 0.5
    assert 0.5 < said["detectable"] < 0.75
    events = int(tables["clinic"]["dead"][1:].sum())
    assert f"89 patients, {events} of them with the event" in said["reason"]
    gains = [v for v in verdicts if v["kind"] == "increment"]
    assert [(g["model"], g["verdict"]) for g in gains] == [
        ("image+clinical vs clinical", "supported"),
        ("image+volume vs volume", "not testable"),
    ]


def test_labels_are_signed_times_and_who_has_none_is_a_loss(followed):
    folder, tables = followed
    predictions = pd.read_parquet(folder / "predictions.parquet")
    assert set(predictions["model"]) == {
        *("elastic-net", "supervised-pc", "clinical", "majority", "image+clinical")
    }
    one = predictions[(predictions["model"] == "elastic-net") & (predictions["repeat"] == 0)]
    clinic = tables["clinic"][1:]
    assert (
        one["label"].tolist() == np.where(clinic["dead"] == 1, clinic["months"], -clinic["months"]).tolist()
    )
    dead = one["label"] > 0
    assert set(dead.groupby(one["fold"]).sum() - dead.sum() // 3) <= {0, 1}
    lost = pd.read_csv(folder / "left_out.csv")
    assert lost[["analysis", "patient", "reason"]].to_numpy().tolist() == [
        ["os", "P00", "follow-up not known"]
    ]


def test_the_follow_up_is_no_clinical_variable(followed):
    folder, _ = followed
    performance = pd.read_parquet(folder / "performance.parquet").set_index(["model", "metric"])["estimate"]
    assert performance["clinical", "c_index"] < 0.65
    assert performance["majority", "c_index"] == 0.5
    assert performance["majority", "AUC at 12 months"] == 0.5
    assert performance["elastic-net", "AUC at 12 months"] > 0.7


def test_risk_groups_are_curves(followed):
    folder, _ = followed
    curves = pd.read_parquet(folder / "curves.parquet")
    own = curves[curves["model"] == "elastic-net"].set_index("curve")
    assert set(own.index) == {"risk:low", "risk:high", "null"}
    low, high = own.loc["risk:low"], own.loc["risk:high"]
    predictions = pd.read_parquet(folder / "predictions.parquet")
    one = predictions[(predictions["model"] == "elastic-net") & (predictions["repeat"] == 0)]
    told_apart = one.groupby("fold")["score"].transform("nunique") > 1
    assert low["n"].iloc[0] + high["n"].iloc[0] == told_apart.sum() > 50
    assert low["y"][low["x"] < 15].iloc[-1] > high["y"][high["x"] < 15].iloc[-1]
    assert set(curves[curves["model"] == "majority"]["curve"]) == set()


def test_the_page_shows_what_makes_sense_of_survival(followed):
    folder, _ = followed
    page = write_report(folder).read_text()
    assert "Survival by predicted risk" in page
    assert "number at risk" in page
    assert "of C-index" in page
    assert "Harrell&#x27;s C counts pairs" in page or "Harrell's C counts pairs" in page
    assert "above 0 the event comes sooner" in page
    figures = page[page.index('id="predictions"') :]
    for absent in ("calibration of", "net benefit of", "predicted and true values", "scores by true answer"):
        assert absent not in figures


def test_the_card_gives_new_patients_their_linear_predictor(followed):
    folder, tables = followed
    card = read_card(folder / "models" / "os.json")
    features = read_patient_table(folder, "features")
    said = apply_card(card, features)
    assert said["positive"].unique().tolist() == ["event"]
    by_hand = sum(c.weight * (features.values[c.name].to_numpy() - c.centre) / c.scale for c in card.columns)
    np.testing.assert_allclose(said["score"], by_hand, atol=1e-12)
    assert np.corrcoef(said["score"], tables["mri"]["f2"])[0, 1] > 0.8


def test_check_counts_events_and_knows_the_cost(tmp_path):
    read = load_study(_study(tmp_path / "study", _tables(1, n=50)))
    (row,) = check_study(read.plan, read.root).analyses
    assert row["task"] == "survival"
    assert set(row["classes"]) == {"event", "censored"}
    assert sum(row["classes"].values()) == row["n"] == 50
    assert row["seconds"] > 0


def test_auc_at_a_time_without_censoring_is_that_of_classes():
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"patient": range(60), "repeat": 0, "fold": np.arange(60) % 3})
    frame = frame.assign(label=random.exponential(10, 60) + 0.1, score=random.normal(size=60).round(1))
    folds = [auc(part["score"], part["label"] <= 8.0) for _, part in frame.groupby("fold")]
    assert horizon_auc(frame, 8.0) == pytest.approx(np.mean(folds))
    assert np.isnan(horizon_auc(frame, 1e6))


def test_groups_are_cut_at_the_threshold_of_their_fold():
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "patient": [f"P{i}" for i in range(40)] * 2,
            "repeat": np.repeat([0, 1], 40),
            "fold": np.tile(np.arange(40) % 4, 2),
            "score": random.normal(size=80),
            "label": np.tile(random.normal(size=40), 2),
        }
    )
    table["threshold"] = table["fold"] / 10
    first = table[table["repeat"] == 0].set_index("patient")
    for name, chosen in (("risk:high", first["score"] >= first["threshold"]),):
        part = first[chosen]
        times = SurvivalTimes(part.index, part["label"].abs().to_numpy(), (part["label"] > 0).to_numpy())
        expected = kaplan_meier(times)["survival"].tolist()
        assert [row.survival for group, row in risk_curves(table) if group == name] == expected
    constant = table.assign(score=0.0, threshold=0.0)
    assert not list(risk_curves(constant))
    assert {group for group, _ in risk_curves(table.assign(threshold=-99.0))} == {"risk:high"}
    assert not list(risk_curves(table.assign(threshold=np.nan)))


@pytest.mark.slow
def test_workers_change_no_byte(tmp_path):
    study = _study(tmp_path / "study", _tables(2, n=45, slope=0.0))
    names = ("predictions.parquet", "curves.parquet", "verdicts.json", "performance.parquet")
    assert_workers_change_no_byte(study, tmp_path, *names)


def test_few_events_are_not_testable(tmp_path):
    tables = _tables(4, n=40)
    tables["clinic"]["dead"] = (np.arange(40) < 2).astype(int)
    folder = run(_study(tmp_path / "study", tables), tmp_path / "run", last="nulls")
    verdicts = json.loads((folder / "verdicts.json").read_text())["verdicts"]
    assert {v["verdict"] for v in verdicts} == {"not testable"}
    assert "Only 2 of 40 patients had the event of os" in verdicts[0]["reason"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"dead": 0}, "IGX-SURV-003"),
        ({"dead": 2}, "IGX-SURV-012"),
        ({"months": -1.0}, "IGX-SURV-001"),
        ({"months": 0.0}, "IGX-SURV-001"),
        ({"months": "soon"}, "IGX-SURV-011"),
    ],
)
def test_follow_up_that_cannot_be_used_is_refused(tmp_path, change, code):
    tables = _tables(5, n=30)
    for name, value in change.items():
        tables["clinic"][name] = value
    text = STUDY.replace('months = "months"\ndead = { column = "dead", kind = "binary" }\n', "")
    with pytest.raises(InputError, match=code):
        run(_study(tmp_path / "study", tables, text), tmp_path / "run", last="train")


def test_families_that_do_not_know_survival_are_told_before_anything_runs(tmp_path):
    text = STUDY.replace('event = "dead"', 'event = "dead"\nmodels = ["random-forest"]')
    read = load_study(_study(tmp_path / "study", _tables(6, n=30), text))
    with pytest.raises(InputError, match=r"IGX-PRED-008[\s\S]*elastic-net, supervised-pc"):
        check_study(read.plan, read.root)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": None}, "say the 'unit'"),
        ({"origin": "there"}, "what time is counted from"),
        ({"event": None}, "'origin' belongs to survival|'unit' belongs to survival"),
        ({"event": "months"}, "different columns"),
        ({"positive": "1"}, "'positive' is for classes"),
        ({"horizons": [0.0]}, "'horizons' are times above 0"),
        ({"clinical": ["age", "dead"]}, "names the follow-up itself"),
        ({"competing_values": ["2"]}, "which cell is the event"),
    ],
)
def test_blocks_that_contradict_themselves(change, said):
    keys = {k: v for k, v in (BLOCK | change).items() if v is not None}
    with pytest.raises(InputError, match=said):
        TrainBlock.read(keys, where="test")


def test_models_beside_know_survival_by_default():
    assert TrainBlock.read(BLOCK, where="t").models == ("supervised-pc",)
    assert TrainBlock.read(BLOCK | {"primary": "supervised-pc"}, where="t").models == ()
    assert TrainBlock.read({"name": "a", "target": "b"}, where="t").models[0] == "svm"
    assert TrainBlock.read(BLOCK, where="t").outcome().endpoint == "survival"
    assert TrainBlock.read({"name": "a", "target": "b"}, where="t").outcome() is None


def test_plain_tables_predict_survival():
    tables = _tables(7, n=40, slope=0.0)
    ids = pd.Index(patients(40), name="patient")
    features = ig.describe_frame(tables["mri"].set_index(ids), role="feature")
    clinic = tables["clinic"].set_index(ids)
    quick = PredictSettings(inner_folds=2, elastic_net={"n_lambdas": 4, "l1_ratios": [0.5]})
    found = ig.predict_target(features, clinic["months"], event=clinic["dead"], settings=quick, seed=1)
    assert (found.verdict["estimate_name"], found.verdict["verdict"]) == (
        "c_index",
        "no evidence found",
    )
    with pytest.raises(InputError, match="IGX-PRED-008"):
        ig.predict_target(features, clinic["months"], event=clinic["dead"], models=["svm"])
    with pytest.raises(InputError, match="IGX-SURV-001"):
        ig.predict_target(features, -clinic["months"], event=clinic["dead"])
