"""Predictions on pure noise say no as often as promised; planted effects are found; site is not biology."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from imagenomics.predict.build import build_model
from imagenomics.predict.settings import ElasticNetSettings, PredictSettings
from imagenomics.prepare.settings import PrepareSettings
from imagenomics.resample.intervals import bootstrap_interval
from imagenomics.resample.loop import cross_validate
from imagenomics.resample.metrics import evaluate
from imagenomics.resample.null import null_draw
from imagenomics.resample.sequential import NullJob, run_nulls
from imagenomics.resample.settings import IntervalSettings, NullSettings
from imagenomics.resample.splits import folds
from imagenomics.verdicts.evidence import Evidence
from imagenomics.verdicts.rules import prediction_verdicts
from imagenomics.verdicts.settings import VerdictSettings
from imagenomics.work.cluster import open_executor
from imagenomics.work.executor import SerialExecutor

QUICK = PredictSettings(
    inner_folds=3,
    prepare=PrepareSettings(select=6),
    elastic_net=ElasticNetSettings(n_lambdas=6, l1_ratios=(0.3,)),
)
DRAWS = NullSettings(maximum=39, exceedances=3, block=2)


def _table(seed, *, n=40, p=12, effect=0.0):
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(n)], name="patient")
    y = pd.Series((rng.permutation(n) < n // 2).astype(float), ids)
    X = pd.DataFrame(rng.normal(size=(n, p)), index=ids, columns=[f"f{j}" for j in range(p)])
    X["f3"] += effect * y
    return X, y, rng


def _followed(seed, *, n=40, slope=0.0):
    """Signed times whose hazard follows f3."""
    X, _, rng = _table(seed, n=n)
    time, left = rng.exponential(np.exp(-slope * X["f3"])), rng.exponential(1.5, size=n)
    return X, pd.Series(np.where(time <= left, time, -left), X.index), rng


TASKS = {"auc": "binary", "r2": "continuous", "c_index": "survival"}


def _arguments(X, y, *, seed, metric="auc", strata=None, columns=None, baseline=()):
    task = TASKS[metric]
    return {
        "estimator": build_model("elastic-net", task=task, settings=QUICK, seed=seed, baseline=baseline),
        "X": X,
        "y": y,
        "folds": folds(X.index, y, n_splits=3, seed=seed, task=task),
        "metric": metric,
        "strata": strata,
        "columns": columns,
        "seed": seed,
    }


def _null(given, *, settings=DRAWS, executor=None):
    table = cross_validate(given["estimator"], given["X"], given["y"], given["folds"])
    observed = evaluate(table, given["metric"])
    jobs = {"null": NullJob(observed, settings, given)}
    return run_nulls(null_draw, jobs, executor=executor or SerialExecutor())["null"], table


def _check_uniform(p, levels, *, reached):
    """Shares of small p values lie within 99.9% binomial bounds; from below up to the level ``reached``.

    Further up the null has an atom (models that chose to say nothing tie at chance), and p values are larger than
    uniform there.
    """
    for level in levels:
        low, high = binom.interval(0.999, len(p), level)
        count = (np.array(p) <= level).sum()
        assert count <= high, f"too many p values up to {level}"
        assert level > reached or count >= low, f"too few p values up to {level}"


@pytest.mark.slow
def test_p_values_of_pure_noise_are_uniform():
    results = [_null(_arguments(*_table(seed)[:2], seed=seed))[0] for seed in range(40)]
    _check_uniform([r.p for r in results], (0.05, 0.2, 0.5), reached=0.2)
    observed = np.array([r.observed for r in results])
    assert abs(observed.mean() - 0.5) < 3.3 * observed.std() / np.sqrt(observed.size)


@pytest.mark.slow
@pytest.mark.parametrize("metric", sorted(TASKS))
def test_p_values_of_much_noise_are_uniform(metric):
    results = []
    for seed in range(1000, 1150 if metric == "c_index" else 1250):
        X, y, rng = _followed(seed) if metric == "c_index" else _table(seed)
        if metric == "r2":
            y = pd.Series(rng.normal(size=len(y)), y.index)
        results.append(_null(_arguments(X, y, seed=seed, metric=metric))[0])
    p = [r.p for r in results]
    _check_uniform(p, (0.05, 0.1, 0.2, 0.5), reached=0.05 if metric == "r2" else 0.2)
    observed = np.array([r.observed for r in results])
    if metric != "r2":
        assert abs(observed.mean() - 0.5) < 3.3 * observed.std() / np.sqrt(observed.size)


def test_concordance_of_noise_lies_about_one_half():
    """Counted within folds and pooled by pairs it has no bias, though models know who is left to be tested."""
    observed = []
    for seed in range(150):
        X, y, _ = _followed(seed, n=30)
        given = _arguments(X, y, seed=seed, metric="c_index")
        observed.append(
            evaluate(cross_validate(given["estimator"], given["X"], given["y"], given["folds"]), "c_index")
        )
    assert abs(np.mean(observed) - 0.5) < 3.3 * np.std(observed) / np.sqrt(len(observed))


def test_noise_is_not_said_to_predict_survival_and_a_planted_effect_is():
    verdicts = {}
    for name, slope in (("noise", 0.0), ("planted", 1.5)):
        X, y, _ = _followed(11, n=60, slope=slope)
        result, table = _null(_arguments(X, y, seed=11, metric="c_index"))
        found = bootstrap_interval(table, "c_index", settings=IntervalSettings(draws=300), seed=11)
        evidence = Evidence(
            "a", name, "elastic-net", 60, int((y > 0).sum()), int((y < 0).sum()), found.estimate, "c_index",
            found.low, found.high, null_p=result.p, null_centre=result.centre, null_spread=result.spread,
        )  # fmt: skip
        (verdicts[name],) = prediction_verdicts([evidence], settings=VerdictSettings())
    assert verdicts["noise"]["verdict"] == "no evidence found"
    assert verdicts["planted"]["verdict"] == "supported"


def test_noise_is_not_supported_and_a_planted_effect_is():
    verdicts = {}
    for name, effect in (("noise", 0.0), ("planted", 1.6)):
        X, y, _ = _table(11, n=60, effect=effect)
        result, table = _null(_arguments(X, y, seed=11))
        interval = bootstrap_interval(table, "auc", settings=IntervalSettings(draws=300), seed=11)
        evidence = Evidence(
            "a", name, "elastic-net", 60, 30, 30, interval.estimate, "auc", interval.low, interval.high,
            null_p=result.p, null_centre=result.centre, null_spread=result.spread,
        )  # fmt: skip
        (verdicts[name],) = prediction_verdicts([evidence], settings=VerdictSettings())
    assert verdicts["noise"]["verdict"] == "no evidence found"
    assert verdicts["planted"]["verdict"] == "supported"


def test_a_rare_feature_has_a_null():
    """Draws that put all carriers into the test part are draws: they predict nothing, and do not stop the null."""
    X, y, _ = _table(13, n=60)
    rare = pd.DataFrame({"rare": (np.arange(60) < 3).astype(float)}, index=X.index)
    y = pd.Series((np.arange(60) < 20).astype(float), X.index)
    result, _ = _null(_arguments(rare, y, seed=13), settings=NullSettings(maximum=120, exceedances=60))
    assert np.isfinite(result.draws).all()
    assert (result.draws == 0.5).any()


def test_a_planted_number_is_found():
    X, _, rng = _table(12, n=60)
    y = X["f3"] + 0.7 * rng.normal(size=60)
    result, _ = _null(_arguments(X, y, seed=12, metric="r2"))
    assert result.p == 1 / 40


def _confounded(seed):
    """Features follow the site, the site follows the label; within a site there is nothing."""
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"P{i:03d}" for i in range(60)], name="patient")
    site = pd.Series(np.repeat(["A", "B"], 30), ids)
    y = pd.Series(np.r_[np.arange(30) < 24, np.arange(30) < 6].astype(float), ids)
    X = pd.DataFrame(rng.normal(size=(60, 12)), index=ids, columns=[f"f{j}" for j in range(12)])
    return X.add(2.0 * (site == "A"), axis=0), y, site


@pytest.mark.slow
def test_a_site_effect_is_not_supported_within_sites():
    within, free = [], []
    for seed in range(8):
        X, y, site = _confounded(seed)
        free.append(_null(_arguments(X, y, seed=seed), settings=NullSettings(maximum=19))[0].p)
        within.append(_null(_arguments(X, y, seed=seed, strata=site))[0].p)
    assert max(free) == 0.05  # without strata every one of them looks like a discovery
    assert sum(p <= 0.05 for p in within) <= 2
    assert np.mean(within) > 0.25


def _gain(seed, effect):
    X, y, rng = _table(seed, n=60, effect=effect)
    age = y + rng.normal(size=60)
    columns = tuple(X.columns)
    given = _arguments(X.assign(age=age), y, seed=seed, columns=columns, baseline=("age",))
    return _null(given)[0]


def test_noise_images_add_nothing_to_a_strong_clinical_variable():
    results = [_gain(seed, 0.0) for seed in range(8)]
    assert sum(r.p <= 0.05 for r in results) <= binom.ppf(0.9995, 8, 0.05)
    assert np.mean([r.observed for r in results]) > 0.6  # the clinical variable does its work
    assert np.mean([r.centre for r in results]) > 0.6  # and keeps doing it in the null
    assert _gain(3, 2.0).p <= 0.05


@pytest.mark.slow
def test_workers_and_blocks_do_not_change_a_number():
    given = _arguments(*_table(5, effect=0.8)[:2], seed=5)
    with open_executor(workers=2) as two:
        results = [
            _null(given, settings=NullSettings(maximum=39, exceedances=3, block=block), executor=executor)[0]
            for block, executor in ((5, two), (1, SerialExecutor()), (17, SerialExecutor()))
        ]
    for other in results[1:]:
        assert other.p == results[0].p
        assert np.array_equal(other.draws, results[0].draws)
