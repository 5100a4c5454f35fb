"""Tests of raw counts: voom by a second derivation, models of counts, noise with outliers, planted genes, bad input."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from imagenomics.associate.design import orthonormal
from imagenomics.associate.differential.count_models import fit_counts, wald_errors
from imagenomics.associate.differential.expression import library_sizes
from imagenomics.associate.differential.expression import test_expression as run_expression
from imagenomics.associate.differential.quasi_scores import null_of, rows_of, score_phenotype
from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.associate.differential.size_factors import size_factors
from imagenomics.associate.differential.voom import fit_voom
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable, describe

METHODS = ("voom", "quasi-likelihood", "negative-binomial")


def table(values, name, **fields) -> PatientTable:
    index = pd.Index([f"P{i:03d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, **fields))


def run(phenotypes, counts, *, method, covariates=None, **options):
    settings = DifferentialSettings(**{"method": method, "permutations": 0, **options})
    genes = counts if isinstance(counts, PatientTable) else table(counts, "g", unit="counts")
    return run_expression(phenotypes, genes, covariates=covariates, settings=settings, analysis="d", seed=1)


def reads(random, n, g, effect=None, x=None):
    depth, base = random.uniform(0.5, 2.0, n), np.exp(random.normal(4.5, 1.2, g))
    alpha = 0.05 + 2.0 / base
    mean = depth[:, None] * base * (1.0 if effect is None else np.exp(np.outer(x, effect)))
    return random.negative_binomial(1 / alpha, 1 / (1 + alpha * mean)).astype(float)


def test_size_factors_undo_the_depth():
    random = np.random.default_rng(1)
    mean = np.exp(random.normal(6, 1, 400))
    depth = np.array([0.5, 1.0, 2.0, 4.0])
    found = size_factors(random.poisson(depth[:, None] * mean).astype(float))
    np.testing.assert_allclose(found / found[1], depth, rtol=0.03)
    sparse = random.poisson(depth[:, None] * mean).astype(float)
    sparse[np.arange(400) % 4, np.arange(400)] = 0  # no gene without a zero
    found = size_factors(sparse)
    np.testing.assert_allclose(found / found[1], depth, rtol=0.15)


def test_voom_by_a_second_derivation():
    random = np.random.default_rng(4)
    x, age = random.standard_normal(24), random.standard_normal(24)
    counts = reads(random, 24, 80)
    counts[:, 0] = 0
    sizes = library_sizes(counts)
    found = fit_voom(counts, np.column_stack([np.ones(24), age]), x, sizes=sizes)
    design = np.column_stack([np.ones(24), age, x])
    y = np.log2((counts[:, 1:] + 0.5) / (sizes[:, None] + 1) * 1e6)
    plain = [sm.OLS(gene, design).fit() for gene in y.T]
    level = y.mean(axis=0) + np.log2(sizes + 1).mean() - np.log2(1e6)
    root = np.sqrt([np.sqrt(f.scale) for f in plain])
    trend = sm.nonparametric.lowess(root, level, frac=0.5, it=3, delta=0.01 * np.ptp(level))
    for k, gene in enumerate(y.T):
        fitted = np.log2(2 ** plain[k].fittedvalues * (sizes + 1) / 1e6)
        weights = np.interp(fitted, trend[:, 0], trend[:, 1]) ** -4
        fit = sm.WLS(gene, design, weights=weights).fit()
        assert found.effect[k + 1] == pytest.approx(fit.params[-1], rel=1e-6)
        own = found.unscaled[k + 1] * np.sqrt(found.variance[k + 1])
        assert own == pytest.approx(fit.bse[-1], rel=1e-6)
    assert found.code[0] != 0
    assert np.isnan(found.effect[0])


def test_models_of_known_dispersion_are_those_of_statsmodels():
    random = np.random.default_rng(6)
    design = np.column_stack([np.ones(40), random.standard_normal(40)])
    counts, alpha = reads(random, 40, 4), np.array([0.1, 0.3, 0.05, 0.2])
    offset = random.normal(0, 0.3, 40)
    fit = fit_counts(counts, design, offset, alpha)
    errors = wald_errors(fit, design, alpha)
    for k in range(4):
        family = sm.families.NegativeBinomial(alpha=alpha[k])
        peer = sm.GLM(counts[:, k], design, family=family, offset=offset).fit(tol=1e-12)
        np.testing.assert_allclose(fit.beta[k], peer.params, rtol=1e-4, atol=1e-5)
        assert errors[k] == pytest.approx(peer.bse[-1], rel=1e-3)


def test_genes_of_few_and_very_large_counts_are_fitted():
    """Where a first step leads far uphill it is halved: every score is 0 in the end."""
    random = np.random.default_rng(7)
    counts = np.where(random.random((100, 40)) < 0.08, np.round(np.exp(random.normal(5, 2, (100, 40)))), 0.0)
    design = np.column_stack([np.ones(100), random.standard_normal(100)])
    offset, alpha = random.normal(0, 0.3, 100), np.full(40, 0.5)
    fit = fit_counts(counts, design, offset, alpha, lowest=1e-6, steady=1e-9, ridge=1e-12)
    assert fit.done.all()
    scores = design.T @ ((counts - fit.mean) / (1 + alpha * fit.mean))
    assert np.abs(scores).max() < 1e-5


@pytest.mark.parametrize("n", [20, 40])
@pytest.mark.parametrize("kind", ["binary", "continuous"])
@pytest.mark.parametrize("method", METHODS)
def test_noise_keeps_its_rate(method, kind, n):
    random = np.random.default_rng([3, n, len(kind)])
    count = tests = 0
    for _ in range(3):
        x = random.permutation(np.arange(n) % 2)[:, None].astype(float)
        if kind == "continuous":
            x = random.standard_normal((n, 1))
        phenotype = table(x, "f", kind=kind)
        covariates = table(random.standard_normal((n, 1)), "c")
        found = run(phenotype, reads(random, n, 200), method=method, covariates=covariates)
        p = found["p"].dropna()
        count, tests = count + int((p <= 0.05).sum()), tests + len(p)
    low, high = stats.binom.ppf([0.0005, 0.9995], tests, 0.05)
    assert tests >= 590
    assert low <= count <= high


@pytest.mark.parametrize("method", METHODS)
def test_planted_genes_are_found_with_their_fold_change(method):
    random = np.random.default_rng(8)
    x = random.permutation(np.arange(40) % 2).astype(float)
    effect = np.where(np.arange(150) < 6, np.log(3.0), 0.0)
    found = run(table(x[:, None], "f", kind="binary"), reads(random, 40, 150, effect, x), method=method)
    hits = set(found["target"][found["q"] <= 0.05])
    assert hits >= {f"g{k}" for k in range(6)}
    assert len(hits) <= 9
    assert found["effect"][:6].mean() == pytest.approx(np.log2(3.0), abs=0.35)
    assert set(found["effect_name"]) == {"log2 fold change between groups"}


@pytest.mark.parametrize("method", ["voom", "quasi-likelihood"])
@pytest.mark.parametrize("kind", ["binary", "continuous"])
def test_outlying_counts_bring_no_small_p(method, kind):
    random = np.random.default_rng([4, len(kind)])
    p = []
    for _ in range(3):
        half = random.permutation(np.arange(40) % 2)[:, None].astype(float)
        x = half if kind == "binary" else random.standard_normal((40, 1))
        counts = reads(random, 40, 200)
        hit = random.random(counts.shape) < 0.005
        counts[hit] = np.round(counts[hit] * random.uniform(10, 50, hit.sum()) + 10)
        p.append(run(table(x, "f", kind=kind), counts, method=method)["p"].dropna())
    p = np.concatenate(p)
    low, high = stats.binom.ppf([0.0005, 0.9995], p.size, 0.05)
    assert low <= (p <= 0.05).sum() <= high
    assert (p <= 0.001).sum() <= stats.binom.ppf(0.9995, p.size, 0.001)


def test_a_phenotype_says_the_same_whatever_else_is_tested():
    random = np.random.default_rng(12)
    x, counts = random.standard_normal((40, 3)), reads(random, 40, 60)
    x[:5, 1] = np.nan
    group = np.column_stack([np.arange(40) % 2.0])
    alone = run(table(x[:, :1], "f"), counts, method="quasi-likelihood")
    among = run(table(x, "f"), counts, method="quasi-likelihood")
    among = among[among["feature"] == "f0"].reset_index(drop=True)
    for column in ("effect", "statistic", "p"):
        np.testing.assert_allclose(alone[column], among[column], rtol=1e-12)
    turned = run(table(1 - group, "f", kind="binary"), counts, method="quasi-likelihood")
    found = run(table(group, "f", kind="binary"), counts, method="quasi-likelihood")
    np.testing.assert_allclose(found["statistic"], -turned["statistic"], rtol=1e-8)


def test_patients_without_the_phenotype_hardly_change_a_quasi_score():
    """Their counts shape the null model; scores of the others are near those of a model of the others alone."""
    random = np.random.default_rng(13)
    x, age, counts = random.standard_normal(60), random.standard_normal(60), reads(random, 60, 80)
    basis, sizes = orthonormal(np.column_stack([np.ones(60), age])), size_factors(counts)
    dispersion, known = np.full(80, 0.2), np.arange(60) >= 10
    whole = null_of(counts, basis, sizes, dispersion)
    alone = null_of(counts[10:], orthonormal(basis[10:]), sizes[10:], dispersion)
    some = score_phenotype(whole, rows_of(whole, known), x[10:])
    others = score_phenotype(alone, rows_of(alone, known[10:]), x[10:])
    assert np.abs(some.t - others.t).max() < 0.2
    assert np.corrcoef(some.t, others.t)[0, 1] > 0.999


def test_permutations_and_their_absence_of_negative_binomial_models():
    random = np.random.default_rng(9)
    x, counts = random.standard_normal((30, 2)), reads(random, 30, 60)
    x[:2, 0] = np.nan
    for method in ("voom", "quasi-likelihood"):
        assert run(table(x, "f"), counts, method=method, permutations=10)["p_maxt"].between(0.05, 1).all()
    found = run(table(x, "f"), counts, method="negative-binomial", permutations=10)
    assert found["p_maxt"].isna().all()
    assert found["reason"].astype(str).str.contains("no permutation p").all()
    assert set(found["n"]) == {28, 30}


def test_genes_without_reads_and_small_groups_are_not_tested():
    random = np.random.default_rng(9)
    counts = reads(random, 30, 60)
    counts[:, 3] = 0
    few = (np.arange(30) < 4).astype(float)[:, None]
    for method in METHODS:
        found = run(table(random.standard_normal((30, 1)), "f"), counts, method=method)
        assert np.isnan(found["p"][3])
        assert found["p"].notna().sum() == 59
        assert run(table(few, "f", kind="binary"), counts, method=method)["p"].isna().all()


@pytest.mark.parametrize("method", METHODS)
def test_other_numbers_and_few_genes_are_refused(method):
    random = np.random.default_rng(9)
    phenotype = table(random.standard_normal((30, 1)), "f")
    logs = table(np.log2(reads(random, 30, 60) + 1), "g", unit="log2 CPM")
    with pytest.raises(InputError, match="IGX-DIFF-011"):
        run(phenotype, logs, method=method)
    with pytest.raises(InputError, match="IGX-DIFF-012"):
        run(phenotype, reads(random, 30, 12), method=method)
