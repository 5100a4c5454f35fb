"""Pure noise says no and planted effects are found, for every test of the association engine."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate import pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe

ALPHA = 0.05


def bounds(tests: int) -> tuple[float, float]:
    """Return between which shares of p <= 0.05 pure noise lies, 999 times of 1000."""
    low, high = stats.binom.ppf([0.0005, 0.9995], tests, ALPHA)
    return low / tests, high / tests


def columns(random: np.random.Generator, kind: str, n: int, p: int) -> np.ndarray:
    if kind == "continuous":
        return random.standard_normal((n, p))
    if kind == "skewed":
        return np.where(random.random((n, p)) < 0.3, 0.0, np.exp(2 * random.standard_normal((n, p))))
    if kind == "ordinal":
        return random.integers(0, 5, (n, p)).astype(float)
    if kind == "binary":
        return (random.random((n, p)) < 0.4).astype(float)
    return random.choice(["a", "b", "c"], (n, p)).astype(object)


def table(values: np.ndarray, kind: str, *, name: str, missing: float = 0.0, seed: int = 0) -> PatientTable:
    values = values.copy()
    gone = np.random.default_rng([seed, 99]).random(values.shape) < missing
    values[gone] = None if kind == "categorical" else np.nan
    index = pd.Index([f"P{i:04d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    frame = pd.DataFrame({c: values[:, k] for k, c in enumerate(names)}, index=index)
    return PatientTable(frame, describe(names, kind="continuous" if kind == "skewed" else kind))


def run(features, targets, *, permutations=0, seed=1, **options) -> pd.DataFrame:
    covariates, strata = options.pop("covariates", None), options.pop("strata", None)
    settings = AssociateSettings(permutations=permutations, **options)
    return pairs.test_pairs(
        features,
        targets,
        covariates=covariates,
        strata=strata,
        settings=settings,
        analysis="noise",
        seed=seed,
    )


# kinds of feature and target, settings, adjusted or not, and whether the test is discrete (then only not too often)
CASES = {
    "Mann-Whitney U": ("continuous", "binary", {}, False, False),
    "Mann-Whitney U, ties": ("skewed", "binary", {}, False, False),
    "Mann-Whitney U, ordinal": ("binary", "ordinal", {}, False, False),
    "Kruskal-Wallis": ("skewed", "categorical", {}, False, False),
    "Spearman": ("skewed", "ordinal", {}, False, False),
    "Spearman, continuous": ("continuous", "skewed", {}, False, False),
    "Fisher": ("binary", "binary", {}, False, True),
    "chi-square": ("categorical", "categorical", {}, False, False),
    "chi-square, binary": ("binary", "categorical", {}, False, False),
    "linear": ("skewed", "skewed", {"method": "linear"}, False, False),
    "linear, binary": ("skewed", "binary", {"method": "linear"}, False, False),
    "linear, categorical": ("skewed", "categorical", {"method": "linear"}, False, False),
    "logistic": ("binary", "binary", {"method": "linear"}, False, False),
    "adjusted linear": ("skewed", "skewed", {}, True, False),
    "adjusted linear, binary": ("skewed", "binary", {}, True, False),
    "adjusted linear, binary feature": ("binary", "skewed", {}, True, False),
    "adjusted linear, categorical": ("skewed", "categorical", {}, True, False),
    "adjusted logistic": ("binary", "binary", {}, True, False),
    "adjusted logistic, categorical": ("categorical", "binary", {}, True, False),
}


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("case", CASES)
def test_raw_p_values_on_pure_noise(case, missing):
    feature, target, options, adjusted, discrete = CASES[case]
    random = np.random.default_rng([1, list(CASES).index(case), int(100 * missing)])
    n = 240 if "logistic" in case or "chi-square" in case else 110  # enough for every expected count
    features = table(columns(random, feature, n, 45), feature, name="f", missing=missing, seed=1)
    targets = table(columns(random, target, n, 45), target, name="t", missing=missing, seed=2)
    if adjusted:
        options = {**options, "covariates": table(random.standard_normal((n, 3)), "continuous", name="c")}
    found = run(features, targets, **options)
    assert (found["status"] == "ok").mean() > 0.95
    low, high = bounds(found["p"].notna().sum())
    share = (found["p"].dropna() <= ALPHA).mean()
    assert share <= high
    assert share >= (0.005 if discrete else low)


@pytest.mark.parametrize(("rows", "columns_", "share"), [(20, 200, 0.1), (20, 200, 0.3), (100, 400, None)])
def test_the_far_tail_of_noise_is_no_discovery(rows, columns_, share):
    """Rare levels and small cohorts: false discoveries of whole families, where only the far tail counts."""
    n, found = (22 if share is None else 100), 0
    for family in range(20):
        random = np.random.default_rng([7, family])
        sides = []
        for name, p in (("f", rows), ("t", columns_)):
            if share is None:
                sides.append(table(random.standard_normal((n, p)), "continuous", name=name))
            else:
                levels = (random.random((n, p)) < share) * random.integers(1, 3, (n, p))
                sides.append(table(levels.astype(float), "ordinal", name=name))
        found += bool((run(*sides, seed=family)["q"] <= ALPHA).any())
    assert found <= stats.binom.ppf(0.9995, 20, ALPHA)


FAMILIES = 150


@pytest.mark.slow
@pytest.mark.parametrize("adjusted", [False, True])
def test_families_of_pure_noise(adjusted):
    """Family-wise p, and Benjamini-Hochberg when nothing is true, err in one family of twenty."""
    by_permutation = by_rate = 0
    for family in range(FAMILIES):
        random = np.random.default_rng([2, family])
        shared = random.standard_normal((36, 1))
        features = table(
            columns(random, "continuous", 36, 6) + shared, "continuous", name="f", missing=0.05, seed=family
        )
        targets = table(columns(random, "binary", 36, 4), "binary", name="t", missing=0.05, seed=family + 1)
        covariates = table(random.standard_normal((36, 2)), "continuous", name="c") if adjusted else None
        found = run(features, targets, permutations=99, seed=family, covariates=covariates)
        by_permutation += bool((found["p_maxt"] <= ALPHA).any())
        by_rate += bool((found["q"] <= ALPHA).any())
    low, high = bounds(FAMILIES)
    assert low <= by_permutation / FAMILIES <= high
    assert by_rate / FAMILIES <= high


def test_family_wise_p_of_a_mixed_family_is_fair():
    """minP over unlike tests: the smallest p_maxt of pure noise is spread evenly."""
    smallest = []
    for family in range(100):
        random = np.random.default_rng([3, family])
        features = table(columns(random, "skewed", 40, 4), "skewed", name="f", missing=0.1, seed=family)
        kind = ["binary", "categorical", "continuous", "ordinal"][family % 4]
        targets = table(columns(random, kind, 40, 3), kind, name="t", missing=0.1, seed=family + 7)
        smallest.append(run(features, targets, permutations=49, seed=family)["p_maxt"].min())
    smallest = np.array(smallest)
    for level in (0.1, 0.3, 0.5, 0.8):
        low, high = stats.binom.ppf([0.0005, 0.9995], 100, level) / 100
        assert low <= (smallest <= level).mean() <= high


def sites(random: np.random.Generator, n: int) -> np.ndarray:
    return random.integers(0, 3, n)


def confounded(family: int, n: int = 90):
    """Return noise in which the site alone drives features and targets."""
    random = np.random.default_rng([4, family])
    site = sites(random, n)
    shift = np.array([-1.0, 0.0, 1.2])[site][:, None]
    features = table(random.standard_normal((n, 5)) + shift, "continuous", name="f")
    chance = 1 / (1 + np.exp(-1.5 * shift))
    targets = table((random.random((n, 4)) < chance).astype(float), "binary", name="t")
    names = np.array(["a", "b", "c"], dtype=object)[site]
    return features, targets, table(names[:, None], "categorical", name="site")


@pytest.mark.slow
def test_site_confounded_noise_needs_the_site():
    plain, adjusted, family_plain, family_adjusted, family_strata = [], [], 0, 0, 0
    families = 80
    for family in range(families):
        features, targets, site = confounded(family)
        strata = site.values["site0"]
        blind = run(features, targets, permutations=99, seed=family)
        within = run(features, targets, permutations=99, seed=family, strata=strata)
        knowing = run(features, targets, permutations=99, seed=family, covariates=site)
        plain.append((blind["p"] <= ALPHA).mean())
        adjusted.append((knowing["p"] <= ALPHA).mean())
        family_plain += bool((blind["p_maxt"] <= ALPHA).any())
        family_strata += bool((within["p_maxt"] <= ALPHA).any())
        family_adjusted += bool((knowing["p_maxt"] <= ALPHA).any())
    high = bounds(families)[1]
    assert np.mean(plain) > 0.5
    assert family_plain / families > 0.9
    assert np.mean(adjusted) <= bounds(families * 20)[1]
    assert family_strata / families <= high
    assert family_adjusted / families <= high


PLANTED = {
    "continuous": lambda y, random: y + random.standard_normal(y.size),
    "ordinal": lambda y, random: np.clip(np.round(y + random.standard_normal(y.size)) + 2, 0, 4),
    "binary": lambda y, random: (y + random.standard_normal(y.size) > 0).astype(float),
}


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("method", ["auto", "linear"])
@pytest.mark.parametrize("target", ["continuous", "ordinal", "binary", "categorical"])
@pytest.mark.parametrize("feature", ["continuous", "ordinal", "binary"])
def test_planted_effects_are_found(feature, target, method, adjusted):
    random = np.random.default_rng([5, len(feature), len(target)])
    n = 150
    cause = random.standard_normal(n)
    one = PLANTED[feature](1.5 * cause, random)[:, None]
    features = np.hstack([one, columns(random, feature, n, 9)])
    if target == "categorical":
        other = np.array(["a", "b", "c"], dtype=object)[np.digitize(cause, [-0.6, 0.6])][:, None]
    else:
        other = PLANTED[target](1.5 * cause, random)[:, None]
    targets = np.hstack([other, columns(random, target, n, 4)])
    covariates = table(random.standard_normal((n, 2)), "continuous", name="c") if adjusted else None
    found = run(
        table(features, feature, name="f"),
        table(targets, target, name="t"),
        method=method,
        permutations=199,
        covariates=covariates,
    )
    hits = found[found["q"] <= ALPHA]
    first = found.iloc[0]
    assert first["q"] <= 0.001
    assert np.isnan(first["p_maxt"]) or first["p_maxt"] == 1 / 200
    assert len(hits) <= 5
    if target != "categorical":
        nothing = {"AUC": 0.5, "odds ratio": 1.0}.get(first["effect_name"], 0.0)
        assert first["effect"] > nothing
        assert first["ci_low"] > nothing


def test_an_effect_inside_the_sites_is_found_within_them():
    random = np.random.default_rng(6)
    site = sites(random, 120)
    y = (random.random(120) < np.array([0.2, 0.5, 0.8])[site]).astype(float)
    x = 1.3 * y + np.array([3.0, 0.0, -3.0])[site] + random.standard_normal(120)
    features, targets = table(x[:, None], "continuous", name="f"), table(y[:, None], "binary", name="t")
    names = np.array(["a", "b", "c"], dtype=object)[site][:, None]
    found = run(features, targets, permutations=199, covariates=table(names, "categorical", name="s")).iloc[0]
    assert found["p"] < 1e-4
    assert found["effect"] > 0
    assert found["p_maxt"] == 1 / 200
