"""Tests to one side: each against scipy or statsmodels, on noise, on effects of either sign, and what has no side."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from imagenomics.associate import pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.runs.family_block import ReplicateBlock
from imagenomics.tables.patient_table import PatientTable, describe

OTHER = {"greater": "less", "less": "greater"}


def table(values: np.ndarray, kind: str, *, name: str) -> PatientTable:
    index = pd.Index([f"P{i:04d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def columns(seed: int, n: int, p: int, kind: str, *, missing: float = 0.1) -> np.ndarray:
    random = np.random.default_rng([85, seed])
    values = (
        random.normal(size=(n, p)) if kind == "continuous" else (random.random((n, p)) < 0.4).astype(float)
    )
    values[random.random((n, p)) < missing] = np.nan
    return values


def run(features, targets, *, permutations=0, seed=1, covariates=None, **options) -> pd.DataFrame:
    settings = AssociateSettings(permutations=permutations, **options)
    return pairs.test_pairs(
        features, targets, covariates=covariates, settings=settings, analysis="one side", seed=seed
    )


def split(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return a[b == 1], a[b == 0]


def fisher_p(a, b, side, *, mid=False):
    cells = [((a == k) & (b == m)).sum() for k, m in ((1, 1), (1, 0), (0, 1), (0, 0))]
    law = stats.hypergeom(sum(cells), cells[0] + cells[1], cells[0] + cells[2])
    p = law.sf(cells[0] - 1) if side == "greater" else law.cdf(cells[0])
    return p - law.pmf(cells[0]) / 2 if mid else p


# kinds of both sides, settings, and the p value of others
CASES = {
    "Spearman": ("continuous", "continuous", {}, lambda a, b, s: stats.spearmanr(a, b, alternative=s).pvalue),
    "Pearson": (
        "continuous",
        "continuous",
        {"correlation": "pearson"},
        lambda a, b, s: stats.pearsonr(a, b, alternative=s).pvalue,
    ),
    "Kendall": (
        "continuous",
        "continuous",
        {"correlation": "kendall"},
        lambda a, b, s: stats.kendalltau(a, b, alternative=s, method="asymptotic").pvalue,
    ),
    "Mann-Whitney": (
        "continuous",
        "binary",
        {},
        lambda a, b, s: stats.mannwhitneyu(*split(a, b), alternative=s, method="asymptotic").pvalue,
    ),
    "Welch": (
        "continuous",
        "binary",
        {"two_groups": "welch"},
        lambda a, b, s: stats.ttest_ind(*split(a, b), equal_var=False, alternative=s).pvalue,
    ),
    "Student": (
        "continuous",
        "binary",
        {"two_groups": "student"},
        lambda a, b, s: stats.ttest_ind(*split(a, b), alternative=s).pvalue,
    ),
    "linear": (
        "continuous",
        "binary",
        {"method": "linear", "transform": "none"},
        lambda a, b, s: stats.ttest_ind(*split(a, b), alternative=s).pvalue,
    ),
    "Fisher": ("binary", "binary", {}, fisher_p),
    "mid-p": ("binary", "binary", {"tables": "fisher-mid-p"}, lambda a, b, s: fisher_p(a, b, s, mid=True)),
}


@pytest.mark.parametrize("side", OTHER)
@pytest.mark.parametrize("case", CASES)
def test_every_pair_against_others(case, side):
    one, two, options, known = CASES[case]
    x, y = columns(1, 70, 4, one), columns(2, 70, 3, two)
    found = run(table(x, one, name="x"), table(y, two, name="y"), side=side, **options)
    both_sides = run(table(x, one, name="x"), table(y, two, name="y"), **options)
    for i, (_, row) in enumerate(found.iterrows()):
        a, b = x[:, i % 4], y[:, i // 4]
        both = ~np.isnan(a) & ~np.isnan(b)
        wanted = known(a[both], b[both], side)
        assert row["p"] == pytest.approx(wanted, rel=1e-8)
        assert row["neg_log10_p"] == pytest.approx(-np.log10(wanted), rel=1e-7, abs=1e-9)
        assert row["test"].endswith(f" ({side})")
        assert "interval two-sided" in row["reason"]
    for name in ("n", "effect", "ci_low", "ci_high", "statistic"):
        np.testing.assert_array_equal(found[name], both_sides[name])


@pytest.mark.parametrize("side", OTHER)
def test_logistic_models_take_the_signed_root(side):
    x, y, c = (
        columns(k, 150, p, kind) for k, p, kind in ((3, 2, "binary"), (4, 2, "binary"), (5, 1, "continuous"))
    )
    c = np.nan_to_num(c)
    found = run(
        table(x, "binary", name="x"),
        table(y, "binary", name="y"),
        side=side,
        covariates=table(c, "continuous", name="c"),
    )
    for i, (_, row) in enumerate(found.iterrows()):
        a, b = x[:, i % 2], y[:, i // 2]
        both = ~np.isnan(a) & ~np.isnan(b)
        whole = sm.Logit(a[both], np.column_stack([np.ones(both.sum()), c[both], b[both]])).fit(disp=0)
        part = sm.Logit(a[both], np.column_stack([np.ones(both.sum()), c[both]])).fit(disp=0)
        root = np.sign(whole.params[2]) * np.sqrt(2 * (whole.llf - part.llf))
        wanted = stats.norm.sf(root) if side == "greater" else stats.norm.cdf(root)
        assert row["p"] == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    "case", ["Spearman", "Kendall", "Mann-Whitney", "Welch", "linear", "Pearson", "mid-p"]
)
def test_noise_says_no_and_only_the_declared_side_is_found(case):
    one, two, options, _ = CASES[case]
    x, y = columns(6, 110, 40, one), columns(7, 110, 40, two)
    sides = table(x, one, name="x"), table(y, two, name="y")
    p = run(*sides, side="greater", **options)["p"]
    low, high = stats.binom.ppf([0.0005, 0.9995], p.size, 0.05) / p.size
    assert (p <= 0.05).mean() <= high
    assert case == "mid-p" or (p <= 0.05).mean() >= low
    y[:, 0] = x[:, 0] if one == two else np.where(np.isnan(x[:, 0]), np.nan, x[:, 0] > 0)
    y[:14, 0] = columns(8, 14, 1, two, missing=0)[:, 0]
    few = table(x[:, :4], one, name="x"), table(y[:, :3], two, name="y")
    for side in OTHER:
        hit = run(*few, side=side, permutations=99, **options)
        assert (hit["q"].iloc[0] < 1e-3) == (side == "greater")
        assert (hit["p_maxt"].iloc[0] == 1 / 100) == (side == "greater")
        assert side == "greater" or hit["p_maxt"].iloc[0] == 1.0


@pytest.mark.parametrize("case", ["Spearman", "Kendall", "Mann-Whitney", "Student", "linear", "Fisher"])
def test_family_wise_p_keeps_its_level(case):
    one, two, options, _ = CASES[case]
    hits = 0
    for family in range(40):
        x, y = columns(family + 30, 44, 3, one, missing=0.0), columns(family + 90, 44, 2, two, missing=0.05)
        found = run(
            table(x, one, name="x"),
            table(y, two, name="y"),
            permutations=39,
            seed=family,
            side="less",
            min_group=5,
            **options,
        )
        hits += bool((found["p_maxt"] <= 0.05).any())
        assert (
            np.diff(found["p_maxt"].to_numpy()[np.argsort(found["p"].to_numpy(), kind="stable")]) >= 0
        ).all()
    assert hits <= stats.binom.ppf(0.9995, 40, 0.05)


def test_what_has_no_side_says_so():
    x = columns(9, 60, 1, "continuous", missing=0)
    levels = np.array(["a", "b", "c"], dtype=object)[np.arange(60) % 3][:, None]
    found = run(table(x, "continuous", name="x"), table(levels, "categorical", name="g"), side="greater")
    assert found["status"].iloc[0] == "not testable"
    assert "has no side" in found["reason"].iloc[0]
    with pytest.raises(InputError, match="has no direction"):
        AssociateSettings.read({"side": "less", "tables": "chi-square"}, where="here")
    with pytest.raises(InputError):
        AssociateSettings.read({"side": "up"}, where="here")
    with pytest.raises(InputError, match="side"):
        ReplicateBlock.read({"name": "r", "targets": "m", "side": "less"}, where="here")
