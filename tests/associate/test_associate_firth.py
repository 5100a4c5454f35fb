"""Logistic models where groups separate: Firth's penalised likelihood, against scipy's maximum of the same function."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from pydantic import ValidationError
from scipy import optimize, stats

from imagenomics.associate import pairs
from imagenomics.associate.firth import fit_firth
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe

CUT = stats.chi2.ppf(0.95, 1)
FIRTH, LR, WALD = (f"logistic regression ({name})" for name in ("Firth", "LR", "Wald"))


def make(kind: str, **columns: np.ndarray) -> PatientTable:
    n = len(next(iter(columns.values())))
    index = pd.Index([f"P{i:03d}" for i in range(n)], name="patient", dtype=object)
    return PatientTable(pd.DataFrame(columns, index=index), describe(list(columns), kind=kind))


def run(features, targets, *, covariates=None, **options) -> pd.DataFrame:
    settings = AssociateSettings(
        **{"permutations": 0, "min_group": 3, "min_patients": 10, "min_per_term": 1} | options
    )
    return pairs.test_pairs(
        features, targets, covariates=covariates, settings=settings, analysis="firth", seed=1
    )


def planted(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a predictor that all carriers share with the response, and two covariates that follow it."""
    random = np.random.default_rng(seed)
    x = (random.random(n) < 0.3).astype(float)
    z = random.standard_normal((n, 2)) * [1.0, 40.0] + 0.5 * x[:, None]
    return x, np.where(x == 1, 1.0, (random.random(n) < 0.4).astype(float)), z


