"""Markers: AUC, interval and test against scipy and scikit-learn; cut-offs against a plain search; bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve

from imagenomics.associate.roc.curves import marker_curve
from imagenomics.associate.roc.cutoffs import cut_off
from imagenomics.associate.roc.markers import test_markers as find_markers
from imagenomics.associate.roc.settings import RocSettings
from imagenomics.errors import InputError
from imagenomics.stats.delong import compare_areas
from imagenomics.tables.patient_table import PatientTable, describe

N = 120


def table(values, *, kind="continuous", names=None, prefix="f"):
    index = pd.Index([f"P{i:04d}" for i in range(len(values))], name="patient", dtype=object)
    names = names or [f"{prefix}{k}" for k in range(np.shape(values)[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


@pytest.fixture(scope="module")
def drawn():
    random = np.random.default_rng(5)
    y = (random.random((N, 1)) < 0.4).astype(float)
    x = random.standard_normal((N, 4))
    x[:, 0] += 1.2 * y[:, 0]
    x[:, 1] = np.round(x[:, 1] - 0.6 * y[:, 0], 1)
    x[::7, 1] = np.nan
    return x, y


def found(x, y, **options):
    return find_markers(
        table(x), table(y, kind="binary", prefix="t"), settings=RocSettings(**options), analysis="a", seed=3
    )


@pytest.mark.parametrize(
    ("direction", "side"), [("both", "two-sided"), ("higher", "greater"), ("lower", "less")]
)
def test_area_and_p_are_those_of_other_programs(drawn, direction, side):
    x, y = drawn
    rows = found(x, y, direction=direction).associations
    for k, row in rows.iterrows():
        known = ~np.isnan(x[:, k])
        values, labels = x[known, k], y[known, 0]
        other = stats.mannwhitneyu(
            values[labels == 1], values[labels == 0], alternative=side, method="asymptotic"
        )
        assert row["effect"] == pytest.approx(roc_auc_score(labels, values))
        assert row["statistic"] == pytest.approx(other.statistic)
        assert row["p"] == pytest.approx(other.pvalue)
        assert row["neg_log10_p"] == pytest.approx(-np.log10(other.pvalue))
        assert (row["n"], row["ci_low"] < row["effect"] < row["ci_high"]) == (known.sum(), True)
    assert rows["q"].to_numpy() == pytest.approx(stats.false_discovery_control(rows["p"]))


def test_intervals_of_the_bootstrap_are_near_those_of_delong(drawn):
    ends = [
        found(*drawn, interval=kind).associations[["ci_low", "ci_high"]].to_numpy()
        for kind in ("delong", "bootstrap")
    ]
    assert np.abs(ends[0] - ends[1]).max() < 0.03
    assert not np.array_equal(*ends)


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_curves_are_those_of_scikit_learn(drawn, direction):
    x, y = drawn
    side = 1 if direction == "higher" else -1
    mine = marker_curve(np.round(x[:, 0], 1), y[:, 0], direction=direction)
    false, true, cuts = roc_curve(y[:, 0], side * np.round(x[:, 0], 1), drop_intermediate=False)
    assert mine["false_positive_rate"].to_numpy() == pytest.approx(false)
    assert mine["sensitivity"].to_numpy() == pytest.approx(true)
    assert side * mine["threshold"].to_numpy() == pytest.approx(cuts)


def search(values, labels, rule, level, direction):
    """Find a cut-off by trying every one."""
    side = -1.0 if direction == "lower" else 1.0
    levels = np.unique(side * values)
    best = (-np.inf, None)
    middles = [-np.inf, *(0.5 * (levels[1:] + levels[:-1])), np.inf]
    for cut in middles:
        called = side * values >= cut
        caught, spared = called[labels == 1].mean(), (~called)[labels == 0].mean()
        if rule == "youden":
            score = round(caught + spared - 1, 10)
        elif rule == "sensitivity":
            score = middles.index(cut) if caught >= level - 1e-12 else -np.inf
        else:
            score = -middles.index(cut) if spared >= level - 1e-12 else -np.inf
        if score > best[0]:
            best = (score, cut)
    return side * best[1]


@given(
    seed=st.integers(0, 10**6),
    rule=st.sampled_from(["youden", "sensitivity", "specificity"]),
    direction=st.sampled_from(["both", "higher", "lower"]),
)
@example(seed=3304, rule="youden", direction="both")  # a training part with an AUC of exactly one half
@hypothesis_settings(max_examples=60, deadline=None)
def test_cut_offs_and_their_shares_are_those_of_a_plain_search(seed, rule, direction):
    random = np.random.default_rng(seed)
    y = random.permutation(np.repeat([0.0, 1.0], [18, 14]))
    x = np.round(random.standard_normal(32) + 0.5 * y, 1)
    parts = np.stack([random.permutation(np.arange(32) % 4) for _ in range(3)])
    level = {} if rule == "youden" else {"at_least": 0.8}
    options = RocSettings(cut=rule, direction=direction, folds=4, **level)
    mine = cut_off(x, y, parts, settings=options)

    def turned(rows):
        if direction != "both":
            return direction
        area = round(roc_auc_score(y[rows], x[rows]), 12)  # trapezoids of one half can sum to a little less
        return "higher" if area >= 0.5 else "lower"

    def called(rows, on):
        side = turned(rows)
        cut = search(x[rows], y[rows], rule, 0.8, side)
        return x[on] <= cut if side == "lower" else x[on] >= cut

    everybody = np.ones(32, dtype=bool)
    assert mine["direction"] == turned(everybody)
    assert mine["cutoff"] == pytest.approx(search(x, y, rule, 0.8, mine["direction"]))
    whole = called(everybody, everybody)
    assert mine["naive_sensitivity"] == pytest.approx(whole[y == 1].mean())
    assert mine["naive_accuracy"] == pytest.approx((whole == (y == 1)).mean())
    right = []
    for fold_of in parts:
        guess = np.empty(32, dtype=bool)
        for k in range(4):
            guess[fold_of == k] = called(fold_of != k, fold_of == k)
        right.append(((guess == 1)[y == 1].mean(), (~guess)[y == 0].mean(), (guess == (y == 1)).mean()))
    assert [mine[s] for s in ("sensitivity", "specificity", "accuracy")] == pytest.approx(
        np.mean(right, axis=0)
    )
    assert mine["optimism"] == pytest.approx(
        mine["naive_balanced_accuracy"] - (mine["sensitivity"] + mine["specificity"]) / 2
    )


def test_a_declared_sensitivity_is_reached_naively():
    random = np.random.default_rng(1)
    y = np.repeat([0.0, 1.0], 40)
    x = random.standard_normal(80) + y
    parts = np.arange(80)[None] % 5
    row = cut_off(x, y, parts, settings=RocSettings(cut="sensitivity", at_least=0.9))
    assert row["naive_sensitivity"] >= 0.9
    assert row["rule"] == "sensitivity at least 0.9"


def test_comparisons_are_delongs(drawn):
    x, y = drawn
    rows = found(x, y, compare=(("f0", "f2"), ("f0", "f1"))).associations
    own = rows[rows["test"] == "DeLong, paired"].set_index("feature")
    turned = np.sign(roc_auc_score(y[:, 0], x[:, 2]) - 0.5) * x[:, 2]
    other = compare_areas(x[:, 0], turned, y[:, 0])
    row = own.loc["f0 vs f2"]
    assert (row["effect"], row["p"], row["statistic"]) == pytest.approx(
        tuple(map(float, (other.effect, other.p, other.statistic)))
    )
    assert row["se"] == pytest.approx((row["ci_high"] - row["ci_low"]) / 2 / stats.norm.isf(0.025))
    assert own.loc["f0 vs f1", "n"] == (~np.isnan(x[:, 1])).sum()
    assert own["q"].to_numpy() == pytest.approx(stats.false_discovery_control(own["p"]))
    same = found(np.c_[x[:, 0], 3 * x[:, 0]], y, compare=(("f0", "f1"),)).associations.iloc[-1]
    assert (same["effect"], same["p"], same["status"]) == (0.0, 1.0, "ok")


def test_order_of_patients_and_columns_changes_no_number(drawn):
    x, y = drawn
    one = found(x, y)
    features, targets = table(x), table(y, kind="binary", prefix="t")
    turned = features.select(["f3", "f0", "f2", "f1"]).patients(features.values.index[::-1])
    other = find_markers(turned, targets, settings=RocSettings(), analysis="a", seed=3)
    for name in ("associations", "cutoffs"):
        first, second = (getattr(r, name).set_index("feature").sort_index() for r in (one, other))
        pd.testing.assert_frame_equal(first, second)


def test_curves_are_kept_of_the_strongest_and_of_compared_features(drawn):
    kept = found(*drawn, curves=1, compare=(("f2", "f3"),)).curves
    assert set(kept["feature"]) == {"f0", "f2", "f3"}
    assert set(found(*drawn, curves=0).curves.columns) == set(kept.columns)


def test_what_cannot_be_tested_says_why():
    random = np.random.default_rng(2)
    x = random.standard_normal((60, 4))
    x[:, 0], x[:, 1], x[:50, 2] = 1.0, np.nan, np.nan
    y = np.c_[np.zeros(60), np.r_[np.ones(4), np.zeros(56)], np.full(60, np.nan), random.random(60) < 0.5]
    rows = found(x, y.astype(float)).associations.set_index(["target", "feature"])["reason"]
    assert rows["t0", "f3"] == "the target is constant among the complete cases"
    assert rows["t1", "f3"] == "the smallest group has fewer than 10 patients"
    assert rows["t2", "f3"] == "fewer than 20 patients have both values"
    assert rows["t3", "f0"] == "the feature is constant among the complete cases"
    assert rows["t3", "f1"] == rows["t3", "f2"] == "fewer than 20 patients have both values"
    assert rows["t3", "f3"] == ""


def test_targets_that_are_not_binary():
    x = np.random.default_rng(2).standard_normal((60, 2))
    numbers = table(x, prefix="n")
    with pytest.raises(InputError, match="IGX-ASSOC-080"):
        find_markers(table(x), numbers, settings=RocSettings(), analysis="a", seed=1)
    both = PatientTable(
        numbers.values.assign(t=(x[:, 0] > 0).astype(float)),
        pd.concat([numbers.columns, describe(["t"], kind="binary")]),
    )
    rows = find_markers(table(x), both, settings=RocSettings(), analysis="a", seed=1).associations
    assert set(rows.loc[rows["target"] != "t", "reason"]) == {"the target is not binary"}
    assert rows.loc[(rows["target"] == "t") & (rows["feature"] == "f0"), "effect"].item() == 1.0


def test_features_without_an_order_are_not_markers():
    words = np.random.default_rng(2).choice(["a", "b"], (60, 1)).astype(object)
    y = np.tile([[0.0], [1.0]], (30, 1))
    rows = find_markers(
        table(words, kind="categorical"),
        table(y, kind="binary", prefix="t"),
        settings=RocSettings(),
        analysis="a",
        seed=1,
    )
    assert rows.associations["reason"].tolist() == [
        "the feature has no order, or values that its kind does not allow"
    ]
    assert rows.cutoffs.empty


def test_bad_settings_and_names(drawn):
    with pytest.raises(InputError, match="IGX-ASSOC-081"):
        found(*drawn, compare=(("f0", "f9"),))
    with pytest.raises(InputError, match="IGX-ASSOC-083"):
        marker_curve([1.0, 2.0], [1.0, 1.0])
    for wrong in (
        {"folds": 12},
        {"at_least": 0.5},
        {"compare": [["a", "a"]]},
        {"cut": "best"},
        {"draws": 10},
        {"compare": [["a"]]},
    ):
        with pytest.raises(InputError, match="IGX-SET-001"):
            RocSettings.read(wrong, where="test")
