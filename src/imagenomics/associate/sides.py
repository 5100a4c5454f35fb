"""The two sides of the test as plain arrays: one row per patient that both tables know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import ArgumentTypeError, InputError, short_list, unknown_name
from imagenomics.tables.patient_table import KINDS, PatientTable

FloatArray = npt.NDArray[np.float64]
NUMERIC = ("continuous", "ordinal")


@dataclass(frozen=True)
class Side:
    """Columns of one side.

    Parameters
    ----------
    names, kinds : sequences of str, (p,)
        Column names and kinds (``continuous``, ``ordinal``, ``binary``, ``categorical``).
    values : array, (N, p)
        Numbers, NaN for missing; categorical columns as level codes 0, 1, ...
    allowed : bool array, (p,)
        False where a column has values that its kind does not allow (infinite numbers, a binary column with
        something else than 0 and 1).
    """

    names: Sequence[str]
    kinds: npt.NDArray[np.object_]
    values: FloatArray
    allowed: npt.NDArray[np.bool_]

    def take(self, places: npt.NDArray[np.intp]) -> Side:
        """Return the side with these columns only."""
        if places.size == len(self.names):
            return self
        names = [self.names[i] for i in places]
        return Side(names, self.kinds[places], self.values[:, places], self.allowed[places])

    def rows(self, keep: npt.NDArray[np.bool_]) -> Side:
        """Return the side with these patients only."""
        if keep.all():
            return self
        return Side(self.names, self.kinds, self.values[keep], self.allowed)


def check_table(table: object, *, what: str) -> PatientTable:
    """Refuse anything but a table keyed by patient alone.

    Raises
    ------
    InputError
        ``IGX-ASSOC-001``: rows are units inside patients (lesions, slides).
    ArgumentTypeError
        ``IGX-ASSOC-002``: not a patient table.
    """
    values = getattr(table, "values", None)
    frame = table if isinstance(table, pd.DataFrame) else values
    if isinstance(frame, pd.DataFrame) and frame.index.nlevels > 1:
        raise InputError(
            "IGX-ASSOC-001",
            f"the {what} have several rows per patient (index {list(frame.index.names)})",
            expected="one row per patient: these tests assume that rows are independent",
            remedy="summarise lesions or slides to one row per patient first",
        )
    if not isinstance(table, PatientTable):
        raise ArgumentTypeError(
            "IGX-ASSOC-002",
            f"the {what} are a {type(table).__name__}",
            expected="a PatientTable (values by patient, and what each column means)",
            remedy="build one with imagenomics.tables.patient_table.PatientTable and describe()",
        )
    return table


def read_side(table: PatientTable, ids: pd.Index, *, what: str) -> Side:
    """Return the columns of ``table`` as numbers, for the patients ``ids`` in this order.

    Raises
    ------
    InputError
        ``IGX-ASSOC-003``: a column holds text but is not declared categorical; ``IGX-ASSOC-004``: a kind
        that is not known.
    """
    kinds = table.columns["kind"].to_numpy(dtype=object)
    for name, kind in zip(table.columns.index, kinds, strict=True):
        if kind not in KINDS:
            raise unknown_name("IGX-ASSOC-004", "kind", str(kind), KINDS, where=f"{what}, column {name}")
    frame = table.values if table.values.index.equals(ids) else table.values.reindex(ids)
    categorical = kinds == "categorical"
    values = np.full((len(ids), len(kinds)), np.nan)
    if not categorical.all():
        values[:, ~categorical] = _numbers(frame.loc[:, ~categorical], what=what)
    for place in np.flatnonzero(categorical).tolist():
        name = frame.columns[place]
        values[:, place] = level_codes(frame[name], table.levels(name))
    return Side([str(c) for c in frame.columns], kinds, values, _allowed(values, kinds))


def centred(values: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return columns less the mean of their observed values, 0 where one is missing, and where none is: (N, p) each.

    Sums of squares of groups then lose no digits to a large common mean.
    """
    seen = ~np.isnan(values)
    filled = np.where(seen, values, 0.0)
    centre = filled.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return np.where(seen, filled - centre, 0.0), seen


def level_codes(column: pd.Series, levels: Sequence[str]) -> FloatArray:
    """Return level names as codes 0, 1, ... in the order of ``levels``, others after them."""
    present = sorted({str(v) for v in column.dropna().unique()} - set(levels))
    place = {name: float(i) for i, name in enumerate([*levels, *present])}
    return np.array([np.nan if pd.isna(v) else place[str(v)] for v in column], dtype=np.float64)


def _numbers(frame: pd.DataFrame, *, what: str) -> FloatArray:
    try:
        return np.asarray(frame.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    except (ValueError, TypeError):
        bad = [str(c) for c in frame.columns if not _is_number(frame[c])]
        raise InputError(
            "IGX-ASSOC-003",
            f"{len(bad)} columns of the {what} hold text: {short_list(bad)}",
            expected="numbers in continuous, ordinal and binary columns",
            remedy="declare them categorical, or give their values as numbers",
        ) from None


def _is_number(column: pd.Series) -> bool:
    try:
        column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError):
        return False
    return True


def _allowed(values: FloatArray, kinds: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    allowed = np.array(~np.isinf(values).any(axis=0), dtype=np.bool_)
    binary = np.flatnonzero(kinds == "binary")
    part = values[:, binary]
    allowed[binary] &= ((part == 0) | (part == 1) | np.isnan(part)).all(axis=0)
    return allowed
