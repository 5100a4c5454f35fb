"""Spearman's partial correlation: against its definition, on noise with a confounder, on a planted effect."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate import pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.errors import InputError
from imagenomics.stats.correlation import correlate
from imagenomics.tables.patient_table import PatientTable, describe


def table(values: np.ndarray, kind: str, *, name: str) -> PatientTable:
    index = pd.Index([f"P{i:04d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def run(features, targets, covariates, *, permutations=0, seed=1, **options) -> pd.DataFrame:
    settings = AssociateSettings(permutations=permutations, method="partial-rank", **options)
    return pairs.test_pairs(
        features, targets, covariates=covariates, settings=settings, analysis="partial", seed=seed
    )


def confounded(seed: int, n: int, p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng([86, seed])
    c = random.normal(size=(n, 2))
    x, y = (np.exp(c[:, :1] + random.normal(size=(n, p))) for _ in range(2))
    return x, y, c


@pytest.mark.parametrize("side", ["two-sided", "greater"])
def test_every_pair_against_its_definition(side):
    x, y, c = confounded(1, 60, 3)
    x[:, 2] = np.round(x[:, 2])  # ties
    found = run(
        table(x, "continuous", name="x"),
        table(y, "continuous", name="y"),
        table(c, "continuous", name="c"),
        side=side,
    )
    ranks = stats.rankdata(c, axis=0)
    basis = np.column_stack([np.ones(60), ranks])
    for i, (_, row) in enumerate(found.iterrows()):
        a, b = stats.rankdata(x[:, i % 3]), stats.rankdata(y[:, i // 3])
        left = [v - basis @ np.linalg.lstsq(basis, v, rcond=None)[0] for v in (a, b)]
        r = np.corrcoef(*left)[0, 1]
        t = r * np.sqrt((60 - 2 - 2) / (1 - r * r))
        p = 2 * stats.t.sf(abs(t), 56) if side == "two-sided" else stats.t.sf(t, 56)
        np.testing.assert_allclose([row["effect"], row["statistic"], row["p"]], [r, t, p], rtol=1e-8)
        assert row["df"] == 56
        own = correlate(x[:, i % 3], y[:, i // 3], kind="spearman", covariates=c, side=side)
        np.testing.assert_allclose(
            [row["effect"], row["ci_low"], row["ci_high"], row["p"]],
            [own.effect, own.low, own.high, own.p],
            rtol=1e-8,
        )
        assert row["test"].startswith("partial Spearman correlation")


def test_noise_behind_a_confounder_says_no_and_a_planted_effect_is_found():
    x, y, c = confounded(2, 110, 40)
    sides = table(x, "continuous", name="x"), table(y, "continuous", name="y")
    p = run(*sides, table(c, "continuous", name="c"))["p"]
    low, high = stats.binom.ppf([0.0005, 0.9995], p.size, 0.05) / p.size
    assert low <= (p <= 0.05).mean() <= high + 0.01  # ranks take out a little less than all of the confounder
    raw = run(*sides, None)
    assert set(raw["test"]) == {"Spearman correlation"}
    assert (raw["p"] <= 0.05).mean() > 0.9
    y[:, 0] *= x[:, 0]
    hit = run(
        table(x[:, :4], "continuous", name="x"),
        table(y[:, :3], "continuous", name="y"),
        table(c, "continuous", name="c"),
        permutations=99,
    )
    assert hit["q"].iloc[0] < 1e-3
    assert hit["p_maxt"].iloc[0] == 1 / 100


def test_other_pairs_keep_their_models():
    x, y, c = confounded(3, 80, 2)
    groups = (y > np.median(y)).astype(float)
    found = run(
        table(x, "continuous", name="x"), table(groups, "binary", name="g"), table(c, "continuous", name="c")
    )
    assert set(found["test"]) == {"linear model (t)"}


def test_another_correlation_is_refused():
    with pytest.raises(InputError, match="partial-rank"):
        AssociateSettings.read({"method": "partial-rank", "correlation": "kendall"}, where="here")
