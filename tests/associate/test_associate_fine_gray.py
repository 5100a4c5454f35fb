"""Subdistribution hazards against R, by brute force, and in patients whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from competing_cohort import competing_cohort, follow_up
from scipy.optimize import minimize
from scipy.stats import kstest

from imagenomics.associate.survival.cox import fit_cox
from imagenomics.associate.survival.fine_gray import SubdistributionRisk
from imagenomics.associate.survival.groups import group_patients, group_tables
from imagenomics.associate.survival.rows import survival_rows
from imagenomics.associate.survival.settings import CoxSettings, GroupSettings, SurvivalSettings
from imagenomics.associate.survival.subdistribution_scan import scan_subdistribution
from imagenomics.associate.survival.times import SurvivalTimes
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable, describe


def columns(d):
    X = d[["x", "z"]].to_numpy(float)
    return X - X.mean(axis=0)


def test_it_equals_crr():
    d = competing_cohort(0)
    found = SubdistributionRisk(follow_up(d)).fit(columns(d))
    # R 4.2.2, cmprsk 2.2-11: crr(t, cause, cbind(x, z)).
    np.testing.assert_allclose(found.beta, (0.533067096472, 0.303845573830), rtol=2e-6)
    np.testing.assert_allclose(
        np.sqrt(np.diag(found.covariance)), (0.109884787818, 0.220464613040), rtol=1e-6
    )
    assert found.log_likelihood == pytest.approx(-350.372590821, rel=1e-10)


@pytest.mark.parametrize(
    ("within", "beta", "log_likelihood"),
    [
        (False, (0.452957126832, -0.282720276497), -384.792644118),
        (True, (0.440308898365, -0.281820296930), -326.920300779),
    ],
)
def test_ties_and_strata_equal_finegray(within, beta, log_likelihood):
    d = competing_cohort(2, ties=True)
    # R 4.2.2, survival 3.5-3: coxph(..., weights = fgwt, ties = "breslow") on finegray(Surv(t, c) ~ ..., strata(s)).
    found = SubdistributionRisk(follow_up(d), d["s"].to_numpy() if within else None).fit(columns(d))
    np.testing.assert_allclose(found.beta, beta, rtol=1e-8)
    assert found.log_likelihood == pytest.approx(log_likelihood, rel=1e-10)


def test_it_is_the_maximum_of_the_weighted_likelihood_written_out():
    d = competing_cohort(5, n=60)
    X, t, cause = columns(d), d["t"].to_numpy(), d["cause"].to_numpy()

    def chance(u):  # of not being censored just before u
        times = sorted(t[(cause == 0) & (t < u)])
        return np.prod([1 - 1 / (t >= v).sum() for v in times])

    def loss(beta):
        total = 0.0
        for i in np.flatnonzero(cause == 1):
            weight = [
                1.0 if t[j] >= t[i] else chance(t[i]) / chance(t[j]) if cause[j] == 2 else 0.0
                for j in range(60)
            ]
            total -= X[i] @ beta - np.log(np.array(weight) @ np.exp(X @ beta))
        return total

    known = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    found = SubdistributionRisk(follow_up(d)).fit(X)
    np.testing.assert_allclose(found.beta, known.x, atol=1e-6)
    assert found.log_likelihood == pytest.approx(-known.fun, rel=1e-9)


def test_without_competing_events_it_is_a_cox_model_with_a_robust_variance():
    d = competing_cohort(6)
    d["cause"] = np.minimum(d["cause"], 1)
    found = SubdistributionRisk(follow_up(d)).fit(columns(d))
    cox = fit_cox(d[["x", "z"]], follow_up(d), settings=CoxSettings(ties="breslow"))
    np.testing.assert_allclose(found.beta, cox.table["log_hazard_ratio"], rtol=1e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), cox.table["se"], rtol=0.15)


def known_truth(seed, n, beta):
    """Draw from F(t | x) = 1 - (1 - 0.6 (1 - e^-t))^exp(beta x), whose subdistribution hazard ratio is exp(beta)."""
    r = np.random.default_rng(seed)
    x = r.normal(size=n)
    ratio = np.exp(beta * x)
    ever = 1 - 0.4**ratio
    u = r.random(n)
    first = u < ever
    inner = (1 - (1 - np.where(first, u, 0.0)) ** (1 / ratio)) / 0.6
    t = np.where(first, -np.log1p(-inner), r.exponential(1.0, n))
    left = r.uniform(0.2, 4, n)
    cause = np.where(t > left, 0, np.where(first, 1, 2))
    ids = pd.Index([f"P{i:05d}" for i in range(n)], name="patient")
    return x, SurvivalTimes(ids, np.minimum(t, left) + 1e-9, cause == 1, cause=cause)


def test_a_known_subdistribution_hazard_ratio_is_found_and_its_interval_holds_it():
    errors, z = [], []
    for seed in range(150):
        x, times = known_truth(seed, 200, 0.5)
        found = SubdistributionRisk(times).fit((x - x.mean())[:, None])
        errors.append(found.beta[0] - 0.5)
        z.append(errors[-1] / np.sqrt(found.covariance[0, 0]))
    assert abs(np.mean(errors)) < 0.03
    assert 0.9 <= np.mean(np.abs(z) < 1.96) <= 0.985


def test_rows_say_what_they_are_and_noise_says_no():
    p = []
    for seed in range(8):
        x, times = known_truth(seed, 150, 0.0)
        F = pd.DataFrame(np.random.default_rng(seed).normal(size=(150, 25)), times.ids).add_prefix("f")
        scanned = scan_subdistribution(PatientTable(F, describe(F.columns)), times)
        p += list(scanned["p"])
    assert kstest(p, "uniform").pvalue > 1e-3
    x, times = known_truth(9, 300, 0.6)
    F = pd.DataFrame({"x": x, "flat": 1.0}, times.ids)
    F.iloc[:20, 0] = np.nan
    settings = SurvivalSettings(competing="subdistribution")
    rows = survival_rows(
        PatientTable(F, describe(F.columns)), times, target="event", analysis="a", settings=settings
    ).set_index("feature")
    assert rows.loc["x", "effect_name"] == "subdistribution hazard ratio per SD"
    assert rows.loc["x", "test"].startswith("Fine-Gray model, Wald test (sandwich variance)")
    assert rows.loc["x", "p"] < 1e-6
    assert rows.loc["x", "n"] == 280
    assert rows.loc["flat", "status"] == "not testable"
    few = scan_subdistribution(
        PatientTable(F, describe(F.columns)),
        times.rows(np.arange(40)),
        settings=CoxSettings(events_per_term=39),
    )
    assert few["status"].eq("not tested").all()


def test_late_entry_is_refused():
    d = competing_cohort(7)
    times = follow_up(d)
    late = SurvivalTimes(times.ids, times.time, times.event, times.time / 2, cause=times.cause)
    with pytest.raises(InputError, match="IGX-SURV-021"):
        scan_subdistribution(PatientTable(d[["x"]], describe(["x"])), late)


def test_groups_have_cumulative_incidence_and_the_test_that_was_asked_for():
    d = competing_cohort(8, n=200)
    times, group = follow_up(d), GroupSettings(by="g")
    found = group_patients(d["g"].astype(float), times, levels=("a", "b", "c"), settings=group)
    curves, table = group_tables(found, times, name="g", settings=group, competing="subdistribution")
    assert set(curves["curve"]) == {"cumulative incidence", "cumulative incidence, competing"}
    assert table["test"].eq("Gray").all()
    assert table["competing"].sum() == (d["cause"] == 2).sum()
    specific = group_tables(found, times, name="g", settings=group)[1]
    assert specific["test"].eq("log-rank of cause-specific hazards").all()
    own = curves[(curves["group"] == "a") & (curves["curve"] == "cumulative incidence")]
    both = own["estimate"].iloc[-1] + curves[(curves["group"] == "a")]["estimate"].iloc[-1]
    assert own["estimate"].iloc[0] == 0
    assert both <= 1 + 1e-12
    reached = own.loc[own["estimate"] >= 0.5, "time"]
    assert table["median"].iloc[0] == pytest.approx(reached.iloc[0]) if len(reached) else True
