"""Agreement by column: published tables, statsmodels, readers who guess, and columns that cannot be judged."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

from imagenomics.associate.agreement.rows import COLUMNS
from imagenomics.associate.agreement.settings import AgreementSettings
from imagenomics.associate.agreement.table import measure_agreement
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import describe
from imagenomics.tables.unit_table import UnitTable


def table(values, *, kind, levels="", unit=""):
    """Return one column 'x' of patients (rows) by readers (columns)."""
    wide = pd.DataFrame(values)
    wide.index = pd.Index([f"P{i:03d}" for i in range(len(wide))], name="patient")
    wide.columns = pd.Index([f"r{j}" for j in range(wide.shape[1])], name="unit")
    long = wide.stack(future_stack=True).dropna().to_frame("x")
    return UnitTable(long, describe(["x"], kind=kind, levels=levels, unit=unit), "reader")


def rows(values, *, kind, levels="", unit="", **settings):
    settings = AgreementSettings(**{"min_patients": 3, "draws": 0, **settings})
    found = measure_agreement(
        table(values, kind=kind, levels=levels, unit=unit), settings=settings, analysis="a"
    )
    assert list(found.columns) == list(COLUMNS)
    return found


def estimate(found, statistic, first=""):
    own = found[(found["statistic"] == statistic) & (found["first"] == first)]
    return float(own["estimate"].iloc[0])


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappas_are_those_of_statsmodels(weights):
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, 80)
    wide = np.stack([np.where(rng.random(80) < e, rng.integers(0, 4, 80), truth) for e in (0.1, 0.3, 0.6)], 1)
    found = rows(wide.astype(float), kind="ordinal", levels="a|b|c|d", weights=weights)
    name = "Cohen's kappa" if weights == "none" else f"Cohen's kappa, {weights} weights"
    for a, b in ((0, 1), (0, 2), (1, 2)):
        crossed = pd.crosstab(wide[:, a], wide[:, b]).reindex(index=range(4), columns=range(4), fill_value=0)
        peer = cohens_kappa(crossed, wt=None if weights == "none" else weights)
        own = found[(found["first"] == f"r{a}") & (found["second"] == f"r{b}")].iloc[0]
        assert own["statistic"] == name
        np.testing.assert_allclose(own["estimate"], peer.kappa, rtol=1e-12)
        np.testing.assert_allclose(
            [own["ci_low"], own["ci_high"]], [peer.kappa_low, peer.kappa_upp], rtol=1e-9
        )
        np.testing.assert_allclose(own["agreed"], np.mean(wide[:, a] == wide[:, b]))
    np.testing.assert_allclose(
        estimate(found, "Fleiss' kappa"), fleiss_kappa(aggregate_raters(wide)[0]), rtol=1e-12
    )
    assert (
        found["statistic"].iloc[0] == "Krippendorff's alpha, ordinal"
    )  # it knows the order, Fleiss does not


def test_weights_count_levels_that_nobody_chose():
    wide = [[0.0, 3.0], [3.0, 3.0], [0.0, 0.0], [3.0, 0.0], [3.0, 3.0]]
    known = rows(wide, kind="ordinal", levels="a|b|c|d", weights="linear")
    # Among two used levels alone, linear weights are no weights; so are they here, as 0 and 3 are the extremes.
    np.testing.assert_allclose(
        estimate(known, "Cohen's kappa, linear weights", "r0"),
        estimate(rows(wide, kind="binary"), "Cohen's kappa", "r0"),
    )
    near = rows([[v / 3 for v in pair] for pair in wide], kind="ordinal", levels="a|b|c|d", weights="linear")
    assert estimate(near, "Cohen's kappa, linear weights", "r0") == pytest.approx(
        cohens_kappa(pd.crosstab(*np.array(wide).T), wt="linear").kappa
    )


def test_readers_who_guess_agree_by_chance_alone():
    rng = np.random.default_rng(11)
    inside = {"Cohen's kappa": 0, "Krippendorff's alpha, nominal": 0, "ICC(2,1)": 0, "concordance": 0}
    draws = 80
    for _ in range(draws):
        coded = rows(rng.integers(0, 3, (60, 2)).astype(float), kind="binary", draws=200)
        measured = rows(rng.normal(size=(60, 2)), kind="continuous", icc=["ICC(2,1)"])
        for row in pd.concat([coded, measured]).to_dict("records"):
            if row["statistic"] in inside:
                inside[row["statistic"]] += row["ci_low"] <= 0.0 <= row["ci_high"]
    # 99.9% of binomial(80, 0.95) lies at 69 or above; bootstrap intervals may cover a little less.
    assert min(inside.values()) >= 68
    assert min(inside.values()) < draws


def test_a_planted_bias_is_told_with_its_reader_and_unit():
    rng = np.random.default_rng(5)
    size = rng.gamma(9, 5, 60)
    found = rows(
        np.stack([size + rng.normal(0, 1, 60), size + rng.normal(0, 1, 60), size + 10.0], 1),
        kind="continuous",
        unit="mm",
    )
    bias = found[found["statistic"] == "mean difference"].set_index(["first", "second"])
    assert (bias["unit"] == "mm").all()
    assert abs(bias.loc[("r0", "r1"), "estimate"]) < 1
    assert bias.loc[("r0", "r2"), "ci_low"] < -10 < bias.loc[("r0", "r2"), "ci_high"]
    assert estimate(found, "ICC(3,1)") > estimate(found, "ICC(2,1)") + 0.05
    assert set(found.loc[found["statistic"].str.startswith("ICC"), "unit"]) == {""}


@examples(max_examples=25)
@given(
    st.lists(st.tuples(*[st.floats(-50, 50, width=32)] * 3), min_size=5, max_size=12, unique=True),
    st.randoms(use_true_random=False),
)
def test_neither_the_order_of_patients_nor_that_of_readers_matters(values, random):
    order = list(range(len(values)))
    random.shuffle(order)
    plain = rows(values, kind="continuous")
    turned = rows([values[i] for i in order], kind="continuous", readers=["r2", "r0", "r1"])
    joint = [f.loc[f["first"] == "", "estimate"].to_numpy() for f in (plain, turned)]
    np.testing.assert_allclose(*joint, rtol=1e-6, atol=1e-9)
    bias = [
        f[f["statistic"] == "mean difference"].set_index(["first", "second"])["estimate"]
        for f in (plain, turned)
    ]
    np.testing.assert_allclose(bias[0]["r0", "r2"], -bias[1]["r2", "r0"], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("values", "kind", "why"),
    [
        ([[1.0, 1.0]] * 6, "binary", "one and the same answer to all 6 patients"),
        ([[1.0, 1.0]] * 6, "continuous", "all values are equal"),
        ([[1.0, float(i)] for i in range(6)], "continuous", "the same value to all patients"),
        ([[float(i), None] for i in range(6)], "ordinal", "only r0 gave a value"),
        ([[1.0, 0.0], [0.0, 1.0], [1.0, None], [None, 1.0]], "binary", "min_patients is 3"),
        ([[1.0, 2.0], [2.0, 1.0], [1.0, None]], "continuous", "min_patients is 3"),
    ],
)
def test_what_cannot_be_judged_is_a_row_with_its_reason(values, kind, why):
    found = rows(values, kind=kind)
    wrong = found[found["status"] == "not testable"]
    assert len(wrong)
    assert wrong["reason"].str.contains(why).any()
    assert wrong[["estimate", "ci_low", "ci_high"]].isna().all(axis=None)
    assert found.loc[found["status"] == "ok", "estimate"].notna().all()


def test_one_constant_reader_is_kappa_zero_and_not_undefined():
    found = rows([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 0.0]], kind="binary")
    assert estimate(found, "Cohen's kappa", "r0") == pytest.approx(0.0)


def test_negative_numbers_have_no_ratios():
    found = rows([[1.0, -1.0], [2.0, 2.0], [3.0, 1.0]], kind="continuous", alpha="ratio")
    own = found[found["statistic"].str.contains("ratio")].iloc[0]
    assert own["status"] == "not testable"
    assert "interval" in own["reason"]


def test_scores_of_a_plain_table_become_ordinal_where_declared():
    values = [[1.0, 2.0], [2.0, 2.0], [3.0, 3.0], [1.0, 1.0]]
    assert set(rows(values, kind="continuous", kinds={"x": "ordinal"})["kind"]) == {"ordinal"}


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"readers": ["r0", "r9"]}, "IGX-ASSOC-120"),
        ({"kinds": {"y": "ordinal"}}, "IGX-ASSOC-121"),
        ({"kinds": {"x": "ordinal"}}, "IGX-ASSOC-121"),
    ],
)
def test_unknown_names_are_refused(settings, code):
    with pytest.raises(InputError, match=code):
        rows([["a", "b"], ["b", "b"], ["a", "a"]], kind="categorical", **settings)


@pytest.mark.parametrize("readers", [["r0"], ["r0", "r0"]])
def test_one_reader_alone_is_refused(readers):
    with pytest.raises(ValidationError, match="readers"):
        AgreementSettings(readers=readers)


def test_agreement_in_all_of_a_few_patients_is_no_proof_of_perfect_agreement():
    same = np.repeat([[0.0], [1.0]] * 6, 2, axis=1)
    found = rows(same, kind="binary", draws=200).set_index("statistic")
    kappa, alpha = found.loc["Cohen's kappa"], found.loc["Krippendorff's alpha, nominal"]
    assert (kappa["estimate"], alpha["estimate"]) == (1.0, 1.0)
    assert 0.3 < kappa["ci_low"] < 0.6
    assert alpha["ci_low"] == pytest.approx(kappa["ci_low"], abs=0.05)  # alpha corrects for small samples
    ordered = rows(same * 3, kind="ordinal", levels="a|b|c|d", draws=200).iloc[0]
    assert ordered["ci_low"] < 0.6


def test_the_interval_of_alpha_covers_it_where_readers_nearly_always_agree():
    rng = np.random.default_rng(8)
    right, hits = 0.97, 0  # two readers, two equally common answers: alpha is (2 right - 1)^2
    for _ in range(200):
        truth = rng.integers(0, 2, (20, 1))
        wide = np.where(rng.random((20, 2)) < right, truth, 1 - truth).astype(float)
        own = rows(wide, kind="binary", draws=100).iloc[0]
        hits += own["ci_low"] <= (2 * right - 1) ** 2 <= own["ci_high"]
    assert hits >= 200 * 0.90


def test_one_who_says_one_thing_only_has_no_exact_kappa():
    wide = np.column_stack([np.ones(12), [1.0] * 8 + [0.0] * 4])
    own = rows(wide, kind="binary").set_index("statistic").loc["Cohen's kappa"]
    assert own["estimate"] == 0.0
    assert np.isnan(own["ci_low"])
    assert "whatever the other one says" in own["reason"]


def test_readers_who_each_gave_one_number_are_not_compared():
    wide = np.tile([0.0, 1.0], (12, 1))
    found = rows(wide, kind="continuous", alpha="interval", draws=100).set_index("statistic")
    assert set(found.loc[["ICC(2,1)", "ICC(3,1)"], "status"]) == {"not testable"}
    assert found.loc["ICC(3,1)", "reason"].startswith("each reader gave the same value")
    alpha = found.loc["Krippendorff's alpha, interval"]
    assert np.isnan(alpha["ci_low"])
    assert "no interval" in alpha["reason"]


def test_all_pairs_of_readers_share_the_levels_that_any_reader_gave():
    wide = np.array(
        [[1, 2, 1], [2, 1, 3], [4, 4, 4], [1, 1, 2], [4, 2, 3], [2, 2, 2], [1, 4, 3]], dtype=float
    )
    found = rows(wide, kind="continuous", kinds={"x": "ordinal"}, weights="quadratic")
    pair = found[(found["first"] == "r0") & (found["second"] == "r1")].iloc[0]
    crossed = pd.crosstab(wide[:, 0], wide[:, 1]).reindex(
        index=[1, 2, 3, 4], columns=[1, 2, 3, 4], fill_value=0
    )
    assert pair["estimate"] == pytest.approx(cohens_kappa(crossed, wt="quadratic").kappa)


def test_an_interval_that_was_not_asked_for_is_said_to_be_so():
    own = rows([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]], kind="binary", draws=0).iloc[0]
    assert own["reason"] == "no interval: draws = 0"
