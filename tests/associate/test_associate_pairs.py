"""The contract of ``test_pairs``: every pair a row, fixed columns and order, patients by id, reasons in words."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate import pairs
from imagenomics.associate.frame import COLUMNS
from imagenomics.associate.rare import other_than_commonest
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.tables.patient_table import PatientTable, describe

FIXED = [
    *(
        "analysis",
        "feature",
        "target",
        "target_kind",
        "stratum",
        "test",
        "unit",
        "n",
        "effect",
        "effect_name",
    ),
    *("ci_low", "ci_high", "statistic", "p", "neg_log10_p", "q", "p_maxt", "status", "reason"),
]
QUICK = AssociateSettings(permutations=0, min_group=5)


def make(columns: dict[str, tuple[str, object]], patients: int = 60) -> PatientTable:
    index = pd.Index([f"P{i:03d}" for i in range(patients)], name="patient", dtype=object)
    values = pd.DataFrame({name: values for name, (_, values) in columns.items()}, index=index)
    kinds = [kind for kind, _ in columns.values()]
    levels = ["a|b|c" if kind == "categorical" else "" for kind in kinds]
    return PatientTable(values, describe(list(columns), kind=kinds, levels=levels))


def mixed(seed: int, name: str, patients: int = 60) -> PatientTable:
    random = np.random.default_rng(seed)
    return make(
        {
            f"{name}.continuous": ("continuous", random.standard_normal(patients)),
            f"{name}.ordinal": ("ordinal", random.integers(0, 4, patients).astype(float)),
            f"{name}.binary": ("binary", (random.random(patients) < 0.4).astype(float)),
            f"{name}.categorical": ("categorical", random.choice(["a", "b", "c"], patients)),
        },
        patients,
    )


def run(features, targets, *, settings=QUICK, **options) -> pd.DataFrame:
    return pairs.test_pairs(features, targets, settings=settings, analysis="family", seed=1, **options)


def row(table: pd.DataFrame, feature: str, target: str) -> pd.Series:
    return table[(table["feature"] == feature) & (table["target"] == target)].iloc[0]


def test_columns_and_order():
    features, targets = mixed(1, "f"), mixed(2, "t")
    table = run(features, targets)
    assert list(table.columns) == list(COLUMNS)
    assert list(table.columns)[: len(FIXED)] == FIXED
    wanted = [(t, f) for t in targets.values for f in features.values]
    assert list(zip(table["target"], table["feature"], strict=True)) == wanted
    assert set(table["unit"]) == {"patient"}
    assert set(table["analysis"]) == {"family"}
    assert list(table["target_kind"][::4]) == ["continuous", "ordinal", "binary", "categorical"]
    assert table["p_maxt"].isna().all()
    assert set(table["permutation"]) == {""}


AUTO = [
    "Spearman correlation", "Spearman correlation", "Mann-Whitney U", "Kruskal-Wallis",
    "Spearman correlation", "Spearman correlation", "Mann-Whitney U", "Kruskal-Wallis",
    "Mann-Whitney U", "Mann-Whitney U", "Fisher exact", "chi-square",
    "Kruskal-Wallis", "Kruskal-Wallis", "chi-square", "chi-square",
]  # fmt: skip
LINEAR = [
    "linear model (t)", "linear model (t)", "linear model (t)", "linear model (F)",
    "linear model (t)", "linear model (t)", "linear model (t)", "linear model (F)",
    "linear model (t)", "linear model (t)", "logistic regression (LR)", "chi-square",
    "linear model (F)", "linear model (F)", "chi-square", "chi-square",
]  # fmt: skip
LOGISTIC = "logistic regression (LR)"
ADJUSTED = [*LINEAR[:11], LOGISTIC, *LINEAR[12:14], LOGISTIC, f"multinomial {LOGISTIC}"]


def test_which_test_for_which_kinds():
    features, targets = mixed(1, "f"), mixed(2, "t")
    assert list(run(features, targets)["test"]) == AUTO
    assert (
        list(
            run(features, targets, settings=AssociateSettings(method="linear", permutations=0, min_group=5))[
                "test"
            ]
        )
        == LINEAR
    )
    covariates = mixed(3, "c").select(["c.continuous"])
    adjusted = run(features, targets, covariates=covariates)
    assert list(adjusted["test"]) == ADJUSTED
    assert "patients per term" in adjusted["reason"].iloc[-1]
    assert (adjusted["status"].iloc[:-1] == "ok").all()


def test_effects_say_what_they_are_and_lie_in_their_interval():
    features, targets = mixed(1, "f"), mixed(2, "t")
    for options in ({}, {"covariates": mixed(3, "c").select(["c.continuous", "c.categorical"])}):
        table = run(features, targets, **options)
        ok = table[table["status"] == "ok"]
        assert (ok["effect_name"] != "").all()
        known = ok[ok["ci_low"].notna()]
        assert len(known) >= 9
        assert ((known["ci_low"] <= known["effect"]) & (known["effect"] <= known["ci_high"])).all()
        for _, one in ok[ok["ci_low"].isna()].iterrows():
            assert one["effect_name"] in {"rank epsilon squared", "partial Cox-Snell R squared"}
            assert "no interval" in one["reason"]


def test_patients_are_matched_by_id_whatever_their_order():
    features, targets = mixed(1, "f"), mixed(2, "t")
    whole = run(features, targets, covariates=mixed(3, "c"))
    shuffled = PatientTable(features.values.sample(frac=1, random_state=3), features.columns)
    pd.testing.assert_frame_equal(run(shuffled, targets, covariates=mixed(3, "c")), whole)


def test_only_patients_of_both_tables_count():
    features, targets = mixed(1, "f"), mixed(2, "t")
    some = PatientTable(targets.values.iloc[10:45], targets.columns)
    table = run(features, some)
    assert set(table["n"]) == {35}
    pd.testing.assert_frame_equal(
        table, run(PatientTable(features.values.iloc[10:45], features.columns), some)
    )


def test_patients_without_a_covariate_are_left_out_everywhere():
    features, targets, covariates = mixed(1, "f"), mixed(2, "t"), mixed(3, "c").select(["c.continuous"])
    values = covariates.values.copy()
    values.iloc[:7] = np.nan
    table = run(features, targets, covariates=PatientTable(values.iloc[:-3], covariates.columns))
    assert set(table["n"]) == {50}


def test_not_testable_is_a_row_with_its_reason():
    random = np.random.default_rng(4)
    n = 60
    x = random.standard_normal(n)
    few = np.full(n, np.nan)
    few[:8] = x[:8]
    rare = (np.arange(n) < 3).astype(float)
    odd = x.copy()
    odd[4] = np.inf
    features = make(
        {
            "good": ("continuous", x),
            "flat": ("continuous", np.full(n, 3.5)),
            "few": ("continuous", few),
            "empty": ("continuous", np.full(n, np.nan)),
            "odd": ("continuous", odd),
            "rare": ("binary", rare),
            "twos": ("binary", rare * 2),
        }
    )
    targets = make(
        {
            "t": ("continuous", random.standard_normal(n)),
            "b": ("binary", (random.random(n) < 0.5).astype(float)),
            "c": ("categorical", random.choice(["a", "b", "c"], n)),
            "same": ("binary", np.ones(n)),
        }
    )
    covariates = make({"x": ("continuous", random.standard_normal(n))})
    for options in (
        {},
        {"covariates": covariates},
        {"settings": AssociateSettings(method="linear", permutations=0, min_group=5)},
    ):
        table = run(features, targets, **options)
        assert len(table) == 28
        for target in ("t", "b", "c"):
            assert row(table, "good", target)["status"] == "ok"
            assert "feature is constant" in row(table, "flat", target)["reason"]
            assert "fewer than 20 patients" in row(table, "few", target)["reason"]
            assert row(table, "few", target)["n"] == 8
            assert row(table, "empty", target)["n"] == 0
            assert "its kind does not allow" in row(table, "odd", target)["reason"]
            assert "fewer than 5 patients" in row(table, "rare", target)["reason"]
            assert "its kind does not allow" in row(table, "twos", target)["reason"]
        assert "target is constant" in row(table, "good", "same")["reason"]
        bad = table[table["status"] == "not testable"]
        assert len(bad) == 28 - 3
        numbers = [
            "effect",
            "ci_low",
            "ci_high",
            "statistic",
            "p",
            "neg_log10_p",
            "q",
            "se",
            "df",
            "df_factor",
        ]
        assert bad[["effect", "p", "q", "statistic", "neg_log10_p"]].isna().all(axis=None)
        assert bad[numbers].isna().all(axis=None)
        assert (bad["reason"] != "").all()


def test_a_column_that_the_covariates_explain():
    random = np.random.default_rng(5)
    site = random.integers(0, 3, 60)
    names = np.array(["a", "b", "c"])[site]
    features = make(
        {"site.size": ("continuous", np.array([1.0, 5.0, 2.0])[site]), "x": ("continuous", random.random(60))}
    )
    targets = make(
        {"own": ("binary", (site == 1).astype(float)), "other": ("binary", random.integers(0, 2, 60) * 1.0)}
    )
    table = run(features, targets, covariates=make({"site": ("categorical", names)}))
    assert "covariates explain the feature" in row(table, "site.size", "other")["reason"]
    assert "covariates explain the target" in row(table, "x", "own")["reason"]
    assert row(table, "x", "other")["status"] == "ok"


def test_no_degrees_of_freedom():
    random = np.random.default_rng(6)
    features, targets = mixed(1, "f", 22).select(["f.continuous"]), mixed(2, "t", 22).select(["t.continuous"])
    many = make({f"c{k}": ("continuous", random.standard_normal(22)) for k in range(20)}, 22)
    table = run(features, targets, covariates=many)
    assert table["reason"].iloc[0] == "no residual degrees of freedom"


def test_covariates_that_repeat_each_other_change_nothing():
    features, targets = mixed(1, "f"), mixed(2, "t")
    one = mixed(3, "c").select(["c.continuous"])
    x = one.values["c.continuous"].to_numpy()
    twice = make(
        {"a": ("continuous", x), "b": ("continuous", 1e6 * x + 7e9), "c": ("continuous", np.ones(60))}
    )
    left, right = run(features, targets, covariates=one), run(features, targets, covariates=twice)
    pd.testing.assert_series_equal(left["df"], right["df"])
    np.testing.assert_allclose(left["p"], right["p"], rtol=1e-8)


def test_separated_groups():
    y = np.repeat([0.0, 1.0], 30)
    features = make({"f": ("binary", y), "less": ("binary", np.where(np.arange(60) < 15, 0.0, 1.0))})
    targets = make({"t": ("binary", y)})
    age = make({"age": ("continuous", np.random.default_rng(1).standard_normal(60))})
    for options in (
        {"covariates": age},
        {"settings": AssociateSettings(method="linear", permutations=0, min_group=5)},
    ):
        table = run(features, targets, **options)
        assert set(table["test"]) == {"logistic regression (Firth)"}
        assert (table["p"] < 0.001).all()
        assert table["effect"].between(10, 1e6).all()
        assert (table["ci_low"] > 1).all()
        assert np.isfinite(table["ci_high"]).all()


def test_too_many_terms_for_a_logistic_model():
    random = np.random.default_rng(7)
    features, targets = mixed(1, "f").select(["f.binary"]), mixed(2, "t").select(["t.binary"])
    many = make({f"c{k}": ("continuous", random.standard_normal(60)) for k in range(5)})
    assert "5 patients per term" in run(features, targets, covariates=many)["reason"].iloc[0]
    loose = AssociateSettings(permutations=0, min_per_term=2)
    assert run(features, targets, covariates=many, settings=loose)["status"].iloc[0] == "ok"


def test_false_discovery_rate_is_that_of_the_whole_call():
    from imagenomics.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli

    features, targets = mixed(1, "f"), mixed(2, "t")
    table = run(features, targets)
    np.testing.assert_array_equal(table["q"], benjamini_hochberg(table["p"]))
    cautious = run(features, targets, settings=AssociateSettings(fdr="by", permutations=0))
    np.testing.assert_array_equal(cautious["q"], benjamini_yekutieli(table["p"]))


def test_normal_scores_make_monotone_changes_harmless():
    features, targets = mixed(1, "f").select(["f.continuous"]), mixed(2, "t").select(["t.continuous"])
    bent = PatientTable(np.exp(features.values * 5), features.columns)
    settings = AssociateSettings(method="linear", permutations=0, min_group=5)
    pd.testing.assert_frame_equal(
        run(bent, targets, settings=settings), run(features, targets, settings=settings)
    )
    raw = AssociateSettings(method="linear", permutations=0, transform="none")
    assert run(bent, targets, settings=raw)["p"].iloc[0] != run(features, targets, settings=raw)["p"].iloc[0]


def test_tables_are_not_changed():
    features, targets, covariates = mixed(1, "f"), mixed(2, "t"), mixed(3, "c")
    before = [t.values.copy() for t in (features, targets, covariates)]
    run(features, targets, covariates=covariates, settings=AssociateSettings(permutations=20))
    for table, copy in zip((features, targets, covariates), before, strict=True):
        pd.testing.assert_frame_equal(table.values, copy)


def test_names_are_categories_and_small():
    random = np.random.default_rng(8)
    features = make({f"f{k}": ("continuous", random.standard_normal(60)) for k in range(300)})
    targets = make({f"t{k}": ("continuous", random.standard_normal(60)) for k in range(100)})
    table = run(features, targets, settings=AssociateSettings(method="linear", permutations=0, min_group=5))
    assert table.memory_usage(index=False).sum() / len(table) < 120
    assert list(table["feature"].unique()) == list(features.values)


def test_no_columns_at_all():
    features, targets = mixed(1, "f"), mixed(2, "t")
    for table in (run(features.select([]), targets), run(features, targets.select([]))):
        assert len(table) == 0
        assert list(table.columns) == list(COLUMNS)


def test_rows_that_are_not_patients_are_refused():
    features, targets = mixed(1, "f"), mixed(2, "t")
    lesions = features.values.copy()
    lesions.index = pd.MultiIndex.from_product([lesions.index, ["lesion"]], names=["patient", "unit"])
    for argument in (lesions, type("Table", (), {"values": lesions})()):
        with pytest.raises(InputError, match=r"IGX-ASSOC-001.*\n.*independent") as caught:
            run(argument, targets)
        assert "summarise" in str(caught.value)
    with pytest.raises(ArgumentTypeError, match="IGX-ASSOC-002"):
        run(features.values, targets)
    with pytest.raises(ArgumentTypeError, match="IGX-ASSOC-002"):
        run(features, targets, covariates=targets.values)


def test_other_refusals():
    features, targets = mixed(1, "f"), mixed(2, "t")
    text = make({"f": ("continuous", np.repeat("big", 60))})
    with pytest.raises(InputError, match="IGX-ASSOC-003"):
        run(text, targets)
    unknown = PatientTable(features.values, features.columns.assign(kind="contiguous"))
    with pytest.raises(InputError, match="IGX-ASSOC-004"):
        run(unknown, targets)
    with pytest.raises(InputError, match="IGX-ASSOC-005"):
        run(features, targets, covariates=make({"c": ("binary", np.full(60, 2.0))}))
    half = np.arange(60) < 30
    never = {
        "a": ("continuous", np.where(half, 1.0, np.nan)),
        "b": ("continuous", np.where(half, np.nan, 1.0)),
    }
    with pytest.raises(InputError, match="IGX-ASSOC-006"):
        run(features, targets, covariates=make(never))
    with pytest.raises(ArgumentTypeError, match="IGX-ASSOC-007"):
        run(features, targets, strata=["a"] * 60)
    with pytest.raises(InputError, match="IGX-ASSOC-008"):
        run(features, targets, strata=pd.Series(["a"], index=["nobody"]))


def test_columns_of_rare_values_are_not_tested_where_they_cannot_meet():
    n = 100
    one = np.zeros(n)
    one[7] = 1.0
    some, half = (np.arange(n) < 15) * 1.0, (np.arange(n) % 2) * (1.0 + np.arange(n) % 3)
    features = make({"one": ("ordinal", one), "some": ("ordinal", some), "half": ("ordinal", half)}, n)
    genes = {"one": ("ordinal", one), "some": ("ordinal", some[::-1]), "binary": ("binary", some)}
    targets = make(genes, n)
    for options in ({}, {"settings": AssociateSettings(method="linear", permutations=19)}):
        table = run(features, targets, **options)
        refused = table["reason"].astype(str).str.contains("same value")
        for feature, target in (
            ("one", "one"),
            ("one", "binary"),
            ("some", "some"),
            ("some", "binary"),
            ("half", "one"),
        ):
            rows = (table["feature"] == feature) & (table["target"] == target)
            assert refused[rows].all(), (feature, target)
            assert table.loc[rows, "p"].isna().all()
        assert row(table, "half", "some")["status"] == "ok"
        assert row(table, "half", "binary")["status"] == "ok"


def test_counts_of_values_other_than_the_commonest():
    values = np.array([[0, 1, np.nan, 3.0], [0, 2, np.nan, 3], [1, 3, np.nan, np.nan], [0, 4, 5, 3]])
    assert other_than_commonest(values).tolist() == [1, 3, 0, 0]
