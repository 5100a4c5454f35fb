import numpy as np
import pandas as pd
import pytest

from imagenomics.errors import InputError
from imagenomics.stats.fisher import fisher
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.limits import NOT_WORKED_OUT
from imagenomics.verdicts.settings import VerdictSettings

RULES = VerdictSettings()


def _table():
    rows = [
        ("drivers", "f1", "IDH1", 100, 0.71, "auc", 0.6, 0.8, 0.0004, 0.004, ""),
        ("drivers", "f2", "IDH1", 98, 0.66, "auc", 0.5, 0.7, 0.02, 0.06, ""),
        ("drivers", "f1", "TP53", 100, 0.55, "auc", 0.4, 0.7, 0.4, 0.5, ""),
        ("drivers", "f1", "EGFR", 100, np.nan, "auc", np.nan, np.nan, np.nan, np.nan, "3 carriers"),
        ("expression", "f2", "MYC", 60, 0.2, "spearman", -0.1, 0.4, 0.2, 0.2, ""),
    ]
    columns = [
        "analysis",
        "feature",
        "target",
        "n",
        "effect",
        "effect_name",
        "ci_low",
        "ci_high",
        "p",
        "q",
        "reason",
    ]
    return pd.DataFrame(rows, columns=columns)


def test_a_verdict_for_each_target_of_each_family():
    verdicts = association_verdicts(_table(), settings=RULES, class_counts={"IDH1": (30, 70)})
    assert [(v["analysis"], v["target"], v["verdict"]) for v in verdicts] == [
        ("drivers", "IDH1", "supported"),
        ("drivers", "TP53", "no evidence found"),
        ("drivers", "EGFR", "not testable"),
        ("expression", "MYC", "no evidence found"),
    ]
    first = verdicts[0]
    assert (first["model"], first["null_p"], first["null_p_adjusted"], first["n"]) == (
        "f1",
        pytest.approx(0.0008),  # Simes over two features
        pytest.approx(0.0016),  # among the two targets that could be tested
        100,
    )
    assert "1 of 2 features follow IDH1" in first["reason"]
    assert 0.6 < first["detectable"] < 0.8  # an AUC, at alpha divided by the 3 tests of the family
    assert "3 carriers" in verdicts[2]["reason"]
    assert "a correlation of about" in verdicts[3]["reason"]
    assert verdicts[3]["detectable"] == pytest.approx(0.354, abs=0.003)
    assert [v["detectable_name"] for v in (first, verdicts[3])] == ["AUC", "correlation"]
    assert [v["why_not"] for v in verdicts] == ["", why := "q of the target is above 0.05", "", why]


def test_a_table_without_a_column_is_refused():
    with pytest.raises(InputError, match=r"IGX-VERD-002[\s\S]*q"):
        association_verdicts(_table().drop(columns="q"), settings=RULES)


def test_any_dependence_asks_for_more():
    usual, any_ = (association_verdicts(_table(), settings=RULES, fdr=fdr) for fdr in ("bh", "by"))
    assert any_[0]["null_p"] == pytest.approx(1.5 * usual[0]["null_p"])  # 1 + 1/2, of two features
    assert any_[0]["null_p_adjusted"] == pytest.approx(1.5 * 1.5 * usual[0]["null_p_adjusted"])


def test_detectable_is_that_of_the_patients_who_were_tested():
    few = association_verdicts(_table(), settings=RULES, class_counts={"IDH1": (300, 700)})[0]
    same = association_verdicts(_table(), settings=RULES, class_counts={"IDH1": (30, 70)})[0]
    assert few["n"] == 100
    assert few["detectable"] == same["detectable"]


@pytest.mark.parametrize("measure", ["heritability", "mean difference", "matched odds ratio"])
def test_a_measure_of_its_own_scale_has_no_figure_on_another(measure):
    verdict = association_verdicts(_table().assign(effect_name=measure), settings=RULES)[3]
    assert np.isnan(verdict["detectable"])
    assert verdict["detectable_name"] == ""
    assert "not worked out" in verdict["reason"]


def test_only_permutations_within_sites_are_called_so():
    table = _table().assign(p_maxt=0.001, stratum="")
    free = association_verdicts(table, settings=RULES, site_ignored=True)[0]["reason"]
    assert "not ruled out" in free
    assert "only within their site" not in free
    within = association_verdicts(table.assign(stratum="site"), settings=RULES, site_ignored=True)[0][
        "reason"
    ]
    assert "only within their site" in within


def _map_row(**changes):
    row = (
        _table()
        .iloc[[4]]
        .assign(
            effect_name="odds ratio at the peak", test="map", voxel_p=0.0004, most_lesions=24.0, effect=3.0
        )
    )
    return row.assign(**changes)


def test_what_a_map_could_have_shown_comes_from_its_permutations_and_counts():
    given = {"settings": RULES, "class_counts": {"MYC": (25, 35)}}
    (verdict,) = association_verdicts(_map_row(), **given)
    assert verdict["detectable_name"] == "odds ratio at one voxel"
    assert "where most patients have a lesion" in verdict["reason"]
    assert "optimistic" in verdict["reason"]
    share = 24 / 60
    odds = verdict["detectable"] * share / (1 - share)
    random = np.random.default_rng(1)
    with_target = random.binomial(25, odds / (1 + odds), 4000)
    without = random.binomial(35, share, 4000)
    cells = np.stack([with_target, 25 - with_target, without, 35 - without])
    power = (fisher(tuple(cells)) <= 0.0004).mean()
    assert power == pytest.approx(0.8, abs=0.03)
    for effect in (1.0, 9.0):  # never from the observed effect
        (other,) = association_verdicts(_map_row(effect=effect), **given)
        assert other["detectable"] == verdict["detectable"]
    (stricter,) = association_verdicts(_map_row(voxel_p=0.00004), **given)
    assert stricter["detectable"] > verdict["detectable"]
    (few,) = association_verdicts(_map_row(voxel_p=np.nan), **given)
    assert np.isnan(few["detectable"])
    assert "no effect could have been shown" in few["reason"]
    (area,) = association_verdicts(_map_row(effect_name="AUC at the peak"), settings=RULES)
    assert area["detectable_name"] == "AUC at one voxel"
    assert 0.7 < area["detectable"] < 0.9


@pytest.mark.parametrize(
    ("test", "scale", "words"),
    [
        ("burden of variants", "correlation with the burden", "(an optimistic figure)"),
        ("SKAT-O", "correlation with the burden", "as if the burden alone had been tested"),
        ("SKAT", "", "divided among the variants"),
    ],
)
def test_what_a_set_of_variants_could_have_shown(test, scale, words):
    table = _table().iloc[[4]].assign(effect_name="correlation with the burden", test=test)
    (verdict,) = association_verdicts(table, settings=RULES)
    assert verdict["detectable_name"] == scale
    assert words in verdict["reason"]
    assert np.isnan(verdict["detectable"]) == (not scale)
    if scale:
        assert verdict["detectable"] == pytest.approx(0.354, abs=0.003)


def test_every_measure_without_a_figure_says_why():
    for measure, why in NOT_WORKED_OUT.items():
        (verdict,) = association_verdicts(_table().iloc[[4]].assign(effect_name=measure), settings=RULES)
        assert why in verdict["reason"]
