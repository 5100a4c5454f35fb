"""Tables of clusters and levels with few expected patients: Fisher's exact test in the place of chi-square."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.associate.codes import FEW_EXPECTED, reasons
from imagenomics.associate.sides import level_codes
from imagenomics.stats.freeman_halton import freeman_halton
from imagenomics.tables.patient_table import PatientTable
from imagenomics.work.seeds import integer_seed

EXACT = "Fisher exact (Freeman-Halton)"
SIMULATED = "p from 100,000 random tables with these margins"


def with_exact_tests(
    rows: pd.DataFrame, clusters: PatientTable, targets: PatientTable, *, seed: int
) -> pd.DataFrame:
    """Return the rows of :func:`~imagenomics.associate.pairs.test_pairs`, tables with few expected patients tested.

    Parameters
    ----------
    rows : DataFrame
        One row for each target, of one column of clusters, without covariates.
    clusters, targets : PatientTable
        What was tested.
    seed : int
        Of random tables, where there are too many for the exact computation.

    Returns
    -------
    DataFrame
        Tested rows have Cramer's V without an interval. Other rows stay as they are.
    """
    text = [c for c in rows.columns if isinstance(rows[c].dtype, pd.CategoricalDtype)]
    out = rows.astype(dict.fromkeys(text, object)).reset_index(drop=True)
    refused = reasons(patients=0, group=0, per_term=0)[FEW_EXPECTED]
    name = str(clusters.columns.index[0])
    own = _levels(clusters, name)
    for place in np.flatnonzero(out["reason"] == refused):
        target = str(out.at[place, "target"])
        counts = pd.crosstab(own, _levels(targets, target).reindex(own.index)).to_numpy()
        found = freeman_halton(counts, seed=integer_seed(seed, "clusters", name, target))
        out.loc[place, ["test", "status", "reason"]] = [EXACT, "ok", SIMULATED if found.draws else ""]
        out.loc[place, ["effect", "p", "neg_log10_p"]] = [
            _v(counts),
            found.p,
            -np.log10(max(found.p, 1e-300)),
        ]
    return out


def _levels(table: PatientTable, name: str) -> pd.Series:
    column = table.values[name]
    if table.columns.at[name, "kind"] == "categorical":
        return pd.Series(level_codes(column, table.levels(name)), index=column.index)
    return column


def _v(counts: np.ndarray) -> float:
    n = counts.sum()
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / n
    return float(np.sqrt(((counts - expected) ** 2 / expected).sum() / n / (min(counts.shape) - 1)))
