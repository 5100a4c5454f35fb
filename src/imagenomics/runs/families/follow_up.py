"""The follow-up of a ``[[survival]]`` block, read from the columns that it names."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from imagenomics.associate.survival.times import SurvivalTimes, survival_times
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.runs.link import Linked
from imagenomics.runs.survival_block import FollowUpSettings
from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.read import blank_to_missing

DAYS = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12.0, "years": 365.25}


@dataclass(frozen=True)
class FollowUp:
    """Who was followed, and why others were not.

    Parameters
    ----------
    times : SurvivalTimes
        Time to the event; a competing event ends observation, and is its ``cause`` where the block declares any.
    cause : array of int, (n,)
        In the order of ``times.ids``: 0 censored, 1 the event, 2 and above the competing ones.
    causes : tuple of str
        Names of the causes 1, 2, ...
    missing : dict of str to str
        Linked patients without follow-up, and what they lack.
    """

    times: SurvivalTimes
    cause: np.ndarray
    causes: tuple[str, ...]
    missing: dict[str, str]


def read_follow_up(block: FollowUpSettings, linked: Linked, where: str) -> FollowUp:
    """Return the follow-up of the linked patients.

    Raises
    ------
    InputError
        ``IGX-SURV-010``: a column that no table has; ``IGX-SURV-011``: a time that is text; ``IGX-SURV-012``: cells of
        the event column whose meaning is not said; ``IGX-SURV-001``, ``IGX-SURV-003``: see there.
    """
    time = _numbers(block.time, linked, where)
    cells = _cells(block.event, linked, where)
    entry = None if block.entry is None else _numbers(block.entry, linked, where)
    cause = _causes(block, cells, where)
    if block.day_zero == "half-day":
        time = time.where(time != 0.0, 0.5 / DAYS[block.unit])
    event = (cause == 1).astype(np.float64).where(cause.notna())
    times = survival_times(time, event, entry=entry, unit=block.unit, origin=block.origin)
    parts = {block.time: time, block.event: cause} | ({} if entry is None else {str(block.entry): entry})
    lacking = {str(p): [c for c, v in parts.items() if pd.isna(v[p])] for p in time.index}
    missing = {p: f"{', '.join(columns)} not known" for p, columns in lacking.items() if columns}
    codes = cause.reindex(times.ids).to_numpy(dtype=np.int64)
    if block.competing_values:
        times = replace(times, cause=codes)
    return FollowUp(times, codes, (block.event_value or "event", *block.competing_values), missing)


def column_of(name: str, linked: Linked, where: str) -> tuple[pd.Series, list[str]]:
    """Return a column by patient and its level names: clinical variable, molecule, or as the table has it."""
    for table in (linked.clinical, linked.molecules):
        if name in table.values.columns:
            return table.values[name], _levels(table, name)
    if name in linked.raw.columns:
        return blank_to_missing(linked.raw[name].astype(object)), []
    known = [*linked.clinical.columns.index, *linked.molecules.columns.index, *map(str, linked.raw.columns)]
    raise unknown_name("IGX-SURV-010", "column", name, known, where=where)


def _levels(table: PatientTable, name: str) -> list[str]:
    return table.levels(name) if table.columns.at[name, "kind"] in ("binary", "ordinal") else []


def _numbers(name: str, linked: Linked, where: str) -> pd.Series:
    column, _ = column_of(name, linked, where)
    number = pd.to_numeric(column, errors="coerce").astype(np.float64)
    bad = column[number.isna() & column.notna()]
    if len(bad):
        raise InputError(
            "IGX-SURV-011",
            f"{len(bad)} times are no numbers: {short_list(map(repr, bad.unique()))}",
            where=f"{where}, column {name}, patient {bad.index[0]}",
            expected="a number of days, weeks, months or years since the origin",
            remedy="turn dates into intervals, and write an unknown time as an empty cell",
        )
    return number


def _cells(name: str, linked: Linked, where: str) -> pd.Series:
    """Return the event column as text: level names where there are some, whole numbers without their '.0'."""
    column, levels = column_of(name, linked, where)
    number = pd.to_numeric(column, errors="coerce")

    def word(value: object, as_number: float) -> str | None:
        if value is None or value != value:
            return None
        if levels and as_number == as_number and 0 <= int(as_number) < len(levels):
            return levels[int(as_number)]
        return f"{as_number:g}" if as_number == as_number else str(value).strip()

    return pd.Series(
        [word(v, float(n)) for v, n in zip(column, number, strict=True)], index=column.index, dtype=object
    )


def _causes(block: FollowUpSettings, cells: pd.Series, where: str) -> pd.Series:
    found = sorted(cells.dropna().unique())
    event = block.event_value if block.event_value is not None else "1"
    meaning = {event: 1.0} | {v: k + 2.0 for k, v in enumerate(block.competing_values)}
    rest = [c for c in found if c not in meaning]
    censored = set(block.censored_values)
    if not censored:
        censored = {"0"} if block.event_value is None else set(rest[:1])
    unsaid = [c for c in rest if c not in censored]
    absent = [c for c in (event, *block.competing_values) if c not in found]
    if unsaid or (absent and block.event_value is not None):
        what = f"cells that nobody gave a meaning: {short_list(map(repr, unsaid))}"
        raise InputError(
            "IGX-SURV-012",
            what if unsaid else f"no patient has the cell {short_list(map(repr, absent))}",
            where=f"{where}, column {block.event} (its cells: {short_list(map(repr, found))})",
            expected="0 and 1, or the cells named in event_value, censored_values and competing_values",
            remedy="name them, e.g. event_value = '2' where 1 is alive and 2 is dead",
        )
    return cells.map({**meaning, **dict.fromkeys(censored, 0.0)}).astype(np.float64)
