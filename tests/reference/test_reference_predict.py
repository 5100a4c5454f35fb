"""The elastic net beside scikit-learn's solvers run to a tight tolerance, and metrics beside its metrics."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.metrics import r2_score, roc_auc_score, roc_curve

from imagenomics.predict.penalised_path import solve_path
from imagenomics.predict.sigmoid import fit_line
from imagenomics.resample import metrics, roc
from imagenomics.resample.intervals import WEIGHTED


def _data(seed, n=88, p=60):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 10)) @ rng.normal(size=(10, p)) * 0.7 + rng.normal(size=(n, p))
    X = (X - X.mean(0)) / X.std(0)
    z = X[:, :3].sum(axis=1) + rng.normal(size=n)
    return X, z, (z > 0.5).astype(float)


def _objective(X, y, b, b0, *, lam, mix):
    eta = X @ b + b0
    loss = np.mean(np.logaddexp(0, eta) - y * eta)
    return loss + lam * (mix * np.abs(b).sum() + (1 - mix) / 2 * b @ b)


@pytest.mark.parametrize("mix", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("lam", [0.2, 0.03])
def test_logistic_objective_is_that_of_saga(mix, lam):
    X, _, y = _data(1)
    own = solve_path(X, y, np.array([lam]), mix=mix, loss="logistic")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # newer versions name the penalty by l1_ratio alone
        other = LogisticRegression(
            penalty="elasticnet", solver="saga", C=1 / (y.size * lam), l1_ratio=mix, tol=1e-9, max_iter=50_000
        ).fit(X, y)
    own_value = _objective(X, y, own.coefficients[0], own.intercepts[0], lam=lam, mix=mix)
    other_value = _objective(X, y, other.coef_[0], other.intercept_[0], lam=lam, mix=mix)
    assert abs(own_value - other_value) < 1e-9
    assert np.allclose(own.coefficients[0], other.coef_[0], atol=1e-4)


@pytest.mark.parametrize("mix", [0.1, 0.9])
def test_linear_coefficients_are_those_of_coordinate_descent(mix):
    X, z, _ = _data(2)
    lambdas = np.array([0.5, 0.05])
    own = solve_path(X, z, lambdas, mix=mix, loss="squared")
    for k, lam in enumerate(lambdas):
        other = ElasticNet(alpha=lam, l1_ratio=mix, tol=1e-12, max_iter=100_000).fit(X, z)
        assert np.allclose(own.coefficients[k], other.coef_, atol=2e-5)
        assert np.isclose(own.intercepts[k], other.intercept_, atol=1e-6)


def test_line_is_unpenalised_logistic_regression():
    _, z, y = _data(3)
    noisy = z + np.random.default_rng(0).normal(size=z.size) * 2
    slope, intercept = fit_line(noisy, y)
    other = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(noisy[:, None], y)
    assert np.allclose([slope, intercept], [other.coef_[0, 0], other.intercept_[0]], atol=1e-5)


def _predictions(seed=4, n=60):
    rng = np.random.default_rng(seed)
    label = (rng.random(n) < 0.4).astype(float)
    return pd.DataFrame(
        {
            "patient": [f"P{i}" for i in range(n)],
            "repeat": 0,
            "fold": np.arange(n) % 3,
            "score": np.round(label * 0.3 + rng.random(n), 1),
            "label": label,
            "threshold": 0.6,
            "train_mean": label.mean(),
        }
    )


def test_auc_is_the_mean_of_the_folds():
    table = _predictions()
    by_fold = [roc_auc_score(f["label"], f["score"]) for _, f in table.groupby("fold")]
    assert np.isclose(metrics.evaluate(table, "auc"), np.mean(by_fold), atol=1e-12)


def test_r2_is_the_usual_one_against_the_overall_mean():
    table = _predictions()
    assert np.isclose(metrics.evaluate(table, "r2"), r2_score(table["label"], table["score"]))


def test_roc_curve_of_one_fold():
    table = _predictions().assign(fold=0)
    false, true, _ = roc_curve(table["label"], table["score"], drop_intermediate=False)
    own = roc.roc_curve(table)
    assert np.allclose(own["sensitivity"], np.interp(own["false_positive_rate"], false, true))


@pytest.mark.parametrize("metric", ["auc", "r2", "spearman"])
def test_weights_stand_for_repeated_rows(metric):
    """The bootstrap's weighted statistic is that of a table in which rows are really repeated."""
    table = _predictions()
    counts = np.random.default_rng(5).integers(0, 4, size=len(table))
    folds = metrics.by_fold(table)
    drawn = [counts[table["fold"].to_numpy() == f][:, None].astype(float) for f in range(3)]
    repeated = table.loc[np.repeat(table.index, counts)]
    assert np.isclose(WEIGHTED[metric](folds, drawn)[0], metrics.evaluate(repeated, metric), atol=1e-12)
