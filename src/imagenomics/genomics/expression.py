"""Expression: numbers by patient and gene; no gene is filtered here, selection belongs in the fold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.cohort.losses import join_losses
from imagenomics.cohort.spelling import is_missing
from imagenomics.errors import InputError, short_list
from imagenomics.genomics.matrix import Matrix, keep_genes
from imagenomics.genomics.settings import ExpressionSettings, LogRatioSettings
from imagenomics.genomics.specimens import Linking, find_specimens, one_per_patient
from imagenomics.genomics.table import (
    MoleculeTable,
    block_table,
    cell_report,
    dropped_columns,
)

NUMBERS = "(numbers)"
FAMILIES = {"expression": "expression", "log-ratio": "copy number"}


def number_table(
    matrix: Matrix, settings: ExpressionSettings | LogRatioSettings, linking: Linking
) -> MoleculeTable:
    """Return the numbers of each gene in each patient: expression, or log ratios of copy number.

    Parameters
    ----------
    matrix : Matrix, (m, g)
        Numbers as written.
    settings : ExpressionSettings or LogRatioSettings
        Unit, and the variance at or under which a gene is named.
    linking : Linking
        The patients and the id rule.

    Returns
    -------
    MoleculeTable
        Continuous columns, NaN for missing.

    Raises
    ------
    InputError
        ``IGX-GEN-004`` cells that are not finite numbers; ``IGX-GEN-006``, ``IGX-GEN-009``, ``IGX-LINK-...``.
    """
    genes = keep_genes(matrix, _has_number, reason="no cell is a number")
    specimens = find_specimens(genes.ids, linking, settings.samples, side=settings.name)
    cells = genes.cells.iloc[specimens.rows.to_numpy()]
    numbers, n_missing = _numbers(cells, where=genes.where)
    values, lost = one_per_patient(numbers, specimens, settings.samples)
    counts = {(NUMBERS, NUMBERS): int(numbers.notna().to_numpy().sum()), ("(missing)", ""): n_missing}
    return MoleculeTable(
        table=block_table(
            values, settings, role="molecule", family=FAMILIES[settings.kind], unit=settings.unit
        ),
        losses=join_losses([specimens.losses, lost]),
        report=cell_report(counts),
        notes=(*genes.notes, *_notes(values, settings)),
        dropped=dropped_columns(genes.dropped),
    )


def _has_number(column: pd.Series) -> bool:
    return bool(pd.to_numeric(column, errors="coerce").notna().any())


def _numbers(cells: pd.DataFrame, *, where: str) -> tuple[pd.DataFrame, int]:
    """Return the cells as numbers (rows in order), and how many were missing."""
    text = cells.to_numpy(dtype=object)
    numbers = np.column_stack(
        [
            pd.to_numeric(pd.Series(text[:, j]), errors="coerce").to_numpy(np.float64)
            for j in range(text.shape[1])
        ]
    )
    odd = ~np.isfinite(numbers)
    missing = {word for word in pd.unique(text[odd]) if is_missing(str(word))}
    wrong = odd & ~np.isin(text.astype(str), sorted(missing))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        words = short_list(map(repr, pd.unique(text[wrong])), 5)
        raise InputError(
            "IGX-GEN-004",
            f"{int(wrong.sum())} cells are not finite numbers: {words}",
            where=f"{where}: e.g. row {row + 1}, gene '{cells.columns[column]}'",
            remedy="correct the cells, `ignore` the column, or name the genes",
        )
    return pd.DataFrame(numbers, columns=cells.columns), int(odd.sum())


def _notes(values: pd.DataFrame, settings: ExpressionSettings | LogRatioSettings) -> list[str]:
    variance = values.var()
    flat = variance.index[~(variance > settings.min_variance)]
    if not len(flat):
        return []
    return [
        f"{settings.name}: the variance of {len(flat)} genes is not above {settings.min_variance:g}, "
        f"e.g. {short_list(flat)}; none was removed"
    ]
