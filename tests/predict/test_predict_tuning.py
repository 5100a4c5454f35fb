import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagenomics.predict.families import find_family
from imagenomics.predict.inner import inner_folds
from imagenomics.predict.settings import ElasticNetSettings, PredictSettings
from imagenomics.predict.sigmoid import fit_line, platt_targets
from imagenomics.predict.threshold import best_threshold
from imagenomics.predict.tuning import Table, inner_losses, tune
from imagenomics.prepare.select import SelectTop
from imagenomics.prepare.settings import PrepareSettings


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**20), st.integers(12, 60), st.integers(2, 6))
def test_inner_folds_balance_classes(seed, n, k):
    y = (np.random.default_rng(seed).random(n) < 0.4).astype(float)
    folds = inner_folds(y, n_splits=k, seed=seed, task="binary")
    smallest = int(min(y.sum(), n - y.sum()))
    if smallest < 2:
        assert folds is None
        return
    counts = [np.bincount(folds[y == label], minlength=min(k, smallest)) for label in (0, 1)]
    assert all(c.max() - c.min() <= 1 and c.min() >= 1 for c in counts)
    assert np.ptp(np.bincount(folds)) <= 1


def test_inner_folds_keep_patients_whole_and_spread_sites():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 3)
    y = np.repeat((np.arange(40) % 3 == 0).astype(float), 3)
    folds = inner_folds(y, n_splits=5, seed=0, task="binary", groups=groups)
    assert all(np.unique(folds[groups == g]).size == 1 for g in range(40))
    sites = rng.permutation(np.repeat(["A", "B"], 50))
    labels = (rng.random(100) < 0.5).astype(float)
    spread = inner_folds(labels, n_splits=5, seed=0, task="binary", sites=sites)
    for site in "AB":
        for label in (0, 1):
            assert np.ptp(np.bincount(spread[(sites == site) & (labels == label)], minlength=5)) <= 1


def test_inner_folds_of_numbers_spread_the_values():
    y = np.random.default_rng(2).normal(size=50)
    folds = inner_folds(y, n_splits=5, seed=0, task="continuous")
    means = [y[folds == f].mean() for f in range(5)]
    assert np.ptp(means) < 0.3


def test_preparation_is_refitted_in_every_inner_fold(monkeypatch):
    """The rows handed to the preparation are those of inner training parts, and once the whole."""
    import imagenomics.predict.tuning as tuning

    seen = []
    original = tuning.fit_chain

    def spy(matrix, rows, y, **options):
        seen.append(rows.size)
        return original(matrix, rows, y, **options)

    monkeypatch.setattr(tuning, "fit_chain", spy)
    rng = np.random.default_rng(3)
    table = Table(rng.normal(size=(50, 8)), (np.arange(50) % 2).astype(float), np.zeros(8, bool), "binary")
    options = PredictSettings()
    tune(table, find_family("elastic-net", options, seed=0), options, seed=0)
    assert seen == [40] * 5 + [50]


def test_inner_losses_do_not_reward_selection_on_noise():
    """Selected within the inner folds noise gains next to nothing; selected beforehand it gains a lot."""
    honest, dishonest = [], []
    options = PredictSettings(prepare=PrepareSettings(select=10))
    for seed in range(6):
        rng = np.random.default_rng(seed)
        y = (np.arange(60) % 2).astype(float)
        X = rng.normal(size=(60, 300))
        for values, gains in ((X, honest), (SelectTop(10).fit(X, y).transform(X), dishonest)):
            table = Table(values, y, np.zeros(values.shape[1], bool), "binary")
            tuned = tune(table, find_family("elastic-net", options, seed=0), options, seed=seed)
            gains.append(np.log(2) - tuned.losses.min())
    assert np.mean(honest) < 0.08
    assert np.mean(dishonest) > 0.2


def test_the_smallest_loss_wins_and_the_simplest_of_equals():
    rng = np.random.default_rng(4)
    values = np.column_stack([rng.normal(size=60), np.zeros(60)])
    y = (values[:, 0] + 0.3 * rng.normal(size=60) > 0).astype(float)
    options = PredictSettings(elastic_net=ElasticNetSettings(l1_ratios=(1.0,), n_lambdas=5))
    tuned = tune(
        Table(values, y, np.zeros(2, bool), "binary"),
        find_family("elastic-net", options, seed=0),
        options,
        seed=0,
    )
    assert tuned.setting == int(np.argmin(tuned.losses)) > 0
    constant = inner_losses(np.full((10, 3), 0.5), y[:10], binary=True, probabilistic=True)
    assert constant == pytest.approx(np.log(2))


def test_threshold_has_the_best_balanced_accuracy():
    score = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert best_threshold(score, np.array([0, 0, 0, 1, 1, 1.0])) == pytest.approx(0.35)
    assert best_threshold(np.full(4, 0.3), np.array([0, 1, 0, 1.0])) == 0.3
    rng = np.random.default_rng(5)
    for _ in range(20):
        s, y = np.round(rng.random(30), 1), np.append([0.0, 1.0], (rng.random(28) < 0.3).astype(float))
        t = best_threshold(s, y)
        values = [(s >= c)[y == 1].mean() - (s >= c)[y == 0].mean() for c in [*s, 2.0]]
        assert (s >= t)[y == 1].mean() - (s >= t)[y == 0].mean() == pytest.approx(max(values))


def test_line_through_separated_scores_is_finite_with_platt_targets():
    score, y = np.arange(10.0), (np.arange(10) > 4).astype(float)
    slope, intercept = fit_line(score, platt_targets(y))
    assert 0 < slope < 10
    assert np.isclose(-intercept / slope, 4.5)
    assert fit_line(np.full(10, 2.0), y)[0] == 0.0
