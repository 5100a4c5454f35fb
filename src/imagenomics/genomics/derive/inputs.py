"""What derived labels are made of: columns and blocks of molecules, looked up by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from imagenomics.errors import InputError, unknown_name
from imagenomics.genomics.table import MoleculeTable

CALLED = ""


@dataclass(frozen=True)
class Column:
    """One column of a molecule table for all patients: NaN or None where there is no value."""

    name: str
    values: pd.Series
    kind: str
    levels: tuple[str, ...]

    def texts(self) -> pd.Series:
        """Return the level of each patient as text, None where not known."""
        if self.kind == "categorical":
            return self.values.astype(object).where(self.values.notna(), None)
        names = dict(enumerate(self.levels))
        cells = [
            None if pd.isna(v) else names.get(int(v), f"{v:g}") if names else f"{v:g}" for v in self.values
        ]
        return pd.Series(cells, index=self.values.index, dtype=object)


@dataclass(frozen=True)
class Inputs:
    """Tables by block, and the patients for whom labels are derived.

    Parameters
    ----------
    patients : Index
        Every patient gets a label or a reason.
    tables : mapping
        Block -> its table; labels derived before are among them.
    resolve : callable
        Makes a path of a file named in the settings.
    where : str
        The block of the study file, for messages.
    """

    patients: pd.Index
    tables: Mapping[str, MoleculeTable]
    resolve: Callable[[str], Path] = Path
    where: str = ""

    def block(self, name: str) -> MoleculeTable:
        """Return a molecule table by the name of its block (``IGX-GEN-031``)."""
        if name not in self.tables:
            raise unknown_name("IGX-GEN-031", "block of molecules", name, self.tables, where=self.where)
        return self.tables[name]

    def column(self, name: str) -> Column:
        """Return a column by its full name, for all patients (``IGX-GEN-031``)."""
        block, _, _ = name.partition(".")
        table = self.block(block).table
        if name not in table.columns.index:
            raise unknown_name("IGX-GEN-031", "column", name, table.columns.index, where=self.where)
        kind, levels = str(table.columns.at[name, "kind"]), tuple(table.levels(name))
        return Column(name, table.values[name].reindex(self.patients), kind, levels)

    def numbers(self, name: str) -> pd.DataFrame:
        """Return the continuous columns of a block by gene, one row for each patient (NaN: no row)."""
        table = self.block(name).table.where(kind="continuous")
        if not len(table.columns):
            raise InputError(
                "IGX-GEN-032",
                f"the block '{name}' has no column of numbers",
                where=self.where,
                expected="a block of expression, methylation, proteins or log ratios",
                remedy="name another block",
            )
        return table.values.set_axis(list(table.columns["feature"]), axis="columns").reindex(self.patients)


@dataclass(frozen=True)
class Label:
    """One derived column.

    Parameters
    ----------
    name : str
        Name within the block.
    values : Series
        By patient: numbers, codes, or level names with None; missing wherever there is a reason.
    reasons : Series
        By patient: '' where called, else why not.
    rule : str
        The rule in one sentence with its thresholds.
    inputs : tuple of str
        Columns or blocks that it was made of.
    kind, levels, unit : str
        As in the description of columns.
    learned : str
        'cohort' where something was estimated across patients, else ''.
    notes : tuple of str
        What a user should look at.
    """

    name: str
    values: pd.Series
    reasons: pd.Series
    rule: str
    inputs: tuple[str, ...]
    kind: str = "continuous"
    levels: tuple[str, ...] = ()
    unit: str = ""
    learned: str = ""
    notes: tuple[str, ...] = field(default=())


def no_reasons(patients: pd.Index) -> pd.Series:
    """Return reasons with which every patient is called so far."""
    return pd.Series(CALLED, index=patients, dtype=object)


def give_reason(reasons: pd.Series, where: Iterable[object], why: str) -> pd.Series:
    """Return the reasons with ``why`` for those patients who have none yet."""
    return reasons.mask((reasons == CALLED) & pd.Series(list(where), index=reasons.index, dtype=bool), why)
