"""Effects that are the same in every stratum are no interaction, as often as alpha says; planted ones are found."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate.interaction.modifier import Modifier
from imagenomics.associate.interaction.pairs import Draws
from imagenomics.associate.interaction.pairs import test_interactions as interactions
from imagenomics.associate.interaction.settings import InteractionSettings
from imagenomics.tables.patient_table import PatientTable, describe

N = 160


def table(values, kind, prefix):
    index = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def judged(features, targets, modifier, covariates=None, draws=0, **options):
    numeric = modifier.dtype != object
    return interactions(
        features,
        targets,
        modifier=Modifier("m", pd.Series(modifier, index=features.values.index), numeric=numeric),
        covariates=covariates,
        settings=InteractionSettings(permutations=draws, **options),
        analysis="noise",
        draws=Draws(seed=1),
    ).associations


def draw(random, chance, kind, p):
    """Columns that follow the modifier (``chance``) and each other, equally in all strata."""
    shared = random.standard_normal((N, 1))
    latent = 0.6 * shared + 0.7 * chance[:, None] + random.standard_normal((N, p))
    return latent if kind == "continuous" else (latent > 0.3).astype(float)


@pytest.mark.parametrize("modifier", ["levels", "numeric"])
@pytest.mark.parametrize(
    ("first", "second", "adjusted"),
    [
        ("continuous", "continuous", True),
        ("continuous", "binary", False),
        ("binary", "binary", False),
        ("binary", "binary", True),
    ],
)
def test_main_effects_are_no_interaction(first, second, adjusted, modifier):
    rates, tests = [], 0
    for seed in range(15):
        random = np.random.default_rng([seed, len(first), len(second), adjusted])
        score = random.standard_normal(N)
        levels = np.where(score > 0, "high", "low").astype(object)
        chance = score if modifier == "numeric" else (score > 0).astype(float)
        rows = judged(
            table(draw(random, chance, first, 6), first, "f"),
            table(draw(random, chance, second, 6), second, "t"),
            score if modifier == "numeric" else levels,
            table(random.standard_normal((N, 1)), "continuous", "c") if adjusted else None,
            transform="none",
        )
        p = rows["p"].dropna()
        rates.append((p <= 0.05).mean())
        tests += len(p)
    assert tests > 500
    error = np.std(rates, ddof=1) / np.sqrt(len(rates))
    assert abs(np.mean(rates) - 0.05) < 3.3 * error + 0.012


@pytest.mark.slow
def test_a_family_without_interactions_is_quiet():
    hits = 0
    for seed in range(30):
        random = np.random.default_rng([9, seed])
        levels = np.repeat(np.array(["a", "b"], dtype=object), N // 2)
        chance = (levels == "b").astype(float)
        rows = judged(
            table(draw(random, chance, "continuous", 5), "continuous", "f"),
            table(draw(random, chance, "binary", 5), "binary", "t"),
            levels,
            draws=99,
        )
        hits += int((rows["p_maxt"] <= 0.05).any())
    assert hits <= 6  # 99.9% bound of 30 families at .05


@pytest.mark.parametrize("kind", ["continuous", "binary"])
def test_a_planted_interaction_is_found(kind):
    random = np.random.default_rng(4)
    levels = np.repeat(np.array(["a", "b"], dtype=object), N // 2)
    x = random.standard_normal((N, 6))
    y = random.standard_normal((N, 6))
    y[:, 0] += 2.5 * x[:, 0] * (levels == "b")
    if kind == "binary":
        x, y = (x > 0).astype(float), (y > 0).astype(float)
    rows = judged(table(y, kind, "f"), table(x, kind, "t"), levels)
    best = rows.loc[rows["p"].idxmin()]
    assert (best["feature"], best["target"]) == ("f0", "t0")
    assert best["q"] <= 0.05
