"""What each method asks of the genes it is given."""

from __future__ import annotations

import numpy as np

from imagenomics.associate.differential.settings import COUNTED, DifferentialSettings
from imagenomics.errors import InputError
from imagenomics.tables.patient_table import PatientTable

FEWEST_GENES = 50  # from which library sizes and the spread of counts can be learned


def check_genes(
    genes: PatientTable, *, where: str, settings: DifferentialSettings | None = None
) -> PatientTable:
    """Refuse columns that the method cannot read.

    Raises
    ------
    InputError
        ``IGX-DIFF-001``: raw counts for a method of log expression; ``IGX-DIFF-002``: no continuous numbers;
        ``IGX-DIFF-011``: no raw counts for a method of counts; ``IGX-DIFF-012``: too few genes of counts.
    """
    method = settings.method if settings is not None else "moderated"
    raw = genes.columns["unit"] == "counts"
    if method not in COUNTED and raw.any():
        raise InputError(
            "IGX-DIFF-001",
            "these genes are raw counts, whose spread grows with their level",
            where=where,
            expected="expression on a log scale",
            remedy="set normalise = 'log-cpm' or 'tmm' in the [[molecules]] block, or method = 'voom', "
            "'quasi-likelihood' or 'negative-binomial' here",
        )
    wrong = genes.columns.index[genes.columns["kind"] != "continuous"]
    if len(wrong):
        raise InputError(
            "IGX-DIFF-002",
            f"{len(wrong)} columns are not continuous, e.g. {wrong[0]}",
            where=where,
            expected="expression",
            remedy="name a [[molecules]] block of kind 'expression'; test the others in [[associate]]",
        )
    if method in COUNTED:
        _check_counts(genes, method, where=where)
    return genes


def _check_counts(genes: PatientTable, method: str, *, where: str) -> None:
    other = genes.columns.index[genes.columns["unit"] != "counts"]
    numbers = genes.values.to_numpy(np.float64)
    if len(other) or np.nanmin(numbers, initial=0.0) < 0:
        raise InputError(
            "IGX-DIFF-011",
            f"method = '{method}' reads raw counts; these are {genes.columns['unit'].iloc[0] or 'other numbers'}",
            where=where,
            expected="numbers of reads, not normalised",
            remedy="set values = 'counts' and normalise = 'none' in the [[molecules]] block, or take method = "
            "'moderated' for expression on a log scale",
        )
    if len(genes.columns) < FEWEST_GENES:
        raise InputError(
            "IGX-DIFF-012",
            f"{len(genes.columns)} genes are too few for method = '{method}'",
            where=where,
            expected=f"{FEWEST_GENES} genes or more: sizes of libraries and the spread of counts are learned from them",
            remedy="read all genes of the file (genes = 'all'), or take method = 'moderated' on log-cpm",
        )
