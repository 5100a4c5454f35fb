"""Sets of variants: against regression, dense draws and permutations; on noise and on planted effects; bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from imagenomics.errors import InputError
from imagenomics.genetics.settings import VariantSetSettings
from imagenomics.genetics.skat import (
    SHARES,
    Scores,
    burden,
    linear_null,
    logistic_null,
    set_scores,
    skat,
    skat_o,
)
from imagenomics.genetics.variant_sets import test_variant_sets
from imagenomics.tables.patient_table import PatientTable, describe

N = 200


def cohort(seed, *, n=N, m=10, effect=0.0, both=False):
    """Return genotypes (n, m) of one set, an orthonormal basis with two covariates, and a phenotype."""
    random = np.random.default_rng([23, seed])
    G = random.binomial(2, random.uniform(0.01, 0.05, m), (n, m)).astype(float)
    C = random.standard_normal((n, 2))
    signs = np.where(np.arange(m) % 2, -1.0, 1.0) if both else np.ones(m)
    y = random.standard_normal(n) + C @ [0.5, -0.3] + effect * (G @ signs)
    return G, np.linalg.qr(np.column_stack([np.ones(n), C]))[0], y


def test_burden_is_the_t_test_of_the_regression():
    G, Q, y = cohort(1)
    found, r = burden(set_scores(linear_null(y, Q), G))
    fit = sm.OLS(y, np.column_stack([Q, G.sum(axis=1)])).fit()
    assert (found.statistic, found.p) == pytest.approx((fit.tvalues[-1], fit.pvalues[-1]), rel=1e-9)
    assert r == pytest.approx(fit.tvalues[-1] / np.sqrt(fit.tvalues[-1] ** 2 + fit.df_resid), rel=1e-9)


def test_one_variant_is_its_own_test():
    G, Q, y = cohort(2, m=1)
    scores = set_scores(linear_null(y, Q), G)
    fit = sm.OLS(y, np.column_stack([Q, G])).fit()
    assert skat(scores).p == pytest.approx(fit.pvalues[-1], rel=1e-8)
    binary = (y > np.median(y)).astype(float)
    scores = set_scores(logistic_null(binary, Q), G)
    model = sm.GLM(binary, Q, family=sm.families.Binomial()).fit()
    z = model.score_test(exog_extra=G)
    assert skat(scores).p == pytest.approx(float(np.squeeze(z[1])), rel=1e-6)
    assert burden(scores)[0].p == pytest.approx(float(np.squeeze(z[1])), rel=1e-6)


def test_skat_is_exact_with_few_patients():
    """The residuals turned at random are the null of normal residuals, the variance estimated each time."""
    G, Q, y = cohort(3, n=25)
    null = linear_null(y, Q)
    observed = skat(set_scores(null, G))
    random = np.random.default_rng(5)
    drawn = random.standard_normal((25, 40_000))
    drawn -= Q @ (Q.T @ drawn)
    drawn /= np.sqrt((drawn**2).sum(axis=0) / 22)
    share = (((G.T @ drawn) ** 2).sum(axis=0) >= observed.statistic).mean()
    assert observed.p == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 40_000))


@pytest.mark.parametrize("wanted", [0.3, 0.02])
def test_skat_o_against_draws_of_the_scores(wanted):
    """P that any mixture passes its own tail: the p of a set whose smallest tail is that."""
    G, Q, y = cohort(4)
    R = set_scores(linear_null(y, Q), G).covariance
    random = np.random.default_rng(6)
    drawn = random.multivariate_normal(np.zeros(10), R, 60_000)
    statistics = np.array(
        [(1 - share) * (drawn**2).sum(axis=1) + share * drawn.sum(axis=1) ** 2 for share in SHARES]
    )
    ranks = (
        np.argsort(np.argsort(-statistics, axis=1), axis=1).min(axis=0) / 60_000
    )  # smallest tail of each draw
    k = int(np.argmin(np.abs(np.array([(ranks <= r).mean() for r in ranks[:400]]) - wanted)))
    found = skat_o(Scores(drawn[k], R, 0, N))
    assert found.p == pytest.approx((ranks <= ranks[k]).mean(), rel=0.08)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["number", "binary"])
def test_noise_is_uniform(kind):
    p = {"burden": [], "skat": [], "skat-o": []}
    for seed in range(400):
        G, Q, y = cohort(1000 + seed)
        null = logistic_null((y > 0).astype(float), Q) if kind == "binary" else linear_null(y, Q)
        scores = set_scores(null, G)
        p["burden"].append(burden(scores)[0].p)
        p["skat"].append(skat(scores).p)
        p["skat-o"].append(skat_o(scores).p)
    for name, values in p.items():
        low, high = stats.binom.ppf([0.0005, 0.9995], 400, 0.05)
        assert low <= (np.array(values) <= 0.05).sum() <= high, name
        assert stats.kstest(values, "uniform").pvalue > 1e-3, name


def test_each_test_has_the_effects_it_is_for():
    p = np.array(
        [
            [burden(s)[0].p, skat(s).p, skat_o(s).p]
            for both in (False, True)
            for seed in range(60)
            for G, Q, y in [cohort(seed, effect=0.3, both=both)]
            for s in [set_scores(linear_null(y, Q), G)]
        ]
    ).reshape(2, 60, 3)
    power = (p <= 0.05).mean(axis=1)
    assert power[0, 0] > power[0, 1] + 0.1  # all in one direction: the burden
    assert power[1, 1] > power[1, 0] + 0.3  # both directions: the variance component
    assert (power[:, 2] > power[:, :2].max(axis=1) - 0.15).all()


def tables(seed=0, effect=0.0):
    G, _, y = cohort(seed, m=30, effect=0.0)
    random = np.random.default_rng([29, seed])
    y = y + effect * G[:, :10].sum(axis=1)
    index = pd.Index([f"P{i:03d}" for i in range(N)], name="patient", dtype=object)
    names = [f"v{k}" for k in range(30)]
    features = pd.DataFrame({"x.a": y, "x.b": random.standard_normal(N)}, index=index)
    variants = pd.DataFrame(G, index=index, columns=names)
    sets = {f"GENE{k}": names[10 * k : 10 * k + 10] for k in range(3)}
    return PatientTable(features, describe(features.columns)), PatientTable(variants, describe(names)), sets


def run(features, variants, sets, **options):
    return test_variant_sets(
        features, variants, sets, settings=VariantSetSettings(**options), analysis="bins"
    )


@pytest.mark.parametrize("method", ["skat-o", "skat", "burden"])
def test_a_planted_set_is_found(method):
    found = run(*tables(1, effect=0.8), method=method).associations
    assert found["target"].tolist() == ["GENE0"] * 2 + ["GENE1"] * 2 + ["GENE2"] * 2
    assert set(zip(*[found.loc[found["q"] <= 0.05, c] for c in ("feature", "target")], strict=True)) == {
        ("x.a", "GENE0")
    }
    assert found.loc[0, "effect"] > 0.2
    assert found.loc[0, "ci_low"] < found.loc[0, "effect"] < found.loc[0, "ci_high"]


def test_what_is_used_is_said():
    features, variants, sets = tables(2)
    values = variants.values.copy()
    values.iloc[:, 0] = 0.0  # constant
    values.iloc[:, 1] = np.r_[np.full(N // 2, np.nan), np.zeros(N - N // 2 - 1), 1.0]  # often unknown
    values.iloc[:, 2] = np.arange(N) % 3  # frequent
    values.iloc[:, 3] = 2.0 - values.iloc[:, 3]  # the other allele was counted
    values.iloc[0, 4] = np.nan
    sets["GENE0"] = [*sets["GENE0"], "elsewhere"]
    table = PatientTable(values, describe(values.columns))
    frame, content = run(features, table, sets)
    row = content.set_index("set").loc["GENE0"]
    assert row[["variants", "absent", "unknown", "frequent", "constant", "used", "imputed"]].tolist() == [
        11,
        1,
        1,
        1,
        1,
        7,
        1,
    ]
    assert (
        row["alleles"]
        == np.nansum(np.minimum(values.iloc[:, 3:10], [[0] + [2] * 6]).to_numpy())
        + (2 - values.iloc[:, 3]).sum()
    )
    plain = run(features, variants, {"GENE0": sets["GENE0"][3:10]}, weights="equal").associations
    assert run(features, table, {"GENE0": sets["GENE0"][3:10]}, weights="equal").associations[
        "p"
    ].to_numpy() == pytest.approx(plain["p"].to_numpy(), rel=0.2)
    assert frame["p"].notna().all()


def test_refusals_are_rows():
    features, variants, sets = tables(3)
    values = features.values.assign(**{"x.c": 1.0, "x.d": "u", "x.e": (np.arange(N) < 3).astype(float)})
    described = (
        describe(["x.a", "x.b", "x.c"]),
        describe(["x.d"], kind="categorical"),
        describe(["x.e"], kind="binary"),
    )
    table = PatientTable(values, pd.concat(described))
    frame = run(table, variants, {"GENE0": sets["GENE0"], "RARE": sets["GENE1"][:1]}).associations
    reasons = frame.set_index(["target", "feature"])["reason"]
    assert reasons["GENE0", "x.c"] == "all values are equal"
    assert "categorical" in reasons["GENE0", "x.d"]
    assert "fewer than 10 patients" in reasons["GENE0", "x.e"]
    assert (
        "minor alleles" in reasons["RARE", "x.a"]
        or frame.set_index(["target", "feature"])["p"].notna()["RARE", "x.a"]
    )
    assert frame.loc[frame["reason"] != "", "p"].isna().all()


def test_bad_input():
    features, variants, sets = tables(4)
    wrong = variants.values.copy()
    wrong.iloc[3, 4] = -9.0
    with pytest.raises(InputError, match=r"(?s)IGX-GEN-080.*-9"):
        run(features, PatientTable(wrong, describe(wrong.columns)), sets)
    with pytest.raises(InputError, match="IGX-GENET-001"):
        run(features, variants, {"GENE": ["rs1", "rs2"]})
