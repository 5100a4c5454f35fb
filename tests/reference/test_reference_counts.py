"""Negative binomial models are those of PyDESeq2 0.5.4, its numbers made by benchmarks/count_models_reference.py."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate.differential.count_models import fit_counts, wald_errors
from imagenomics.associate.differential.dispersions import shrink_dispersions
from imagenomics.associate.differential.size_factors import size_factors


@pytest.fixture(scope="module")
def peer():
    rows = pd.read_csv(Path(__file__).parent / "pydeseq2_counts.csv", index_col="gene")
    patients = [c for c in rows.columns if c.startswith("P")]
    age, group = rows.loc["age", patients].to_numpy(float), rows.loc["group", patients].to_numpy(float)
    genes = rows.drop(index=["age", "group"])
    return genes, genes[patients].to_numpy(float).T, age, group


@pytest.mark.parametrize("name", ["group", "age"])
def test_fold_changes_and_dispersions(peer, name):
    genes, counts, age, group = peer
    columns = (age, group) if name == "group" else (group, age)
    design = np.column_stack([np.ones(len(counts)), *columns])
    factors = size_factors(counts)
    found = shrink_dispersions(counts, design, factors)
    for ours, theirs in ((found.own, "own"), (found.trend, "trend"), (found.final, "final")):
        np.testing.assert_allclose(ours, genes[theirs], rtol=1e-4, err_msg=theirs)
    fit = fit_counts(counts, design, np.log(factors), found.final)
    assert fit.done.all()
    np.testing.assert_allclose(fit.beta[:, -1] / np.log(2), genes[f"lfc_{name}"], atol=2e-4)
    errors = wald_errors(fit, design, found.final) / np.log(2)
    np.testing.assert_allclose(errors, genes[f"se_{name}"], rtol=1e-4)
