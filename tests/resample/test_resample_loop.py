import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from imagenomics.errors import InputError
from imagenomics.predict.build import build_model
from imagenomics.resample.loop import PREDICTION_COLUMNS, cross_validate
from imagenomics.resample.metrics import evaluate, evaluate_all
from imagenomics.resample.splits import folds


def _table(n=60, seed=0):
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    X = pd.DataFrame(rng.normal(size=(n, 3)), index=ids, columns=list("abc"))
    y = pd.Series((X["a"] + 0.5 * rng.normal(size=n) > 0).astype(float), ids)
    return X, y


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers who trained it; fails where it is told to."""

    log: list = []  # noqa: RUF012 - shared by clones on purpose

    def __init__(self, fail=False):
        self.fail = fail

    def fit(self, X, y, groups=None):
        if self.fail:
            raise RuntimeError("singular matrix")
        self.classes_ = np.unique(y)
        self.trained_, self.groups_ = set(X.index), groups
        return self

    def predict_proba(self, X):
        Recorder.log.append((self.trained_, set(X.index), self.groups_))
        return np.full((len(X), 2), 0.5)


def test_no_patient_is_scored_by_a_model_it_trained():
    X, y = _table()
    rows = X.index.repeat(2)
    Recorder.log.clear()
    cross_validate(
        Recorder(), X.loc[rows], y.loc[rows], folds(X.index, y), fit_columns={"groups": pd.Series(rows)}
    )
    assert len(Recorder.log) == 5
    for trained, tested, groups in Recorder.log:
        assert not trained & tested
        assert trained | tested == set(X.index)
        assert set(groups) == trained


def test_rows_come_back_by_patient_whatever_their_order():
    X, y = _table()
    plan = folds(X.index, y, repeats=2)
    first = cross_validate(LogisticRegression(), X, y, plan)
    mixed = np.random.default_rng(1).permutation(len(X))
    second = cross_validate(
        LogisticRegression(), X.iloc[mixed], y.iloc[mixed], plan.sample(frac=1, random_state=0)
    )
    pd.testing.assert_frame_equal(first, second)
    assert tuple(first.columns) == PREDICTION_COLUMNS
    assert len(first) == 2 * len(X)
    assert evaluate(first, "auc") > 0.8


def test_scores_point_to_the_positive_class():
    X, y = _table()
    plan = folds(X.index, y)
    for model in (LogisticRegression(), LinearSVC()):
        table = cross_validate(model, X, y, plan)
        assert evaluate_all(table, task="binary")["auc"] > 0.8
        assert evaluate(table, "balanced_accuracy") > 0.7
    assert np.isnan(evaluate(cross_validate(LinearSVC(), X, y, plan), "brier"))
    assert np.isclose(
        evaluate(cross_validate(LogisticRegression(), X, 1 - y, plan), "auc"),
        evaluate(cross_validate(LogisticRegression(), X, y, plan), "auc"),
        atol=0.02,
    )


def test_numbers():
    X, _ = _table()
    z = 2 * X["b"] + X["c"]
    table = cross_validate(LinearRegression(), X, z, folds(X.index, z, task="continuous"))
    assert evaluate(table, "r2") > 0.999
    assert evaluate(table, "spearman") > 0.999
    assert table["threshold"].isna().all()


def test_a_failing_fold_is_told_and_not_swallowed():
    X, y = _table()
    with pytest.raises(
        InputError, match=r"IGX-RES-006[\s\S]*fold 0 of repeat 0[\s\S]*singular matrix"
    ) as caught:
        cross_validate(Recorder(fail=True), X, y, folds(X.index, y))
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_rows_and_labels_must_belong_together():
    X, y = _table()
    with pytest.raises(InputError, match="IGX-RES-009"):
        cross_validate(LogisticRegression(), X, y.iloc[::-1], folds(X.index, y))
    with pytest.raises(InputError, match="IGX-RES-009"):
        cross_validate(LogisticRegression(), X, y.where(y > 0), folds(X.index, y))
    with pytest.raises(InputError, match="IGX-RES-004"):
        cross_validate(LogisticRegression(), X, y, folds(X.index[:40], y.iloc[:40]))


def test_constant_scores_are_chance():
    X, y = _table()
    table = cross_validate(Recorder(), X, y, folds(X.index, y))
    assert evaluate(table, "auc") == 0.5
    assert evaluate(table, "brier") == 0.25


def test_auc_is_not_pooled():
    """Folds with score scales of their own: pooled the order is wrong, within each fold it is perfect."""
    table = pd.DataFrame(
        {
            "patient": list("abcd"),
            "repeat": 0,
            "fold": [0, 0, 1, 1],
            "score": [10.0, 11.0, 0.0, 1.0],
            "label": [0.0, 1.0, 0.0, 1.0],
        }
    )
    assert evaluate(table, "auc") == 1.0
    one_class = pd.concat([table, table.iloc[[0]].assign(patient="e", fold=2)])
    assert evaluate(one_class, "auc") == 1.0  # a fold without positives does not count
    with pytest.raises(InputError, match=r"IGX-RES-010[\s\S]*did you mean 'auc'"):
        evaluate(table, "aucc")
    with pytest.raises(InputError, match="IGX-RES-012"):
        evaluate(table.drop(columns="fold"), "auc")


@pytest.mark.parametrize("common", [0.0, 1.0])
def test_the_majority_calls_everybody_the_larger_class(common):
    X, y = _table()
    y = pd.Series(np.where(np.arange(60) % 4 == 0, 1.0 - common, common), X.index)
    found = evaluate_all(
        cross_validate(build_model("majority", task="binary"), X, y, folds(X.index, y)), task="binary"
    )
    assert (found["sensitivity"], found["specificity"]) == (common, 1.0 - common)
    assert found["balanced_accuracy"] == found["auc"] == 0.5
