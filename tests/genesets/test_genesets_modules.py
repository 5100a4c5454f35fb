"""Modules, metagenes, trees and maps: planted structure comes back, noise does not become structure."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate.settings import AssociateSettings
from imagenomics.genesets.enrich import SetTables
from imagenomics.genesets.module_network import TreeRules, grow_trees
from imagenomics.genesets.modules import find_modules
from imagenomics.genesets.radiogenomic_map import map_scores
from imagenomics.genesets.settings import ModuleSettings
from imagenomics.tables.patient_table import PatientTable, describe


def table(values, name) -> PatientTable:
    index = pd.Index([f"P{i:03d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, feature=names))


def expression(seed=1, n=80):
    """Return three modules of 30 genes with their factors, and 40 genes that go alone."""
    random = np.random.default_rng(seed)
    factors = random.standard_normal((n, 3))
    genes = 0.85 * np.repeat(factors, 30, axis=1) + 0.5 * random.standard_normal((n, 90))
    return factors, np.hstack([genes, random.standard_normal((n, 40))])


@pytest.mark.parametrize("method", ["coexpression", "metagenes"])
def test_planted_modules_come_back_and_follow_their_phenotype(method):
    factors, genes = expression()
    values = genes.copy()
    values[3] = np.nan  # a patient without expression
    settings = ModuleSettings(method=method, metagenes=3)
    found = find_modules(table(values, "g"), settings=settings, analysis="m", seed=1)
    assert found.scores.values.shape == (80, 3)
    assert found.scores.values.iloc[3].isna().all()
    for module, own in found.genes.groupby("module"):
        places = own["gene"].str[1:].astype(int)
        home = places.head(20) // 30
        assert home.nunique() == 1
        score = found.scores.values[f"m.{module}"].drop("P003")
        assert score.corr(pd.Series(factors[:, home.iloc[0]], index=found.scores.values.index)) > 0.8
        assert own["membership"].is_monotonic_decreasing
    if method == "coexpression":
        assert (found.genes["gene"].str[1:].astype(int) < 90).mean() > 0.95
    phenotypes = table(
        factors[:, [1]] + np.random.default_rng(3).standard_normal((80, 4)) * [0.5, 9, 9, 9], "f"
    )
    tables = SetTables(phenotypes, table(values, "g"))
    mapped = map_scores(
        tables, found.scores, settings=AssociateSettings(permutations=99), analysis="m", seed=1
    )
    assert len(mapped) == 12
    hits = mapped[mapped["q"] <= 0.05]
    assert set(hits["feature"].astype(str)) == {"f0"}


def test_independent_genes_are_no_modules():
    noise = np.random.default_rng(2).standard_normal((60, 150))
    found = find_modules(table(noise, "g"), settings=ModuleSettings(), analysis="m", seed=1)
    assert len(found.genes) < 75


def test_fewer_genes_than_a_module_give_none():
    found = find_modules(table(expression()[1][:, :10], "g"), settings=ModuleSettings(), analysis="m", seed=1)
    assert found.scores.values.shape == (80, 0)
    assert len(found.genes) == 0


def brute_force(X, y, min_leaf):
    best = (-1.0, None, None)
    for f in range(X.shape[1]):
        for threshold in np.unique(X[:, f])[:-1]:
            low = X[:, f] <= threshold
            if min(low.sum(), (~low).sum()) < min_leaf:
                continue
            within = ((y[low] - y[low].mean()) ** 2).sum() + ((y[~low] - y[~low].mean()) ** 2).sum()
            explained = 1 - within / ((y - y.mean()) ** 2).sum()
            if explained > best[0] + 1e-12:
                best = (explained, f, threshold)
    return best


def test_a_tree_splits_where_an_exhaustive_search_does():
    random = np.random.default_rng(4)
    X = np.round(random.standard_normal((50, 5)), 1)
    y = np.where(X[:, 2] > 0.3, 2.0, 0.0) + random.standard_normal(50)
    trees = grow_trees(table(y[:, None], "m"), table(X, "f"), rules=TreeRules(), analysis="a", seed=1)
    root = trees.iloc[0]
    explained, feature, threshold = brute_force(X, y, 8)
    assert root["explained"] == pytest.approx(explained)
    assert root["feature"] == f"f{feature}"
    assert threshold <= root["threshold"] < np.unique(X[X[:, feature] > threshold, feature])[0]
    assert root["status"] == "split"
    assert root["p"] == 1 / 1000
    children = trees[trees["parent"] == 1]
    assert children["n"].sum() == 50
    assert children.set_index("side")["mean"]["high"] > children.set_index("side")["mean"]["low"]


def test_trees_on_noise_split_no_more_often_than_declared():
    splits = 0
    for family in range(60):
        random = np.random.default_rng([5, family])
        X = random.standard_normal((40, 6)) + random.standard_normal((40, 1))
        X[random.random(X.shape) < 0.1] = np.nan
        modules = table(random.standard_normal((40, 3)), "m")
        rules = TreeRules(permutations=99, depth=1)
        trees = grow_trees(modules, table(X, "f"), rules=rules, analysis="a", seed=family)
        splits += bool((trees["status"] == "split").any())
    assert splits <= stats.binom.ppf(0.9995, 60, 0.05)


def test_trees_say_where_there_are_too_few_patients():
    trees = grow_trees(
        table(np.arange(10.0)[:, None], "m"), table(np.eye(10), "f"), rules=TreeRules(), analysis="a", seed=1
    )
    assert trees["status"].tolist() == ["too small"]


def test_a_covariate_is_taken_out_of_the_modules_before_they_are_split():
    random = np.random.default_rng(6)
    age = random.standard_normal((60, 1))
    X = age + 0.3 * random.standard_normal((60, 1))
    y = age + 0.3 * random.standard_normal((60, 1))
    plain = grow_trees(table(y, "m"), table(X, "f"), rules=TreeRules(), analysis="a", seed=1)
    adjusted = grow_trees(
        table(y, "m"), table(X, "f"), rules=TreeRules(), analysis="a", seed=1, covariates=table(age, "age")
    )
    assert plain["status"].iloc[0] == "split"
    assert adjusted["status"].tolist() == ["leaf"]
