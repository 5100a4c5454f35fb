"""The time from scan to specimen: known only where both dates were read from the same clock."""

from __future__ import annotations

import pandas as pd

from imagenomics.cohort.losses import DROPPED, Loss, loss_table
from imagenomics.cohort.settings import DateSettings, IntervalSettings
from imagenomics.errors import InputError, unknown_name
from imagenomics.tables.read import blank_to_missing, to_number

INTERVAL_COLUMNS = ("interval_days", "status", "reason")
UNKNOWN_CLOCK = "unknown"


def intervals_of(frame: pd.DataFrame, settings: IntervalSettings, *, where: str = "") -> pd.DataFrame:
    """Return how many days lie between a patient's scan and specimen (positive: the scan came first).

    Parameters
    ----------
    frame : DataFrame, (n, ...)
        Text columns, indexed by patient.
    settings : IntervalSettings
        The date columns with their clocks, or a column of days.
    where : str
        Name of the table, for messages.

    Returns
    -------
    DataFrame, (n, 3)
        ``interval_days`` (NaN where unknown), ``status`` (``known``, ``unknown``) and ``reason``.

    Raises
    ------
    InputError
        ``IGX-COHORT-004`` unknown column; ``IGX-COHORT-015`` a cell that is not a date as declared.
    """
    if settings.days is not None:
        days = to_number(_column(frame, settings.days, where), where=f"{where}: {settings.days}")
        reasons = days.isna().map({True: "no interval given", False: ""})
    elif settings.scan is not None and settings.specimen is not None:
        scan = dates_of(frame, settings.scan, where=where)
        specimen = dates_of(frame, settings.specimen, where=where)
        days, reasons = _difference(scan, specimen, (settings.scan.clock, settings.specimen.clock))
    else:  # the settings refuse this
        days, reasons = pd.Series(float("nan"), index=frame.index), pd.Series("", index=frame.index)
    status = days.isna().map({True: "unknown", False: "known"})
    table = pd.DataFrame({"interval_days": days, "status": status, "reason": reasons}, index=frame.index)
    return table.astype({"interval_days": "float64", "status": object, "reason": object})


def no_intervals(index: pd.Index) -> pd.DataFrame:
    """Return the table of intervals of a study that declares none."""
    table = pd.DataFrame(
        {"interval_days": float("nan"), "status": "unknown", "reason": "not declared"}, index
    )
    return table.astype({"interval_days": "float64", "status": object, "reason": object})


def too_long(intervals: pd.DataFrame, max_interval_days: float | None) -> pd.DataFrame:
    """Return the loss rows of patients whose known interval, before or after, is longer than allowed."""
    if max_interval_days is None:
        return loss_table([])
    days = intervals["interval_days"]
    reason = f"interval between scan and specimen above {max_interval_days:g} days"
    return loss_table(
        Loss(str(patient), "interval", str(patient), DROPPED, reason, f"{value:g} days")
        for patient, value in days[days.abs() > max_interval_days].items()
    )


def dates_of(frame: pd.DataFrame, settings: DateSettings, *, where: str = "") -> pd.Series:
    """Return a date column as days; blank cells are NaT, any other cell must be a date as declared."""
    text = blank_to_missing(_column(frame, settings.column, where))
    dates = pd.to_datetime(text, format=settings.format, errors="coerce", exact=True)
    bad = text[dates.isna() & text.notna()]
    if len(bad):
        shown = ", ".join(f"{patient}: {value!r}" for patient, value in bad.iloc[:3].items())
        raise InputError(
            "IGX-COHORT-015",
            f"{len(bad)} cells are not dates written as {settings.format} ({shown})",
            where=f"{where}: {settings.column}",
            remedy="declare how the date is written, e.g. format = '%m/%d/%Y'",
        )
    return dates


def _difference(scan: pd.Series, specimen: pd.Series, clocks: tuple[str, str]) -> tuple[pd.Series, pd.Series]:
    days = (specimen - scan).dt.total_seconds() / 86400.0
    reasons = days.isna().map({True: "a date is missing", False: ""}).astype(object)
    if UNKNOWN_CLOCK in clocks or clocks[0] != clocks[1]:
        # Archives shift dates: a difference between two clocks is a number without meaning.
        reason = f"the dates do not share a clock (scan: {clocks[0]}, specimen: {clocks[1]})"
        days = pd.Series(float("nan"), index=days.index)
        reasons = pd.Series(reason, index=days.index, dtype=object)
    return days, reasons


def _column(frame: pd.DataFrame, name: str, where: str) -> pd.Series:
    if name not in frame.columns:
        raise unknown_name("IGX-COHORT-004", "column", name, map(str, frame.columns), where=where)
    return frame[name]
