"""Every test of the association engine against scipy or statsmodels, on columns with values missing at random.

The oracles are run here on each pair's own complete cases: scipy 1.14 and later, statsmodels 0.14 and later.
"""

import warnings
from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from imagenomics.associate import pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.stats.effects import auc_interval, odds_ratio
from imagenomics.tables.patient_table import PatientTable, describe

N = 80
P_PRECISION = 1e-10


def table(seed: int, kinds: list[str], *, missing: float = 0.1, n: int = N) -> PatientTable:
    random = np.random.default_rng(seed)
    columns = {}
    for k, kind in enumerate(kinds):
        draw = {
            "continuous": random.standard_normal(n) * 5 + 30,
            "ordinal": random.integers(0, 5, n).astype(float),
            "binary": (random.random(n) < 0.4).astype(float),
            "categorical": random.choice(["a", "b", "c"], n).astype(object),
        }[kind]
        draw[random.random(n) < missing] = None if kind == "categorical" else np.nan
        columns[f"{kind}{k}"] = draw
    index = pd.Index([f"P{i:03d}" for i in range(n)], name="patient", dtype=object)
    return PatientTable(pd.DataFrame(columns, index=index), describe(list(columns), kind=kinds))


def dummies(values: np.ndarray) -> np.ndarray:
    return np.column_stack([values == level for level in sorted(set(values))[1:]]).astype(float)


def compare(
    features, targets, oracle, *, method="auto", covariates=None, transform="none", per_term=1
) -> int:
    """Compare every pair with ``oracle(x, y, Z)``: numbers by column name, relative errors below 1e-10."""
    settings = AssociateSettings(
        method=method,
        transform=transform,
        permutations=0,
        min_group=2,
        min_patients=10,
        min_per_term=per_term,
    )
    found = pairs.test_pairs(
        features, targets, covariates=covariates, settings=settings, analysis="reference", seed=1
    )
    Z = np.ones((len(features.values), 1))
    if covariates is not None:
        columns = [covariates.values[c].to_numpy() for c in covariates.values]
        parts = [dummies(c) if c.dtype == object else c[:, None] for c in columns]
        Z = np.hstack([Z, *parts])
    compared = 0
    for _, row in found.iterrows():
        x, y = features.values[row["feature"]], targets.values[row["target"]]
        both = (x.notna() & y.notna()).to_numpy()
        assert row["n"] == both.sum()
        if row["test"] == "logistic regression (Firth)":
            continue
        assert row["status"] == "ok", row["reason"]
        for name, wanted in oracle(x.to_numpy()[both], y.to_numpy()[both], Z[both]).items():
            np.testing.assert_allclose(row[name], wanted, rtol=P_PRECISION, atol=1e-13, err_msg=name)
            compared += 1
        assert row["neg_log10_p"] == pytest.approx(-np.log10(row["p"]), rel=1e-9, abs=1e-12)
    return compared


def mann_whitney(x, y, Z):
    found = stats.mannwhitneyu(x[y == 1], x[y == 0], method="asymptotic")
    area = found.statistic / ((y == 1).sum() * (y == 0).sum())
    low, high = auc_interval(area, (y == 1).sum(), (y == 0).sum())
    return {"statistic": found.statistic, "p": found.pvalue, "effect": area, "ci_low": low, "ci_high": high}


@pytest.mark.parametrize("kind", ["continuous", "ordinal"])
def test_mann_whitney(kind):
    assert compare(table(1, [kind] * 5), table(2, ["binary"] * 5), mann_whitney) == 125
    assert (
        compare(table(1, ["binary"] * 5), table(2, [kind] * 5), lambda x, y, Z: mann_whitney(y, x, Z)) == 125
    )


