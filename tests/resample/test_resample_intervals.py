import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.resample.intervals import bootstrap_interval, paired_interval, patient_weights
from imagenomics.resample.metrics import evaluate
from imagenomics.resample.roc import roc_curve
from imagenomics.resample.settings import IntervalSettings

OPTIONS = IntervalSettings(draws=400)


def _predictions(seed=0, n=80, effect=1.0, repeats=2):
    rng = np.random.default_rng(seed)
    label = (np.arange(n) % 2).astype(float)
    parts = [
        pd.DataFrame(
            {
                "patient": [f"P{i:03d}" for i in range(n)],
                "repeat": r,
                "fold": rng.permutation(n) % 5,
                "score": effect * label + rng.normal(size=n),
                "label": label,
                "threshold": 0.5,
                "train_mean": 0.5,
            }
        )
        for r in range(repeats)
    ]
    return pd.concat(parts, ignore_index=True)


def test_interval_holds_the_estimate_and_says_what_it_leaves_out():
    table = _predictions()
    interval = bootstrap_interval(table, "auc", settings=OPTIONS, seed=1)
    assert interval.low < interval.estimate < interval.high
    assert interval.estimate == evaluate(table, "auc")
    assert "does not refit" in interval.note
    mixed = bootstrap_interval(table.sample(frac=1, random_state=0), "auc", settings=OPTIONS, seed=1)
    assert mixed.low == pytest.approx(interval.low, abs=1e-12)
    wide = bootstrap_interval(table, "auc", settings=IntervalSettings(draws=400, level=0.99), seed=1)
    assert wide.low < interval.low


def test_patients_are_drawn_within_their_class():
    weights = patient_weights(_predictions(), "auc", draws=50, seed=0)
    positive = np.arange(80) % 2 == 1
    assert (weights.to_numpy()[positive].sum(axis=0) == 40).all()
    assert (weights.to_numpy().sum(axis=0) == 80).all()


def test_coverage_of_a_known_auc():
    """The true AUC of a shift of 1 is 0.760; scores that need no fitting have no refit variance."""
    covered = 0
    for seed in range(60):
        interval = bootstrap_interval(_predictions(seed, repeats=1), "auc", settings=OPTIONS, seed=seed)
        covered += interval.low <= 0.7602 <= interval.high
    assert 51 <= covered <= 60


def test_paired_interval_is_narrower_than_two_single_ones():
    base = _predictions(3)
    better = base.assign(score=base["score"] + 0.5 * base["label"])
    gain = paired_interval(better, base, "auc", settings=OPTIONS, seed=1)
    single = bootstrap_interval(base, "auc", settings=OPTIONS, seed=1)
    assert gain.estimate == pytest.approx(evaluate(better, "auc") - evaluate(base, "auc"))
    assert gain.low > 0
    assert gain.high - gain.low < single.high - single.low
    same = paired_interval(base, base, "auc", settings=OPTIONS, seed=1)
    assert (same.low, same.high) == (0, 0)


def test_paired_tables_must_match():
    base = _predictions(3)
    other = base.assign(fold=(base["fold"] + 1) % 5)
    with pytest.raises(InputError, match="IGX-RES-012"):
        paired_interval(base, other, "auc", settings=OPTIONS, seed=1)
    with pytest.raises(InputError, match="IGX-RES-010"):
        bootstrap_interval(base, "brier", settings=OPTIONS, seed=1)


@pytest.mark.parametrize("metric", ["r2", "spearman"])
def test_numbers_have_intervals_too(metric):
    rng = np.random.default_rng(4)
    table = _predictions()
    table["label"] = rng.normal(size=80)[np.tile(np.arange(80), 2)]
    table["score"] = table["label"] + 0.5 * rng.normal(size=len(table))
    table["train_mean"] = 0.0
    interval = bootstrap_interval(table, metric, settings=OPTIONS, seed=1)
    assert 0.5 < interval.low < interval.estimate < interval.high < 1


def test_roc_area_is_about_the_mean_auc():
    table = _predictions()
    curve = roc_curve(table, points=2001)
    area = np.trapezoid(curve["sensitivity"], curve["false_positive_rate"])
    assert area == pytest.approx(evaluate(table, "auc"), abs=0.002)
    assert roc_curve(table[table["label"] == 1]).empty
