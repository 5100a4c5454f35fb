"""Moderated t, voom, TMM and quasi-scores are those of limma, edgeR and statmod.

R 4.2.2, limma 3.54.1, edgeR 3.40.2, statmod 1.5.0: `Rscript benchmarks/expression_reference.R tests/reference` reads
r_expression_counts.csv (made up: 24 patients, 80 genes, group and age) and writes the numbers that lie beside it.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate.design import orthonormal
from imagenomics.associate.differential.expression import library_sizes
from imagenomics.associate.differential.expression import test_expression as run_expression
from imagenomics.associate.differential.quasi_scores import null_of, rows_of, score_phenotype
from imagenomics.associate.differential.settings import DifferentialSettings
from imagenomics.associate.differential.slopes import fit_slopes
from imagenomics.associate.differential.voom import precision_weights
from imagenomics.genomics.normalise import log_cpm
from imagenomics.tables.patient_table import PatientTable, describe

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def made():
    rows = pd.read_csv(FOLDER / "r_expression_counts.csv", index_col=0)
    counts = rows.iloc[2:].to_numpy(float).T
    return counts, {name: rows.loc[name].to_numpy(float) for name in ("group", "age")}


@pytest.fixture(scope="module")
def in_r():
    return pd.read_csv(FOLDER / "r_expression_found.csv", index_col=0)


def table(values, **fields):
    index = pd.Index([f"P{i}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"g{k}" for k in range(values.shape[1])]
    return PatientTable(pd.DataFrame(values, index=index, columns=names), describe(names, **fields))


def genes(counts, what):
    if what == "voom":
        return table(counts, unit="counts")
    logs = np.round(np.log2(counts + 1), 5)
    if what == "missing":
        logs.ravel()[::17] = np.nan  # R counts down the columns of its matrix, genes by patients
    return table(logs, unit="log2")


@pytest.mark.parametrize("name", ["group", "age"])
@pytest.mark.parametrize("what", ["whole", "missing", "whole.trend", "missing.trend", "voom"])
def test_statistics_and_p_are_those_of_limma(made, in_r, what, name):
    counts, patients = made
    x, other = patients[name], patients["age" if name == "group" else "group"]
    kind = "binary" if name == "group" else "continuous"
    found = run_expression(
        table(x[:, None], kind=kind),
        genes(counts, what.split(".")[0]),
        covariates=table(other[:, None]),
        settings=DifferentialSettings(
            method="voom" if what == "voom" else "moderated",
            trend=what.endswith("trend"),
            transform="none",
            permutations=0,
        ),
        analysis="limma",
        seed=1,
    )
    unit = 1.0 if kind == "binary" else x.std(ddof=1)
    near = 1e-8 if what == "voom" else 1e-10  # R's lowess and statsmodels' differ by 2e-10
    theirs = {column: in_r[f"{what}.{name}.{column}"].to_numpy() for column in ("t", "p", "effect")}
    np.testing.assert_allclose(found["statistic"], theirs["t"], rtol=1e-7, atol=near)
    np.testing.assert_allclose(found["p"], theirs["p"], rtol=near)
    np.testing.assert_allclose(found["effect"] / unit, theirs["effect"], rtol=1e-7, atol=near)


def test_library_sizes_and_weights_are_those_of_edger_and_voom(made, in_r):
    counts, patients = made
    libraries = pd.read_csv(FOLDER / "r_expression_libraries.csv")["library"].to_numpy()
    sizes = library_sizes(counts)
    np.testing.assert_allclose(sizes, libraries, rtol=1e-13)
    levels = log_cpm(counts, sizes)
    nuisance = np.column_stack([np.ones(len(counts)), patients["age"]])
    first = fit_slopes(levels, nuisance, patients["group"])
    design = np.column_stack([nuisance, patients["group"]])
    fitted = design @ np.linalg.lstsq(design, levels, rcond=None)[0]
    weights = precision_weights(fitted, first.variance, first.level, sizes)
    np.testing.assert_allclose(weights[0], in_r["weight_first"], rtol=1e-8)
    np.testing.assert_allclose(weights[-1], in_r["weight_last"], rtol=1e-8)


@pytest.mark.parametrize("name", ["group", "age"])
def test_quasi_scores_are_those_of_statmod_with_variances_of_limma(made, in_r, name):
    counts, patients = made
    x, other = patients[name], patients["age" if name == "group" else "group"]
    sizes = library_sizes(counts)
    factors = sizes / np.exp(np.log(sizes).mean())
    dispersion = 0.05 + 2 / (counts / factors[:, None]).mean(axis=0)
    basis = orthonormal(np.column_stack([np.ones(len(counts)), other]))
    model = null_of(counts, basis, factors, dispersion)
    found = score_phenotype(model, rows_of(model, np.ones(len(counts), dtype=bool)), x)
    np.testing.assert_allclose(found.t, in_r[f"quasi.{name}.t"], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.df, in_r[f"quasi.{name}.df"], rtol=1e-8)
