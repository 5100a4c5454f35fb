"""The radiogenomic map: every module, metagene or set score against every imaging phenotype, with one FDR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.settings import AssociateSettings
from imagenomics.genesets.enrich import SetTables
from imagenomics.genesets.set_index import locate_sets
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.work.executor import Executor


def map_scores(
    tables: SetTables,
    scores: PatientTable,
    *,
    settings: AssociateSettings,
    analysis: str,
    seed: int,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Test every score against every phenotype with the association engine.

    Parameters
    ----------
    tables : SetTables
        Phenotypes, covariates and strata; the expression is not looked at.
    scores : PatientTable
        Eigengenes, metagenes or set scores by patient.
    settings : AssociateSettings
    analysis : str
    seed : int
    executor : Executor, optional

    Returns
    -------
    DataFrame
        The table of :func:`imagenomics.associate.pairs.test_pairs`, the scores being the targets.
    """
    return test_pairs(
        tables.phenotypes,
        scores,
        covariates=tables.covariates,
        strata=tables.strata,
        settings=settings,
        analysis=analysis,
        seed=seed,
        executor=executor,
    )


def score_sets(
    expression: PatientTable, sets: Mapping[str, Sequence[str]], *, min_size: int = 10
) -> PatientTable:
    """Return the mean standardised expression of each set's genes, by patient.

    It is a description for maps and figures: genes are standardised over all patients. Missing genes do not count.
    """
    values = expression.values.to_numpy(dtype=np.float64)
    names = [str(g) or str(c) for c, g in expression.columns["feature"].items()]
    index = locate_sets(sets, names, min_matched=0.0, where="expression")
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nanmean(values, axis=0)
        spread = np.nanstd(values, axis=0, ddof=1)
        z = (values - mean) / np.where(spread > 0, spread, np.nan)
    kept = np.flatnonzero(index.sizes >= min_size)
    columns = {}
    for k in kept.tolist():
        own = z[:, index.set(k)]
        count = (~np.isnan(own)).sum(axis=1)
        total = np.where(np.isnan(own), 0.0, own).sum(axis=1)
        columns[index.names[k]] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    frame = pd.DataFrame(columns, index=expression.values.index)
    return PatientTable(
        frame, describe(list(columns), role="molecule", family="set score", feature=list(columns))
    )
