"""Trees of like effects: against scipy, and what stays out of them."""

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from small_run_study import run, write_tables

from imagenomics.report.dendrogram import read_dendrogram
from imagenomics.runs.effect_trees import COLUMNS, effect_trees


def rows_of(table, name="AUC"):
    long = table.rename_axis("feature").reset_index().melt("feature", var_name="target", value_name="effect")
    return long.assign(effect_name=name, p=0.5, neg_log10_p=np.abs(long["effect"] - 0.5))


def table_of(shape=(7, 5), seed=1):
    random = np.random.default_rng(seed)
    names = [f"f{i}" for i in range(shape[0])], [f"t{j}" for j in range(shape[1])]
    return pd.DataFrame(random.random(shape), index=names[0], columns=names[1])


def test_trees_are_those_of_scipy():
    table = table_of()
    trees = effect_trees(rows_of(table), analysis="pairs")
    assert tuple(trees.columns) == COLUMNS
    for side, values in (("features", table.to_numpy()), ("targets", table.to_numpy().T)):
        own = trees[trees["side"] == side]
        expected = hierarchy.linkage(values, "average")
        np.testing.assert_allclose(own["height"].to_numpy()[len(values) :], expected[:, 2], rtol=1e-9)
        tree = read_dendrogram(own)
        assert set(tree.names) == set(table.index if side == "features" else table.columns)


def test_ratios_are_taken_as_logarithms():
    table = 2.0 ** table_of()
    logs = effect_trees(rows_of(table, "odds ratio"), analysis="a")
    plain = effect_trees(rows_of(table_of(), "AUC"), analysis="a")
    np.testing.assert_allclose(logs["height"], plain["height"], rtol=1e-9)


def test_only_effects_of_one_measure_are_mapped():
    rows = pd.concat(
        [rows_of(table_of()), rows_of(table_of((7, 2)).set_axis(["u", "v"], axis=1), "Cramer's V")]
    )
    rows.loc[(rows["target"] == "t0").to_numpy() & (rows["feature"] > "f2").to_numpy(), "p"] = np.nan
    trees = effect_trees(rows, analysis="a")
    assert set(trees["effect_name"]) == {"AUC"}
    leaves = trees[(trees["side"] == "targets") & (trees["left"] < 0)]
    assert sorted(leaves["name"]) == ["t1", "t2", "t3", "t4"]


def test_fewer_than_three_have_no_tree():
    for shape in ((2, 9), (9, 2), (1, 1)):
        trees = effect_trees(rows_of(table_of(shape)), analysis="a")
        assert trees.empty
        assert tuple(trees.columns) == COLUMNS
    assert trees.dtypes.equals(effect_trees(rows_of(table_of()), analysis="a").dtypes)


STUDY = """
name = "Maps"
[patients]
table = "patients.csv"
id = "patient"
[[feature_tables]]
name = "ct"
path = "features.csv"
[[molecules]]
name = "levels"
kind = "labels"
path = "labels.csv"
id = "patient"
columns = ["a", "b", "c"]
[[associate]]
name = "pairs"
targets = "levels"
permutations = 0
[[associate]]
name = "few"
features = ["ct.x0", "ct.x1"]
targets = "levels"
permutations = 0
"""


def test_the_page_draws_the_map_of_families_with_trees(tmp_path):
    random = np.random.default_rng(2)
    features = random.standard_normal((40, 5))
    tables = {
        "patients": pd.DataFrame({"age": random.integers(40, 80, 40)}),
        "features": pd.DataFrame(features, columns=[f"x{j}" for j in range(5)]),
        "labels": pd.DataFrame(
            features[:, :3] + 0.5 * random.standard_normal((40, 3)), columns=["a", "b", "c"]
        ),
    }
    study = write_tables(tmp_path, [f"P{i:02d}" for i in range(40)], tables, STUDY)
    out = run(study, tmp_path / "run")
    trees = pd.read_parquet(out / "effect_trees.parquet")
    assert set(trees["analysis"]) == {"pairs"}
    assert trees.groupby("side").size().to_dict() == {"features": 9, "targets": 5}
    page = (out / "report.html").read_text()
    assert page.count("Features and targets by likeness") == 1
    assert page.count('class="dendrogram"') == 2
    rows = pd.read_parquet(out / "associations.parquet").query("analysis == 'pairs'")
    assert page.count('class="cell-dot') == (rows["q"] <= 0.05).sum() >= 3
