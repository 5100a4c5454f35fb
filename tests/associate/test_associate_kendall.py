"""Kendall's tau-b of all pairs: against scipy, on noise, on a planted effect, and what cannot be tested."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate import pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.runs.family_block import AssociateBlock
from imagenomics.tables.patient_table import PatientTable, describe


def table(values: np.ndarray, kind: str, *, name: str) -> PatientTable:
    index = pd.Index([f"P{i:04d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def columns(seed: int, n: int, p: int, *, kind: str, missing: float) -> np.ndarray:
    random = np.random.default_rng([81, seed])
    values = random.integers(0, 5, (n, p)).astype(float) if kind == "ordinal" else random.normal(size=(n, p))
    values[random.random((n, p)) < missing] = np.nan
    return values


def run(features, targets, *, permutations=0, seed=1, **options) -> pd.DataFrame:
    settings = AssociateSettings(permutations=permutations, correlation="kendall", **options)
    return pairs.test_pairs(features, targets, settings=settings, analysis="kendall", seed=seed)


@pytest.mark.parametrize("missing", [0.0, 0.15])
@pytest.mark.parametrize(
    "kinds", [("continuous", "continuous"), ("ordinal", "continuous"), ("ordinal", "ordinal")]
)
def test_every_pair_against_scipy(kinds, missing):
    x, y = (columns(k, 60, 4, kind=kind, missing=missing) for k, kind in enumerate(kinds))
    y[:, 0] = np.round(x[:, 0] + 0.5 * np.nan_to_num(y[:, 0]), 1)
    found = run(table(x, kinds[0], name="x"), table(y, kinds[1], name="y"))
    assert set(found["test"]) == {"Kendall's tau"}
    for i, (_, row) in enumerate(found.iterrows()):
        a, b = x[:, i % 4], y[:, i // 4]
        both = ~np.isnan(a) & ~np.isnan(b)
        known = stats.kendalltau(a[both], b[both], method="asymptotic")
        assert row["n"] == both.sum()
        np.testing.assert_allclose([row["effect"], row["p"]], [known.statistic, known.pvalue], rtol=1e-10)
        np.testing.assert_allclose(row["neg_log10_p"], -np.log10(known.pvalue), rtol=1e-8, atol=1e-12)
        assert row["ci_low"] < row["effect"] < row["ci_high"]
        assert (row["statistic"] > 0) == (row["effect"] > 0) or row["effect"] == 0


def test_features_and_targets_change_places():
    x, y = columns(5, 40, 3, kind="ordinal", missing=0.1), columns(6, 40, 3, kind="continuous", missing=0.1)
    one = run(table(x, "ordinal", name="x"), table(y, "continuous", name="y"))
    other = run(table(y, "continuous", name="y"), table(x, "ordinal", name="x"))
    both = one.merge(other, left_on=["feature", "target"], right_on=["target", "feature"])
    assert len(both) == 9
    for name in ("effect", "p", "statistic"):
        np.testing.assert_allclose(both[f"{name}_x"], both[f"{name}_y"], rtol=1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_noise_says_no_and_a_planted_effect_is_found(missing):
    x, y = (columns(k, 80, 40, kind=kind, missing=missing) for k, kind in ((7, "continuous"), (8, "ordinal")))
    p = run(table(x, "continuous", name="x"), table(y, "ordinal", name="y"))["p"]
    low, high = stats.binom.ppf([0.0005, 0.9995], p.size, 0.05) / p.size
    assert low <= (p <= 0.05).mean() <= high
    y[:, 0] = np.round(x[:, 0])
    hit = run(table(x[:, :5], "continuous", name="x"), table(y[:, :4], "ordinal", name="y"), permutations=99)
    assert hit["q"].iloc[0] < 1e-3
    assert hit["p_maxt"].iloc[0] == 1 / 100


def test_family_wise_p_keeps_its_level_and_repeats_the_test():
    hits = 0
    for family in range(60):
        x, y = (
            columns(family + 20, 40, 3, kind="continuous", missing=0),
            columns(family + 90, 40, 3, kind="ordinal", missing=0),
        )
        found = run(
            table(x, "continuous", name="x"), table(y, "ordinal", name="y"), permutations=39, seed=family
        )
        hits += bool((found["p_maxt"] <= 0.05).any())
        order = np.argsort(found["p"].to_numpy())
        assert (np.diff(found["p_maxt"].to_numpy()[order]) >= 0).all()
    assert hits <= stats.binom.ppf(0.9995, 60, 0.05)


def test_constant_columns_and_few_patients_say_why():
    x = columns(9, 30, 2, kind="continuous", missing=0)
    x[:, 1] = 4.0
    y = columns(10, 30, 2, kind="continuous", missing=0)
    y[15:, 1] = np.nan
    found = run(table(x, "continuous", name="x"), table(y, "continuous", name="y"))
    assert list(found["status"]) == ["ok", "not testable", "not testable", "not testable"]
    assert "feature is constant" in found["reason"].iloc[1]
    assert "fewer than 20 patients" in found["reason"].iloc[2]


def test_beside_covariates_it_is_refused():
    with pytest.raises(InputError, match="kendall"):
        AssociateBlock.read(
            {"name": "a", "targets": "m", "adjust": ["age"], "correlation": "kendall"}, where="x"
        )
