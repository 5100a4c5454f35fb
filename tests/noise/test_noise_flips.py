"""Families without any association, with variances that the model has wrong: the family-wise p keeps its level."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate.pairs import test_pairs as each_pair
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe

N = 80
FAMILIES = 80
MOST = 11  # 99.9% bound of 80 families at .05


def table(values, kind, prefix):
    index = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def response(random, kind, age):
    latent = 0.6 * age + np.zeros((N, 3))
    if kind == "multinomial":
        chances = random.gumbel(size=(N, 3, 3)) + age[:, :, None] * np.array([0.0, 1.0, -1.0])
        return chances.argmax(axis=2).astype(str).astype(object)
    if kind == "logistic":
        return (latent + random.logistic(size=latent.shape) > 0).astype(float)
    if kind == "ordinal":
        return np.digitize(latent + random.logistic(size=latent.shape), [-1.0, 0.5, 2.0]).astype(float)
    mean = np.exp(1.2 + 0.5 * latent + 0.9 * random.standard_normal(latent.shape))
    return random.poisson(mean).astype(float)  # spread far beyond what either model of counts has


def predictors(random, x, kind):
    """Binary features, or categorical ones of three levels beside a categorical target."""
    if kind != "multinomial":
        return table(x, "binary", "f")
    return table(
        (x + (random.random(x.shape) < 0.4)).astype(int).astype(str).astype(object), "categorical", "f"
    )


OPTIONS = {
    "logistic": {},
    "multinomial": {},
    "ordinal": {"ordinal": "proportional-odds"},
    "negative-binomial": {"counts": "negative-binomial"},
    "poisson": {"counts": "poisson"},
}
DECLARED = {"logistic": "binary", "ordinal": "ordinal", "multinomial": "categorical"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(OPTIONS))
def test_families_without_associations_are_quiet(kind):
    hits = 0
    for seed in range(FAMILIES):
        random = np.random.default_rng([seed, len(kind)])
        age = random.standard_normal((N, 1))
        x = (0.6 * age + random.standard_normal((N, 5)) > 0.3).astype(float)
        rows = each_pair(
            predictors(random, x, kind),
            table(response(random, kind, age), DECLARED.get(kind, "continuous"), "t"),
            covariates=table(age, "continuous", "c"),
            settings=AssociateSettings(permutations=59, min_group=5, min_per_term=3, **OPTIONS[kind]),
            analysis="noise",
            seed=seed,
        )
        hits += int((rows["p_maxt"] <= 0.05).any())
    assert hits <= MOST
