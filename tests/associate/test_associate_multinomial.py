"""Multinomial models of two categorical columns beside covariates, against statsmodels, on noise and planted."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from imagenomics.associate import pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe

TEST = "multinomial logistic regression (LR)"


def make(kind: str, values: np.ndarray, name: str) -> PatientTable:
    index = pd.Index([f"P{i:03d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    frame = pd.DataFrame({c: values[:, k] for k, c in enumerate(names)}, index=index)
    return PatientTable(frame, describe(names, kind=kind))


def levels(random, n, p, names=("a", "b", "c")) -> np.ndarray:
    return random.choice(list(names), (n, p)).astype(object)


def run(features, targets, covariates, **options) -> pd.DataFrame:
    settings = AssociateSettings(**{"permutations": 0, "min_per_term": 1} | options)
    return pairs.test_pairs(
        features, targets, covariates=covariates, settings=settings, analysis="multinomial", seed=1
    )


def ratio(y, x, Z) -> float:
    codes = np.unique(y, return_inverse=True)[1]
    dummies = (x[:, None] == np.unique(x)[1:]).astype(float)
    null, full = (
        sm.MNLogit(codes, X).fit(disp=0, method="newton", maxiter=200, tol=1e-12)
        for X in (Z, np.hstack([Z, dummies]))
    )
    return 2 * (full.llf - null.llf)


def test_is_the_likelihood_ratio_of_statsmodels():
    random = np.random.default_rng(1)
    f, t = levels(random, 150, 3), levels(random, 150, 2, "wxyz")
    f[random.random(f.shape) < 0.1] = None
    z = random.standard_normal((150, 2))
    found = run(make("categorical", f, "f"), make("categorical", t, "t"), make("continuous", z, "z"))
    for i, row in found.iterrows():
        y, x = f[:, i % 3], t[:, i // 3]
        known = np.array([v is not None for v in y])
        wanted = ratio(y[known], x[known], np.column_stack([np.ones(150), z])[known])
        assert (row["test"], row["n"], row["df"]) == (TEST, known.sum(), 6)
        assert row["statistic"] == pytest.approx(wanted, rel=1e-7)
        assert row["p"] == pytest.approx(stats.chi2.sf(wanted, 6), rel=1e-6)
        assert row["effect"] == pytest.approx(1 - np.exp(-wanted / known.sum()), rel=1e-7)


def test_noise_that_the_covariate_drives_and_a_planted_effect():
    random = np.random.default_rng(2)
    z = random.standard_normal((200, 1))
    f, t = (
        np.array(["a", "b", "c"], dtype=object)[
            np.digitize(z + 1.5 * random.standard_normal((200, 16)), [-0.7, 0.7])
        ]
        for _ in range(2)
    )
    t[:, 0] = np.where(random.random(200) < 0.5, f[:, 0], t[:, 0])
    found = run(make("categorical", f, "f"), make("categorical", t, "t"), make("continuous", z, "z"))
    assert found["q"].iloc[0] < 1e-6
    noise = found["p"].iloc[16:]
    low, high = stats.binom.ppf([0.0005, 0.9995], noise.size, 0.05) / noise.size
    assert low <= (noise <= 0.05).mean() <= high


def test_pairs_that_cannot_be_tested_and_groups_that_separate():
    random = np.random.default_rng(3)
    f = levels(random, 90, 4)
    f[:, 0] = "a"
    f[:, 1] = np.where(np.arange(90) < 4, "b", "a")
    t = levels(random, 90, 1)
    t[:, 0] = f[:, 3]
    z = 1e150 * random.standard_normal((90, 1))
    found = run(make("categorical", f, "f"), make("categorical", t, "t"), make("continuous", z, "z"))
    assert found["reason"].iloc[0].startswith("the feature is constant")
    assert "smallest group" in found["reason"].iloc[1]
    assert found["status"].iloc[2] == "ok"
    assert found["p"].iloc[3] < 1e-30
    assert np.isfinite(found["statistic"].iloc[3])
    few = run(
        make("categorical", f, "f"), make("categorical", t, "t"), make("continuous", z, "z"), min_per_term=20
    )
    assert "patients per term" in few["reason"].iloc[2]
    known = run(make("categorical", f, "f"), make("categorical", t, "t"), make("categorical", f[:, 2:3], "z"))
    assert "covariates explain the feature" in known["reason"].iloc[2]
    nothing = run(
        make("categorical", f, "f"), make("categorical", f, "t"), make("categorical", f[:, 2:3], "z")
    )
    assert "covariates explain the target" in nothing["reason"].iloc[2 * 4 + 3]
