"""What must not help: anything that only the test part knows."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.predict.build import build_model
from imagenomics.predict.settings import ElasticNetSettings, PredictSettings
from imagenomics.prepare.select import SelectTop
from imagenomics.prepare.settings import PrepareSettings
from imagenomics.resample.loop import cross_validate
from imagenomics.resample.metrics import evaluate
from imagenomics.resample.splits import folds

QUICK = PredictSettings(
    inner_folds=3,
    prepare=PrepareSettings(select=10),
    elastic_net=ElasticNetSettings(n_lambdas=8, l1_ratios=(0.5,)),
)


def _noise(seed, n=60, p=200):
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    X = pd.DataFrame(rng.normal(size=(n, p)), index=ids, columns=[f"f{j}" for j in range(p)])
    y = pd.Series((rng.permutation(n) < n // 2).astype(float), ids)
    return X, y, rng


def _signal(seed):
    """Noise with one column that follows the label, so that models are not empty."""
    X, y, rng = _noise(seed)
    return X.assign(f7=y + 0.3 * rng.normal(size=len(y))), y


def _model(seed=0, **options):
    return build_model("elastic-net", task="binary", settings=QUICK, seed=seed, **options)


def _of_fold(predictions, fold):
    return predictions[predictions["fold"] == fold].reset_index(drop=True)


def test_a_canary_that_is_the_label_of_test_rows_only_does_not_help():
    """The canary is pure noise where the model is trained and the label itself where it is tested."""
    honest, leaky = [], []
    for seed in range(12):
        X, y, rng = _noise(seed)
        plan = folds(X.index, y, n_splits=3, seed=seed)
        tested = plan.set_index("patient")["fold"].reindex(X.index).to_numpy() == 0
        canary = np.where(tested, y, (rng.permutation(len(y)) < len(y) // 2).astype(float))
        with_canary = X.assign(canary=canary)
        honest.append(evaluate(_of_fold(cross_validate(_model(seed), with_canary, y, plan), 0), "auc"))
        # The same data with the canary true everywhere: it is found, so the test can fail.
        known = cross_validate(_model(seed), X.assign(canary=y), y, plan)
        leaky.append(evaluate(_of_fold(known, 0), "auc"))
    assert abs(np.mean(honest) - 0.5) < 0.13
    assert np.mean(leaky) == 1.0


def test_labels_of_the_test_part_change_nothing():
    X, y = _signal(1)
    plan = folds(X.index, y, n_splits=3, seed=1)
    tested = X.index.isin(plan.loc[plan["fold"] == 1, "patient"])
    for model in (_model(3), build_model("svm", task="binary", settings=QUICK, seed=3)):
        true = _of_fold(cross_validate(model, X, y, plan), 1)
        flipped = _of_fold(cross_validate(model, X, y.where(~tested, 1 - y), plan), 1)
        assert np.ptp(true["score"]) > 0
        for column in ("score", "threshold", "train_mean"):
            assert np.array_equal(true[column], flipped[column])


def test_other_test_patients_change_nothing():
    """The score of a patient does not depend on who else is tested: nothing is learned from test rows."""
    X, y = _signal(2)
    plan = folds(X.index, y, n_splits=3, seed=2)
    tested = plan.loc[plan["fold"] == 0, "patient"].to_numpy()
    other = X.copy()
    other.loc[tested[1:]] = 1e3
    first, second = (_of_fold(cross_validate(_model(1), t, y, plan), 0) for t in (X, other))
    assert first.loc[0, "score"] == second.loc[0, "score"]
    assert not np.array_equal(first["score"], second["score"])


def test_selection_outside_the_fold_is_optimistic_and_inside_is_not():
    outside, inside = [], []
    for seed in range(10):
        X, y, _ = _noise(seed, p=400)
        plan = folds(X.index, y, n_splits=5, seed=seed)
        chosen = SelectTop(10).set_output(transform="pandas").fit(X, y).transform(X)  # sees the test labels
        outside.append(evaluate(cross_validate(_model(seed), chosen, y, plan), "auc"))
        inside.append(evaluate(cross_validate(_model(seed), X, y, plan), "auc"))
    assert np.mean(outside) > 0.75
    assert abs(np.mean(inside) - 0.5) < 0.08


@pytest.mark.parametrize("columns", [("age",), ("age", "site")])
def test_baseline_columns_are_fitted_in_the_fold_too(columns):
    rng = np.random.default_rng(4)
    X, y = _signal(4)
    X = X.assign(age=rng.normal(size=len(X)), site=np.where(rng.random(len(X)) < 0.5, "A", "B"))
    X = X[[*[c for c in X if c.startswith("f")], *columns]]
    plan = folds(X.index, y, n_splits=3, seed=1)
    tested = X.index.isin(plan.loc[plan["fold"] == 1, "patient"])
    model = _model(3, baseline=columns)
    true = _of_fold(cross_validate(model, X, y, plan), 1)
    flipped = _of_fold(cross_validate(model, X, y.where(~tested, 1 - y), plan), 1)
    assert np.array_equal(true["score"], flipped["score"])
    assert np.ptp(true["score"]) > 0


def test_several_lesions_of_a_patient_stay_together():
    """Columns that name the patient predict nothing, although each patient has four rows."""
    values = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        ids = pd.Index(np.repeat([f"P{i:02d}" for i in range(40)], 4), name="patient")
        own = np.repeat(rng.normal(size=(40, 30)), 4, axis=0) + 0.05 * rng.normal(size=(160, 30))
        X = pd.DataFrame(own, index=ids, columns=[f"f{j}" for j in range(30)])
        y = pd.Series(np.repeat((rng.permutation(40) < 20).astype(float), 4), ids)
        table = cross_validate(_model(seed), X, y, folds(ids, y, seed=seed))
        values.append(evaluate(table, "auc"))
    assert abs(np.mean(values) - 0.5) < 0.12


def _followed(seed, slope, n=60, p=60):
    """Signed times of a hazard that follows f7."""
    X, _, rng = _noise(seed, n=n, p=p)
    time, left = rng.exponential(np.exp(-slope * X["f7"])), rng.exponential(1.5, size=n)
    y = pd.Series(np.where(time <= left, time, -left), X.index)
    return X, y, folds(X.index, y, n_splits=3, seed=seed, task="survival")


def _hazards(seed=0, family="elastic-net"):
    return build_model(family, task="survival", settings=QUICK, seed=seed)


def test_a_canary_of_survival_that_only_test_rows_know_does_not_help():
    honest, leaky = [], []
    for seed in range(12):
        X, y, plan = _followed(seed, 0.0)
        tested = plan.set_index("patient")["fold"].reindex(X.index).to_numpy() == 0
        sooner = pd.Series(np.where(y > 0, -np.log(y.abs()), -np.log(y.abs()) - 2.0), X.index)
        noise = sooner.to_numpy()[np.random.default_rng(seed).permutation(len(y))]
        with_canary = X.assign(canary=np.where(tested, sooner, noise))
        honest.append(evaluate(_of_fold(cross_validate(_hazards(seed), with_canary, y, plan), 0), "c_index"))
        known = cross_validate(_hazards(seed), X.assign(canary=sooner), y, plan)
        leaky.append(evaluate(_of_fold(known, 0), "c_index"))
    assert abs(np.mean(honest) - 0.5) < 0.13
    assert np.mean(leaky) > 0.85


@pytest.mark.parametrize("family", ["elastic-net", "supervised-pc"])
def test_follow_up_of_the_test_part_changes_no_score_and_no_risk_group(family):
    X, y, plan = _followed(1, 1.5)
    tested = X.index.isin(plan.loc[plan["fold"] == 1, "patient"])
    other = y.where(~tested, -3.0 * y)
    first, second = (_of_fold(cross_validate(_hazards(2, family), X, t, plan), 1) for t in (y, other))
    assert np.ptp(first["score"]) > 0
    for column in ("score", "threshold", "train_mean"):
        assert np.array_equal(first[column], second[column])
