"""Penalised Cox models: optimality, tuning, cards, and what is refused."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from imagenomics.associate.survival.cox_kernel import partial_likelihood
from imagenomics.errors import InputError
from imagenomics.predict.build import build_model
from imagenomics.predict.card import ModelCard, card_parts
from imagenomics.predict.family import Part
from imagenomics.predict.inner import inner_folds
from imagenomics.predict.penalised_path import largest_lambda, solve_path
from imagenomics.predict.settings import ElasticNetSettings, PredictSettings, SupervisedPcSettings
from imagenomics.predict.supervised_pc import SupervisedPc
from imagenomics.predict.tuned import TunedSurvival
from imagenomics.predict.tuning import partial_loss
from imagenomics.prepare.select import SelectTop
from imagenomics.prepare.settings import PrepareSettings
from imagenomics.stats.ranks import midranks

PLAIN = PredictSettings(prepare=PrepareSettings(redundancy=None, select=None))


def _followed(seed, n, p, *, slope=0.0, levels=None):
    """Signed times whose hazard follows the first column."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    time = rng.exponential(np.exp(-slope * X[:, 0]))
    censored = rng.exponential(1.5, size=n)
    seen = np.minimum(time, censored) + 1e-3
    if levels is not None:
        seen = np.ceil(seen * levels)
    y = np.where(time <= censored, seen, -seen)
    y[0] = abs(y[0])
    return X, y


def _gradient(X, y, b):
    """Derivative of the log partial likelihood, by the kernel of unpenalised Cox models (Efron)."""
    order = np.argsort(np.abs(y), kind="stable")
    k = X.shape[1]
    risk = np.vstack([np.zeros(y.size), y[order] > 0]).astype(np.int64)
    when = np.vstack([np.full(y.size, -np.inf), np.abs(y[order])])
    gradient = np.empty(k)
    Z = np.ascontiguousarray(X[order])
    partial_likelihood(Z, k, risk, when, 1, np.array(b), gradient, np.empty((k, k)))
    return gradient


def _solved(path):
    """Solutions of a path as far as log hazards stay within reach of each other."""
    before = np.roll(path.coefficients, 1, axis=0)
    found = zip(path.lambdas, path.coefficients, before, strict=True)
    return [(lam, b) for lam, b, old in found if (b != old).any() or not b.any()]


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**20),
    st.integers(6, 60),
    st.integers(1, 40),
    st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    st.sampled_from([None, 4]),
)
def test_every_solution_is_optimal(seed, n, p, mix, levels):
    rng = np.random.default_rng(seed)
    X, y = _followed(seed, n, p, slope=1.0, levels=levels)
    X = X @ rng.normal(size=(p, p)) / np.sqrt(p) + 0.3 * rng.normal(size=(n, p))
    X = (X - X.mean(0)) / X.std(0)
    factor = rng.choice([0.1, 1.0], size=p)
    top = largest_lambda(X, y, mix=max(mix, 0.05), factor=factor, loss="partial")
    path = solve_path(X, y, top * np.geomspace(1, 0.02, 8), mix=mix, loss="partial", factor=factor)
    assert not path.intercepts.any()
    for lam, b in _solved(path):
        pull = _gradient(X, y, b) / n - lam * (1 - mix) * factor * b
        bound = lam * mix * factor
        at_zero = np.maximum(np.abs(pull) - bound, 0)
        assert np.where(b != 0, np.abs(pull - bound * np.sign(b)), at_zero).max() <= 1e-6


def test_the_path_begins_empty():
    X, y = _followed(1, 50, 12, slope=1.0)
    top = largest_lambda(X, y, mix=1.0, factor=np.ones(12), loss="partial")
    path = solve_path(X, y, top * np.array([1.0, 0.9]), mix=1.0, loss="partial")
    assert not path.coefficients[0].any()
    assert np.flatnonzero(path.coefficients[1]).tolist() == [0]


