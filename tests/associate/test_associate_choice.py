"""Tests that a study chooses: each against scipy, on noise, on a planted effect, and with what it cannot do."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate import pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.runs.family_block import AssociateBlock
from imagenomics.stats.fisher import fisher
from imagenomics.tables.patient_table import PatientTable, describe


def table(values: np.ndarray, kind: str, *, name: str) -> PatientTable:
    index = pd.Index([f"P{i:04d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def numbers(seed: int, n: int, p: int, *, missing: float = 0.1) -> np.ndarray:
    random = np.random.default_rng([8, seed])
    values = random.standard_normal((n, p)) * 5 + 1000
    values[random.random((n, p)) < missing] = np.nan
    return values


def groups(seed: int, n: int, p: int, *, missing: float = 0.1, share: float = 0.4) -> np.ndarray:
    random = np.random.default_rng([9, seed])
    values = (random.random((n, p)) < share).astype(float)
    values[random.random((n, p)) < missing] = np.nan
    return values


def run(features, targets, *, permutations=0, seed=1, covariates=None, **options) -> pd.DataFrame:
    settings = AssociateSettings(permutations=permutations, **options)
    return pairs.test_pairs(
        features, targets, covariates=covariates, settings=settings, analysis="choice", seed=seed
    )


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("choice", ["welch", "student"])
def test_t_tests_against_scipy(choice, swapped):
    x, y = numbers(1, 80, 4), groups(1, 80, 3)
    sides = table(x, "continuous", name="x"), table(y, "binary", name="y")
    found = run(*(sides[::-1] if swapped else sides), two_groups=choice)
    assert len(found) == 12
    for _, row in found.iterrows():
        names = (row["target"], row["feature"]) if swapped else (row["feature"], row["target"])
        a, b = sides[0].values[names[0]].to_numpy(), sides[1].values[names[1]].to_numpy()
        one, zero = (a[(b == level) & ~np.isnan(a)] for level in (1, 0))
        wanted = stats.ttest_ind(one, zero, equal_var=choice == "student")
        np.testing.assert_allclose([row["statistic"], row["p"]], [wanted.statistic, wanted.pvalue], rtol=1e-9)
        assert row["df"] == pytest.approx(wanted.df, rel=1e-6)  # kept as float32
        df = one.size + zero.size - 2
        pooled = np.sqrt(((one.size - 1) * one.var(ddof=1) + (zero.size - 1) * zero.var(ddof=1)) / df)
        assert row["effect"] == pytest.approx(
            (one.mean() - zero.mean()) / pooled * (1 - 3 / (4 * df - 1)), rel=1e-3
        )
        assert row["ci_low"] < row["effect"] < row["ci_high"]
        assert row["effect_name"] == "Hedges g"


@pytest.mark.parametrize("choice", ["fisher-mid-p", "chi-square", "chi-square-yates"])
def test_tables_against_scipy(choice):
    x, y = groups(3, 90, 4), groups(4, 90, 3)
    found = run(table(x, "binary", name="x"), table(y, "binary", name="y"), tables=choice)
    default = run(table(x, "binary", name="x"), table(y, "binary", name="y"))
    pd.testing.assert_frame_equal(found[["n", "effect", "ci_low"]], default[["n", "effect", "ci_low"]])
    for i, (_, row) in enumerate(found.iterrows()):
        a, b = x[:, i % 4], y[:, i // 4]
        cells = [((a == k) & (b == m)).sum() for k, m in ((1, 1), (1, 0), (0, 1), (0, 0))]
        if choice == "fisher-mid-p":
            a11, a10, a01, _ = cells
            law = stats.hypergeom(sum(cells), a11 + a10, a11 + a01)
            chance = law.pmf(np.arange(sum(cells) + 1))
            seen = law.pmf(a11)
            equal = np.abs(chance - seen) <= 1e-7 * seen
            wanted = chance[(chance < seen) | equal].sum() - chance[equal].sum() / 2
            assert fisher(tuple(cells), mid_p=True) == pytest.approx(wanted, rel=1e-8)
        else:
            known = stats.chi2_contingency(np.reshape(cells, (2, 2)), correction=choice.endswith("yates"))
            wanted = known.pvalue
            assert row["statistic"] == pytest.approx(known.statistic, rel=1e-9, abs=1e-12)
        assert row["p"] == pytest.approx(wanted, rel=1e-8)


CHOICES = {
    "welch": ("continuous", {"two_groups": "welch"}, False),
    "student": ("continuous", {"two_groups": "student"}, False),
    "fisher-mid-p": ("binary", {"tables": "fisher-mid-p"}, True),
    "chi-square": ("binary", {"tables": "chi-square"}, True),
    "chi-square-yates": ("binary", {"tables": "chi-square-yates"}, True),
}


@pytest.mark.parametrize("n", [34, 110])
@pytest.mark.parametrize("choice", CHOICES)
def test_noise_says_no_and_a_planted_effect_is_found(choice, n):
    kind, options, discrete = CHOICES[choice]
    share = 0.45 if n < 50 else 0.4
    small = {"min_group": 4} if n < 50 else {}
    x = numbers(5, n, 45) if kind == "continuous" else groups(5, n, 45, share=share)
    y = groups(6, n, 45, share=share)
    found = run(table(x, kind, name="x"), table(y, "binary", name="y"), **options, **small)
    p = found["p"].dropna()
    assert p.size > 300
    low, high = stats.binom.ppf([0.0005, 0.9995], p.size, 0.05) / p.size
    assert (p <= 0.05).mean() <= high
    assert discrete or (p <= 0.05).mean() >= low
    if n > 50:
        y[:, 0] = x[:, 0] if kind == "binary" else np.where(np.isnan(x[:, 0]), np.nan, x[:, 0] > 1000)
        flip = np.arange(n) < n // 8
        y[flip, 0] = 1 - y[flip, 0]
        hit = run(
            table(x[:, :5], kind, name="x"), table(y[:, :4], "binary", name="y"), permutations=99, **options
        )
        assert hit["q"].iloc[0] < 1e-3
        assert hit["p_maxt"].iloc[0] == 1 / 100


def test_family_wise_p_of_welch_repeats_the_test():
    hits = 0
    for family in range(60):
        x, y = numbers(family + 20, 40, 3), groups(family + 20, 40, 3)
        found = run(
            table(x, "continuous", name="x"),
            table(y, "binary", name="y"),
            permutations=39,
            seed=family,
            two_groups="welch",
            min_group=5,
        )
        assert set(found["permutation"]) <= {"minP", ""}
        hits += bool((found["p_maxt"] <= 0.05).any())
    assert hits <= stats.binom.ppf(0.9995, 60, 0.05)


def test_what_cannot_be_tested_says_why():
    y = np.repeat([0.0, 1.0], 20)[:, None]
    x = np.column_stack([y[:, 0] * 3 + 0.1, np.full(40, 0.1), np.arange(40.0)])
    found = run(table(x, "continuous", name="x"), table(y, "binary", name="y"), two_groups="welch")
    assert list(found["status"]) == ["not testable", "not testable", "ok"]
    assert "does not vary inside the groups" in found["reason"].iloc[0]
    assert "feature is constant" in found["reason"].iloc[1]
    rare = groups(7, 40, 1, missing=0, share=0.3)
    few = run(
        table(rare, "binary", name="x"), table(rare, "binary", name="y"), tables="chi-square", min_group=2
    )
    expected = rare.sum() ** 2 / 40
    assert ("expected count" in few["reason"].iloc[0]) == (expected < 5)


def test_a_choice_beside_models_is_refused():
    sides = table(numbers(1, 40, 1), "continuous", name="x"), table(groups(1, 40, 1), "binary", name="y")
    with pytest.raises(InputError, match="IGX-ASSOC-010"):
        run(*sides, two_groups="welch", covariates=table(numbers(2, 40, 1), "continuous", name="c"))
    with pytest.raises(InputError, match="linear"):
        AssociateSettings.read({"method": "linear", "tables": "chi-square"}, where="here")
    with pytest.raises(InputError, match="no covariates"):
        AssociateBlock.read(
            {"name": "a", "targets": "m", "adjust": ["age"], "two_groups": "student"}, where="x"
        )
    with pytest.raises(InputError):
        AssociateSettings.read({"two_groups": "median"}, where="here")


def test_defaults_are_the_same_settings_as_before():
    assert AssociateSettings().canonical() == '["AssociateSettings",5,{}]'


def test_pearson_against_scipy_on_noise_and_planted():
    x, y = numbers(11, 60, 30), numbers(12, 60, 30)
    found = run(table(x, "continuous", name="x"), table(y, "continuous", name="y"), correlation="pearson")
    assert set(found["test"]) == {"Pearson correlation"}
    for i, (_, row) in enumerate(found.head(90).iterrows()):
        a, b = x[:, i % 30], y[:, i // 30]
        both = ~np.isnan(a) & ~np.isnan(b)
        known = stats.pearsonr(a[both], b[both])
        np.testing.assert_allclose([row["effect"], row["p"]], [known.statistic, known.pvalue], rtol=1e-8)
        np.testing.assert_allclose([row["ci_low"], row["ci_high"]], known.confidence_interval(), rtol=1e-6)
    low, high = stats.binom.ppf([0.0005, 0.9995], len(found), 0.05) / len(found)
    assert low <= (found["p"] <= 0.05).mean() <= high
    y[:, 0] = x[:, 0] + 3 * np.random.default_rng(0).standard_normal(60)
    hit = run(
        table(x[:, :5], "continuous", name="x"),
        table(y[:, :4], "continuous", name="y"),
        correlation="pearson",
        permutations=99,
    )
    assert hit["q"].iloc[0] < 1e-3
    assert hit["p_maxt"].iloc[0] == 1 / 100
