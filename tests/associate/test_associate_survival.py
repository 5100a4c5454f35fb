"""Survival against statsmodels, hand counts and planted truth."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight, survdiff
from survival_cohort import cohort

from imagenomics.associate.survival.concordance import harrell_c, time_auc, uncensored, uno_c
from imagenomics.associate.survival.cox import fit_cox
from imagenomics.associate.survival.cox_scan import scan_survival
from imagenomics.associate.survival.kaplan_meier import (
    kaplan_meier,
    median_survival,
    number_at_risk,
    survival_at,
)
from imagenomics.associate.survival.log_rank import log_rank
from imagenomics.associate.survival.proportional import proportional_hazards
from imagenomics.associate.survival.settings import CoxSettings
from imagenomics.associate.survival.times import survival_times
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable, describe


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("late", [False, True])
def test_cox_equals_statsmodels(ties, late):
    X, time, event, entry = cohort(1)
    times = survival_times(time, event, entry=entry if late else None)
    mine = fit_cox(X, times, settings=CoxSettings(ties=ties))
    known = PHReg(time, X, event, ties=ties, entry=entry if late else None).fit()
    np.testing.assert_allclose(mine.table["log_hazard_ratio"], known.params, rtol=1e-6)
    np.testing.assert_allclose(mine.table["se"], known.bse, rtol=1e-6)
    np.testing.assert_allclose(mine.log_likelihood, known.llf, rtol=1e-9)
    assert mine.events == int(event.sum())
    assert mine.aic == pytest.approx(6 - 2 * known.llf)
    turned = fit_cox(X.iloc[::-1], times, settings=CoxSettings(ties=ties))  # the order of rows changes no bit
    pd.testing.assert_frame_equal(mine.table, turned.table, check_exact=True)


def test_cox_in_strata_equals_statsmodels():
    X, time, event, _ = cohort(2)
    site = pd.Series(np.random.default_rng(0).choice(["a", "b", "c"], len(X)), X.index)
    mine = fit_cox(X, survival_times(time, event), strata=site)
    known = PHReg(time, X, event, ties="efron", strata=site.to_numpy()).fit()
    np.testing.assert_allclose(mine.table["log_hazard_ratio"], known.params, rtol=1e-6)
    np.testing.assert_allclose(mine.table["se"], known.bse, rtol=1e-6)


def test_nested_models_and_new_patients():
    X, time, event, _ = cohort(3)
    times = survival_times(time, event)
    large, small = fit_cox(X, times), fit_cox(X[["x1", "x2"]], times)
    statistic, df, p = large.against(small)
    assert df == 1
    assert p == pytest.approx(chi2.sf(statistic, 1))
    assert p < 1e-6
    with pytest.raises(InputError, match="IGX-SURV-007"):
        small.against(large)
    again = large.predict(X)
    np.testing.assert_allclose(again.sort_index(), large.linear_predictor, atol=1e-12)


def test_the_scan_equals_single_models_with_missing_values():
    X, time, event, _ = cohort(4)
    rng = np.random.default_rng(0)
    F = pd.DataFrame(rng.normal(size=(len(X), 12)), X.index, [f"f{j}" for j in range(12)])
    F["f0"] = X["x0"] * 50 + 1000
    F = F.mask(rng.random(F.shape) < 0.05)
    F["f11"] = 3.0
    table = PatientTable(F, describe(F.columns))
    times = survival_times(time, event)
    age = X[["x1"]]
    found = scan_survival(table, times, covariates=age, settings=CoxSettings()).set_index("feature")
    wald = scan_survival(table, times, covariates=age, settings=CoxSettings(statistic="wald")).set_index(
        "feature"
    )
    for name in F.columns[:-1]:
        own = F[name].dropna().index
        both = pd.concat([age, F[[name]]], axis=1).loc[own]
        known = PHReg(time[own], both, event[own], ties="efron").fit()
        null = PHReg(time[own], age.loc[own], event[own], ties="efron").fit()
        row = found.loc[name]
        assert row["log_hazard_ratio"] == pytest.approx(known.params[1], rel=1e-6)
        assert row["se"] == pytest.approx(known.bse[1], rel=1e-6)
        assert row["p"] == pytest.approx(chi2.sf(2 * (known.llf - null.llf), 1), rel=1e-6)
        assert wald.loc[name, "p"] == pytest.approx(known.pvalues[1], rel=1e-6)
        assert row["n"] == len(own)
    assert found.loc["f11", "status"] == "not tested"
    assert "same for all" in found.loc["f11", "reason"]
    assert found["p"].idxmin() == "f0"


def test_the_score_statistic_is_the_log_rank_test():
    X, time, event, _ = cohort(5, ties=False)
    group = (X["x0"] > 0).astype(float)
    times = survival_times(time, event)
    table = PatientTable(group.to_frame("g"), describe(["g"]))
    score = scan_survival(table, times, settings=CoxSettings(statistic="score"))["statistic"].iloc[0]
    assert score == pytest.approx(log_rank(times, group.to_numpy().astype(int)).statistic, rel=1e-9)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_log_rank_equals_statsmodels(weight):
    X, time, event, _ = cohort(6)
    groups = np.digitize(X["x0"], [-0.5, 0.5])
    site = np.random.default_rng(1).integers(0, 3, len(X))
    times = survival_times(time, event)
    kind = {"weight_type": "fh", "fh_p": weight} if weight else {}
    known = survdiff(time, event, groups, **kind)
    mine = log_rank(times, groups, weight=weight)
    assert mine.statistic == pytest.approx(known[0], rel=1e-9)
    assert mine.p == pytest.approx(known[1], rel=1e-9)
    if not weight:
        within = survdiff(time, event, groups, strata=site)
        assert log_rank(times, groups, strata=site).statistic == pytest.approx(within[0], rel=1e-9)
        assert mine.observed.sum() == event.sum()
        assert mine.expected.sum() == pytest.approx(event.sum())


def test_kaplan_meier_equals_statsmodels():
    _, time, event, entry = cohort(7)
    for late in (None, entry):
        times = survival_times(time, event, entry=late)
        curve = kaplan_meier(times)
        known = SurvfuncRight(time, event, entry=None if late is None else late.to_numpy())
        np.testing.assert_allclose(survival_at(curve, known.surv_times), known.surv_prob, rtol=1e-12)
        np.testing.assert_array_equal(number_at_risk(times, known.surv_times), known.n_risk)
        rows = curve[curve["events"] > 0]
        low, high = rows["ci_low"].to_numpy(), rows["ci_high"].to_numpy()
        inside = (rows["survival"] > 0).to_numpy()
        assert ((low <= rows["survival"]) & (rows["survival"] <= high))[inside].all()
    median, low, high = median_survival(kaplan_meier(survival_times(time, event)))
    assert median == SurvfuncRight(time, event).quantile(0.5)
    assert low <= median <= high


def test_concordance_by_hand_and_its_limits():
    ids = pd.Index(list("abcd"), name="patient")
    time = pd.Series([1.0, 2.0, 3.0, 4.0], ids)
    event = pd.Series([1.0, 0.0, 1.0, 0.0], ids)
    times = survival_times(time, event)
    # Known order: a before b, c, d; c before d. The score gets a-b and a-c right, a-d tied, c-d wrong.
    assert harrell_c(times, np.array([3.0, 1.0, 2.0, 3.0])) == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    np.testing.assert_allclose(uncensored(times, np.array([1.0, 2.0, 3.0, 4.0])), [1, 1, 2 / 3, 2 / 3])
    # Uno: pairs of c weigh (3/2)^2.
    weight = 1.5**2
    assert uno_c(times, np.array([3.0, 1.0, 2.0, 3.0])) == pytest.approx(2.5 / (3 + weight))
    X, time, event, _ = cohort(8, n=400)
    times = survival_times(time, event)
    score = X["x0"].to_numpy()
    assert harrell_c(times, -score) == pytest.approx(1 - harrell_c(times, score))
    area = time_auc(times, score, [4.0, 8.0])
    assert (area.auc > 0.6).all()
    assert np.isnan(time_auc(times, score, [0.1]).auc).all()


def test_uno_is_blind_to_censoring_where_harrell_is_not():
    rng = np.random.default_rng(0)
    n = 3000
    ids = pd.Index([str(i) for i in range(n)], name="patient")
    x = rng.normal(size=n)
    hidden = rng.exponential(np.exp(-1.0 * x))
    everything = pd.Series(hidden, ids)
    truth = harrell_c(survival_times(everything, pd.Series(1.0, ids)), x)
    censored = rng.exponential(0.6, n)
    times = survival_times(
        pd.Series(np.minimum(hidden, censored), ids), pd.Series((hidden <= censored).astype(float), ids)
    )
    assert abs(uno_c(times, x, until=2.0) - truth) < abs(harrell_c(times, x) - truth) + 0.02
    assert abs(uno_c(times, x, until=2.0) - truth) < 0.03


def test_a_hazard_ratio_that_changes_is_seen():
    rng = np.random.default_rng(0)
    n = 500
    ids = pd.Index([f"P{i:04d}" for i in range(n)], name="patient")
    x = rng.integers(0, 2, n).astype(float)
    crossing = np.where(x == 1, rng.weibull(3.0, n), rng.weibull(0.7, n))
    steady = rng.exponential(np.exp(-0.8 * x))
    found = []
    for hidden in (crossing, steady):
        times = survival_times(pd.Series(hidden, ids), pd.Series(1.0, ids))
        terms = pd.DataFrame({"x": x, "z": rng.normal(size=n)}, index=ids)
        found.append(proportional_hazards(fit_cox(terms, times), terms, times)["p"])
    assert found[0]["x"] < 1e-6
    assert found[1]["x"] > 0.01
    assert list(found[0].index) == ["x", "z", "(all)"]


def test_noise_keeps_its_level_and_planted_effects_are_found():
    X, time, event, _ = cohort(9, n=120, effect=0.0)
    rng = np.random.default_rng(1)
    F = pd.DataFrame(rng.normal(size=(120, 4000)), X.index, [f"f{j}" for j in range(4000)])
    times = survival_times(time, event)
    p = scan_survival(PatientTable(F, describe(F.columns)), times)["p"]
    # Features share one follow-up, yet their p values are nearly independent: 99.9% binomial bounds.
    for level in (0.05, 0.01):
        width = 3.29 * np.sqrt(level * (1 - level) / len(p))
        assert (
            abs((p < level).mean() - level) < width + 0.25 * level
        )  # and what 120 patients do to a likelihood ratio


def test_follow_up_that_cannot_be_used():
    X, time, event, entry = cohort(10)
    with pytest.raises(InputError, match=r"(?s)IGX-SURV-001.*above 0"):
        survival_times(time.where(time.index != "P003", 0.0), event)
    with pytest.raises(InputError, match="IGX-SURV-001"):
        survival_times(time, event * 2)
    with pytest.raises(InputError, match="IGX-SURV-001"):
        survival_times(time, event, entry=entry + time)
    with pytest.raises(InputError, match="IGX-SURV-003"):
        survival_times(time, event * 0)
    times = survival_times(time, event)
    with pytest.raises(InputError, match="IGX-SURV-005"):
        fit_cox(pd.concat([X.add_suffix(str(k)) for k in range(9)], axis=1), times)
    with pytest.raises(InputError, match="IGX-SURV-006"):
        fit_cox(X.assign(x3=X["x0"] + X["x1"]), times)
    with pytest.raises(InputError, match="IGX-SURV-006"):
        fit_cox(X.assign(x3=1.0), times)
    with pytest.raises(InputError, match="IGX-SURV-004"):
        log_rank(times, np.zeros(len(X), dtype=int))
    with pytest.raises(InputError, match="IGX-SURV-002"):
        times.of(pd.Index(["nobody"]))
