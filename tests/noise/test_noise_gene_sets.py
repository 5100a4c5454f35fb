"""Pure noise with correlated genes: no claim beyond chance; a planted set is found; random sets are what they say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.genesets.competitive import mean_correlation, mean_squared_correlation
from imagenomics.genesets.enrich import SetTables, enrich_sets
from imagenomics.genesets.random_sets import draw_random_sets, expression_levels
from imagenomics.genesets.set_index import SetIndex
from imagenomics.genesets.settings import EnrichSettings
from imagenomics.tables.patient_table import PatientTable, describe

ALPHA = 0.05
FAMILIES = 60
GENES, BLOCK = 240, 20
METHODS = ("phenotype-permutation", "self-contained", "competitive", "preranked", "over-representation")


def table(values: np.ndarray, name: str, kind: str = "continuous") -> PatientTable:
    index = pd.Index([f"P{i:03d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    frame = pd.DataFrame(values, index=index, columns=names)
    return PatientTable(frame, describe(names, kind=kind, feature=names))


def correlated_genes(random: np.random.Generator, n: int, *, share: float = 0.6) -> np.ndarray:
    """Return expression in which blocks of 20 genes share most of their variance, as the genes of a pathway do."""
    factors = np.repeat(random.standard_normal((n, GENES // BLOCK)), BLOCK, axis=1)
    return np.sqrt(share) * factors + np.sqrt(1 - share) * random.standard_normal((n, GENES))


# Eight sets are such blocks; two gather genes from everywhere.
SETS = {f"block{k}": [f"g{i}" for i in range(BLOCK * k, BLOCK * k + 15)] for k in range(8)}
SETS |= {f"mixed{k}": [f"g{i}" for i in range(k, GENES, 12)] for k in range(2)}


def run(expression, phenotypes, *, seed, sets=None, covariates=None, strata=None, **options) -> pd.DataFrame:
    options = {"permutations": 199, "random_sets": 59, "transform": "none"} | options
    return enrich_sets(
        SetTables(table(phenotypes, "f"), table(expression, "g"), covariates, strata),
        sets or SETS,
        settings=EnrichSettings(**options),
        analysis="noise",
        seed=seed,
    )


def upper(tests: int, level: float = ALPHA) -> float:
    """Return the share of p <= 0.05 that pure noise stays under, 9995 times of 10000."""
    return stats.binom.ppf(0.9995, tests, level) / tests


QUICK = ("preranked",)


@pytest.mark.parametrize(
    "method", [m if m in QUICK else pytest.param(m, marks=pytest.mark.slow) for m in METHODS]
)
def test_no_verdict_beyond_chance_on_correlated_noise(method):
    """Nulls that draw genes fail here; the verdict, which asks patients and random sets too, does not follow them."""
    found = []
    for family in range(FAMILIES):
        random = np.random.default_rng([11, family])
        expression, phenotype = correlated_genes(random, 40), random.standard_normal((40, 1))
        found.append(run(expression, phenotype, seed=family, method=method))
    assert np.mean([(f["verdict"] == "supported").any() for f in found]) <= upper(FAMILIES)
    first = np.array([f.set_index("set").loc["block0", ["p", "p_permutation"]] for f in found], dtype=float)
    assert (first[:, 1] <= ALPHA).mean() <= upper(FAMILIES)
    if method == "preranked":
        assert (first[:, 0] <= ALPHA).mean() > 0.3
        assert np.mean([(f["q"] <= ALPHA).any() for f in found]) > 0.5
    elif method != "over-representation":
        assert (first[:, 0] <= ALPHA).mean() <= upper(FAMILIES)


@pytest.mark.parametrize("statistic", ["mean", pytest.param("mean-square", marks=pytest.mark.slow)])
def test_permutation_p_values_of_noise_with_gaps_covariates_and_sites_are_fair(statistic):
    """Sites and covariates drive genes and phenotype; p within sites, given the covariates, stays fair."""
    p = []
    for family in range(40):
        random = np.random.default_rng([12, family])
        site = np.repeat(["a", "b", "c"], 15)
        shift = np.repeat([-1.0, 0.0, 1.2], 15)[:, None]
        age = random.standard_normal((45, 1))
        expression = correlated_genes(random, 45)[:, :80] + shift + age
        expression[random.random(expression.shape) < 0.05] = np.nan
        phenotypes = random.standard_normal((45, 2)) + shift + age
        phenotypes[random.random(phenotypes.shape) < 0.05] = np.nan
        covariates = table(np.hstack([age, shift == 0, shift > 1]), "c")
        strata = pd.Series(site, index=covariates.values.index, name="site")
        sets = {k: v for k, v in SETS.items() if k in ("block0", "block2")}
        found = run(
            expression, phenotypes, seed=family, sets=sets, covariates=covariates, strata=strata,
            method="self-contained", statistic=statistic, permutations=99, random_sets=39,
        )  # fmt: skip
        p.append(found.loc[found["set"] == "block0", "p"].iloc[0])
    for level in (0.05, 0.2, 0.5):
        low, high = stats.binom.ppf([0.0005, 0.9995], len(p), level) / len(p)
        assert low <= (np.array(p) <= level).mean() <= high


def planted(n=80, effect=0.8):
    """Return genes of which block 3 follows the phenotype beyond its own factor."""
    random = np.random.default_rng(13)
    expression, x = correlated_genes(random, n), random.standard_normal((n, 1))
    expression[:, 60:80] += effect * x
    return expression, x


@pytest.mark.parametrize("method", METHODS)
def test_a_planted_set_is_found_and_no_other(method):
    expression, x = planted()
    found = run(expression, x, seed=1, method=method, permutations=None).set_index("set")
    assert found.loc["block3", "verdict"] == "supported"
    assert found.loc["block3", "effect"] > 0
    assert set(found.index[found["verdict"] == "supported"]) == {"block3"}
    leading = found.loc["block3", "leading"].split("|")
    assert set(leading) <= set(SETS["block3"])
    assert len(leading) >= 8


def test_a_set_that_is_no_better_than_random_sets_is_not_claimed():
    """Everything follows one factor, and so does the phenotype: each set is associated, none is special."""
    random = np.random.default_rng(14)
    factor = random.standard_normal((80, 1))
    expression = 0.7 * factor + random.standard_normal((80, GENES))
    found = run(expression, factor, seed=1, method="self-contained")
    assert (found["q"] <= ALPHA).all()
    assert (found["p_random_sets"] > ALPHA).mean() > 0.8
    said = found.loc[found["p_random_sets"] > ALPHA]
    assert (said["verdict"] == "no evidence found").all()
    assert said["reason"].str.contains("random sets").all()


@pytest.mark.parametrize("measure", ["mean", "mean-square"])
def test_random_sets_have_the_size_correlation_and_level_they_claim(measure):
    random = np.random.default_rng(15)
    expression = correlated_genes(random, 60)
    levels = expression_levels(expression + 3 * np.repeat(np.arange(12.0), 20)[None])
    assert levels.max() == 4
    assert expression_levels(expression).max() == 0  # means that hardly differ are no levels
    units = expression - expression.mean(axis=0)
    units /= np.sqrt((units**2).sum(axis=0))
    correlate = mean_correlation if measure == "mean" else mean_squared_correlation
    mixed = np.concatenate([np.arange(0, 8), np.arange(100, 108)])
    for places in (mixed, np.arange(3, 240, 15)):
        drawn = draw_random_sets(places, units, levels, count=50, measure=measure, stream=(1, "a", "s"))
        assert (drawn.index.sizes == len(places)).all()
        np.testing.assert_allclose(correlate(units, drawn.index), drawn.reached, atol=1e-9)
        assert drawn.wanted == pytest.approx(correlate(units, SetIndex.of({"": places}))[0])
        assert abs(np.median(drawn.reached) - drawn.wanted) < 0.03
        for r in range(50):
            own = drawn.index.set(r)
            assert len(set(own.tolist())) == len(places)
            assert not set(own.tolist()) & set(places.tolist())


def test_few_kinds_of_random_sets_count_as_few():
    random = np.random.default_rng(16)
    expression = correlated_genes(random, 60)
    units = expression - expression.mean(axis=0)
    units /= np.sqrt((units**2).sum(axis=0))
    levels = np.zeros(GENES, dtype=np.int64)
    block = draw_random_sets(np.arange(20), units, levels, count=100, measure="mean", stream=(1, "a", "s"))
    spread = draw_random_sets(
        np.arange(0, 240, 12), units, levels, count=100, measure="mean", stream=(1, "a", "s")
    )
    assert block.effective < 25  # eleven other blocks, over and over
    assert spread.effective > 50
