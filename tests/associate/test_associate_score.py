"""Additive scores: the trend test, what noise and planted effects give, and what a frozen score may know."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest
from survival_cohort import cohort

from imagenomics.associate.survival.cox_scan import scan_survival
from imagenomics.associate.survival.cut_kernel import log_rank_z, risk_spans, trend_z
from imagenomics.associate.survival.folds import event_folds
from imagenomics.associate.survival.score import learn_rule, try_score
from imagenomics.associate.survival.score_card import CardTerm, ScoreCard
from imagenomics.associate.survival.score_settings import ScoreSettings, ScoreTerm
from imagenomics.associate.survival.settings import CoxSettings
from imagenomics.associate.survival.times import survival_times
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable, describe

TERMS = (
    ScoreTerm(by="x0", cut="maximal"),
    ScoreTerm(by="x1", cut="median"),
    ScoreTerm(by="x2", at=0.0, worse="below"),
)
SETTINGS = ScoreSettings(name="vak", terms=TERMS, permutations=99)


def examine(X, times, source=TERMS, seed=0, **more):
    return try_score(X, times, source, settings=SETTINGS, rules=CoxSettings(), seed=seed, **more)


@pytest.mark.parametrize("late", [False, True])
def test_the_trend_is_the_score_test_of_a_cox_model(late):
    X, time, event, entry = cohort(1, ties=False)
    times = survival_times(time, event, entry=entry if late else None)
    points = np.digitize(X["x0"], [-0.5, 0.5])
    z = trend_z(points, risk_spans(times))
    table = PatientTable(pd.DataFrame({"p": points.astype(float)}, X.index), describe(["p"]))
    known = scan_survival(table, times, settings=CoxSettings(statistic="score"))["statistic"].iloc[0]
    assert z**2 == pytest.approx(known, rel=1e-9)
    assert z > 0
    two = (points > 1).astype(np.int64)
    spans = risk_spans(times)
    assert trend_z(two, spans) == pytest.approx(log_rank_z(two, np.arange(len(two)), spans), rel=1e-12)


def test_a_planted_score_is_found_and_its_optimism_is_said():
    X, time, event, _ = cohort(2, n=220, effect=1.0)
    found = examine(X, survival_times(time, event))
    assert found.p <= 0.01
    assert found.rule.above[0]
    assert found.ratio[1] > 1
    assert found.p_naive < 1e-5
    assert len(found.rules) == 5
    assert found.rule.cuts[2] == 0.0
    assert not found.rule.above[2]


def test_noise_says_no_where_the_naive_p_says_yes():
    honest, naive, optimism = [], [], []
    for seed in range(100):
        X, time, event, _ = cohort(seed, n=80, effect=0.0)
        found = examine(X, survival_times(time, event), source=TERMS[:2], seed=seed)
        honest.append(found.p)
        naive.append(found.p_naive)
        optimism.append(found.c_apparent - found.c_index)
    honest = np.array(honest)
    assert np.mean(honest <= 0.05) <= 0.13
    assert np.mean(honest <= 0.5) == pytest.approx(0.5, abs=0.17)
    assert np.mean(np.array(naive) <= 0.05) > 0.3
    assert np.mean(optimism) > 0.05


def test_a_declared_score_learns_nothing_and_its_p_is_uniform_in_noise():
    fixed = tuple(ScoreTerm(by=f"x{k}", at=0.0, worse="above") for k in range(3))
    p = []
    for seed in range(150):
        X, time, event, _ = cohort(seed, n=80, effect=0.0)
        found = examine(X, survival_times(time, event), source=fixed)
        p.append(found.p)
        assert found.draws == 0
        assert (found.points == (X[["x0", "x1", "x2"]] > 0).sum(axis=1).to_numpy()).all()
    assert kstest(p, "uniform").pvalue > 1e-3
    X, time, event, _ = cohort(3, n=200, effect=1.0)
    wrong = (ScoreTerm(by="x0", at=0.0, worse="below"),)
    assert examine(X, survival_times(time, event), source=wrong).p > 0.99


def test_the_points_of_a_patient_left_out_do_not_know_the_patients_of_the_fold():
    X, time, event, _ = cohort(4)
    times = survival_times(time, event)
    fold = event_folds(times, folds=5, seed=0)[0]
    rows = np.flatnonzero(fold != 1)
    values = X.to_numpy()
    first = learn_rule(values, TERMS, rows, risk_spans(times), share=0.2)
    moved = time.copy()
    moved.iloc[fold == 1] = moved.iloc[fold == 1].to_numpy()[::-1] + 5
    other = values.copy()
    other[fold == 1] += 7
    second = learn_rule(other, TERMS, rows, risk_spans(survival_times(moved, event)), share=0.2)
    np.testing.assert_allclose(first.cuts, second.cuts)
    assert (first.above == second.above).all()


def card():
    terms = (CardTerm(name="a", cut=1.5, worse="above"), CardTerm(name="b", cut=-2.0, worse="below"))
    return ScoreCard(study="first", analysis="os-vak", target="survival", n=90, terms=terms)


numbers = st.floats(-5, 5) | st.just(float("nan"))


@settings(max_examples=60)
@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=12), st.data())
def test_the_points_of_a_patient_do_not_change_with_the_others(rows, data):
    table = pd.DataFrame(rows, columns=["a", "b"], index=[f"P{i}" for i in range(len(rows))])
    whole = card().score(table)
    i = data.draw(st.integers(0, len(rows) - 1))
    alone = card().score(table.iloc[[i]] * 1.0)
    other = table.copy()
    other.iloc[[k for k in range(len(rows)) if k != i]] = 9.0
    for found in (alone, card().score(other)):
        pd.testing.assert_series_equal(found.loc[f"P{i}"], whole.loc[f"P{i}"])
    a, b = rows[i]
    known = not np.isnan([a, b]).any()
    assert (
        whole["score"].iloc[i] == float((a > 1.5) + (b <= -2)) if known else np.isnan(whole["score"].iloc[i])
    )


def test_a_card_without_its_columns_is_refused():
    with pytest.raises(InputError, match="IGX-SURV-022"):
        card().score(pd.DataFrame({"a": [1.0]}, index=["P"]))


def test_scores_that_cannot_be_tested_say_why():
    X, time, event, _ = cohort(5, n=60)
    times = survival_times(time, event)
    flat = X.assign(x0=1.0)
    assert "enough patients on both sides" in examine(flat, times).problem
    same = (ScoreTerm(by="x0", at=99.0, worse="above"),)
    assert "same points" in examine(X, times, source=same).problem


@pytest.mark.parametrize(
    "wrong",
    [
        {"terms": ()},
        {"terms": TERMS, "card": "x.json"},
        {"terms": (TERMS[0], TERMS[0])},
        {"terms": TERMS, "high": 4},
    ],
)
def test_settings_that_contradict_are_refused(wrong):
    with pytest.raises(InputError, match="IGX-SET-001"):
        ScoreSettings.read({"name": "s"} | wrong, where="test")
    with pytest.raises(InputError, match="fixed cut-point"):
        ScoreTerm.read({"by": "x", "at": 1.0, "cut": "median"}, where="test")
