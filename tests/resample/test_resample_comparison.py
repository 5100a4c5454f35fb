import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB

from imagenomics.resample.comparison import compare_pipelines, half_values, halvings, refitted_error
from imagenomics.resample.loop import cross_validate
from imagenomics.resample.settings import IntervalSettings
from imagenomics.resample.splits import folds

DRAWS = IntervalSettings(draws=200)
STUDIES = 24


def _cohort(seed, *, n=60, effects=(0.0, 0.0), p=6):
    random = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    y = pd.Series((random.permutation(n) < n // 2).astype(float), ids)
    tables = [pd.DataFrame(random.normal(size=(n, p)), ids, [f"f{k}" for k in range(p)]) for _ in effects]
    for table, effect in zip(tables, effects, strict=True):
        table["f0"] += effect * y
    return tables, y


def _halves(X, y, *, seed, repeats=20, model=None, metric="auc", task="binary"):
    divided = halvings(y.index, y, repeats=repeats, seed=seed, task=task)
    return np.array(
        [
            half_values(model or GaussianNB(), X, y, half, n_splits=3, metric=metric, task=task, seed=seed)
            for _, half in divided.groupby("repeat")
        ]
    )


def test_error_of_a_mean_is_met():
    """The metric of a half is the mean of its patients: the error of the mean of all is known."""
    random = np.random.default_rng(1)
    n, sd = 400, 2.0
    first = np.empty((300, 2))
    for row in first:
        values = random.normal(scale=sd, size=n)
        row[:] = values[: n // 2].mean(), values[n // 2 :].mean()
    assert refitted_error(first, np.zeros_like(first)) == pytest.approx(sd / np.sqrt(n), rel=0.1)
    assert refitted_error(first, first) == 0.0
    assert np.isnan(refitted_error(first * np.nan, first))


def test_halves_share_no_patient_and_balance_classes():
    _, y = _cohort(0, n=30)
    divided = halvings(y.index, y, seed=3, task="binary")
    assert divided["repeat"].nunique() == 20
    for _, half in divided.groupby("repeat"):
        assert half["patient"].is_unique
        assert len(half) == 30
        shares = half.assign(y=y[half["patient"]].to_numpy()).groupby("fold")["y"].sum()
        assert abs(shares[0] - shares[1]) <= 1


def test_small_classes_get_fewer_folds():
    (X, _), y = _cohort(0, n=24)
    y[:] = 0.0
    y.iloc[:5] = 1.0
    values = _halves(X, y, seed=1, repeats=2)
    assert np.isfinite(values).all()


def test_numbers_are_compared_by_explained_variance():
    (X, Z), _ = _cohort(2, n=120)
    y = 2.0 * X["f0"] + np.random.default_rng(0).normal(size=120)
    plan = folds(y.index, y, n_splits=4, repeats=2, task="continuous")
    scores = [cross_validate(LinearRegression(), table, y, plan) for table in (X, Z)]
    halves = [_halves(t, y, seed=1, model=LinearRegression(), metric="r2", task="continuous") for t in (X, Z)]
    found = compare_pipelines(
        *scores, "r2", refitted=refitted_error(*halves), bounds=(-np.inf, np.inf), settings=DRAWS, seed=1
    )
    assert found.interval.low < found.interval.estimate < found.interval.high
    assert found.p < 0.01
    assert found.interval.estimate > 0.5


def test_equal_models_are_equal():
    (X, _), y = _cohort(3)
    scores = cross_validate(GaussianNB(), X, y, folds(y.index, y, n_splits=3))
    found = compare_pipelines(scores, scores, "auc", refitted=0.0, bounds=(-1, 1), settings=DRAWS, seed=1)
    assert (found.p, found.interval.estimate) == (1.0, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.0, 0.8])
def test_equally_good_modalities_are_called_different_as_seldom_as_promised(effect):
    """p at most .05 within 99.9% binomial bounds, where both carry the same signal; a real difference is found."""
    p, better = [], []
    for seed in range(STUDIES):
        (X, Z), y = _cohort(seed, effects=(effect, effect))
        (_, W), _ = _cohort(seed, effects=(effect, 2.5))
        plan = folds(y.index, y, n_splits=3, repeats=2, seed=seed)
        scores = [cross_validate(GaussianNB(), t, y, plan) for t in (X, Z, W)]
        halves = [_halves(t, y, seed=seed, repeats=8) for t in (X, Z, W)]
        for other, results in ((1, p), (2, better)):
            found = compare_pipelines(
                scores[other],
                scores[0],
                "auc",
                refitted=refitted_error(halves[other], halves[0]),
                bounds=(-1, 1),
                settings=DRAWS,
                seed=seed,
            )
            results.append(found.p)
            assert found.p == pytest.approx(2 * norm.sf(abs(found.interval.estimate) / found.error))
    assert (np.array(p) <= 0.05).sum() <= binom.isf(0.0005, STUDIES, 0.05)
    assert (np.array(better) <= 0.05).mean() > (0.7 if effect == 0.0 else 0.25)


def test_survival_is_compared_by_the_c_index():
    random = np.random.default_rng(0)
    ids = pd.Index([f"P{i:03d}" for i in range(60)], name="patient")
    X = pd.DataFrame(random.normal(size=(60, 3)), ids, ["f0", "f1", "f2"])
    time = random.exponential(10 * np.exp(-2.0 * X["f0"]))
    y = pd.Series(np.where(random.random(60) < 0.5, time, -time), ids)
    values = _halves(X, y, seed=1, repeats=4, model=LinearRegression(), metric="c_index", task="survival")
    assert values.shape == (4, 2)
    assert ((values >= 0.0) & (values <= 1.0)).all()