def penalised(b: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    eta = X @ b
    mean = 1 / (1 + np.exp(-eta))
    information = (X.T * (mean * (1 - mean))) @ X
    return -((y * eta - np.logaddexp(0, eta)).sum() + 0.5 * np.linalg.slogdet(information)[1])


def maximum(X, y, held=()):
    """Return the largest penalised log likelihood with the last coefficients held, and where it is."""
    free = X.shape[1] - len(held)
    found = optimize.minimize(
        lambda b: penalised(np.append(b, held), X, y), np.zeros(free), method="BFGS", options={"gtol": 1e-8}
    )
    return -found.fun, found.x


@pytest.mark.parametrize("seed", range(6))
def test_is_the_maximum_of_the_penalised_likelihood(seed):
    x, y, z = planted(seed)
    X = np.column_stack([np.ones(len(x)), z / [1.0, 40.0], x])
    best, where = maximum(X, y)
    fit = fit_firth(x[:, None], y, nuisance=X[:, :3], confidence=0.95)
    assert fit.slope == pytest.approx(where[-1], rel=1e-5)
    assert fit.ratio == pytest.approx(2 * (best - maximum(X, y, [0.0])[0]), rel=1e-7)
    for limit in (fit.low, fit.high):
        assert 2 * (best - maximum(X, y, [limit])[0]) == pytest.approx(CUT, rel=1e-6)
    assert fit.low < fit.slope < fit.high


def test_several_columns_at_once():
    x, y, z = planted(3)
    both = np.column_stack([x, z[:, 0] > 0.3]).astype(float)
    base = np.column_stack([np.ones(60), z[:, 1] / 40])
    X = np.column_stack([base, both])
    fit = fit_firth(both, y, nuisance=base, confidence=0.95)
    assert fit.ratio == pytest.approx(2 * (maximum(X, y)[0] - maximum(X, y, [0.0, 0.0])[0]), rel=1e-7)
    assert fit.df == 2
    assert np.isnan(fit.slope)


@pytest.mark.parametrize("seed", range(3))
def test_of_a_table_is_half_a_patient_more_in_every_cell(seed):
    """Firth 1993: without covariates Jeffreys' prior is Haldane's half; the likelihood ratio is G of that table."""
    x, y, _ = planted(seed)
    cells = np.array([[((x == i) & (y == j)).sum() for j in (1, 0)] for i in (1, 0)]) + 0.5
    g = stats.chi2_contingency(cells, correction=False, lambda_="log-likelihood").statistic
    row = run(make("binary", f=y), make("binary", t=x), method="linear").iloc[0]
    assert row["test"] == FIRTH
    assert row["statistic"] == pytest.approx(g, rel=1e-10)
    assert row["p"] == pytest.approx(stats.chi2.sf(g, 1), rel=1e-9)
    assert row["effect"] == pytest.approx(cells[0, 0] * cells[1, 1] / cells[0, 1] / cells[1, 0], rel=1e-8)
    fit = fit_firth(x[:, None], y, nuisance=np.ones((60, 1)), confidence=0.95)
    assert fit.ratio == pytest.approx(g, rel=1e-10)
    np.testing.assert_allclose(row[["ci_low", "ci_high"]].astype(float), np.exp([fit.low, fit.high]))


def test_pairs_that_separate_say_so_and_the_others_are_as_before():
    x, y, z = planted(1)
    other = np.random.default_rng(5).permutation(y)
    features, targets = make("binary", f=y, g=other), make("binary", t=x)
    found = run(features, targets, covariates=make("continuous", a=z[:, 0], b=z[:, 1]))
    apart, plain = found.iloc[0], found.iloc[1]
    fit = fit_firth(x[:, None], y, nuisance=np.column_stack([np.ones(60), z]), confidence=0.95)
    assert (apart["test"], apart["status"]) == (FIRTH, "ok")
    assert "Firth" in apart["reason"]
    wanted = [fit.ratio, *np.exp(fit[2:]), stats.chi2.sf(fit.ratio, 1)]
    got = apart[["statistic", "effect", "ci_low", "ci_high", "p"]].astype(float)
    np.testing.assert_allclose(got, wanted, rtol=1e-8)
    assert (plain["test"], plain["reason"]) == (LR, "")
    full = sm.Logit(other, sm.add_constant(np.column_stack([x, z]))).fit(disp=0, tol=1e-12)
    assert plain["effect"] == pytest.approx(np.exp(full.params[1]), rel=1e-6)


def test_levels_that_separate():
    x, y, z = planted(2, n=90)
    levels = np.where(x == 1, "c", np.where(z[:, 0] > 0, "b", "a")).astype(object)
    age = make("continuous", age=z[:, 1])
    for features, targets in (
        (make("binary", f=y), make("categorical", t=levels)),
        (make("categorical", t=levels), make("binary", f=y)),
    ):
        row = run(features, targets, covariates=age).iloc[0]
        X = np.column_stack([np.ones(90), z[:, 1] / 40, levels == "b", levels == "c"]).astype(float)
        ratio = 2 * (maximum(X, y)[0] - maximum(X, y, [0.0, 0.0])[0])
        assert row["test"] == FIRTH
        assert row["statistic"] == pytest.approx(ratio, rel=1e-6)
        assert row["df"] == 2
        assert row["effect"] == pytest.approx(1 - np.exp(-ratio / 90), rel=1e-6)


@pytest.mark.parametrize("adjusted", [False, True])
def test_separation_can_be_refused(adjusted):
    x, y, z = planted(1)
    covariates = make("continuous", a=z[:, 0]) if adjusted else None
    row = run(
        make("binary", f=y),
        make("binary", t=x),
        covariates=covariates,
        separation="refuse",
        method="linear",
    ).iloc[0]
    assert row["status"] == "not testable"
    assert "separation = 'refuse'" in row["reason"]
    assert np.isnan(row["p"])
    with pytest.raises(ValidationError, match="firth"):
        AssociateSettings(separation="ridge")


def test_perfect_prediction_and_huge_covariates():
    y = np.repeat([0.0, 1.0], 30)
    huge = make("continuous", a=1e150 * np.random.default_rng(1).standard_normal(60))
    for covariates in (huge, None):
        row = run(make("binary", f=y), make("binary", t=1 - y), covariates=covariates, method="linear").iloc[
            0
        ]
        assert row["test"] == FIRTH
        assert 0 < row["ci_low"] < row["effect"] < row["ci_high"] < 1
        assert row["p"] < 1e-8


def test_walds_test():
    x, y, z = planted(4, n=120)
    random = np.random.default_rng(8)
    y = np.where(random.random(120) < 0.25, 1 - y, y)
    levels = random.choice(["a", "b", "c"], 120).astype(object)
    age = make("continuous", age=z[:, 0])
    features, targets = make("binary", f=y), make("binary", t=x)
    for covariates in (age, None):
        Z = np.column_stack([np.ones(120), z[:, 0]]) if covariates else np.ones((120, 1))
        full = sm.Logit(y, np.column_stack([Z, x])).fit(disp=0, tol=1e-13)
        row = run(features, targets, covariates=covariates, inference="wald", method="linear").iloc[0]
        assert row["test"] == WALD
        assert row["statistic"] == pytest.approx(full.tvalues[-1] ** 2, rel=1e-8)
        assert row["p"] == pytest.approx(full.pvalues[-1], rel=1e-7)
    dummies = np.column_stack([levels == "b", levels == "c"])
    full = sm.Logit(y, np.column_stack([np.ones(120), z[:, 0], dummies]).astype(float)).fit(disp=0, tol=1e-13)
    wanted = full.wald_test(np.eye(4)[2:], use_f=False, scalar=True)
    row = run(features, make("categorical", t=levels), covariates=age, inference="wald").iloc[0]
    assert row["statistic"] == pytest.approx(float(wanted.statistic), rel=1e-8)
    assert row["p"] == pytest.approx(float(wanted.pvalue), rel=1e-7)


def test_error_rate_of_noise_where_half_of_the_pairs_separate():
    """Rare responses of nothing: Firth's test errs in at most 5%, the likelihood ratio alone would in more."""
    random = np.random.default_rng(6)
    x, y = ((random.random((40, 60)) < share).astype(float) for share in (0.5, 0.15))
    found = run(
        make("binary", **{f"f{k}": c for k, c in enumerate(y.T)}),
        make("binary", **{f"t{k}": c for k, c in enumerate(x.T)}),
        covariates=make("continuous", a=random.standard_normal(40)),
    )
    p = found["p"].dropna()
    assert (found["test"] == FIRTH).mean() > 0.02
    assert (p <= 0.05).mean() <= stats.binom.ppf(0.9995, 60, 0.05) / 60  # 60 independent columns at the worst
    apart = found.loc[found["test"] == FIRTH]
    assert apart["effect"].between(0, np.inf, inclusive="neither").all()
    assert (apart["ci_low"] < apart["effect"]).all()


def test_permuted_tables_fall_back_alike():
    """Without covariates the permutation p repeats the same rule, separated draws included."""
    random = np.random.default_rng(9)
    found = []
    for k in range(60):
        x, y = ((random.random((24, 4)) < share).astype(float) for share in (0.5, 0.25))
        tables = (
            make("binary", **{f"{s}{i}": c for i, c in enumerate(v.T)}) for s, v in (("f", y), ("t", x))
        )
        found.append(run(*tables, method="linear", permutations=39 + 0 * k)["p_maxt"].min())
    low, high = stats.binom.ppf([0.0005, 0.9995], 60, 0.3) / 60
    assert low <= (np.array(found) <= 0.3).mean() <= high


@pytest.mark.parametrize("adjusted", [False, True])
def test_to_one_side(adjusted):
    x, y, z = planted(1)
    covariates = make("continuous", a=z[:, 0]) if adjusted else None
    p = {
        side: run(
            make("binary", f=y), make("binary", t=x), covariates=covariates, method="linear", side=side
        ).iloc[0]
        for side in ("two-sided", "greater", "less")
    }
    assert p["greater"]["test"] == f"{FIRTH} (greater)"
    assert p["greater"]["p"] == pytest.approx(p["two-sided"]["p"] / 2)
    assert p["less"]["p"] == pytest.approx(1 - p["two-sided"]["p"] / 2)
    assert "Firth" in p["less"]["reason"]
    assert "one-sided" in p["less"]["reason"]
