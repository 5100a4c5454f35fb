"""Columns that a ``[[survival]]`` block names beside its features: image features, clinical variables, molecules."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from imagenomics.errors import unknown_name
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable, join


def one_column(name: str, linked: Linked, features: PatientTable, *, where: str) -> PatientTable:
    """Return the column of one name; ``IGX-SURV-013`` where there is none."""
    tables = _tables(linked, features)
    found = next((t.select([name]) for t in tables if name in t.columns.index), None)
    if found is None:
        raise unknown_name("IGX-SURV-013", "column", name, _known(tables), where=where)
    return found


def spell_out(
    wanted: Sequence[str], linked: Linked, features: PatientTable, *, where: str
) -> tuple[str, ...]:
    """Return the columns that names and globs mean, each once, in order.

    Raises
    ------
    InputError
        ``IGX-SURV-020``: a name or glob that fits no column.
    """
    known = _known(_tables(linked, features))
    names: dict[str, None] = {}
    for pattern in wanted:
        fitting = [pattern] if pattern in known else [c for c in known if fnmatchcase(c, pattern)]
        if not fitting:
            raise unknown_name("IGX-SURV-020", "term", pattern, known, where=where)
        names.update(dict.fromkeys(fitting))
    return tuple(names)


def columns_of(names: Sequence[str], linked: Linked, features: PatientTable) -> PatientTable:
    """Return these columns side by side, from whichever table has them."""
    tables = _tables(linked, features)
    return join([next(t.select([name]) for t in tables if name in t.columns.index) for name in names])


def _tables(linked: Linked, features: PatientTable) -> tuple[PatientTable, ...]:
    return features, linked.clinical, linked.molecules


def _known(tables: Sequence[PatientTable]) -> list[str]:
    return [c for table in tables for c in table.columns.index]
