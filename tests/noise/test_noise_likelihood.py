"""Levels in order and counts that follow nothing but the covariate are called associated as often as alpha says."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate.pairs import test_pairs as each_pair
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe

N = 150


def table(values, kind, prefix):
    index = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def response(random, kind, latent):
    if kind == "ordinal":
        return np.digitize(latent + random.logistic(size=latent.shape), [-1.0, 0.5, 2.0]).astype(float)
    mean = np.exp(1.2 + 0.5 * latent)
    if kind == "proportional":  # the variance is three times the mean
        return random.negative_binomial(mean / 2.0, 1.0 / 3.0).astype(float)
    return random.negative_binomial(1.5, 1.5 / (1.5 + mean)).astype(float)


def found(features, targets, age, **options):
    return each_pair(
        features,
        targets,
        covariates=table(age, "continuous", "c"),
        settings=AssociateSettings(permutations=0, **options),
        analysis="noise",
        seed=0,
    )


KINDS = [
    ("ordinal", {"ordinal": "proportional-odds"}),
    ("counts", {"counts": "negative-binomial"}),
    ("proportional", {"counts": "poisson"}),
]


@pytest.mark.slow
@pytest.mark.parametrize("feature", ["continuous", "binary"])
@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_what_follows_a_covariate_alone_is_no_association(kind, options, feature):
    rates = []
    for seed in range(12):
        random = np.random.default_rng([seed, len(feature)])
        age = random.standard_normal((N, 1))
        x = 0.6 * age + random.standard_normal((N, 12))
        x = x if feature == "continuous" else (x > 0.3).astype(float)
        y = response(random, kind, age + np.zeros((N, 10)))
        declared = "ordinal" if kind == "ordinal" else "continuous"
        rows = found(table(x, feature, "f"), table(y, declared, "t"), age, **options)
        assert rows["p"].notna().all()
        rates.append((rows["p"] <= 0.05).mean())
    error = np.std(rates, ddof=1) / np.sqrt(len(rates))
    assert abs(np.mean(rates) - 0.05) < 3.3 * error + 0.015


@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_a_planted_effect_is_found(kind, options):
    random = np.random.default_rng(9)
    age, x = random.standard_normal((N, 1)), random.standard_normal((N, 6))
    latent = np.hstack([age + 1.5 * x[:, :1], age + np.zeros((N, 3))])
    declared = "ordinal" if kind == "ordinal" else "continuous"
    rows = found(
        table(x, "continuous", "f"), table(response(random, kind, latent), declared, "t"), age, **options
    )
    best = rows.loc[rows["p"].idxmin()]
    assert (best["feature"], best["target"]) == ("f0", "t0")
    assert best["q"] <= 0.05
    assert best["effect"] > 1.5


@pytest.mark.parametrize("counts", ["negative-binomial", "poisson"])
def test_a_few_very_large_counts_are_no_association(counts):
    p = []
    for seed in range(6):
        random = np.random.default_rng([seed, 7])
        y = random.poisson(3.0, (N, 10)).astype(float)
        hit = random.random(y.shape) < 0.03
        y[hit] *= np.round(random.uniform(10, 60, hit.sum()))
        x = (np.arange(N)[:, None] % 2).astype(float)
        rows = found(
            table(np.hstack([x, random.standard_normal((N, 3))]), "continuous", "f"),
            table(y, "continuous", "t"),
            random.standard_normal((N, 1)),
            counts=counts,
        )
        p.append(rows["p"].to_numpy())
    assert (np.concatenate(p) <= 0.05).mean() < 0.1
    assert (np.concatenate(p) <= 0.001).mean() < 0.01
