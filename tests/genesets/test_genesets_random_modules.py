"""Modules among random groups of genes: their own merit is found, what all genes share is not theirs."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate.settings import AssociateSettings
from imagenomics.genesets.enrich import SetTables
from imagenomics.genesets.lineup import as_tight
from imagenomics.genesets.modules import Modules, find_modules
from imagenomics.genesets.radiogenomic_map import map_scores
from imagenomics.genesets.random_modules import NUMBERS, compare_modules
from imagenomics.genesets.settings import ModuleSettings
from imagenomics.prepare.eigengenes import GeneStandard, eigengenes
from imagenomics.tables.patient_table import PatientTable, describe

SIZE, PROGRAMMES = 15, 12


def table(values, name, kind="continuous") -> PatientTable:
    index = pd.Index([f"P{i:03d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(
        pd.DataFrame(values, index=index, columns=names), describe(names, feature=names, kind=kind)
    )


def programmes(random, n=70, *, shared=0.0):
    """Return expression in which blocks of genes move together, and the factors of the blocks."""
    factors = random.standard_normal((n, PROGRAMMES))
    common = shared * random.standard_normal((n, 1))
    noise = 0.6 * random.standard_normal((n, SIZE * PROGRAMMES))
    return np.repeat(factors, SIZE, axis=1) + common + noise, factors, common


def mapped(expression, phenotypes, *, seed=1, covariates=None, method="coexpression", **tests):
    settings = ModuleSettings(method=method, min_module=10, random_sets=99, metagenes=3)
    tables = SetTables(phenotypes, table(expression, "g"), covariates)
    chosen = AssociateSettings(permutations=0, **tests)
    found = find_modules(tables.expression, settings=settings, analysis="m", seed=seed)
    first = map_scores(tables, found.scores, settings=chosen, analysis="m", seed=seed)
    after = compare_modules(tables, found, first, settings=settings, tests=chosen, analysis="m", seed=seed)
    pd.testing.assert_frame_equal(
        after[list(first.columns)].drop(columns="reason"), first.drop(columns="reason")
    )
    return found, after


def test_a_planted_module_beats_random_groups():
    random = np.random.default_rng(1)
    values, factors, _ = programmes(random)
    phenotypes = np.hstack([factors[:, [2]], random.standard_normal((70, 3))]) + 0.5 * random.standard_normal(
        (70, 4)
    )
    found, rows = mapped(values, table(phenotypes, "f"))
    best = rows.sort_values("p").iloc[0]
    assert (best["feature"], best["verdict"]) == ("f0", "supported")
    genes = found.genes.loc[("m." + found.genes["module"]) == str(best["target"]), "gene"]
    assert best["genes"] == len(genes)
    assert {int(g[1:]) // SIZE for g in genes} == {2}
    assert abs(best["z"]) > max(abs(best["random_low"]), abs(best["random_high"]))
    assert best["correlation"] == pytest.approx(best["correlation_random"], abs=0.15)
    log_p = best["neg_log10_p"]
    assert abs(best["z"]) == pytest.approx(stats.norm.isf(10.0**-log_p / 2), rel=1e-6)
    others = rows[rows["q"] > 0.05]
    assert others[list(NUMBERS)].isna().all(axis=None)
    assert (others["verdict"] == "no evidence found").all()


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_what_the_whole_transcriptome_shares_is_no_merit_of_a_module(spread):
    """One axis moves all genes, some more than others, and the feature: every module follows it, none is special."""
    random = np.random.default_rng(2)
    axis = random.standard_normal((80, 1))
    loading = np.repeat(1.2 - spread * np.linspace(0, 1, PROGRAMMES), SIZE)
    values = loading * axis + 0.8 * programmes(random, 80)[0]
    _, rows = mapped(values, table(axis + 0.2 * random.standard_normal((80, 1)), "f"))
    passing = rows[rows["q"] <= 0.05]
    assert len(passing)
    assert passing["neg_log10_p"].max() > 6
    assert (passing["verdict"] == "supported").mean() <= 0.25
    refused = passing[passing["verdict"] != "supported"]
    assert refused["reason"].str.contains("random groups").all()


def test_a_tighter_module_does_not_win_by_being_measured_better():
    """One axis again, and a module that shows it with hardly any noise among genes that show it with much."""
    random = np.random.default_rng(3)
    axis = random.standard_normal((90, 1))
    noise = np.repeat([0.3, 2.0], [20, 160]) * random.standard_normal((90, 180))
    expression, phenotypes = (
        table(axis + noise, "g"),
        table(axis + 0.6 * random.standard_normal((90, 1)), "f"),
    )
    genes = pd.DataFrame({"analysis": "m", "module": "tight", "gene": [f"g{k}" for k in range(20)]})
    values = expression.values.to_numpy()
    score = eigengenes(GeneStandard.of(values).apply(values), [np.arange(20)])
    scores = PatientTable(
        pd.DataFrame(score, index=expression.values.index, columns=["m.tight"]), describe(["m.tight"])
    )
    tables, tests = SetTables(phenotypes, expression), AssociateSettings(permutations=0)
    first = map_scores(tables, scores, settings=tests, analysis="m", seed=1)
    (best,) = compare_modules(
        tables, Modules(genes, scores), first, settings=ModuleSettings(), tests=tests, analysis="m", seed=1
    ).to_dict("records")
    assert best["correlation"] > best["correlation_random"] + 0.2
    assert best["neg_log10_p"] > 15
    assert best["verdict"] == "no evidence found"


def test_what_covariates_explain_matches_nothing():
    """Age makes all genes alike; given age a planted module stands alone, and its groups are as alike as it is then."""
    random = np.random.default_rng(4)
    values, factors, _ = programmes(random, 90)
    age = random.standard_normal((90, 1))
    phenotypes = factors[:, [1]] + age + 0.4 * random.standard_normal((90, 1))
    _, rows = mapped(values + 0.8 * age, table(phenotypes, "f"), covariates=table(age, "age"))
    best = rows.sort_values("p").iloc[0]
    assert best["verdict"] == "supported"
    assert best["correlation"] == pytest.approx(best["correlation_random"], abs=0.15)


def test_metagenes_are_refused_in_words():
    random = np.random.default_rng(5)
    values, factors, _ = programmes(random)
    _, rows = mapped(
        values, table(factors[:, :4] + 0.3 * random.standard_normal((70, 4)), "f"), method="metagenes"
    )
    passing = rows[rows["q"] <= 0.05]
    assert len(passing)
    assert (passing["verdict"] == "not testable").all()
    assert passing["reason"].str.contains("weighs every gene").all()


def test_groups_without_order_and_pairs_that_cannot_be_tested():
    random = np.random.default_rng(6)
    values, factors, _ = programmes(random, 90)
    groups = np.argsort(np.argsort(factors[:, 0])) // 30
    kinds = table(np.array(["a", "b", "c"], dtype=object)[groups][:, None], "f", kind="categorical")
    _, rows = mapped(values, kinds)
    best = rows.sort_values("p").iloc[0]
    assert best["z"] > best["random_high"]
    assert best["p_random_sets"] >= 1 / (best["effective"] + 1)  # no sign: as many draws as differ
    _, none = mapped(values, table(np.ones((90, 1)), "f"))
    assert (none["verdict"] == "not testable").all()
    assert none["reason"].str.len().min() > 0


@pytest.mark.slow
def test_pure_noise_with_strong_correlation_says_no():
    said = 0
    for family in range(60):
        random = np.random.default_rng([7, family])
        values, *_ = programmes(random, 50, shared=0.5)
        _, rows = mapped(values, table(random.standard_normal((50, 2)), "f"), seed=family)
        said += bool((rows["verdict"] == "supported").any())
    assert said <= stats.binom.ppf(0.9995, 60, 0.05)


@pytest.mark.slow
def test_features_that_follow_the_whole_axis_are_seldom_claimed():
    """The share of claims among modules of one axis stays near the declared rate."""
    claimed = tested = 0
    for family in range(25):
        random = np.random.default_rng([8, family])
        axis = random.standard_normal((60, 1))
        values = axis + 0.7 * programmes(random, 60)[0]
        _, rows = mapped(values, table(axis + random.standard_normal((60, 1)), "f"), seed=family)
        passing = rows[rows["q"] <= 0.05]
        claimed, tested = claimed + (passing["verdict"] == "supported").sum(), tested + len(passing)
    assert tested > 50
    assert claimed / tested <= 0.15


def test_squared_correlations_are_raised_and_signs_kept():
    z, n = np.array([2.0, -3.0, 0.0, 40.0]), np.full(4, 80.0)
    np.testing.assert_array_equal(as_tight(z, n, np.ones(4)), z)
    more = as_tight(z, n, np.full(4, 1.5))
    squared = 1 - np.exp(-(more**2) / n)
    np.testing.assert_allclose(squared[:3], 1.5 * (1 - np.exp(-(z[:3] ** 2) / 80)), rtol=1e-12)
    assert np.isfinite(more).all()
    assert np.sign(more).tolist() == [1, -1, 0, 1]


def one_axis_in_three_modules(family):
    random = np.random.default_rng([9, family])
    factors, axis = random.standard_normal((70, 3)), random.standard_normal((70, 1))
    values = axis + 0.8 * np.repeat(factors, [40, 20, 15], axis=1) + 0.6 * random.standard_normal((70, 75))
    return mapped(values, table(axis + random.standard_normal((70, 1)), "f"), seed=family)[1]


def test_groups_of_two_other_modules_are_two_groups_however_many_are_drawn():
    rows = one_axis_in_three_modules(0)
    passing = rows[rows["q"] <= 0.05]
    assert len(passing) == 3
    assert passing["effective"].median() < 3


@pytest.mark.slow
def test_one_of_three_modules_of_one_axis_is_seldom_claimed():
    rows = pd.concat([one_axis_in_three_modules(family) for family in range(80)])
    passing = rows[rows["q"] <= 0.05]
    claimed = int((passing["verdict"] == "supported").sum())
    assert len(passing) > 200
    assert claimed <= stats.binom.ppf(0.9995, len(passing), 0.05)