@pytest.mark.parametrize("kind", ["continuous", "ordinal"])
def test_kruskal_wallis(kind):
    def oracle(x, y, Z):
        found = stats.kruskal(*(x[y == level] for level in sorted(set(y))))
        return {
            "statistic": found.statistic,
            "p": found.pvalue,
            "effect": found.statistic / (x.size - 1),
            "df": 2,
        }

    assert compare(table(1, [kind] * 5), table(2, ["categorical"] * 4), oracle) == 80
    assert compare(table(1, ["categorical"] * 4), table(2, [kind] * 5), lambda x, y, Z: oracle(y, x, Z)) == 80


@pytest.mark.parametrize(
    "kinds", [("continuous", "continuous"), ("ordinal", "continuous"), ("ordinal", "ordinal")]
)
def test_spearman(kinds):
    def oracle(x, y, Z):
        found = stats.spearmanr(x, y)
        error = np.sqrt((1 + found.statistic**2 / 2) / (x.size - 3))
        low, high = np.tanh(np.arctanh(found.statistic) + np.array([-1, 1]) * 1.959963984540054 * error)
        return {
            "effect": found.statistic,
            "p": found.pvalue,
            "df": x.size - 2,
            "ci_low": low,
            "ci_high": high,
        }

    assert compare(table(1, [kinds[0]] * 5), table(2, [kinds[1]] * 5), oracle) == 125


def exact_fisher(a: int, r: int, c: int, n: int) -> float:
    """Return the two-sided p as a ratio of whole numbers: no rounding decides what is equally probable."""
    weights = {k: comb(r, k) * comb(n - r, c - k) for k in range(max(0, r + c - n), min(r, c) + 1)}
    return float(Fraction(sum(w for w in weights.values() if w <= weights[a]), sum(weights.values())))


def test_fisher():
    def oracle(x, y, Z):
        a, b, c, d = (int(((x == i) & (y == j)).sum()) for i, j in ((1, 1), (1, 0), (0, 1), (0, 0)))
        ratio, low, high = odds_ratio((a, b, c, d))
        p = exact_fisher(a, a + b, a + c, x.size)
        assert p == pytest.approx(stats.fisher_exact([[a, b], [c, d]]).pvalue, rel=1e-9)
        return {"p": p, "effect": ratio, "ci_low": low, "ci_high": high, "statistic": a}

    assert compare(table(1, ["binary"] * 8), table(2, ["binary"] * 8), oracle) == 320


def test_fisher_with_equally_probable_tables_on_both_sides():
    n = 40
    index = pd.Index([f"P{i:03d}" for i in range(n)], name="patient", dtype=object)
    y = np.arange(n) < n // 2
    columns = {
        f"f{k}": np.isin(np.arange(n), [*range(k), *range(20, 40 - k)]).astype(float) for k in range(21)
    }
    features = PatientTable(pd.DataFrame(columns, index=index), describe(list(columns), kind="binary"))
    targets = PatientTable(pd.DataFrame({"t": y.astype(float)}, index=index), describe(["t"], kind="binary"))
    settings = AssociateSettings(permutations=0, min_group=1)
    found = pairs.test_pairs(features, targets, settings=settings, analysis="x", seed=1)
    np.testing.assert_allclose(found["p"], [exact_fisher(k, 20, 20, 40) for k in range(21)], rtol=1e-12)


