"""Pure noise with correlated genes: no claim beyond chance; a planted set is found; random sets are what they say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imagenomics.genesets.competitive import mean_correlation
from imagenomics.genesets.enrich import SetTables, enrich_sets
from imagenomics.genesets.random_sets import draw_random_sets, expression_levels
from imagenomics.genesets.settings import EnrichSettings
from imagenomics.tables.patient_table import PatientTable, describe

ALPHA = 0.05
FAMILIES = 60
GENES, BLOCK = 240, 20
METHODS = ("phenotype-permutation", "self-contained", "competitive", "preranked", "over-representation")


def table(values: np.ndarray, name: str) -> PatientTable:
    index = pd.Index([f"P{i:03d}" for i in range(len(values))], name="patient", dtype=object)
    names = [f"{name}{k}" for k in range(values.shape[1])]
    frame = pd.DataFrame(values, index=index, columns=names)
    return PatientTable(frame, describe(names, kind="continuous", feature=names))


def correlated_genes(random: np.random.Generator, n: int, *, share: float = 0.6) -> np.ndarray:
    """Return expression in which blocks of 20 genes share most of their variance, as the genes of a pathway do."""
    factors = np.repeat(random.standard_normal((n, GENES // BLOCK)), BLOCK, axis=1)
    return np.sqrt(share) * factors + np.sqrt(1 - share) * random.standard_normal((n, GENES))


# Eight sets are such blocks; two gather genes from everywhere.
SETS = {f"block{k}": [f"g{i}" for i in range(BLOCK * k, BLOCK * k + 15)] for k in range(8)}
SETS |= {f"mixed{k}": [f"g{i}" for i in range(k, GENES, 12)] for k in range(2)}


def run(expression, phenotypes, *, seed, sets=SETS, covariates=None, strata=None, **options) -> pd.DataFrame:
    options = {"permutations": 399, "random_sets": 59, "transform": "none"} | options
    return enrich_sets(
        SetTables(table(phenotypes, "f"), table(expression, "g"), covariates, strata),
        sets,
        settings=EnrichSettings(**options),
        analysis="noise",
        seed=seed,
    )


def bounds(tests: int, level: float = ALPHA) -> tuple[float, float]:
    low, high = stats.binom.ppf([0.0005, 0.9995], tests, level)
    return low / tests, high / tests


def families(method: str, **options) -> list[pd.DataFrame]:
    found = []
    for family in range(FAMILIES):
        random = np.random.default_rng([11, family])
        expression, phenotype = correlated_genes(random, 40), random.standard_normal((40, 1))
        found.append(run(expression, phenotype, seed=family, method=method, **options))
    return found


@pytest.mark.parametrize("method", METHODS)
def test_no_verdict_beyond_chance_on_correlated_noise(method):
    """Nulls that draw genes fail here, as the literature says; the verdict does not follow them."""
    found = families(method)
    supported = np.mean([(f["verdict"] == "supported").any() for f in found])
    assert supported <= bounds(FAMILIES)[1]
    one_each = np.array([f.set_index("set").loc["block0", ["p", "p_permutation"]] for f in found], dtype=float)
    low, high = bounds(FAMILIES)
    assert (one_each[:, 1] <= ALPHA).mean() <= high
    if method == "preranked":
        assert (one_each[:, 0] <= ALPHA).mean() > 0.3  # the null of genes, alone, would claim this much
        assert np.mean([(f["q"] <= ALPHA).any() for f in found]) > 0.5
    elif method != "over-representation":
        assert (one_each[:, 0] <= ALPHA).mean() <= high


if __name__ == "__main__":
    import time
    for m in METHODS:
        t=time.process_time()
        found=families(m)
        one=np.array([f.set_index("set")[["p","p_permutation","p_random_sets"]].to_numpy() for f in found])
        print(m, time.process_time()-t, "supported", np.mean([(f.verdict=="supported").any() for f in found]), "any q", np.mean([(f.q<=.05).any() for f in found]), "any qperm", np.mean([(f.q_permutation<=.05).any() for f in found]), "p<=.05 by null", (one<=.05).mean(axis=(0,1)).round(3), "block0", (one[:,0]<=.05).mean(axis=0).round(3), flush=True)
