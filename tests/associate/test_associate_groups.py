"""Analyses of variance of several groups: against scipy and statsmodels, on noise, on a planted effect."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from imagenomics.associate import pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.runs.family_block import AssociateBlock
from imagenomics.tables.patient_table import PatientTable, describe

LEVELS = np.array(["a", "b", "c", "d"], dtype=object)
NAMES = {"anova": "ANOVA (F)", "welch-anova": "Welch's ANOVA"}


def table(values: np.ndarray, kind: str, *, name: str) -> PatientTable:
    index = pd.Index([f"P{i:04d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def sides(seed: int, n: int, p: int, *, missing: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng([83, seed])
    x = 1e3 + random.normal(size=(n, p))
    g = LEVELS[random.choice(4, (n, p), p=[0.3, 0.3, 0.2, 0.2])]
    x[random.random((n, p)) < missing] = np.nan
    g[random.random((n, p)) < missing] = None
    return x, g


def run(features, targets, *, permutations=0, seed=1, **options) -> pd.DataFrame:
    settings = AssociateSettings(permutations=permutations, **options)
    return pairs.test_pairs(features, targets, settings=settings, analysis="groups", seed=seed)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("choice", NAMES)
def test_every_pair_against_others(choice, swapped):
    x, g = sides(1, 120, 3)
    g[g[:, 2] == "d", 2] = "c"  # a column with fewer levels
    both = table(x, "continuous", name="x"), table(g, "categorical", name="g")
    found = run(*(both[::-1] if swapped else both), groups=choice)
    assert set(found["test"]) == {NAMES[choice]}
    for _, row in found.iterrows():
        a, b = (row["target"], row["feature"]) if swapped else (row["feature"], row["target"])
        frame = pd.DataFrame({"x": both[0].values[a], "g": both[1].values[b]}).dropna()
        parts = [part["x"].to_numpy() for _, part in frame.groupby("g")]
        if choice == "anova":
            known = stats.f_oneway(*parts)
            wanted = known.statistic, known.pvalue
        else:
            welch = anova_oneway(parts, use_var="unequal", welch_correction=True)
            wanted = welch.statistic, welch.pvalue
            assert row["df"] == pytest.approx(welch.df_denom, rel=1e-6)  # kept as float32
        np.testing.assert_allclose([row["statistic"], row["p"]], wanted, rtol=1e-9)
        assert row["n"] == len(frame)
        assert row["df_factor"] == len(parts) - 1
        assert 0 <= row["ci_low"] <= row["effect"] <= row["ci_high"]
        assert row["effect_name"] == "eta squared"


@pytest.mark.parametrize("choice", NAMES)
def test_noise_says_no_and_a_planted_effect_is_found(choice):
    x, g = sides(2, 110, 40)
    p = run(table(x, "continuous", name="x"), table(g, "categorical", name="g"), groups=choice)["p"].dropna()
    assert p.size > 1500
    low, high = stats.binom.ppf([0.0005, 0.9995], p.size, 0.05) / p.size
    assert low <= (p <= 0.05).mean() <= high
    x[:, 0] += 1.5 * (g[:, 0] == "b")
    hit = run(
        table(x[:, :5], "continuous", name="x"),
        table(g[:, :4], "categorical", name="g"),
        permutations=99,
        groups=choice,
    )
    assert hit["q"].iloc[0] < 1e-3
    assert hit["p_maxt"].iloc[0] == 1 / 100


def test_unequal_variances_are_what_welch_is_for():
    random = np.random.default_rng(84)
    g = LEVELS[np.repeat([0, 1, 2], [60, 20, 12])][:, None]
    spread = np.repeat([0.5, 1.0, 4.0], [60, 20, 12])[:, None]
    x = random.normal(size=(92, 2000)) * spread
    features = table(x, "continuous", name="x")
    shares = {
        choice: (run(features, table(g, "categorical", name="g"), groups=choice)["p"] <= 0.05).mean()
        for choice in NAMES
    }
    assert shares["welch-anova"] <= stats.binom.ppf(0.9995, 2000, 0.05) / 2000
    assert shares["anova"] > 0.1


def test_family_wise_p_of_welch_keeps_its_level():
    hits = 0
    for family in range(40):
        x, g = sides(family + 20, 60, 2)
        found = run(
            table(x, "continuous", name="x"),
            table(g, "categorical", name="g"),
            permutations=39,
            seed=family,
            groups="welch-anova",
            min_group=5,
        )
        assert set(found["permutation"]) <= {"minP", ""}
        hits += bool((found["p_maxt"] <= 0.05).any())
    assert hits <= stats.binom.ppf(0.9995, 40, 0.05)


def test_a_group_without_spread_says_why():
    x, g = sides(3, 60, 2, missing=0)
    x[g[:, 0] == "c", 0] = 7.1
    found = run(
        table(x, "continuous", name="x"), table(g, "categorical", name="g"), groups="welch-anova", min_group=2
    )
    assert list(found["status"]) == ["not testable", "ok", "ok", "ok"]
    assert "inside one of the groups" in found["reason"].iloc[0]


def test_beside_covariates_it_is_refused():
    with pytest.raises(InputError, match="groups = 'anova'"):
        AssociateBlock.read({"name": "a", "targets": "m", "adjust": ["age"], "groups": "anova"}, where="x")
    with pytest.raises(InputError):
        AssociateSettings.read({"groups": "median"}, where="here")
