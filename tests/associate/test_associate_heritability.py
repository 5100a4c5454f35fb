"""Heritability: against a dense likelihood, on twins with and without inherited parts, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from imagenomics.associate.heritability import (
    HeritabilitySettings,
    fit_heritability,
    relatedness,
    spectrum,
    test_heritability,
)
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable, describe

PAIRS = 60  # of each kind of twins


def people() -> tuple[pd.Series, pd.Series]:
    index = pd.Index([f"P{i:04d}" for i in range(4 * PAIRS)], name="patient", dtype=object)
    families = pd.Series([f"F{i // 2}" for i in range(4 * PAIRS)], index=index, name="family")
    return families, pd.Series(["MZ"] * (2 * PAIRS) + ["DZ"] * (2 * PAIRS), index=index)


def traits(seed: int, share: float, p: int) -> PatientTable:
    """Return p traits of which genes make this share."""
    families, zygosity = people()
    shared = relatedness(families, zygosity)
    shared[shared == 1.0] = 1.0 - 1e-9
    np.fill_diagonal(shared, 1.0)
    random = np.random.default_rng([17, seed])
    n = len(families)
    inherited = np.linalg.cholesky(shared + 1e-9 * np.eye(n)) @ random.standard_normal((n, p))
    values = np.sqrt(share) * inherited + np.sqrt(1 - share) * random.standard_normal((n, p))
    names = [f"x.f{k}" for k in range(p)]
    return PatientTable(pd.DataFrame(values, index=families.index, columns=names), describe(names))


def run(table: PatientTable, **options) -> pd.DataFrame:
    covariates = options.pop("covariates", None)
    settings = HeritabilitySettings(**options)
    return test_heritability(table, *people(), covariates=covariates, settings=settings, analysis="h")


def test_the_fit_is_the_maximum_of_the_dense_likelihood() -> None:
    table = traits(1, 0.5, 1)
    some = np.r_[0:30, 120:150]  # fifteen pairs of each kind
    y = table.values["x.f0"].to_numpy()[some]
    n = len(y)
    design = np.column_stack([np.ones(n), np.linspace(-1, 1, n)])
    shared = relatedness(*(column.iloc[some] for column in people()))

    def lost(parameters: np.ndarray) -> float:
        b, spread = parameters[:2], np.exp(parameters[2:])
        rest = y - design @ b
        cov = spread[0] * shared + spread[1] * np.eye(n)
        return -stats.multivariate_normal(np.zeros(n), cov, allow_singular=True).logpdf(rest)

    full = optimize.minimize(lost, [0.0, 0.0, -0.7, -0.7], method="L-BFGS-B")
    none = np.linalg.lstsq(design, y, rcond=None)[0]
    rest = y - design @ none
    null = -stats.norm(0, rest.std()).logpdf(rest).sum()
    fit = fit_heritability(y, spectrum(shared, design), confidence=0.95)
    genes, own = np.exp(full.x[2:])
    assert fit.share == pytest.approx(genes / (genes + own), abs=2e-3)
    assert fit.ratio == pytest.approx(2 * (null - full.fun), abs=1e-3)
    assert fit.p == pytest.approx(0.5 * stats.chi2.sf(fit.ratio, 1))
    assert fit.low < fit.share < fit.high


def test_planted_heritability_is_found_with_its_size() -> None:
    rows = run(traits(2, 0.5, 20))
    assert rows["effect"].mean() == pytest.approx(0.5, abs=0.06)
    assert (rows["q"] < 0.05).mean() > 0.9
    covered = ((rows["ci_low"] <= 0.5) & (rows["ci_high"] >= 0.5)).sum()
    assert covered >= stats.binom.ppf(0.0005, 20, 0.95)


def test_unrelated_noise_is_rarely_heritable() -> None:
    p = run(traits(3, 0.0, 200), normal_scores=False)["p"]
    low, high = stats.binom.ppf([0.0005, 0.9995], 200, 0.05)
    assert low <= (p <= 0.05).sum() <= high
    assert (p == 1.0).mean() == pytest.approx(0.5, abs=0.13)  # half of the estimates lie on the border


def test_a_covariate_takes_its_part_and_missing_values_their_patients() -> None:
    table = traits(4, 0.0, 1)
    families, _ = people()
    home = pd.Series(
        np.repeat(np.random.default_rng(5).standard_normal(len(families) // 2), 2), families.index
    )
    values = table.values.assign(**{"x.f0": table.values["x.f0"] + 2 * home})
    alike = PatientTable(values, table.columns)
    covariates = PatientTable(home.rename("home").to_frame(), describe(["home"], role="clinical"))
    assert run(alike)["p"][0] < 1e-6
    assert run(alike, covariates=covariates)["p"][0] > 0.01
    values = values.copy()
    values.iloc[:30, 0] = np.nan
    assert run(PatientTable(values, table.columns))["n"][0] == len(families) - 30


def test_a_twin_without_the_other_stays_and_has_no_pair() -> None:
    table = traits(6, 0.3, 1)
    known = pd.Series(np.arange(float(len(table))), table.values.index).mask(table.values.index == "P0000")
    covariates = PatientTable(known.rename("age").to_frame(), describe(["age"], role="clinical"))
    rows = run(table, covariates=covariates)
    assert rows["n"][0] == len(table) - 1
    assert rows["status"][0] == "ok"
    families, zygosity = (column.iloc[1:] for column in people())
    assert (relatedness(families, zygosity)[0] > 0).sum() == 1


def test_what_cannot_be_fitted_says_why() -> None:
    families, _ = people()
    values = pd.DataFrame({"few": np.nan, "flat": 1.0, "yes": 0.0}, index=families.index)
    values.iloc[:12, 0] = np.arange(12.0)
    values.iloc[::3, 2] = 1.0
    table = PatientTable(values, describe(list(values), kind=["continuous", "continuous", "binary"]))
    rows = run(table).set_index("feature")
    assert (rows["status"] == "not testable").all()
    assert rows["p"].isna().all()
    assert "fewer than 20 patients" in rows.at["few", "reason"]
    assert "equal" in rows.at["flat", "reason"]
    assert "numbers" in rows.at["yes", "reason"]
    rows = run(traits(1, 0.5, 1), min_pairs=1000)
    assert "pairs of relatives" in rows["reason"][0]


def test_families_that_cannot_be_are_refused() -> None:
    families, zygosity = people()
    crowded = families.mask(families == "F1", "F0")
    with pytest.raises(InputError, match="IGX-ASSOC-090") as error:
        relatedness(crowded, zygosity)
    assert "F0" in str(error.value)
    alone = pd.Series([f"F{i}" for i in range(len(families))], index=families.index, name="family")
    with pytest.raises(InputError, match="IGX-ASSOC-091"):
        test_heritability(traits(1, 0.5, 1), alone, settings=HeritabilitySettings(), analysis="h")
