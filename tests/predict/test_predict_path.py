import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.predict.penalised_path import largest_lambda, solve_path


def _violation(X, y, path, *, mix, factor, logistic):
    """Largest violation of the optimality conditions, written down anew."""
    worst = 0.0
    for lam, b, b0 in zip(*path, strict=True):
        eta = X @ b + b0
        mean = 1 / (1 + np.exp(-eta)) if logistic else eta
        pull = X.T @ (y - mean) / y.size - lam * (1 - mix) * factor * b
        bound = lam * mix * factor
        at_zero = np.maximum(np.abs(pull) - bound, 0)
        worst = max(worst, np.where(b != 0, np.abs(pull - bound * np.sign(b)), at_zero).max(initial=0))
        worst = max(worst, abs((y - mean).mean()))
    return worst


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**20),
    st.integers(6, 60),
    st.integers(1, 40),
    st.sampled_from([0.05, 0.5, 1.0]),
    st.booleans(),
)
def test_every_solution_is_optimal(seed, n, p, mix, logistic):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4)) @ rng.normal(size=(4, p)) + 0.3 * rng.normal(size=(n, p))
    X = (X - X.mean(0)) / X.std(0)
    y = rng.normal(size=n)
    if logistic:
        y = (y > np.median(y)).astype(float)
    factor = rng.choice([0.1, 1.0], size=p)
    top = largest_lambda(X, y, mix=mix, factor=factor, loss="squared")
    path = solve_path(
        X,
        y,
        top * np.geomspace(1, 0.02, 8),
        mix=mix,
        loss="logistic" if logistic else "squared",
        factor=factor,
    )
    assert _violation(X, y, path, mix=mix, factor=factor, logistic=logistic) <= 1e-6


def test_separable_classes_stay_finite():
    X = np.linspace(-1, 1, 20)[:, None]
    y = (X[:, 0] > 0).astype(float)
    path = solve_path(X, y, np.geomspace(0.4, 1e-4, 12), mix=0.5, loss="logistic")
    assert np.isfinite(path.coefficients).all()
    assert (np.diff(path.coefficients[:, 0]) >= 0).all()  # less penalty, more weight
    assert _violation(X, y, path, mix=0.5, factor=np.ones(1), logistic=True) <= 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_a_step_that_overshoots_is_taken_back(seed):
    """Three positives among 200, and one far patient: seed 4 raises the objective on the way."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 4))
    y = np.zeros(200)
    y[:3] = 1
    X[:3, 0] -= 1.0
    X[3, 0] = -60
    X /= X.std(0)
    path = solve_path(X, y, np.array([1e-4, 1e-6]), mix=0.5, loss="logistic")
    assert _violation(X, y, path, mix=0.5, factor=np.ones(4), logistic=True) <= 1e-6


@pytest.mark.parametrize("mix", [0.1, 0.9])
def test_nearly_collinear_columns_converge(mix):
    """Coordinate descent alone would creep here: columns correlate by 0.9999."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(80, 2)) @ rng.normal(size=(2, 30)) + 0.01 * rng.normal(size=(80, 30))
    X = (X - X.mean(0)) / X.std(0)
    y = (X[:, 0] + rng.normal(size=80) > 0).astype(float)
    top = largest_lambda(X, y, mix=mix, factor=np.ones(30), loss="squared")
    path = solve_path(X, y, top * np.geomspace(1, 1e-4, 10), mix=mix, loss="logistic")
    assert _violation(X, y, path, mix=mix, factor=np.ones(30), logistic=True) <= 1e-6


def test_the_path_begins_empty_and_keeps_order_of_columns():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(50, 12))
    y = X[:, 7] + 0.1 * rng.normal(size=50)
    path = solve_path(
        X,
        y,
        largest_lambda(X, y, mix=1.0, factor=np.ones(12), loss="squared") * np.array([1.0, 0.5]),
        mix=1.0,
        loss="squared",
    )
    assert not path.coefficients[0].any()
    assert np.flatnonzero(path.coefficients[1]).tolist() == [7]
    assert np.isclose(path.intercepts[0], y.mean())


def test_lightly_penalised_columns_are_in_first():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 6))
    y = (X[:, 0] + X[:, 1] + 0.5 * rng.normal(size=80) > 0).astype(float)
    factor = np.array([0.1, 1, 1, 1, 1, 1])
    top = largest_lambda(X, y, mix=0.9, factor=factor, loss="squared")
    path = solve_path(X, y, np.array([top]), mix=0.9, loss="logistic", factor=factor)
    assert np.flatnonzero(path.coefficients[0]).tolist() == [0]


def test_no_column_and_no_signal():
    y = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    empty = solve_path(np.empty((5, 0)), y, np.array([1.0]), mix=0.5, loss="logistic")
    assert np.isclose(1 / (1 + np.exp(-empty.intercepts[0])), 0.6)
    assert largest_lambda(np.zeros((5, 2)), y, mix=0.5, factor=np.ones(2), loss="squared") > 0


def test_the_same_numbers_in_any_company():
    """A solution does not depend on the lambdas that follow it."""
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(40, 30)), (rng.random(40) < 0.5).astype(float)
    lambdas = np.geomspace(0.3, 0.01, 10)
    whole = solve_path(X, y, lambdas, mix=0.5, loss="logistic")
    start = solve_path(X, y, lambdas[:4], mix=0.5, loss="logistic")
    assert np.array_equal(whole.coefficients[:4], start.coefficients)


@pytest.mark.slow
def test_wide_and_long_tables_converge():
    rng = np.random.default_rng(4)
    for n, p in ((60, 2000), (3000, 40)):
        X = rng.normal(size=(n, 20)) @ rng.normal(size=(20, p)) + rng.normal(size=(n, p))
        y = (X[:, 0] + rng.normal(size=n) > 0).astype(float)
        top = largest_lambda(X, y, mix=0.5, factor=np.ones(p), loss="squared")
        path = solve_path(X, y, top * np.geomspace(1, 0.01, 20), mix=0.5, loss="logistic")
        assert _violation(X, y, path, mix=0.5, factor=np.ones(p), logistic=True) <= 1e-6