def test_fisher_far_below_the_smallest_number():
    n = 3000
    index = pd.Index([f"P{i:04d}" for i in range(n)], name="patient", dtype=object)
    half = (np.arange(n) < n // 2).astype(float)
    one = PatientTable(pd.DataFrame({"x": half}, index=index), describe(["x"], kind="binary"))
    two = PatientTable(pd.DataFrame({"y": half}, index=index), describe(["y"], kind="binary"))
    found = pairs.test_pairs(one, two, settings=AssociateSettings(permutations=0), analysis="x", seed=1)
    wanted = (len(str(comb(3000, 1500))) - 1) + np.log10(
        comb(3000, 1500) / 10 ** (len(str(comb(3000, 1500))) - 1)
    )
    assert found["p"].iloc[0] == 0.0
    assert found["neg_log10_p"].iloc[0] == pytest.approx(wanted - np.log10(2), rel=1e-10)


def test_chi_square():
    def oracle(x, y, Z):
        counts = pd.crosstab(x, y).to_numpy()
        found = stats.chi2_contingency(counts, correction=False)
        strength = stats.contingency.association(counts)
        return {"statistic": found.statistic, "p": found.pvalue, "df": found.dof, "effect": strength}

    groups = table(1, ["categorical"] * 4, n=240)
    assert compare(groups, table(2, ["categorical"] * 4, n=240), oracle) == 64
    assert compare(groups, table(2, ["binary"] * 4, n=240), oracle) == 64


def ols(y, x, Z):
    model = sm.OLS(y, np.column_stack([x, Z])).fit()
    return model.tvalues[0], model


def correlation(x, y, Z):
    t, model = ols(x, y, Z)
    return {
        "statistic": t,
        "p": model.pvalues[0],
        "df": model.df_resid,
        "effect": t / np.sqrt(t * t + model.df_resid),
    }


def scaled_difference(response: pd.Series):
    """Return an oracle for the slope on a binary column in SD of the whole other column."""

    def oracle(values, groups, Z):
        t, model = ols(values, groups, Z)
        low, high = model.conf_int()[0]
        sd = response.std()
        return {
            "statistic": t,
            "p": model.pvalues[0],
            "df": model.df_resid,
            "effect": model.params[0] / sd,
            "se": model.bse[0] / sd,
            "ci_low": low / sd,
            "ci_high": high / sd,
        }

    return oracle


SITES = ["continuous", "continuous", "categorical"]


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("adjusted", [False, True])
def test_linear_model_of_two_numeric_columns(missing, adjusted):
    covariates = table(3, SITES, missing=0.0) if adjusted else None
    features, targets = (
        table(1, ["continuous"] * 8, missing=missing),
        table(2, ["continuous", "ordinal"] * 4, missing=missing),
    )
    assert compare(features, targets, correlation, method="linear", covariates=covariates) == 256


@pytest.mark.parametrize("adjusted", [False, True])
def test_linear_model_with_a_binary_column(adjusted):
    covariates = table(3, SITES, missing=0.0) if adjusted else None
    numeric, binary = table(1, ["continuous"]), table(2, ["binary"] * 8)
    oracle = scaled_difference(numeric.values["continuous0"])
    assert compare(numeric, binary, oracle, method="linear", covariates=covariates) == 56
    assert (
        compare(binary, numeric, lambda x, y, Z: oracle(y, x, Z), method="linear", covariates=covariates)
        == 56
    )


@pytest.mark.parametrize("adjusted", [False, True])
def test_partial_f(adjusted):
    def oracle(x, y, Z):
        full, reduced = sm.OLS(x, np.hstack([Z, dummies(y)])).fit(), sm.OLS(x, Z).fit()
        f, p, df = full.compare_f_test(reduced)
        share = 1 - full.ssr / reduced.ssr
        return {"statistic": f, "p": p, "df": full.df_resid, "df_factor": df, "effect": share}

    covariates = table(3, SITES, missing=0.0) if adjusted else None
    numeric, factors = table(1, ["continuous", "ordinal"] * 3), table(2, ["categorical"] * 5)
    assert compare(numeric, factors, oracle, method="linear", covariates=covariates) == 150
    assert (
        compare(factors, numeric, lambda x, y, Z: oracle(y, x, Z), method="linear", covariates=covariates)
        == 150
    )


def fit(y, X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sm.Logit(y, X).fit(disp=0, method="newton", tol=1e-14, maxiter=100)


@pytest.mark.parametrize("adjusted", [False, True])
def test_logistic_regression(adjusted):
    def oracle(x, y, Z):
        full, reduced = fit(x, np.column_stack([y, Z])), fit(x, Z)
        ratio = 2 * (full.llf - reduced.llf)
        low, high = np.exp(full.conf_int()[0])
        # A likelihood ratio near 0 is a small difference of large numbers in both programs.
        return {
            "p": stats.chi2.sf(ratio, 1),
            "effect": np.exp(full.params[0]),
            "ci_low": low,
            "ci_high": high,
            "df": 1,
        }

    covariates = table(3, SITES, missing=0.0) if adjusted else None
    features, targets = table(1, ["binary"] * 6), table(2, ["binary"] * 6)
    assert compare(features, targets, oracle, method="linear", covariates=covariates) == 180


def test_logistic_regression_on_levels():
    def oracle(x, y, Z):
        full, reduced = fit(x, np.hstack([dummies(y), Z])), fit(x, Z)
        ratio = 2 * (full.llf - reduced.llf)
        return {"p": stats.chi2.sf(ratio, 2), "df": 2, "effect": 1 - np.exp(-ratio / x.size)}

    covariates = table(3, ["continuous"], missing=0.0)
    binary, levels = table(1, ["binary"] * 5), table(2, ["categorical"] * 4)
    assert compare(binary, levels, oracle, covariates=covariates) == 60
    assert compare(levels, binary, lambda x, y, Z: oracle(y, x, Z), covariates=covariates) == 60


def test_sites_that_missing_values_empty():
    """Small sites lose all their patients in some pairs: rank and degrees of freedom follow."""
    random = np.random.default_rng(9)
    site = np.array([f"s{k:02d}" for k in random.integers(0, 30, N)], dtype=object)
    covariates = table(3, ["continuous", "categorical"], missing=0.0)
    covariates = PatientTable(covariates.values.assign(categorical1=site), covariates.columns)

    def oracle(x, y, Z):
        Z = Z[:, (Z != 0).any(axis=0)]
        model = sm.OLS(x, np.column_stack([y, Z])).fit()
        return {"statistic": model.tvalues[0], "p": model.pvalues[0], "df": model.df_resid}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert (
            compare(
                table(1, ["continuous"] * 10), table(2, ["continuous"] * 10), oracle, covariates=covariates
            )
            == 300
        )


def test_normal_scores_are_bloms():
    from imagenomics.associate.scores import normal_scores

    random = np.random.default_rng(1)
    values = np.column_stack([random.standard_normal(50), random.integers(0, 4, 50), np.zeros(50)])
    values[random.random(values.shape) < 0.2] = np.nan
    found = normal_scores(values)
    for column, scores in zip(values.T, found.T, strict=True):
        seen = ~np.isnan(column)
        ranks = stats.rankdata(column[seen])
        np.testing.assert_allclose(
            scores[seen], stats.norm.ppf((ranks - 0.375) / (seen.sum() + 0.25)), atol=1e-13
        )
        assert np.isnan(scores[~seen]).all()


def test_normal_scores_are_made_before_the_model():
    features, targets = table(1, ["continuous"] * 3), table(2, ["continuous", "binary"])
    from imagenomics.associate.scores import normal_scores

    scored = PatientTable(
        features.values.apply(lambda c: normal_scores(c.to_numpy()[:, None])[:, 0]), features.columns
    )
    targets_scored = targets.values.assign(
        continuous0=normal_scores(targets.values[["continuous0"]].to_numpy())[:, 0]
    )
    settings = {"permutations": 0, "method": "linear"}
    left = pairs.test_pairs(features, targets, settings=AssociateSettings(**settings), analysis="x", seed=1)
    right = pairs.test_pairs(
        scored,
        PatientTable(targets_scored, targets.columns),
        settings=AssociateSettings(transform="none", **settings),
        analysis="x",
        seed=1,
    )
    np.testing.assert_allclose(left["p"], right["p"], rtol=1e-12)
