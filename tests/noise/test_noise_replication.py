"""Pooled tests of pure noise are as rare as they say, with and without effects that differ between cohorts."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate.replication.cohorts import test_replication as replicate
from imagenomics.associate.replication.frame import POOLED
from imagenomics.associate.replication.settings import ReplicationSettings
from imagenomics.tables.patient_table import PatientTable, describe

SIZES = (60, 80, 50, 100, 70)
N = sum(SIZES)


def table(values, kind, prefix):
    index = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def pooled(features, targets, **options):
    cohorts = pd.Series(np.repeat(list("ABCDE"), SIZES), index=features.values.index, dtype=object)
    found = replicate(
        features, targets, cohorts=cohorts, settings=ReplicationSettings(**options), analysis="noise"
    ).associations
    return found[found["stratum"] == POOLED]


def draw(random, kind, p):
    if kind == "continuous":
        return random.standard_normal((N, p))
    return (random.random((N, p)) < 0.4).astype(float)


@pytest.mark.parametrize("pooling", ["reml", "dersimonian-laird", "fixed"])
@pytest.mark.parametrize(
    ("first", "second"), [("continuous", "continuous"), ("continuous", "binary"), ("binary", "binary")]
)
def test_noise_is_called_an_effect_as_often_as_alpha_says(first, second, pooling):
    random = np.random.default_rng([2, len(first), len(second)])
    features, targets = (
        table(draw(random, first, 60), first, "f"),
        table(draw(random, second, 60), second, "t"),
    )
    rows = pooled(features, targets, pooling=pooling)
    p = rows["p"].dropna()
    assert len(p) > 3000
    assert 0.03 < (p <= 0.05).mean() < 0.065
    assert (rows["q"] <= 0.05).sum() <= 3


def test_cohorts_that_disagree_are_no_replication():
    random = np.random.default_rng(7)
    x = random.standard_normal((N, 1))
    slopes = np.repeat(random.standard_normal((5, 400)) * 0.5, SIZES, axis=0)
    features = table(x, "continuous", "f")
    targets = table(slopes * x + random.standard_normal((N, 400)), "continuous", "t")
    assert 0.025 < (pooled(features, targets)["p"] <= 0.05).mean() < 0.085
    assert (pooled(features, targets, pooling="fixed")["p"] <= 0.05).mean() > 0.3


def test_a_planted_common_effect_is_found():
    random = np.random.default_rng(8)
    x, noise = random.standard_normal((N, 1)), random.standard_normal((N, 5))
    noise[:, 0] += x[:, 0]
    rows = pooled(table(x, "continuous", "f"), table(noise, "continuous", "t"))
    assert rows.loc[rows["target"] == "t0", "q"].item() <= 0.05
