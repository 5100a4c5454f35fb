"""One small tree and the supervised principal component: what they learn, and that a card says it."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.predict.build import build_model
from imagenomics.predict.card import ModelCard, card_parts
from imagenomics.predict.family import Part
from imagenomics.predict.settings import PredictSettings, SupervisedPcSettings, TreeSettings
from imagenomics.predict.supervised_pc import SupervisedPc
from imagenomics.predict.tree import DecisionTree
from imagenomics.prepare.settings import PrepareSettings

PLAIN = PredictSettings(inner_folds=3, prepare=PrepareSettings(redundancy=None, select=None))


def _table(seed, n=120, p=12):
    random = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    return pd.DataFrame(random.normal(size=(n, p)), index=ids, columns=[f"t1.f{j}" for j in range(p)]), random


def _card(model, task):
    parts = card_parts(model, {})
    return ModelCard(
        study="s",
        analysis="a",
        target="t",
        positive="yes",
        negative="no",
        task=task,
        n=10,
        intercept=parts.intercept,
        columns=parts.columns,
        tree=parts.tree,
    )


def test_a_cut_is_found_where_it_is():
    X, random = _table(0)
    y = ((X["t1.f3"] > 0.7) ^ (random.random(len(X)) < 0.05)).astype(float)
    model = build_model("tree", task="binary", settings=PLAIN, seed=1).fit(X, y)
    card = _card(model, "binary")
    root = card.tree[0]
    assert root.column == "t1.f3"
    assert root.at == pytest.approx(0.7, abs=0.15)
    assert root.n == 120
    assert root.value == pytest.approx(y.mean())
    assert card.tree[root.low].value < 0.2 < 0.8 < card.tree[root.high].value


def test_interacting_features_need_a_deeper_tree():
    X, random = _table(1, n=400)
    y = ((X["t1.f0"] > 0.5) & (X["t1.f1"] > 0.0)).astype(float) * 2 + 0.3 * random.normal(size=400)
    model = build_model("tree", task="continuous", settings=PLAIN, seed=1).fit(X, y)
    assert model.chosen_["leaves"] >= 3
    assert {n.column for n in _card(model, "continuous").tree if n.column} >= {"t1.f0", "t1.f1"}


@pytest.mark.parametrize("name", ["tree", "supervised-pc"])
@pytest.mark.parametrize("task", ["binary", "continuous"])
def test_the_card_says_what_the_model_says(name, task):
    X, random = _table(2)
    z = X["t1.f3"] + X["t1.f5"] + 0.5 * random.normal(size=len(X))
    y = (z > 0).astype(float) if task == "binary" else z
    X = X.mask(random.random(X.shape) < 0.05)
    model = build_model(name, task=task, settings=PLAIN, seed=1).fit(X, y)
    said = model.predict_proba(X)[:, 1] if task == "binary" else model.predict(X)
    read = ModelCard.read(_card(model, task).model_dump(mode="json"), where="test")
    np.testing.assert_allclose(read.score(X)["score"], said, rtol=1e-6, atol=1e-9)
    empty = pd.DataFrame(np.nan, index=["Q"], columns=X.columns)
    assert np.isnan(read.score(empty)["score"].iloc[0])


def test_leaves_hold_enough_patients_and_a_class_alone_is_said():
    X, _ = _table(3, n=40)
    Z, y = X.to_numpy(), (X["t1.f0"] > 0).to_numpy(dtype=float)
    part = Part(Z, y, "binary", np.zeros(12, dtype=bool), False)
    family = DecisionTree(TreeSettings(leaves=(2, 6), min_leaf=10), seed=0)
    for k in range(2):
        tree = family.refit(part, k).estimator
        leaves = tree.tree_.children_left < 0
        assert tree.tree_.n_node_samples[leaves].min() >= 10
    assert family.refit(part, 0).score(Z).tolist() == y.tolist()


def test_the_component_is_that_of_a_singular_value_decomposition():
    X, random = _table(4, n=80, p=30)
    factor = random.normal(size=80)
    Z = X.to_numpy() + np.outer(factor, np.r_[np.ones(6), np.zeros(24)])
    Z = (Z - Z.mean(0)) / Z.std(0)
    y = factor + 0.5 * random.normal(size=80)
    part = Part(Z, y, "continuous", np.zeros(30, dtype=bool), False)
    fitted = SupervisedPc(SupervisedPcSettings(columns=(6,), slope_variance=1e9)).refit(part, 0)
    chosen = np.argsort(-np.abs([np.corrcoef(c, y)[0, 1] for c in Z.T]))[:6]
    assert set(np.flatnonzero(fitted.weights)) == set(chosen)
    component = np.linalg.svd(Z[:, chosen], full_matrices=False)[0][:, 0]
    slope, intercept = np.polyfit(component, y, 1)
    np.testing.assert_allclose(fitted.score(Z), slope * component + intercept, rtol=1e-6, atol=1e-8)


def test_many_weak_columns_of_one_factor_are_one_number():
    """What the method is for: each column says little, their common part says much."""
    random = np.random.default_rng(5)
    factor = random.normal(size=200)
    X = random.normal(size=(200, 60)) * 1.5
    X[:, :30] += factor[:, None]
    y = factor + 0.4 * random.normal(size=200)
    table = pd.DataFrame(X, columns=[f"f{j}" for j in range(60)])
    settings = PLAIN.model_copy(update={"supervised_pc": SupervisedPcSettings(columns=(5, 25))})
    model = build_model("supervised-pc", task="continuous", settings=settings, seed=1)
    score = model.fit(table.iloc[:100], y[:100]).predict(table.iloc[100:])
    assert model.chosen_ == {"columns": 25}
    assert np.corrcoef(score, y[100:])[0, 1] > 0.8


def test_baseline_columns_stand_beside_the_component():
    X, random = _table(6, n=200, p=40)
    age = random.normal(size=200)
    y = (age + 0.4 * random.normal(size=200) > 0).astype(float)
    model = build_model("supervised-pc", task="binary", settings=PLAIN, seed=1, baseline=("age",))
    model.fit(X.assign(age=age), y)
    assert model.weights()["age"] == pytest.approx(model.weights().abs().max())
    assert np.corrcoef(model.predict_proba(X.assign(age=age))[:, 1], y)[0, 1] > 0.7


@pytest.mark.parametrize(
    "change", [{"tree": {"leaves": [1]}}, {"tree": {"min_leaf": 0}}, {"supervised_pc": {"columns": [0]}}]
)
def test_grids_that_make_no_sense(change):
    with pytest.raises(InputError, match="IGX-SET-001"):
        PredictSettings.read(change, where="test")
