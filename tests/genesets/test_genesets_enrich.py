"""Tables in, tables out: what does not fit is said, and nothing depends on how it was computed."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.genesets.enrich import SetTables, enrich_sets
from imagenomics.genesets.frame import COLUMNS
from imagenomics.genesets.over_representation import over_represented
from imagenomics.genesets.preranked import enrich_ranking
from imagenomics.genesets.radiogenomic_map import score_sets
from imagenomics.genesets.settings import EnrichSettings
from imagenomics.tables.patient_table import PatientTable, describe

QUICK = EnrichSettings(permutations=99, random_sets=39, min_size=5, method="self-contained")


def table(values, names, *, kind="continuous", genes=None, ids=None) -> PatientTable:
    index = pd.Index(ids or [f"P{i:03d}" for i in range(len(values))], name="patient", dtype=object)
    frame = pd.DataFrame(values, index=index, columns=names)
    return PatientTable(frame, describe(names, kind=kind, feature=genes or names))


@pytest.fixture(scope="module")
def cohort():
    random = np.random.default_rng(1)
    genes = [f"G{i}" for i in range(60)]
    expression = random.standard_normal((40, 60)) + random.standard_normal((40, 1))
    features = random.standard_normal((40, 3))
    sets = {"first": genes[:10], "spread": genes[::5], "tiny": genes[:3], "elsewhere": ["X1", "X2", "G1"]}
    return features, expression, genes, sets


def run(features, expression, genes, sets, *, settings=QUICK, **tables):
    given = SetTables(
        table(features, [f"f{k}" for k in range(features.shape[1])]), table(expression, genes), **tables
    )
    return enrich_sets(given, sets, settings=settings, analysis="a", seed=3)


def test_every_phenotype_and_set_is_a_row(cohort):
    found = run(*cohort)
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == 3 * 4
    tested = found[found["status"] == "ok"]
    assert set(tested["set"]) == {"first", "spread"}
    assert tested[["p", "q", "p_permutation", "p_random_sets", "effect", "random_low"]].notna().all().all()
    left = found[found["status"] != "ok"]
    assert (left["verdict"] == "not testable").all()
    assert left["reason"].str.contains("genes were tested").all()
    above = found[found["q"] > 0.05]
    assert len(above)
    assert (above["reason"] == "q, which counts all pairs of the block, is above 0.05").all()
    assert left["p"].isna().all()
    assert found.loc[found["set"] == "elsewhere", "size"].unique().tolist() == [3]
    assert found.loc[found["set"] == "elsewhere", "size_tested"].unique().tolist() == [1]


@pytest.mark.parametrize(
    "method", ["phenotype-permutation", "competitive", "preranked", "over-representation"]
)
def test_rows_do_not_depend_on_order_company_or_workers(cohort, method):
    features, expression, genes, sets = cohort
    settings = QUICK.model_copy(update={"method": method})
    whole = run(features, expression, genes, sets, settings=settings)
    pd.testing.assert_frame_equal(whole, run(features, expression, genes, sets, settings=settings))
    turned = SetTables(
        table(features[::-1], ["f0", "f1", "f2"], ids=[f"P{i:03d}" for i in range(40)][::-1]),
        table(expression, genes),
    )
    again = enrich_sets(turned, sets, settings=settings, analysis="a", seed=3)
    pd.testing.assert_frame_equal(whole, again)
    alone = run(features[:, :1], expression, genes, sets, settings=settings)
    same = whole[whole["feature"] == "f0"].reset_index(drop=True)
    numbers = ["n", "size_tested", "effect", "statistic", "p", "p_permutation", "p_random_sets"]
    pd.testing.assert_frame_equal(same[numbers], alone[numbers])


def test_patients_are_those_of_both_tables_and_gaps_cost_only_their_pair(cohort):
    features, expression, genes, sets = (
        cohort[0].copy(), cohort[1].copy(), cohort[2], cohort[3],
    )  # fmt: skip
    features[:5, 1] = np.nan
    expression[:, 0] = np.nan
    expression[:35, 1] = np.nan
    expression[:, 2] = 7.0
    found = run(features, expression, genes, sets)
    assert found.groupby("feature")["n"].first().to_dict() == {"f0": 40, "f1": 35, "f2": 40}
    assert (found.loc[found["set"] == "first", "size_tested"] == 7).all()


def test_phenotypes_that_say_nothing_are_rows_with_a_reason(cohort):
    features, expression, genes, sets = cohort
    features = features.copy()
    features[:, 0] = 2.0
    features[10:, 1] = np.nan
    covariates = table(features[:, [2]], ["age"])
    plain = QUICK.model_copy(
        update={"transform": "none"}
    )  # normal scores are no longer a line in the covariate
    found = run(features, expression, genes, sets, covariates=covariates, settings=plain)
    found = found.set_index(["feature", "set"])
    assert "constant" in found.loc[("f0", "first"), "reason"]
    assert "10 patients" in found.loc[("f1", "first"), "reason"]
    assert "covariates explain it" in found.loc[("f2", "first"), "reason"]


def test_too_few_patients_are_rows_not_a_crash(cohort):
    features, expression, genes, sets = cohort
    found = run(features[:10], expression[:10], genes, sets)
    assert (found["verdict"] == "not testable").all()
    assert found["reason"].str.contains("10 patients").all()


def test_where_nobody_can_be_exchanged_nothing_is_claimed(cohort):
    features, expression, genes, sets = cohort
    ids = [f"P{i:03d}" for i in range(40)]
    strata = pd.Series(ids, index=pd.Index(ids, dtype=object), name="site")
    for method in ("self-contained", "competitive"):
        settings = QUICK.model_copy(update={"method": method})
        found = run(features, expression, genes, sets, strata=strata, settings=settings)
        assert (found["verdict"] == "not testable").all()
        own = found.loc[found["status"] == "ok"]
        assert own["reason"].str.contains("exchanged").all()


@pytest.mark.parametrize(
    ("names", "code", "words"),
    [
        ([f"ENSG{i:011d}" for i in range(60)], "IGX-SETS-003", "Ensembl"),
        ([f"g{i}" for i in range(60)], "IGX-SETS-003", "case"),
        ([str(i) for i in range(60)], "IGX-SETS-003", "Entrez"),
        ([f"G{i}.7" for i in range(60)], "IGX-SETS-003", "version"),
    ],
)
def test_identifiers_that_do_not_match_are_explained(cohort, names, code, words):
    features, expression, _, sets = cohort
    with pytest.raises(InputError) as caught:
        run(features, expression, names, sets, settings=EnrichSettings())
    assert caught.value.code == code
    assert "0.0% of the" in caught.value.what
    assert words in caught.value.remedy


def test_tables_that_cannot_be_tested_are_refused(cohort):
    features, expression, genes, sets = cohort
    phenotypes = table(features, ["f0", "f1", "f2"])
    twice = table(expression, genes, genes=["G1", *genes[1:]])
    with pytest.raises(InputError, match="IGX-SETS-005"):
        enrich_sets(SetTables(phenotypes, twice), sets, settings=QUICK, analysis="a", seed=1)
    calls = table((expression > 0).astype(float), genes, kind="binary")
    with pytest.raises(InputError, match="IGX-SETS-009"):
        enrich_sets(SetTables(phenotypes, calls), sets, settings=QUICK, analysis="a", seed=1)
    kinds = table(features.astype(str), ["f0", "f1", "f2"], kind="categorical")
    with pytest.raises(InputError, match="IGX-SETS-010"):
        enrich_sets(SetTables(kinds, table(expression, genes)), sets, settings=QUICK, analysis="a", seed=1)
    with pytest.raises(InputError, match="IGX-SETS-004"):
        run(features, expression, genes, {})


def test_rankings_and_hits_from_elsewhere_are_checked():
    ranking = pd.Series([1.0, np.nan, 2.0], index=["a", "b", "c"])
    with pytest.raises(InputError, match="IGX-SETS-007"):
        enrich_ranking(ranking, {"s": ["a", "c"]})
    with pytest.raises(InputError, match="IGX-SETS-007"):
        enrich_ranking(pd.Series([1.0, 2.0], index=["a", "a"]), {"s": ["a"]})
    with pytest.raises(InputError, match="IGX-SETS-006"):
        over_represented(["z"], ["a", "b"], {"s": ["a"]})


def test_the_family_sets_the_number_of_draws():
    settings = EnrichSettings()
    assert settings.draws(10) == 999
    assert settings.draws(400) == 16_000  # one set alone can pass Benjamini-Hochberg
    assert 1 / (settings.draws(400) + 1) * 400 <= 0.05
    assert EnrichSettings(permutations=50).draws(10**6) == 50


def test_set_scores_are_mean_z_of_the_genes_that_are_there():
    values = np.array([[1.0, 2.0, 5.0], [2.0, 4.0, np.nan], [3.0, 6.0, 7.0]])
    scores = score_sets(table(values, ["A", "B", "C"]), {"s": ["A", "B"], "t": ["C"]}, min_size=1).values
    np.testing.assert_allclose(scores["s"], [-1, 0, 1])
    assert np.isnan(scores["t"].iloc[1])
