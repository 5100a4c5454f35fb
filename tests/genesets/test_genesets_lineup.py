"""Signatures among random signatures: matched in size and correlation, and only what beats them is told apart."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate.pairs import test_pairs as pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.genesets.lineup import OURS, compare_with_random, line_up, signed_strength
from imagenomics.genomics.derive.settings_sets import SignatureSettings
from imagenomics.genomics.derive.signatures import GeneSet, score_gene_sets
from imagenomics.tables.patient_table import PatientTable, describe

GENES = [f"G{i}" for i in range(240)]


def _cohort(seed, *, common):
    """Twelve programmes of twenty genes in 80 patients; ``common`` is what all genes share."""
    random = np.random.default_rng(seed)
    own, shared = random.standard_normal((80, 12)), random.standard_normal((80, 1))
    values = np.repeat(own, 20, axis=1) + common * shared + random.standard_normal((80, 240))
    index = pd.Index([f"P{i:02d}" for i in range(80)], name="patient", dtype=object)
    return pd.DataFrame(values, index=index, columns=GENES), own, shared[:, 0], random


def _settings(**more):
    return SignatureSettings(name="sig", expression="rna", genes=("G0",), **more)


def _lineup(numbers, chosen, *, count=99, **more):
    score = partial(score_gene_sets, _settings(**more), numbers)
    return line_up(chosen, numbers, score, count=count, stream=(1, "test", "sig"))


def _compare(numbers, phenotype, lineup, **settings):
    table = PatientTable(pd.DataFrame({"f": phenotype}, index=numbers.index), describe(["f"]))
    chosen = AssociateSettings(permutations=0, **settings)
    rows = pairs(table, lineup.scores, settings=chosen, analysis="a", seed=0)
    return compare_with_random(rows, lineup, side="target").loc["f"]


@pytest.mark.parametrize("method", ["singscore", "ssgsea", "mean", "gsva"])
def test_random_signatures_match_in_size_and_correlation(method):
    numbers, *_ = _cohort(0, common=0.3)
    lineup = _lineup(numbers, GeneSet(tuple(GENES[:12])), count=39, method=method)
    assert lineup.genes == 12
    assert lineup.wanted == pytest.approx(lineup.reached, abs=0.05)
    assert list(lineup.scores.values.columns[:2]) == [OURS, "random 1"]
    assert lineup.scores.values.shape == (80, 40)
    alone = score_gene_sets(_settings(method=method), numbers, {"s": GeneSet(tuple(GENES[:12]))})["s"]
    np.testing.assert_allclose(lineup.scores.values[OURS], alone, rtol=1e-10, atol=1e-12)


def test_a_programme_of_its_own_beats_random_signatures():
    numbers, own, _, random = _cohort(1, common=0.0)
    lineup = _lineup(numbers, GeneSet(tuple(GENES[:12])))
    found = _compare(numbers, own[:, 0] + 0.5 * random.standard_normal(80), lineup)
    assert found["p_random_sets"] < 0.05
    assert found["z"] > found["random_high"]


def test_what_all_genes_share_is_no_merit_of_a_signature():
    numbers, _, shared, random = _cohort(2, common=1.5)
    lineup = _lineup(numbers, GeneSet(tuple(GENES[:12])), method="mean")
    found = _compare(numbers, shared + 0.3 * random.standard_normal(80), lineup)
    assert found["z"] > 5  # the association is there
    assert found["p_random_sets"] > 0.05  # but any group of genes has it


@pytest.mark.slow
def test_pure_noise_seldom_beats_random_signatures():
    low = 0
    for seed in range(40):
        numbers, _, _, random = _cohort(100 + seed, common=0.5)
        lineup = _lineup(numbers, GeneSet(tuple(GENES[:12])), count=59)
        low += _compare(numbers, random.standard_normal(80), lineup)["p_random_sets"] <= 0.05
    assert low <= stats.binom.ppf(0.9995, 40, 0.05)


def test_both_directions_and_weights():
    numbers, *_ = _cohort(3, common=0.2)
    both = _lineup(numbers, GeneSet(tuple(GENES[:10]), tuple(GENES[20:28])), count=39)
    assert both.genes == 18
    weights = pd.Series([1.0, -2.0, 0.5, 3.0], index=GENES[:4])
    settings = SignatureSettings(name="s", expression="rna", weights="w.csv", method="weighted")
    score = partial(score_gene_sets, settings, numbers)
    chosen = GeneSet(tuple(GENES[:4]), weights=weights)
    dealt = line_up(chosen, numbers, score, count=39, stream=(1, "a", "s"))
    ours = (numbers[GENES[:4]] * weights).sum(axis=1)
    np.testing.assert_allclose(dealt.scores.values[OURS], ours)
    assert dealt.scores.values.nunique(axis=1).min() == 40


def test_strength_is_the_normal_number_of_p_with_the_sign_of_the_effect():
    rows = pd.DataFrame(
        {
            "effect": [0.3, -0.3, 0.4, 0.8, 0.2],
            "effect_name": ["correlation", "correlation", "AUC", "hazard ratio per SD", "eta squared"],
            "neg_log10_p": -np.log10([0.05, 0.05, 0.01, 1e-300, 0.5]),
        }
    )
    z, signed = signed_strength(rows)
    wanted = stats.norm.isf(np.array([0.05, 0.05, 0.01, 1e-300, 0.5]) / 2)
    np.testing.assert_allclose(z, wanted * [1, -1, -1, -1, 1], rtol=1e-9)
    assert signed.tolist() == [True, True, True, True, False]


def test_groups_without_order_have_no_direction():
    numbers, own, _, _ = _cohort(4, common=0.0)
    lineup = _lineup(numbers, GeneSet(tuple(GENES[:12])))
    groups = pd.DataFrame(
        {"f": np.array(["a", "b", "c"], dtype=object)[np.argsort(np.argsort(own[:, 0])) // 27]}
    )
    table = PatientTable(groups.set_axis(numbers.index, axis=0), describe(["f"], kind="categorical"))
    rows = pairs(table, lineup.scores, settings=AssociateSettings(permutations=0), analysis="a", seed=0)
    found = compare_with_random(rows, lineup, side="target").loc["f"]
    assert found["z"] > found["random_high"]
    assert found["p_random_sets"] >= 1 / (lineup.effective + 1)


def test_an_untested_pair_has_no_p():
    numbers, *_ = _cohort(5, common=0.0)
    lineup = _lineup(numbers, GeneSet(tuple(GENES[:12])), count=39)
    found = _compare(numbers, np.full(80, 1.0), lineup)
    assert np.isnan(found["p_random_sets"])
    assert found["why_not"] == "the pair was not tested"


@pytest.mark.parametrize("genes", [("G0",), ("G0", "absent"), ("absent", "other")])
def test_too_few_genes_are_refused(genes):
    numbers, *_ = _cohort(6, common=0.0)
    with pytest.raises(InputError, match="IGX-SETS-033"):
        _lineup(numbers, GeneSet(genes))


def test_too_few_patients_are_refused():
    numbers, *_ = _cohort(7, common=0.0)
    with pytest.raises(InputError, match="IGX-SETS-033"):
        _lineup(numbers.iloc[:6], GeneSet(tuple(GENES[:12])))
