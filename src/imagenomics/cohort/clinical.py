"""The patients of a study: ids, clinical variables, site and scan-to-specimen interval from one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.cohort.coding import CodedColumn, code_column
from imagenomics.cohort.flow import Flow
from imagenomics.cohort.ids import parse_ids
from imagenomics.cohort.intervals import intervals_of, no_intervals, too_long
from imagenomics.cohort.losses import AMBIGUOUS, DROPPED, Loss, join_losses, loss_table
from imagenomics.cohort.mapping import empty_report
from imagenomics.cohort.mismatch import unreadable
from imagenomics.cohort.nested import NestedRule, reduce_units
from imagenomics.cohort.settings import ColumnSettings, PatientsSettings
from imagenomics.cohort.site import site_column
from imagenomics.cohort.source import id_column, read_source, text_column
from imagenomics.errors import unknown_name
from imagenomics.tables.patient_table import PatientTable, describe

SIDE = "patients"


@dataclass(frozen=True)
class Cohort:
    """The patients of a study.

    Parameters
    ----------
    table : PatientTable
        Clinical variables (role ``clinical``, or ``confounder`` where the study says so) and the column ``site``
        (role ``site``), where declared.
    ids : Series
        Patient -> id as written.
    raw : DataFrame
        The rows of the table by patient, as written.
    intervals : DataFrame
        Per patient ``interval_days``, ``status``, ``reason``.
    losses : DataFrame
        One row per id that did not come through.
    report : DataFrame
        What was mapped to what: ``column, written, mapped, how, n``.
    flow : Flow
        Counts of patients.
    notes : tuple of str
        What a user should look at.
    """

    table: PatientTable
    ids: pd.Series
    raw: pd.DataFrame
    intervals: pd.DataFrame
    losses: pd.DataFrame
    report: pd.DataFrame
    flow: Flow
    notes: tuple[str, ...] = ()


def read_patients(
    settings: PatientsSettings, *, path: Path, labels: Mapping[str, str] | None = None
) -> Cohort:
    """Return who the patients of this study are, and what is known of them.

    Parameters
    ----------
    settings : PatientsSettings
        The `[patients]` section.
    path : Path
        The table, with ``settings.table`` resolved by the caller.
    labels : mapping, optional
        BIDS label -> patient (:func:`~imagenomics.cohort.ids.read_participants`).

    Returns
    -------
    Cohort

    Raises
    ------
    InputError
        ``IGX-COHORT-001`` to ``-017``, see the page of each; ``IGX-LINK-005`` no id can be read.
    """
    frame = read_source(path, separator=settings.separator)
    written, column, note = id_column(frame, settings.id, where=str(path))
    rows, lost_ids = _keyed_rows(frame.assign(**{_RAW: written}), settings, where=str(path), labels=labels)
    intervals = no_intervals(rows.index)
    if settings.interval is not None:
        intervals = intervals_of(rows, settings.interval, where=str(path))
    limit = settings.interval.max_interval_days if settings.interval else None
    lost_late = too_long(intervals, limit)
    keep = ~rows.index.isin(list(lost_late["patient"]))
    kept = rows[keep]
    coded = _coded_columns(kept, settings, where=str(path))
    flow = _flow(lost_ids, len(rows), len(lost_late), limit=limit)
    if settings.interval is not None:
        unknown = int((intervals.loc[keep, "status"] == "unknown").sum())
        flow = flow.note(
            f"the interval between scan and specimen is unknown for {unknown} of {len(kept)} patients"
        )
    notes = tuple(
        n for n in (f"{SIDE}: {note}" if note else "", *(n for c in coded.values() for n in c.notes)) if n
    )
    return Cohort(
        table=_table(coded, kept.index, settings, column=column),
        ids=kept[_RAW].rename("id_as_written"),
        raw=kept.drop(columns=_RAW),
        intervals=intervals[keep],
        losses=join_losses([lost_ids, lost_late]),
        report=pd.concat([empty_report(), *(c.report for c in coded.values())], ignore_index=True),
        flow=flow,
        notes=notes,
    )


_RAW = "\0id as written"  # cannot be the name of a column in a file


def _keyed_rows(
    frame: pd.DataFrame, settings: PatientsSettings, *, where: str, labels: Mapping[str, str] | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows by patient, sorted, and the ids that were lost on the way."""
    written = frame[_RAW].tolist()
    parsed = parse_ids(written, settings.rule, labels=labels)
    readable = (parsed["patient"] != "").to_numpy()
    if not readable.any():
        raise unreadable(where, {where: written}, parsed["reason"].iloc[0], settings.rule)
    lost = [
        Loss("", SIDE, raw, AMBIGUOUS if ambiguous else DROPPED, reason)
        for raw, ambiguous, reason in parsed.loc[~readable, ["raw", "ambiguous", "reason"]].to_numpy()
    ]
    rows = frame[readable].copy()
    ranks = [f"row {position + 1}" for position in range(len(rows))]
    rows.index = pd.MultiIndex.from_arrays(
        [parsed.loc[readable, "patient"], ranks], names=["patient", "unit"]
    )
    rule: NestedRule | None = "first" if settings.rows == "first" else None
    reduced = reduce_units(
        rows, rule, side=where, remedy="keep one row per patient, or declare rows = 'first'"
    )
    return reduced.values, join_losses([loss_table(lost), reduced.losses.assign(side=SIDE)])


def _coded_columns(rows: pd.DataFrame, settings: PatientsSettings, *, where: str) -> dict[str, CodedColumn]:
    coded = {}
    for name, spec in settings.clinical.items():
        column = spec.column or name
        if column not in rows.columns:
            raise unknown_name("IGX-COHORT-004", "column", column, _names(rows), where=f"{where}: {name}")
        coded[name] = code_column(text_column(rows[column]), spec, name=name, where=f"{where}: {column}")
    if settings.site is not None:
        cells = site_column(rows.drop(columns=_RAW), settings.site, where=where)
        spec = ColumnSettings(kind="categorical", map=settings.site.map, missing=settings.site.missing)
        coded["site"] = code_column(cells, spec, name="site", where=f"{where}: site")
    return coded


def _table(
    coded: Mapping[str, CodedColumn], index: pd.Index, settings: PatientsSettings, *, column: str
) -> PatientTable:
    values = pd.DataFrame({name: c.values for name, c in coded.items()}, index=index)
    columns = describe(
        coded,
        kind=[c.kind for c in coded.values()],
        role=[_role(name, settings) for name in coded],
        source=SIDE,
        family="clinical",
        feature=list(coded),
        unit=[settings.clinical[n].unit if n in settings.clinical else "" for n in coded],
        levels=["|".join(c.levels) for c in coded.values()],
        settings=settings.digest(),
    )
    return PatientTable(values, columns)


def _role(name: str, settings: PatientsSettings) -> str:
    if name == "site":
        return "site"
    return "confounder" if name in settings.confounders else "clinical"


def _flow(lost_ids: pd.DataFrame, patients: int, late: int, *, limit: float | None) -> Flow:
    flow = Flow.start("patients in the table", patients)
    unread = int((lost_ids["patient"] == "").sum())
    if unread:
        flow = flow.note(f"{unread} rows of the patients table have an id that could not be read")
    if limit is not None:
        flow = flow.then(f"scan and specimen within {limit:g} days", {"interval too long": late})
    return flow


def _names(rows: pd.DataFrame) -> list[str]:
    return [str(c) for c in rows.columns if c != _RAW]