def test_events_in_the_order_of_a_column_stay_finite():
    X = np.linspace(-1, 1, 30)[:, None]
    y = 1.0 + np.arange(30)[::-1]
    path = solve_path(X, y, np.geomspace(0.4, 1e-4, 12), mix=0.5, loss="partial")
    assert np.isfinite(path.coefficients).all()
    assert (np.diff(path.coefficients[:, 0]) >= 0).all()


@pytest.mark.parametrize("mix", [0.5, 1.0])
def test_steps_that_go_too_far_are_taken_back(mix):
    """Five events among 27: Newton's steps would leave nobody at risk."""
    for seed in range(40):
        X, y = _followed(seed, 27, 6, slope=1.0)
        y = np.where(np.arange(27) < 5, np.abs(y), -np.abs(y))
        X = (X - X.mean(0)) / X.std(0)
        top = largest_lambda(X, y, mix=mix, factor=np.ones(6), loss="partial")
        path = solve_path(X, y, top * np.geomspace(1, 0.001, 6), mix=mix, loss="partial")
        assert np.ptp(X @ path.coefficients[-1]) <= 50  # where events are ordered, no further
        for lam, b in _solved(path):
            pull = _gradient(X, y, b) / 27 - lam * (1 - mix) * b
            assert np.abs(pull).max() <= lam * mix + 1e-6


def test_the_solution_does_not_depend_on_the_unit_of_time_or_the_order_of_rows():
    X, y = _followed(2, 60, 8, slope=1.0, levels=5)
    lambdas = np.array([0.1, 0.02])
    first = solve_path(X, y, lambdas, mix=0.5, loss="partial", tolerance=1e-11)
    turned = np.random.default_rng(0).permutation(60)
    other = solve_path(X[turned], 365.25 * y[turned], lambdas, mix=0.5, loss="partial", tolerance=1e-11)
    np.testing.assert_allclose(first.coefficients, other.coefficients, atol=1e-9)


def test_partial_loss_is_the_likelihood_that_held_out_patients_add():
    X, y = _followed(3, 30, 2, levels=5)
    eta, train = np.column_stack([X[:, 0], np.zeros(30)]), np.arange(22)

    def likelihood(rows, k):
        order = rows[np.argsort(np.abs(y[rows]), kind="stable")]
        risk = np.vstack([np.zeros(order.size), y[order] > 0]).astype(np.int64)
        when = np.vstack([np.full(order.size, -np.inf), np.abs(y[order])])
        column = np.ascontiguousarray(eta[order, k : k + 1])
        return partial_likelihood(column, 1, risk, when, 1, np.ones(1), np.empty(1), np.empty((1, 1)))

    added = [likelihood(np.arange(30), k) - likelihood(train, k) for k in range(2)]
    np.testing.assert_allclose(partial_loss(eta, y, train), -np.array(added) / (y > 0).sum(), rtol=1e-12)


@pytest.mark.parametrize("family", ["elastic-net", "supervised-pc"])
def test_a_planted_column_is_found_and_high_scores_die_sooner(family):
    X, y = _followed(4, 240, 30, slope=1.0)
    table = pd.DataFrame(X, columns=[f"t1.f{j}" for j in range(30)])
    model = build_model(family, task="survival", settings=PLAIN, seed=1).fit(table[:160], y[:160])
    assert model.weights().abs().idxmax() == "t1.f0"
    score, test = model.predict(table[160:]), y[160:]
    dead = test > 0
    high = score >= model.threshold_
    assert 20 < high.sum() < 60
    assert dead[high].sum() / np.abs(test[high]).sum() > 1.5 * dead[~high].sum() / np.abs(test[~high]).sum()
    again = pickle.loads(pickle.dumps(clone(model).fit(table[:160], y[:160])))
    assert (again.predict(table[160:]) == score).all()


