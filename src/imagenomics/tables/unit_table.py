"""Several rows of one patient: values by patient and unit (biopsy, focus, lesion), and what each column means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from imagenomics.errors import InputError, InternalError, short_list
from imagenomics.tables.patient_table import PatientTable, describe

LEVELS = ("patient", "unit")


@dataclass(frozen=True)
class UnitTable:
    """Values by patient and unit.

    Parameters
    ----------
    values : DataFrame, (n, p)
        Indexed by ``(patient, unit)``, both non-empty strings; no pair twice. A unit's name means something within
        its patient only: 'B1' of two patients are two units. Values as in :class:`PatientTable`.
    columns : DataFrame, (p, ...)
        As in :class:`PatientTable`.
    unit : str
        What a unit is, e.g. 'biopsy'.

    Raises
    ------
    InputError
        ``IGX-ASSOC-060``: a unit twice, or a patient or unit without a name.
    """

    values: pd.DataFrame
    columns: pd.DataFrame
    unit: str = "unit"

    def __post_init__(self) -> None:
        check_units(self.values.index, unit=self.unit)
        if list(self.values.columns) != list(self.columns.index):
            raise InternalError("IGX-TAB-003", "values and column descriptions do not name the same columns")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def patients(self) -> set[str]:
        """Return who has any unit with a value."""
        known = self.values.index[self.values.notna().any(axis=1)]
        return set(map(str, known.get_level_values("patient")))

    def select(self, names: Iterable[str]) -> UnitTable:
        """Return the table with these columns only, in this order."""
        wanted = list(names)
        return UnitTable(self.values[wanted], self.columns.loc[wanted], self.unit)

    def of(self, patients: Iterable[str]) -> UnitTable:
        """Return the units of these patients."""
        own = self.values.index.get_level_values("patient").isin(list(patients))
        return UnitTable(self.values[own], self.columns, self.unit)

    def flat(self) -> PatientTable:
        """Return the rows keyed by one text each, for what reads rows and does not ask whose they are."""
        return PatientTable(self.values.set_axis(flat_ids(self.values.index), axis="index"), self.columns)


def flat_ids(index: pd.Index) -> pd.Index:
    """Return each (patient, unit) as one text; different pairs give different texts, in the same order."""
    return pd.Index([f"{p}\x00{u}" for p, u in index], name="patient", dtype=object)


def check_units(index: pd.Index, *, unit: str, where: str = "") -> None:
    """Refuse rows that do not name one unit of one patient each (``IGX-ASSOC-060``)."""
    place = where or f"table of {unit} rows"
    if list(index.names) != list(LEVELS):
        raise InputError(
            "IGX-ASSOC-060",
            f"the rows are indexed by {list(index.names)}",
            where=place,
            expected="an index of the levels 'patient' and 'unit'",
            remedy="set it with frame.set_index(['patient', 'unit']) after renaming the columns",
        )
    unnamed = [pair for pair in index if not all(isinstance(part, str) and part.strip() for part in pair)]
    if unnamed:
        raise InputError(
            "IGX-ASSOC-060",
            f"{len(unnamed)} rows have no patient or no {unit}: {short_list(map(repr, unnamed))}",
            where=place,
            expected="both as non-empty text (a number would lose leading zeros)",
            remedy=f"name each {unit}, the same way in every table",
        )
    if index.has_duplicates:
        twice = [f"{p} · {u}" for p, u in index[index.duplicated()].unique()]
        raise InputError(
            "IGX-ASSOC-060",
            f"{len(twice)} units have several rows: {short_list(twice)}",
            where=place,
            expected=f"one row for each patient and {unit}",
            remedy=f"keep one row of each, or name each {unit} of a patient differently",
        )


def join_units(tables: Iterable[UnitTable], *, unit: str) -> UnitTable:
    """Set tables side by side by patient and unit (union of units, sorted)."""
    parts = list(tables)
    pairs = sorted(set().union(*(set(part.values.index) for part in parts)))
    index = pd.MultiIndex.from_tuples(pairs, names=LEVELS) if pairs else no_units()
    if not parts:
        return UnitTable(pd.DataFrame(index=index), describe([]), unit)
    values = pd.concat([part.values.reindex(index) for part in parts], axis=1)
    return UnitTable(values, pd.concat([part.columns for part in parts]), unit)


def no_units() -> pd.MultiIndex:
    """Return the index of a table without rows."""
    return pd.MultiIndex.from_arrays([[], []], names=LEVELS)
