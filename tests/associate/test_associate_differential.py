"""Differential expression: moderated t against a second derivation, noise, planted genes, bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

from imagenomics.associate.differential.expression import test_expression as run_expression
from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.associate.differential.squeeze import natural_spline, squeeze_variances, trigamma_inverse
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable, describe


def table(values, name, **fields) -> PatientTable:
    index = pd.Index([f"P{i:03d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, **fields))


def run(phenotypes, genes, *, covariates=None, seed=1, **options):
    settings = DifferentialSettings(**{"permutations": 0, **options})
    return run_expression(
        phenotypes, genes, covariates=covariates, settings=settings, analysis="d", seed=seed
    )


def expression(random, n, g):
    sd = np.sqrt(0.04 * 8 / random.chisquare(8, g))
    return 6 + sd * random.standard_normal((n, g))


def test_trigamma_inverse_solves_its_equation():
    for value in (1e-8, 1e-3, 0.4, 3.0, 50.0, 1e9):
        assert special.polygamma(1, trigamma_inverse(value)) == pytest.approx(value, rel=1e-6)


def test_prior_by_a_second_derivation():
    random = np.random.default_rng(3)
    df = np.full(4000, 12.0)
    variance = (0.5 * 6 / random.chisquare(6, 4000)) * random.chisquare(12, 4000) / 12
    found = squeeze_variances(variance, df)
    excess = np.log(variance).var(ddof=1) - special.polygamma(1, 6.0)
    half = optimize.brentq(lambda d: special.polygamma(1, d) - excess, 1e-3, 1e3)
    centre = np.log(variance).mean() - special.digamma(6) + np.log(6)
    prior = np.exp(centre + special.digamma(half) - np.log(half))
    assert found.prior_df == pytest.approx(2 * half, rel=1e-8)
    np.testing.assert_allclose(found.prior, prior, rtol=1e-8)
    np.testing.assert_allclose(found.variance, (12 * variance + 2 * half * prior) / (12 + 2 * half))
    assert found.prior_df == pytest.approx(6, rel=0.15)
    assert prior == pytest.approx(0.5, rel=0.05)


def test_equal_variances_are_pooled():
    random = np.random.default_rng(1)
    pooled = squeeze_variances(np.full(50, 2.0) + 1e-3 * random.random(50), np.full(50, 5.0))
    assert np.isinf(pooled.prior_df)
    assert pooled.df == pytest.approx(250)


def test_the_spline_is_straight_at_its_ends_and_of_full_rank():
    x = np.linspace(2, 9, 400)
    basis = natural_spline(x, 4)
    assert np.linalg.matrix_rank(basis) == 4
    assert np.abs(np.diff(basis, n=2, axis=0)[[0, -1]]).max() < 1e-4


@pytest.mark.parametrize("missing", [False, True])
def test_slopes_are_those_of_least_squares(missing):
    random = np.random.default_rng(5)
    genes = expression(random, 60, 30)
    if missing:
        genes[random.random(genes.shape) < 0.1] = np.nan
    group, age = (random.random(60) < 0.5).astype(float), random.standard_normal(60)
    found = run(
        table(group[:, None], "f", kind="binary"),
        table(genes, "g", unit="log2 TPM"),
        covariates=table(age[:, None], "age"),
    )
    variance, df = [], []
    for k in range(30):
        known = ~np.isnan(genes[:, k])
        design = np.column_stack([np.ones(known.sum()), age[known], group[known]])
        beta, rest, *_ = np.linalg.lstsq(design, genes[known, k], rcond=None)
        assert found["effect"][k] == pytest.approx(beta[-1], rel=1e-9)
        variance.append(rest[0] / (known.sum() - 3))
        df.append(known.sum() - 3.0)
        unscaled = np.sqrt(np.linalg.inv(design.T @ design)[-1, -1])
        shrunk = (found["se"][k] / unscaled) ** 2
        assert found["p"][k] == pytest.approx(
            2 * stats.t.sf(abs(found["statistic"][k]), found["df"][k]), rel=1e-5
        )
        variance[-1] = (variance[-1], shrunk)
    own, posterior = np.array(variance).T
    np.testing.assert_allclose(squeeze_variances(own, np.array(df)).variance, posterior, rtol=1e-9)
    assert set(found["effect_name"]) == {"log2 fold change between groups"}


@pytest.mark.parametrize("trend", [False, True])
@pytest.mark.parametrize("kind", ["continuous", "binary", "ordinal"])
def test_noise_keeps_its_rate(kind, trend):
    random = np.random.default_rng([7, trend, len(kind)])
    count = tests = 0
    for seed in range(12):
        values = random.standard_normal((50, 1))
        if kind == "binary":
            values = (values > 0).astype(float)
        elif kind == "ordinal":
            values = random.integers(0, 4, (50, 1)).astype(float)
        found = run(
            table(values, "f", kind=kind),
            table(expression(random, 50, 300), "g"),
            covariates=table(random.standard_normal((50, 2)), "c"),
            trend=trend,
            seed=seed,
        )
        count, tests = count + int((found["p"] <= 0.05).sum()), tests + len(found)
    low, high = stats.binom.ppf([0.0005, 0.9995], tests, 0.05)
    assert low <= count <= high


@pytest.mark.slow
def test_family_of_noise_is_seldom_wrong_and_planted_genes_are_found():
    random = np.random.default_rng(11)
    wrong = 0
    for seed in range(60):
        genes = expression(random, 40, 60)
        found = run(
            table(random.standard_normal((40, 2)), "f"), table(genes, "g"), permutations=60, seed=seed
        )
        wrong += bool((found["p_maxt"] <= 0.05).any())
    assert wrong <= stats.binom.ppf(0.9995, 60, 0.05)
    x = random.standard_normal((60, 1))
    genes = expression(random, 60, 200)
    genes[:, :5] += 0.3 * x
    found = run(table(x, "f"), table(genes, "g", unit="log2 CPM"), permutations=200, transform="none")
    assert set(found["target"][found["q"] <= 0.05]) >= {f"g{k}" for k in range(5)}
    assert (found["p_maxt"][:5] <= 0.05).all()
    assert found["effect"][:5].mean() == pytest.approx(0.3 * x.std(ddof=1), rel=0.2)


def test_small_groups_constants_and_categories_are_not_tested():
    random = np.random.default_rng(2)
    genes = expression(random, 40, 12)
    genes[:, 0] = 3.0
    small = (np.arange(40) < 4).astype(float)
    found = run(table(small[:, None], "f", kind="binary"), table(genes, "g"))
    assert found["p"].isna().all()
    assert found["reason"].str.contains("smallest group|constant").all()
    odd = table(np.where(small > 0, "a", "b")[:, None].astype(object), "f", kind="categorical")
    assert run(odd, table(genes, "g"))["p"].isna().all()


def test_raw_counts_and_labels_are_refused():
    random = np.random.default_rng(2)
    phenotype = table(random.standard_normal((40, 1)), "f")
    with pytest.raises(InputError, match="IGX-DIFF-001"):
        run(phenotype, table(random.poisson(5, (40, 5)).astype(float), "g", unit="counts"))
    with pytest.raises(InputError, match="IGX-DIFF-002"):
        run(phenotype, table((random.random((40, 5)) < 0.5).astype(float), "g", kind="binary"))
