"""From a plain frame to a described table: what each column is, is read off its cells."""

from __future__ import annotations

import pandas as pd

from imagenomics.cohort.coding import code_column
from imagenomics.cohort.settings import ColumnSettings
from imagenomics.cohort.source import text_column
from imagenomics.errors import unknown_name
from imagenomics.tables.patient_table import ROLES, PatientTable, describe


def describe_frame(frame: pd.DataFrame, *, role: str, source: str = "") -> PatientTable:
    """Describe the columns of a plain frame, so that tests and models know what they are.

    Parameters
    ----------
    frame : DataFrame, (n, p)
        Indexed by patient id (text). Numbers with two values 0 and 1 become binary, other numbers continuous, text
        binary or categorical by its levels; ``volume`` is the role of one column only.
    role : str
        What the columns are: ``feature``, ``volume``, ``clinical``, ``molecule`` or ``label``; a clinical column
        called ``site`` has the role ``site``.
    source : str
        Name of the table, written before each column name (``source.column``).

    Raises
    ------
    InputError
        ``IGX-TAB-001``: ids that are no unique text; ``IGX-COHORT-021``: an unknown role; those of
        :func:`imagenomics.cohort.coding.code_column`.
    """
    if role not in ROLES:
        raise unknown_name("IGX-COHORT-021", "role", role, ROLES)
    index = pd.Index(frame.index, name="patient", dtype=object)
    coded = {
        str(name): code_column(
            text_column(frame[name]).set_axis(index),
            _kind_of(str(name), role),
            name=str(name),
            where=str(name),
        )
        for name in frame.columns
    }
    prefix = f"{source}." if source else ""
    values = pd.DataFrame({f"{prefix}{name}": column.values for name, column in coded.items()}, index=index)
    columns = describe(
        values.columns,
        kind=[column.kind for column in coded.values()],
        role=["site" if role == "clinical" and name == "site" else role for name in coded],
        source=source,
        family="given",
        feature=list(coded),
        levels=["|".join(column.levels) for column in coded.values()],
    )
    return PatientTable(values, columns)


def _kind_of(name: str, role: str) -> ColumnSettings:
    if role == "clinical" and name == "site":
        return ColumnSettings(kind="categorical")
    return ColumnSettings(kind="continuous") if role in ("feature", "volume") else ColumnSettings()
