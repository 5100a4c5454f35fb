"""Units that are alike inside patients: honest schemes keep their error rate, counting units as patients does not."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.associate.nested.settings import NestedSettings
from imagenomics.associate.nested.units import test_units as associate_units
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.tables.unit_table import UnitTable

ICC = 0.7
HONEST = ("cluster-robust", "mixed")


def draw(random, patients, k):
    between = np.repeat(random.standard_normal((patients, k)), 3, axis=0)
    return np.sqrt(ICC) * between + np.sqrt(1 - ICC) * random.standard_normal((3 * patients, k))


def units(values, prefix, kind="continuous"):
    rows = [(f"P{g:02d}", f"B{u}") for g in range(len(values) // 3) for u in range(3)]
    index = pd.MultiIndex.from_tuples(rows, names=["patient", "unit"])
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return UnitTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind), "biopsy")


def per_patient(values, prefix):
    index = pd.Index([f"P{g:02d}" for g in range(len(values))], name="patient", dtype=object)
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind="binary"))


def associations_of(features, targets, scheme):
    settings = NestedSettings(unit="biopsy", units=scheme, min_group=5)
    return associate_units(features, targets, settings=settings, analysis="noise").associations


def share_called(kind, patients, scheme, *, studies=15, each=40):
    """Return the share of tests with p <= .05, and how many there were: one target for new features in every study."""
    p = []
    for study in range(studies):
        random = np.random.default_rng([study, patients, len(kind)])
        drawn = draw(random, patients, each + 1)
        features, targets = units(drawn[:, 1:], "f"), units(drawn[:, :1], "t")
        if kind == "of patients":
            labels = (np.arange(patients)[:, None] < patients // 2).astype(float)
            targets = per_patient(labels, "t")
        if kind == "binary":
            features = units((drawn[:, 1:] > 0).astype(float), "f", "binary")
            targets = units((drawn[:, :1] > 0).astype(float), "t", "binary")
        p.append(associations_of(features, targets, scheme)["p"].dropna())
    p = pd.concat(p)
    return (p <= 0.05).mean(), len(p)


@pytest.mark.parametrize("patients", [20, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["of units", "of patients"])
@pytest.mark.parametrize("scheme", HONEST)
def test_noise_is_called_an_effect_as_often_as_alpha_says(scheme, kind, patients):
    share, n = share_called(kind, patients, scheme)
    low, high = stats.binom.interval(0.999, n, 0.05)
    assert n == 600
    assert low <= share * n <= high


@pytest.mark.parametrize("kind", ["of units", "of patients"])
def test_units_taken_as_independent_find_far_too_much(kind):
    share, n = share_called(kind, 30, "independent", studies=5)
    assert share > 0.15
    assert share * n > stats.binom.ppf(0.9999, n, 0.05)


def test_binary_columns_are_not_called_more_often_than_alpha_says():
    share, n = share_called("binary", 40, "cluster-robust")
    assert n > 250
    assert share * n <= stats.binom.ppf(0.999, n, 0.05)
    share, n = share_called("binary", 40, "independent")
    assert share * n > stats.binom.ppf(0.9999, n, 0.05)


@pytest.mark.parametrize("scheme", HONEST)
def test_a_planted_effect_is_found(scheme):
    random = np.random.default_rng(5)
    x, y = draw(random, 30, 4), draw(random, 30, 8)
    y[:, 0] += 1.5 * x[:, 1]
    rows = associations_of(units(y, "f"), units(x, "t"), scheme)
    assert rows.loc[rows["q"] <= 0.05, ["feature", "target"]].astype(str).to_numpy().tolist() == [
        ["f0", "t1"]
    ]
