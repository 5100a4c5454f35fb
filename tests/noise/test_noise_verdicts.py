"""Verdicts on associations: a true gene must not let idle genes in, and sites must not pass for biology."""

import numpy as np
import pandas as pd
import pytest

from imagenomics.associate.pairs import test_pairs as run_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings
from imagenomics.work.seeds import generator

N, FEATURES, GENES, STUDIES = 100, 60, 12, 40
IDS = pd.Index([f"P{i:03d}" for i in range(N)], name="patient", dtype=object)


def _table(values, names, **fields):
    frame = pd.DataFrame(values, index=IDS, columns=names)
    return PatientTable(frame, describe(names, **fields))


def _study(seed, *, effect, sites=None):
    random = generator(seed, "noise", "verdicts")
    genes = (random.random((N, GENES)) < 0.4).astype(float)
    shared = random.normal(size=(N, 1))
    images = 0.8 * shared + random.normal(size=(N, FEATURES)) + effect * genes[:, :1]
    if sites is not None:
        images += 1.5 * sites[:, None]
        genes = (random.random((N, GENES)) < np.where(sites > 0, 0.75, 0.25)[:, None]).astype(float)
    names = [f"G{i}" for i in range(GENES)]
    return (
        _table(images, [f"f{i}" for i in range(FEATURES)]),
        _table(genes, names, kind="binary", role="molecule", levels="wild type|mutated"),
    )


def _supported(features, genes, seed, **options):
    settings = AssociateSettings(permutations=0)
    table = run_pairs(features, genes, settings=settings, analysis="drivers", seed=seed, **options)
    verdicts = association_verdicts(table, settings=VerdictSettings())
    return {v["target"] for v in verdicts if v["verdict"] == "supported"}, table


def test_one_true_gene_does_not_let_idle_genes_in():
    false_alarms, pairs_alone = 0, 0
    for seed in range(STUDIES):
        found, table = _supported(*_study(seed, effect=2.0), seed)
        assert "G0" in found
        false_alarms += len(found - {"G0"})
        passing = set(table.loc[table["q"] <= 0.05, "target"].astype(str))
        pairs_alone += len(passing - {"G0"})
    # 40 studies with 11 idle genes each: at q = .05 about one false claim in twenty claims, so about two in all.
    assert false_alarms <= 8
    assert pairs_alone > 2 * false_alarms  # what the rule is there for


def test_pure_noise_supports_nothing():
    studies = sum(bool(_supported(*_study(seed, effect=0.0), seed)[0]) for seed in range(STUDIES))
    assert studies <= 7  # 99.9% binomial bound for 40 studies at .05


@pytest.mark.parametrize("adjusted", [True, False])
def test_sites_are_no_biology_once_adjusted_for(adjusted):
    sites = np.repeat([0.0, 1.0], N // 2)
    covariates = _table(sites[:, None], ["site"], kind="binary", role="site", levels="A|B")
    wrong = 0
    for seed in range(STUDIES // 2):
        features, genes = _study(seed, effect=0.0, sites=sites)
        options = {"covariates": covariates} if adjusted else {}
        wrong += bool(_supported(features, genes, seed, **options)[0])
    assert (wrong <= 5) if adjusted else (wrong >= 15)
