"""What a block of molecules becomes: one table by patient, and everything that did not get into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from imagenomics.cohort.losses import loss_table
from imagenomics.cohort.mapping import REPORT_COLUMNS
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.tables.unit_table import UnitTable

CHANGE_COLUMNS = ("patient", "gene", "change")
CONFLICT_COLUMNS = ("patient", "column", "source", "value", "taken")
DROPPED_COLUMNS = ("column", "reason", "n")
VARIANT_COLUMNS = ("patient", "gene", "variant_class", "change")
RULE_COLUMNS = ("column", "rule", "inputs", "learned")
UNCALLED_COLUMNS = ("column", "patient", "reason")
ALL_GENES = "(all genes)"


def empty(columns: Sequence[str]) -> pd.DataFrame:
    """Return a table without rows."""
    return pd.DataFrame([], columns=list(columns)).astype(object)


@dataclass(frozen=True)
class Sequenced:
    """In whom a gene was sequenced.

    Parameters
    ----------
    cells : DataFrame, (n, g)
        True where the gene (column) was sequenced in the patient (row).
    others : bool
        Whether genes without a column were sequenced in all these patients (exome, genome).
    """

    cells: pd.DataFrame
    others: bool = False

    def of(self, gene: str) -> pd.Series:
        """Return whether the gene was sequenced, by patient."""
        if gene in self.cells.columns:
            return self.cells[gene].astype(bool)
        return pd.Series(self.others, index=self.cells.index, dtype=bool)


@dataclass(frozen=True)
class MoleculeTable:
    """Molecules by patient.

    Parameters
    ----------
    table : PatientTable
        Columns ``{block}.{gene or label}``, role ``molecule`` or ``label``.
    losses : DataFrame
        One row per id that did not get into the table, with its reason.
    report : DataFrame
        What was mapped to what: ``column, written, mapped, how, n``.
    notes : tuple of str
        What a user should look at.
    dropped : DataFrame
        ``column, reason, n``: columns of the file that were left out.
    changes : DataFrame
        ``patient, gene, change``: one row per protein change that counts (mutations).
    conflicts : DataFrame
        ``patient, column, source, value, taken``: where sources of a label differ.
    variants : DataFrame
        ``patient, gene, variant_class, change``: every variant of every class (MAF files).
    sequenced : Sequenced or None
        Which genes were sequenced in whom (mutations).
    rules : DataFrame
        ``column, rule, inputs, learned``: by which rule and from what a label was derived.
    uncalled : DataFrame
        ``column, patient, reason``: for whom a derived label could not be called, and why.
    units : UnitTable or None
        Of a block with ``per``: the molecules by patient and unit; ``table`` then has no columns.
    """

    table: PatientTable
    losses: pd.DataFrame = field(default_factory=lambda: loss_table([]))
    report: pd.DataFrame = field(default_factory=lambda: empty(REPORT_COLUMNS))
    notes: tuple[str, ...] = ()
    dropped: pd.DataFrame = field(default_factory=lambda: empty(DROPPED_COLUMNS))
    changes: pd.DataFrame = field(default_factory=lambda: empty(CHANGE_COLUMNS))
    conflicts: pd.DataFrame = field(default_factory=lambda: empty(CONFLICT_COLUMNS))
    variants: pd.DataFrame = field(default_factory=lambda: empty(VARIANT_COLUMNS))
    sequenced: Sequenced | None = None
    rules: pd.DataFrame = field(default_factory=lambda: empty(RULE_COLUMNS))
    uncalled: pd.DataFrame = field(default_factory=lambda: empty(UNCALLED_COLUMNS))
    units: UnitTable | None = None


class NamedSettings(Protocol):
    """Settings of a block with a name."""

    @property
    def name(self) -> str:
        """Name of the block."""

    def digest(self, length: int = 12) -> str:
        """Return a short hash of the settings."""


def block_table(
    values: pd.DataFrame, settings: NamedSettings, *, role: str, family: str, **fields: object
) -> PatientTable:
    """Return ``values`` with the block's name before each column, and their descriptions."""
    names = [f"{settings.name}.{column}" for column in values.columns]
    described = describe(
        names,
        role=role,
        source=settings.name,
        family=family,
        feature=[str(c) for c in values.columns],
        settings=settings.digest(),
        **fields,
    )
    return PatientTable(values.set_axis(names, axis="columns"), described)


def cell_report(counts: Mapping[tuple[str, str], int]) -> pd.DataFrame:
    """Return the report of a matrix from (written, mapped) -> number of cells."""
    rows = [
        (ALL_GENES, written, mapped, "missing" if not mapped else "declared", n)
        for (written, mapped), n in counts.items()
        if n
    ]
    return pd.DataFrame(rows, columns=list(REPORT_COLUMNS))


def dropped_columns(reasons: Mapping[str, tuple[str, int]]) -> pd.DataFrame:
    """Return column -> (reason, number of patients concerned) as a table."""
    rows = [(column, reason, n) for column, (reason, n) in reasons.items()]
    return pd.DataFrame(rows, columns=list(DROPPED_COLUMNS)) if rows else empty(DROPPED_COLUMNS)
