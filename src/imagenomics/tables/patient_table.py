"""The one table of the house: values keyed by patient, and a second frame that describes each column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, InternalError, short_list, unknown_name

KINDS = ("continuous", "binary", "ordinal", "categorical")
ROLES = (
    *("feature", "learned", "volume"),
    *("clinical", "confounder", "acquisition", "site"),
    *("molecule", "label"),
)
DESCRIPTION: Mapping[str, Any] = {
    "kind": "continuous",
    "role": "feature",
    "source": "",  # block of the study file: an image's or a molecule table's name
    "region": "",
    "family": "",
    "feature": "",  # name without image and region
    "ibsi": "",  # tag of the IBSI reference tables, only where definition and settings conform
    "unit": "",
    "levels": "",  # level names in order, joined by '|'; empty for continuous columns
    "flags": "",  # e.g. 'voxel-units'; flagged columns stay out of default models
    "settings": "",  # digest of the settings that made the column
    "learned": "",  # 'cohort' where values were estimated across patients, so that they are no feature of a model
}


@dataclass(frozen=True)
class PatientTable:
    """Values by patient and what each column means.

    Parameters
    ----------
    values : DataFrame, (n, p)
        Indexed by unique patient id (a string, index name ``patient``). Continuous, binary (0/1) and ordinal
        (0..k-1) columns are float64 with NaN for missing; categorical columns hold level names or None.
    columns : DataFrame, (p, ...)
        Indexed by column name (index name ``column``), with the fields of ``DESCRIPTION``.

    Raises
    ------
    InputError
        ``IGX-TAB-001`` duplicate or empty ids; ``IGX-TAB-002`` duplicate columns.
    """

    values: pd.DataFrame
    columns: pd.DataFrame

    def __post_init__(self) -> None:
        check_ids(self.values.index, what="patient table")
        if self.values.columns.has_duplicates:
            twice = self.values.columns[self.values.columns.duplicated()].unique()
            raise InputError(
                "IGX-TAB-002", f"duplicate columns: {short_list(twice)}", remedy="rename one of each"
            )
        if list(self.values.columns) != list(self.columns.index):
            raise InternalError("IGX-TAB-003", "values and column descriptions do not name the same columns")

    def __len__(self) -> int:
        return len(self.values)

    def select(self, names: Iterable[str]) -> PatientTable:
        """Return the table with these columns only, in this order."""
        wanted = list(names)
        for name in wanted:
            if name not in self.columns.index:
                raise unknown_name("IGX-TAB-004", "column", name, self.columns.index)
        return PatientTable(self.values[wanted], self.columns.loc[wanted])

    def where(self, **fields: str) -> PatientTable:
        """Return the columns whose description has these values, e.g. ``where(role="volume")``."""
        keep = pd.Series(True, index=self.columns.index)
        for field, value in fields.items():
            keep &= self.columns[field] == value
        return self.select(self.columns.index[keep])

    def unflagged(self) -> PatientTable:
        """Return the columns without flags: those that default models and tests may use."""
        return self.select(self.columns.index[self.columns["flags"] == ""])

    def patients(self, ids: Iterable[str]) -> PatientTable:
        """Return the rows of these patients, in this order; patients without a row get missing values."""
        return PatientTable(self.values.reindex(pd.Index(list(ids), name="patient")), self.columns)

    def levels(self, column: str) -> list[str]:
        """Return the level names of a binary, ordinal or categorical column."""
        text = str(self.columns.at[column, "levels"])
        return text.split("|") if text else []


def describe(names: Iterable[str], **fields: Any) -> pd.DataFrame:
    """Build a column description: each field is one value for all columns or a list with one for each.

    Raises
    ------
    InternalError
        ``IGX-TAB-005`` for a field that ``DESCRIPTION`` does not have.
    """
    index = pd.Index(list(names), name="column", dtype=object)
    for field in fields:
        if field not in DESCRIPTION:
            raise InternalError("IGX-TAB-005", f"column descriptions have no field '{field}'")
    data = {field: fields.get(field, default) for field, default in DESCRIPTION.items()}
    return pd.DataFrame(data, index=index).astype(object)


def check_ids(index: pd.Index, *, what: str) -> None:
    """Refuse ids that are not unique, non-empty strings (``IGX-TAB-001``)."""
    wrong = [i for i in index if not isinstance(i, str) or not i.strip()]
    if wrong:
        raise InputError(
            "IGX-TAB-001",
            f"{len(wrong)} patient ids are not text: {short_list(map(repr, wrong))}",
            where=what,
            expected="ids as non-empty strings (a number would lose leading zeros)",
            remedy="read the id column as text",
        )
    if index.has_duplicates:
        twice = index[index.duplicated()].unique()
        raise InputError(
            "IGX-TAB-001",
            f"{len(twice)} patient ids appear more than once: {short_list(twice)}",
            where=what,
            remedy="keep one row per patient, or declare a rule for several samples or lesions",
        )


def join(tables: Iterable[PatientTable]) -> PatientTable:
    """Set tables side by side by patient (union of patients, sorted)."""
    parts = list(tables)
    if not parts:
        return PatientTable(pd.DataFrame(index=pd.Index([], name="patient", dtype=object)), describe([]))
    ids = sorted(set().union(*(set(p.values.index) for p in parts)))
    index = pd.Index(ids, name="patient", dtype=object)
    values = pd.concat([p.values.reindex(index) for p in parts], axis=1)
    return PatientTable(values, pd.concat([p.columns for p in parts]))


def numeric(values: pd.DataFrame) -> np.ndarray:
    """Return the frame as a C-ordered float64 array (n, p)."""
    return np.ascontiguousarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
