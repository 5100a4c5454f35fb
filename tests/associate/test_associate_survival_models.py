"""Nested Cox models against R and statsmodels, their gain in patients left out, and pure noise."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, kstest
from statsmodels.duration.hazard_regression import PHReg
from survival_cohort import cohort

from imagenomics.associate.survival.concordance import harrell_c
from imagenomics.associate.survival.cox import cox_weights, fit_cox, stratum_codes
from imagenomics.associate.survival.folds import event_folds
from imagenomics.associate.survival.gain import gains, held_out_scores
from imagenomics.associate.survival.nested_models import compare_models
from imagenomics.associate.survival.settings import CompareSettings, CoxSettings, SurvivalSettings
from imagenomics.associate.survival.terms import model_terms
from imagenomics.associate.survival.times import survival_times
from imagenomics.stats.ordered_pairs import ordered_pairs
from imagenomics.tables.patient_table import PatientTable, describe

# R 4.2.2, survival 3.5-3: coxph(Surv(entry, time, event) ~ ... + strata(site)), logLik, AIC, anova and concordance.
IN_R = {
    "efron": {
        "log_likelihood_null": -334.676673581,
        "log_likelihood": (-325.840809319, -322.632031960),
        "aic": (653.681618637, 653.264063921),
        "c_apparent": (0.624229074890, 0.650220264317),
        "lr": (6.41755, 3, 0.092971),
    },
    "breslow": {
        "log_likelihood_null": -341.481524935,
        "log_likelihood": (-334.010483696, -331.065107961),
        "aic": (670.020967393, 670.130215923),
        "c_apparent": (0.62422907489, 0.65154185022),
        "lr": (5.89075, 3, 0.11705),
    },
}
MODELS = {"one": ("x0",), "all": ("x0", "x1", "stage")}
QUICK = CompareSettings(
    name="more",
    models=[{"name": "one", "terms": ["x0"]}, {"name": "all", "adds": ["x1", "stage"]}],
    repeats=2,
    draws=100,
)


def staged(seed=11):
    X, time, event, entry = cohort(seed)
    stage = np.random.default_rng(1).choice(["I", "II", "III"], len(X))
    site = pd.Series(np.random.default_rng(0).choice(["a", "b", "c"], len(X)), X.index)
    kinds = ["continuous"] * 3 + ["categorical"]
    table = PatientTable(X.assign(stage=stage), describe([*X.columns, "stage"], kind=kinds))
    return table, time, event, entry, site


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_models_equal_those_of_r(ties):
    table, time, event, entry, site = staged()
    times = survival_times(time, event, entry=entry)
    found = compare_models(
        model_terms(table, table.values.index),
        MODELS,
        times,
        strata=site,
        settings=QUICK,
        rules=SurvivalSettings(ties=ties),
    )
    known = IN_R[ties]
    for name in ("log_likelihood", "log_likelihood_null", "aic", "c_apparent"):
        np.testing.assert_allclose(found[name], known[name], rtol=1e-10)
    assert found["df"].tolist() == [1, 4]
    last = found.iloc[1]
    assert (last["lr_statistic"], last["lr_df"]) == (pytest.approx(known["lr"][0], rel=1e-6), known["lr"][1])
    assert last["lr_p"] == pytest.approx(known["lr"][2], rel=1e-4)
    assert last["aic_difference"] == pytest.approx(found["aic"].iloc[1] - found["aic"].iloc[0])
    assert np.isnan(found["lr_p"].iloc[0])


def test_all_models_see_the_same_patients_and_equal_statsmodels():
    table, time, event, _, _ = staged(12)
    values = table.values.copy()
    values.loc[values.index[:9], "x1"] = np.nan
    times = survival_times(time, event)
    terms = model_terms(PatientTable(values, table.columns), values.index)
    found = compare_models(terms, MODELS, times, settings=QUICK)
    assert found["n"].tolist() == [len(values) - 9] * 2
    kept = values.index[9:]
    dummies = pd.get_dummies(values.loc[kept, "stage"], drop_first=True).astype(float)
    columns = [values.loc[kept, ["x0"]], pd.concat([values.loc[kept, ["x0", "x1"]], dummies], axis=1)]
    known = [PHReg(time[kept], X, event[kept], ties="efron").fit().llf for X in columns]
    np.testing.assert_allclose(found["log_likelihood"], known, rtol=1e-9)
    assert found["lr_p"].iloc[1] == pytest.approx(chi2.sf(2 * (known[1] - known[0]), 3), rel=1e-6)


def test_few_events_unnested_and_unfit_models_are_rows_with_a_reason():
    table, time, event, _, _ = staged(13)
    times = survival_times(time, event)
    values = table.values.assign(twice=2 * table.values["x0"])
    wide = PatientTable(values, pd.concat([table.columns, describe(["twice"])]))
    terms = model_terms(wide, values.index)
    models = {"a": ("x0",), "b": ("x1",), "c": ("x1", "x0", "twice"), "d": ("x0", "x1", "x2", "stage")}
    rules = SurvivalSettings(events_per_term=times.n_events // 4)
    found = compare_models(terms, models, times, settings=QUICK, rules=rules).set_index("model")
    assert "does not hold all terms" in found.loc["b", "reason"]
    assert np.isfinite(found.loc["b", ["aic_difference", "c_gain"]].astype(float)).all()
    assert "explain each other" in found.loc["c", "reason"]
    assert "events for each of 5 terms" in found.loc["d", "reason"]
    assert found.loc[["b", "c", "d"], "lr_p"].isna().all()
    assert found.loc[["c", "d"], "c_gain"].isna().all()
    assert found["status"].tolist() == ["ok", *["not testable"] * 3]


def test_pairs_drawn_again_count_as_rows_set_twice():
    X, time, event, entry = cohort(14, n=60)
    score, part = X["x0"].to_numpy(), np.random.default_rng(0).integers(0, 2, 60)
    times = survival_times(time, event, entry=entry)
    won, known = ordered_pairs(times.time, times.event, score, start=times.start, within=part)
    assert won.sum() / known.sum() == pytest.approx(harrell_c(times, score, within=part), rel=1e-12)
    drawn = np.random.default_rng(1).integers(0, 60, 60)
    w = np.bincount(drawn, minlength=60)
    again = pd.Index([f"R{i}" for i in range(60)])
    repeated = survival_times(
        *(pd.Series(v.to_numpy()[drawn], again) for v in (time, event)),
        entry=pd.Series(entry.to_numpy()[drawn], again),
    )
    c = harrell_c(repeated, score[drawn], within=part[drawn])
    assert (w @ won @ w) / (w @ known @ w) == pytest.approx(c, rel=1e-12)


def test_a_held_out_score_does_not_know_the_follow_up_of_its_own_fold():
    X, time, event, _ = cohort(15)
    times = survival_times(time, event)
    fold = event_folds(times, folds=5)[0]
    first = held_out_scores(X, times, fold, strata=None, rules=CoxSettings())
    moved = time.copy()
    moved.iloc[fold == 2] = moved.iloc[fold == 2].to_numpy()[::-1] + 7.0
    second = held_out_scores(X, survival_times(moved, event), fold, strata=None, rules=CoxSettings())
    np.testing.assert_array_equal(first[fold == 2], second[fold == 2])
    assert (first[fold != 2] != second[fold != 2]).any()


@pytest.mark.slow
def test_the_likelihood_ratio_of_noise_is_uniform_and_its_gain_is_none():
    p, gain = [], []
    for seed in range(60):
        X, time, event, _ = cohort(seed, n=90)
        noise = np.random.default_rng(1000 + seed).normal(size=(len(X), 2))
        own = X[["x0"]].assign(x1=noise[:, 0], stage=noise[:, 1])
        terms = model_terms(PatientTable(own, describe(own.columns)), own.index)
        single = QUICK.model_copy(update={"repeats": 1})
        row = compare_models(terms, MODELS, survival_times(time, event), settings=single, seed=seed).iloc[1]
        p.append(row["lr_p"])
        gain.append(row["c_gain"])
    assert kstest(p, "uniform").pvalue > 1e-3
    assert np.mean(gain) < 0.002  # two columns of noise cost a little
    assert np.mean(np.array(p) < 0.05) < 0.17


def test_a_term_that_matters_is_found():
    X, time, event, _ = cohort(16, n=200, effect=1.0)
    models = {"without": ("x1", "x2"), "with": ("x1", "x2", "x0")}
    terms = model_terms(PatientTable(X, describe(X.columns)), X.index)
    row = compare_models(terms, models, survival_times(time, event), settings=QUICK).iloc[1]
    assert row["lr_p"] < 1e-8
    assert row["aic_difference"] < -20
    assert row["c_gain_low"] > 0.0
    assert row["c_gain_low"] < row["c_gain"] < row["c_gain_high"]


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_quick_weights_are_those_of_the_model(ties):
    X, time, event, entry = cohort(17)
    site = pd.Series(np.random.default_rng(0).choice(["a", "b"], len(X)), X.index)
    times = survival_times(time, event, entry=entry)
    order = times.sorted_with(stratum_codes(site, times.ids))
    codes = stratum_codes(site, times.ids)[order]
    sorted_times = times.rows(order)
    values = X.loc[sorted_times.ids].to_numpy()
    given = (
        np.vstack([codes, sorted_times.event.astype(np.int64)]),
        np.vstack([sorted_times.start, sorted_times.time]),
    )
    model = fit_cox(X, times, strata=site, settings=CoxSettings(ties=ties))
    found = cox_weights(values, *given, ties=ties)
    np.testing.assert_allclose(found, model.table["log_hazard_ratio"], rtol=1e-9)
    constant = np.column_stack([values, np.ones(len(values))])
    assert cox_weights(constant, *given, ties=ties)[-1] == 0.0
    assert cox_weights(np.ones((len(values), 1)), *given, ties=ties).tolist() == [0.0]
    assert cox_weights(np.column_stack([values[:, 0], 2 * values[:, 0]]), *given, ties=ties) is None


def test_the_interval_of_the_gain_covers_what_leaving_patients_out_does(monkeypatch):
    X, time, event, _ = cohort(18, n=80)
    times = survival_times(time, event)
    designs = {"one": X[["x0"]], "all": X}
    given = {"settings": QUICK, "rules": CoxSettings(), "seed": 4}
    found = gains(designs, times, **given)["all"]
    monkeypatch.setattr("imagenomics.associate.survival.gain._left_out_error", lambda *_: np.full(2, np.nan))
    drawn = gains(designs, times, **given)["all"]
    assert (found["refitted"], drawn["refitted"]) == (True, False)
    assert found["c_gain"] == drawn["c_gain"]
    assert found["c_gain_low"] <= drawn["c_gain_low"] < drawn["c_gain_high"] <= found["c_gain_high"]
    assert found["c_gain_high"] - found["c_gain_low"] > drawn["c_gain_high"] - drawn["c_gain_low"]


def test_the_jackknife_of_a_mean_is_its_standard_error(monkeypatch):
    """A C-index that is the mean of a number of each patient has the error that a mean has."""
    from imagenomics.associate.survival import gain

    X, time, event, _ = cohort(19, n=120)
    times = survival_times(time, event)
    value = pd.Series(np.random.default_rng(2).normal(size=120), X.index)
    monkeypatch.setattr(gain, "GROUPS", 120)

    def mean(own, *_args, **_named):
        return np.array([value[own.index].mean() if own.shape[1] > 1 else 0.0])

    fold = event_folds(times, folds=5)
    error = gain._left_out_error([X[["x0"]], X], times, fold, mean, 1)
    assert np.isnan(error[0])
    assert error[1] == pytest.approx(value.std(ddof=1) / np.sqrt(120), rel=1e-9)