def test_noise_is_shrunk_away():
    kept = []
    for seed in range(8):
        X, y = _followed(seed, 80, 40)
        model = TunedSurvival(settings=PLAIN, seed=seed).fit(X, y)
        kept.append(np.abs(model.weights()).max())
    assert np.median(kept) < 0.2


def test_selection_is_the_score_statistic_of_ranks():
    X, y = _followed(5, 70, 25, slope=0.7, levels=6)
    scores = SelectTop(5, task="survival").fit(X, y).scores_
    Z = np.column_stack([midranks(c) - 35.5 for c in X.T])
    gradient = np.abs(_gradient(Z, y, np.zeros(25)))
    np.testing.assert_allclose(scores / scores.max(), gradient / gradient.max(), rtol=1e-9)
    assert np.argmax(scores) == 0


def test_the_component_of_one_column_is_its_cox_model():
    X, y = _followed(6, 80, 5, slope=1.0)
    Z = (X - X.mean(0)) / X.std(0)
    part = Part(Z, y, "survival", np.zeros(5, dtype=bool), False)
    fitted = SupervisedPc(SupervisedPcSettings(columns=(1,), slope_variance=1e9)).refit(part, 0)
    assert np.flatnonzero(fitted.weights).tolist() == [0]
    assert abs(_gradient(Z[:, :1], y, fitted.weights[:1])[0]) < 1e-4


def test_the_card_says_the_linear_predictor():
    X, y = _followed(7, 90, 10, slope=1.0)
    table = pd.DataFrame(X, columns=[f"t1.f{j}" for j in range(10)]).mask(np.abs(X) > 2.3)
    model = TunedSurvival(settings=PLAIN).fit(table, y)
    parts = card_parts(model, {})
    card = ModelCard(
        **{"study": "s", "analysis": "os", "target": "t", "positive": "event", "negative": ""},
        **{"task": "survival", "n": 90, "intercept": parts.intercept, "columns": parts.columns},
    )
    np.testing.assert_allclose(card.score(table)["score"], model.predict(table), rtol=1e-9, atol=1e-12)


def test_inner_folds_spread_the_events():
    y = np.where(np.arange(40) < 13, 1.0, -1.0) * np.linspace(1, 9, 40)
    folds = inner_folds(y, n_splits=5, seed=0, task="survival")
    assert set(np.bincount(folds)) == {8}
    assert set(np.bincount(folds[:13])) <= {2, 3}
    assert inner_folds(-np.abs(y), n_splits=5, seed=0, task="survival") is None
    assert inner_folds(np.abs(y), n_splits=5, seed=0, task="survival") is not None


def test_one_event_is_fitted_untuned():
    X, y = _followed(8, 20, 3)
    y = -np.abs(y)
    y[3] *= -1
    model = TunedSurvival(settings=PredictSettings(elastic_net=ElasticNetSettings(n_lambdas=4))).fit(X, y)
    assert np.isnan(model.inner_losses_).all()
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("family", ["svm", "random-forest", "boosting", "tree"])
def test_families_that_do_not_know_survival(family):
    X, y = _followed(9, 20, 3)
    for wrong in (lambda: build_model(family, task="survival"), lambda: TunedSurvival(family).fit(X, y)):
        with pytest.raises(InputError, match=r"IGX-PRED-008[\s\S]*elastic-net, supervised-pc"):
            wrong()


def test_bad_follow_up_is_refused():
    X, y = _followed(10, 20, 3)
    with pytest.raises(InputError, match="IGX-PRED-009"):
        TunedSurvival().fit(X, -np.abs(y))
    with pytest.raises(InputError, match="IGX-STAT-060"):
        TunedSurvival().fit(X, np.where(np.arange(20) == 4, 0.0, y))


def test_majority_says_the_same_of_everybody():
    X, y = _followed(11, 20, 3)
    assert (build_model("majority", task="survival").fit(X, y).predict(X) == 0).all()
