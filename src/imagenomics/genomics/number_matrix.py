"""Matrices of numbers as a table: expression, methylation, proteins, log ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from imagenomics.cohort.losses import join_losses
from imagenomics.cohort.spelling import is_missing
from imagenomics.errors import InputError, short_list
from imagenomics.genomics.matrix import Matrix, keep_genes
from imagenomics.genomics.settings_numbers import (
    ExpressionSettings,
    GenotypeSettings,
    LogRatioSettings,
    MethylationSettings,
    ProteinSettings,
)
from imagenomics.genomics.specimens import Linking, find_specimens, one_per_patient
from imagenomics.genomics.table import MoleculeTable, block_table, cell_report, dropped_columns

NumberSettings = (
    ExpressionSettings | LogRatioSettings | MethylationSettings | ProteinSettings | GenotypeSettings
)
NUMBERS = "(numbers)"


@dataclass(frozen=True)
class Prepared:
    """Numbers by patient and gene as they go into the table.

    Parameters
    ----------
    values : DataFrame, (n, g)
        One row for each patient.
    unit, family : str
        What the numbers are.
    dropped : mapping
        Gene -> (reason, number of patients concerned) for those that were left out.
    notes : tuple of str
        What a user should look at.
    learned : str
        'cohort' where something was estimated across patients.
    """

    values: pd.DataFrame
    unit: str
    family: str
    dropped: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    learned: str = ""


Prepare = Callable[[pd.DataFrame], Prepared]


def number_table(
    matrix: Matrix, settings: NumberSettings, linking: Linking, *, prepare: Prepare
) -> MoleculeTable:
    """Return the numbers of each gene in each patient.

    Parameters
    ----------
    matrix : Matrix, (m, g)
        Numbers as written.
    settings : settings of a block
        The variance at or under which a gene is named, and which samples count.
    linking : Linking
        The patients and the id rule.
    prepare : callable
        Checks and changes the numbers of the patients.

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
    prepared = prepare(values)
    counts = {(NUMBERS, NUMBERS): int(numbers.notna().to_numpy().sum()), ("(missing)", ""): n_missing}
    return MoleculeTable(
        table=block_table(
            prepared.values,
            settings,
            role="molecule",
            family=prepared.family,
            unit=prepared.unit,
            learned=prepared.learned,
        ),
        losses=join_losses([specimens.losses, lost]),
        report=cell_report(counts),
        notes=(*genes.notes, *prepared.notes, *_notes(prepared.values, settings)),
        dropped=dropped_columns({**genes.dropped, **prepared.dropped}),
    )


def _has_number(column: pd.Series) -> bool:
    return bool(pd.to_numeric(column, errors="coerce").notna().any())


def _numbers(cells: pd.DataFrame, *, where: str) -> tuple[pd.DataFrame, int]:
    """Return the cells as numbers (rows in order), and how many were missing."""
    if all(is_numeric_dtype(dtype) for dtype in cells.dtypes):
        numbers = cells.to_numpy(np.float64)
        text = np.where(np.isnan(numbers), "", "inf").astype(object)
    else:
        text = cells.to_numpy(dtype=object)
        columns = [pd.to_numeric(pd.Series(text[:, j]), errors="coerce") for j in range(text.shape[1])]
        numbers = np.column_stack([column.to_numpy(np.float64) for column in columns])
    odd = ~np.isfinite(numbers)
    missing = {word for word in pd.unique(text[odd]) if is_missing(str(word))}
    wrong = odd & ~np.isin(text.astype(str), sorted(missing)) if odd.any() else odd
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


def _notes(values: pd.DataFrame, settings: NumberSettings) -> list[str]:
    if isinstance(settings, GenotypeSettings):
        return []
    variance = values.var()
    flat = variance.index[~(variance > settings.min_variance)]
    if not len(flat):
        return []
    return [
        f"{settings.name}: the variance of {len(flat)} genes is not above {settings.min_variance:g}, "
        f"e.g. {short_list(flat)}; none was removed"
    ]


def as_written(settings: LogRatioSettings | ProteinSettings) -> Prepare:
    """Return how numbers are prepared that stay as they are."""
    family = "protein" if isinstance(settings, ProteinSettings) else "copy number"
    return lambda values: Prepared(values, settings.unit, family)


def preparation(settings: NumberSettings, *, resolve: Callable[[str], Path], where: str) -> Prepare:
    """Return how the numbers of a block are prepared."""
    from imagenomics.genomics.expression import prepare_expression
    from imagenomics.genomics.genotypes import prepare_genotypes
    from imagenomics.genomics.methylation import prepare_methylation

    if isinstance(settings, ExpressionSettings):
        return lambda values: prepare_expression(values, settings, resolve=resolve, where=where)
    if isinstance(settings, MethylationSettings):
        return lambda values: prepare_methylation(values, settings, where=where)
    if isinstance(settings, GenotypeSettings):
        return lambda values: prepare_genotypes(values, settings, where=where)
    return as_written(settings)
