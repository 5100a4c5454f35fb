"""Folds, C-index and its interval of signed times."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate.survival.concordance import harrell_c
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError
from imagenomics.predict.build import build_model
from imagenomics.resample.intervals import WEIGHTED, bootstrap_interval, paired_interval, patient_weights
from imagenomics.resample.loop import cross_validate
from imagenomics.resample.metrics import by_fold, evaluate, evaluate_all
from imagenomics.resample.settings import IntervalSettings
from imagenomics.resample.splits import folds

OPTIONS = IntervalSettings(draws=300)


def _predictions(seed=0, n=60, effect=1.0, repeats=2, levels=None):
    rng = np.random.default_rng(seed)
    time = rng.exponential(size=n) + 0.01
    time = time if levels is None else np.ceil(time * levels)
    label = np.where(rng.random(n) < 0.6, time, -time)
    score = -effect * np.log(time) + rng.normal(size=n)
    ids = [f"P{i:03d}" for i in range(n)]
    parts = [
        pd.DataFrame(
            {"patient": ids, "repeat": r, "fold": rng.permutation(n) % 4, "score": np.round(score, 1)}
        )
        for r in range(repeats)
    ]
    return pd.concat([part.assign(label=label, threshold=0.0, train_mean=0.0) for part in parts])


@pytest.mark.parametrize("levels", [None, 3])
def test_concordance_is_harrells_within_folds(levels):
    table = _predictions(levels=levels)
    found = []
    for _, part in table.groupby("repeat"):
        label = part["label"].to_numpy()
        times = SurvivalTimes(pd.Index(part["patient"]), np.abs(label), label > 0)
        found.append(harrell_c(times, part["score"].to_numpy(), within=part["fold"].to_numpy()))
    assert evaluate(table, "c_index") == pytest.approx(np.mean(found), rel=1e-12)
    assert evaluate_all(table, task="survival") == {"c_index": evaluate(table, "c_index")}


def test_the_ends_of_the_scale():
    table = _predictions(repeats=1)
    right = table.assign(score=-table["label"].abs())
    assert evaluate(right, "c_index") == 1.0
    assert evaluate(right.assign(score=-right["score"]), "c_index") == 0.0
    assert evaluate(right.assign(score=3.0), "c_index") == 0.5
    assert np.isnan(evaluate(right.assign(label=-right["label"].abs()), "c_index"))


def test_scores_of_other_folds_are_not_compared():
    table = _predictions(repeats=1)
    moved = table.assign(score=table["score"] + 100 * table["fold"])
    assert evaluate(moved, "c_index") == evaluate(table, "c_index")


def test_drawn_patients_count_as_often_as_they_are_drawn():
    table = _predictions(1, repeats=1, levels=4)
    weights = patient_weights(table, "c_index", draws=6, seed=2)
    parts = by_fold(table)
    own = WEIGHTED["c_index"](parts, [weights.loc[part["patient"]].to_numpy() for part in parts])
    for k in range(6):
        again = table.loc[table.index.repeat(weights[k].loc[table["patient"]].to_numpy(dtype=int))]
        assert own[k] == pytest.approx(evaluate(again, "c_index"), rel=1e-12)
    dead = table.set_index("patient")["label"].loc[weights.index] > 0
    assert (weights[dead].sum() == dead.sum()).all()


def test_interval_holds_the_estimate():
    table = _predictions(2)
    found = bootstrap_interval(table, "c_index", settings=OPTIONS, seed=1)
    assert found.low < found.estimate < found.high
    better = table.assign(score=table["score"] - 2 * np.log(table["label"].abs()))
    gain = paired_interval(better, table, "c_index", settings=OPTIONS, seed=1)
    assert 0 < gain.low < gain.estimate


def test_events_are_spread_over_folds():
    rng = np.random.default_rng(3)
    y = np.where(np.arange(43) < 11, 1.0, -1.0) * rng.exponential(size=43)
    ids = [f"P{i:02d}" for i in range(43)]
    table = folds(ids, y, n_splits=5, repeats=2, seed=4, task="survival")
    dead = pd.Series(y > 0, ids)
    for _, part in table.groupby("repeat"):
        assert set(dead[part["patient"]].groupby(part["fold"].to_numpy()).sum()) == {2, 3}
        assert set(part["fold"].value_counts()) <= {8, 9}
    with pytest.raises(InputError, match=r"IGX-RES-001[\s\S]*11 patients with the event"):
        folds(ids, y, n_splits=12, seed=4, task="survival")


def test_models_of_log_hazards_are_cross_validated_with_their_threshold():
    rng = np.random.default_rng(5)
    ids = pd.Index([f"P{i:02d}" for i in range(60)], name="patient")
    X = pd.DataFrame(rng.normal(size=(60, 4)), index=ids, columns=list("abcd"))
    time = rng.exponential(np.exp(-1.5 * X["a"]))
    y = pd.Series(np.where(rng.random(60) < 0.7, time, -time), ids)
    plan = folds(ids, y, n_splits=3, seed=1, task="survival")
    found = cross_validate(build_model("elastic-net", task="survival"), X, y, plan)
    assert evaluate(found, "c_index") > 0.7
    assert found.groupby("fold")["threshold"].nunique().tolist() == [1, 1, 1]
    assert 15 < (found["score"] >= found["threshold"]).sum() < 45
    nothing = cross_validate(build_model("majority", task="survival"), X, y, plan)
    assert nothing["threshold"].isna().all()
    assert evaluate(nothing, "c_index") == 0.5
