"""One label from several sources: each mapped on its own, differences decided by a declared precedence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from imagenomics.cohort.mapping import map_cells
from imagenomics.cohort.settings import ColumnSettings
from imagenomics.errors import InputError, short_list
from imagenomics.genomics.settings import LabelColumn, LabelSource
from imagenomics.genomics.table import CONFLICT_COLUMNS, empty


@dataclass(frozen=True)
class LabelSide:
    """What one source says: level by patient, its report, and the levels of its mapping."""

    where: str
    values: pd.Series
    report: pd.DataFrame
    targets: tuple[str, ...]


def map_source(
    text: pd.Series, source: LabelSource, spec: LabelColumn, *, name: str, where: str
) -> LabelSide:
    """Return the levels that one source gives (``IGX-COHORT-006`` for values that it does not map)."""
    mapping = source.map or spec.map
    settings = ColumnSettings(
        kind=spec.kind, map=mapping, levels=spec.levels, missing=(*spec.missing, *source.missing)
    )
    values, report = map_cells(text, settings, name=f"{name} [{source.column}]", where=where)
    return LabelSide(where, values, report, tuple(sorted({t for t in mapping.values() if t})))


def combine_sources(
    sides: Sequence[LabelSide], spec: LabelColumn, *, name: str
) -> tuple[pd.Series, pd.DataFrame]:
    """Return the combined levels by patient, and the patients for whom sources differ.

    Raises
    ------
    InputError
        ``IGX-GEN-007`` sources differ and no precedence is declared.
    """
    index = pd.Index(sorted(set().union(*(s.values.index for s in sides))), name="patient", dtype=object)
    wide = pd.DataFrame({i: side.values.reindex(index) for i, side in enumerate(sides)}, dtype=object)
    differ = wide.nunique(axis=1) > 1
    if differ.any() and spec.precedence is None:
        raise _undecided(wide[differ], sides, name)
    taken = wide.bfill(axis=1)[0].astype(object)
    if spec.precedence == "missing":
        taken = taken.where(~differ, None)
    taken = taken.where(taken.notna(), None)
    rows = [
        (patient, name, side.where, value, final or "")
        for patient, values, final in zip(index[differ], wide[differ].to_numpy(), taken[differ], strict=True)
        for side, value in zip(sides, values, strict=True)
        if isinstance(value, str)
    ]
    conflicts = pd.DataFrame(rows, columns=list(CONFLICT_COLUMNS)) if rows else empty(CONFLICT_COLUMNS)
    return taken, conflicts


def _undecided(wide: pd.DataFrame, sides: Sequence[LabelSide], name: str) -> InputError:
    shown = short_list(
        f"{patient} ({' / '.join(v if isinstance(v, str) else '-' for v in values)})"
        for patient, values in wide.iterrows()
    )
    return InputError(
        "IGX-GEN-007",
        f"the sources of '{name}' differ for {len(wide)} patients: {shown}",
        where=short_list((side.where for side in sides), 4),
        remedy="declare precedence = 'first' (the first source that has a value) or 'missing'",
    )
