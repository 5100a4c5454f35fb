"""Markers of pure noise: p as rare as it says, cut-offs at chance in other patients however good they look."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate.roc.markers import test_markers as find_markers
from imagenomics.associate.roc.settings import RocSettings
from imagenomics.tables.patient_table import PatientTable, describe

N = 60


def table(values, kind, prefix):
    index = pd.Index([f"P{i:04d}" for i in range(N)], name="patient", dtype=object)
    names = [f"{prefix}{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, kind=kind))


def markers(x, y, **options):
    return find_markers(
        table(x, "continuous", "f"),
        table(y, "binary", "t"),
        settings=RocSettings(curves=0, **options),
        analysis="noise",
        seed=1,
    )


@pytest.mark.parametrize("direction", ["both", "higher"])
def test_noise_looks_good_where_it_was_cut_and_is_worthless_elsewhere(direction):
    random = np.random.default_rng(11)
    y = np.stack([random.permutation(np.repeat([0.0, 1.0], [36, 24])) for _ in range(20)], axis=1)
    found = markers(random.standard_normal((N, 40)), y, direction=direction, repeats=2)
    p = found.associations["p"]
    assert len(p) == 800
    assert 0.026 < (p <= 0.05).mean() < 0.077  # 99.9% of binomial counts
    assert (found.associations["q"] <= 0.05).sum() <= 2
    cuts = found.cutoffs
    assert cuts["naive_balanced_accuracy"].mean() > 0.57
    assert cuts["naive_balanced_accuracy"].min() >= 0.5
    error = cuts["balanced_accuracy"].std() / np.sqrt(len(cuts))
    assert abs(cuts["balanced_accuracy"].mean() - 0.5) < 3.3 * error
    assert cuts["optimism"].mean() > 0.06


def test_comparisons_of_noise_are_rarely_significant():
    random = np.random.default_rng(12)
    y = np.stack([random.permutation(np.repeat([0.0, 1.0], [30, 30])) for _ in range(150)], axis=1)
    rows = markers(
        random.standard_normal((N, 2)), y, compare=(("f0", "f1"),), direction="higher", repeats=1
    ).associations
    share = (rows.loc[rows["test"] == "DeLong, paired", "p"] <= 0.05).mean()
    assert share < 0.12
    rows = markers(random.standard_normal((N, 2)), y, compare=(("f0", "f1"),), repeats=1).associations
    assert (rows.loc[rows["test"] == "DeLong, paired", "p"] <= 0.05).mean() < 0.05


def test_a_planted_marker_is_found_and_keeps_its_accuracy():
    random = np.random.default_rng(13)
    y = np.repeat([[0.0], [1.0]], 30, axis=0)
    x = random.standard_normal((N, 30))
    x[:, 0] += 2.5 * y[:, 0]
    x[:, 1] += 0.8 * y[:, 0]
    found = markers(x, y, compare=(("f0", "f1"),))
    rows, cuts = found.associations.set_index("feature"), found.cutoffs.set_index("feature")
    assert rows.loc["f0", "q"] < 1e-4
    assert cuts.loc["f0", "balanced_accuracy"] > 0.8
    assert cuts.loc["f0", "same_direction"] == 1.0
    assert cuts.loc["f0", "cutoff_low"] <= cuts.loc["f0", "cutoff"] <= cuts.loc["f0", "cutoff_high"]
    assert rows.loc["f0 vs f1", "p"] < 0.01
