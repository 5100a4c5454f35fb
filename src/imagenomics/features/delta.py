"""What changed between two examinations of the same patient: absolute, relative, per day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from imagenomics.cohort.losses import DROPPED, PARTIAL, Loss, loss_table
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.tables.patient_table import PatientTable, describe

Change = Literal["absolute", "relative", "per-day"]
CHANGES: tuple[Change, ...] = get_args(Change)
UNITS = {"absolute": "", "relative": "fraction of the first value", "per-day": "1/day"}


def delta_features(
    table: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    *,
    changes: Sequence[Change] = ("absolute", "relative"),
    time: str = "time",
    day: str | None = None,
) -> tuple[PatientTable, pd.DataFrame]:
    """Say how each feature of each patient changed between declared time points.

    Parameters
    ----------
    table : DataFrame
        One row for each patient and time point: ``patient``, the column ``time``, perhaps the column ``day``; all
        other columns are features, NaN where missing.
    pairs : sequence of (str, str)
        Earlier and later time point, e.g. ``("baseline", "week 6")``.
    changes : sequence of {"absolute", "relative", "per-day"}
        Later minus earlier; that over the size of the earlier value, so that a rise is positive also where
        values are negative; that over the days between.
    time : str
        Column that names the time point.
    day : str, optional
        Column with the day of the examination, counted from any fixed day; needed for ``per-day``.

    Returns
    -------
    PatientTable
        ``<feature>.<change>.<earlier>-<later>`` for every patient of the table; missing where a value is missing, a
        relative change starts from zero, or the days do not ascend.
    losses : DataFrame
        The loss table: who lacks a time point or an interval, and whose values are missing in part.

    Raises
    ------
    InputError
        ``IGX-FEAT-110``: a column, a time point or a change that is not known; ``IGX-FEAT-111``: a patient
        has a time point twice; ``IGX-FEAT-112``: the same pair twice, or a point paired with itself;
        ``IGX-FEAT-113``: features or days that are not numbers.

    Source
    ------
    Fave et al. 2017, Scientific Reports 7:588.
    """
    _check(table, pairs, changes, time, day)
    features = [str(c) for c in table.columns if c not in ("patient", time, day)]
    patients = pd.Index(list(dict.fromkeys(table["patient"])), name="patient", dtype=object)
    values = {
        point: _numbers(part.set_index("patient").reindex(patients), features, day)
        for point, part in table.groupby(time, sort=False)
    }
    blocks: list[pd.DataFrame] = []
    descriptions: list[pd.DataFrame] = []
    losses: list[Loss] = []
    for earlier, later in pairs:
        before, after = values[earlier], values[later]
        seen = [set(table.loc[table[time] == point, "patient"]) for point in (earlier, later)]
        for change in changes:
            block = _change(before, after, features, change, day)
            names = [f"{feature}.{change}.{earlier}-{later}" for feature in features]
            blocks.append(block.set_axis(names, axis=1))
            descriptions.append(
                describe(
                    names, family="delta", feature=features, source=f"{earlier}-{later}", unit=UNITS[change]
                )
            )
            losses += _losses(block, (earlier, later), seen, change)
    return PatientTable(pd.concat(blocks, axis=1), pd.concat(descriptions)), loss_table(dict.fromkeys(losses))


def _change(
    before: pd.DataFrame, after: pd.DataFrame, features: list[str], change: Change, day: str | None
) -> pd.DataFrame:
    difference = after[features] - before[features]
    if change == "relative":
        size = before[features].abs()
        return difference / size.where(size > 0)
    if change == "per-day":
        days = after[day] - before[day]
        return difference.div(days.where(days > 0), axis=0)
    return difference


def _losses(block: pd.DataFrame, pair: tuple[str, str], seen: list[set[str]], change: Change) -> list[Loss]:
    """Return who has no change between two time points, or not of all features, and why."""
    rows = []
    detail = f"{pair[0]}-{pair[1]}"
    for patient, gaps in zip(block.index, block.isna().to_numpy(), strict=True):
        absent = [point for point, who in zip(pair, seen, strict=True) if patient not in who]
        if absent:
            text = "time point is missing: " + short_list(absent)
            rows.append(Loss(patient, "delta", patient, DROPPED, text, detail))
        elif gaps.all() and change == "per-day":
            text = "days between are missing or not positive, or all values are missing"
            rows.append(Loss(patient, "delta", patient, DROPPED, text, detail))
        elif gaps.any():
            kind = DROPPED if gaps.all() else PARTIAL
            text = "first value is zero or missing" if change == "relative" else "value is missing"
            shown = short_list(block.columns[gaps])
            rows.append(Loss(patient, "delta", patient, kind, f"{change}: {text}", f"{detail}: {shown}"))
    return rows


def _check(
    table: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    changes: Sequence[Change],
    time: str,
    day: str | None,
) -> None:
    for column in ("patient", time, *([day] if day is not None else [])):
        if column not in table.columns:
            raise unknown_name("IGX-FEAT-110", "column", column, map(str, table.columns), where="delta table")
    points = {str(p) for p in table[time]}
    for kind, given, known in (
        ("time point", [p for pair in pairs for p in pair], points),
        ("change", changes, set(CHANGES if day is not None else CHANGES[:2])),
    ):
        for word in given:
            if word not in known:
                where = "delta; per-day needs 'day'" if word == "per-day" else "delta"
                raise unknown_name("IGX-FEAT-110", kind, str(word), known, where=where)
    twice = table.duplicated(["patient", time])
    if twice.any():
        shown = [f"{p} at {t}" for p, t in table.loc[twice, ["patient", time]].to_numpy()]
        raise InputError(
            "IGX-FEAT-111",
            f"{len(shown)} examinations are there twice: {short_list(shown)}",
            where="delta table",
            expected="one row for each patient and time point",
            remedy="name the time points apart, or keep one examination of each",
        )
    if not pairs or len(set(pairs)) < len(pairs) or any(a == b for a, b in pairs):
        raise InputError(
            "IGX-FEAT-112",
            f"the pairs {list(pairs)} cannot be compared",
            where="delta",
            expected="different pairs of two different time points, earlier first",
        )


def _numbers(part: pd.DataFrame, features: list[str], day: str | None) -> pd.DataFrame:
    wanted = [*features, *([day] if day is not None else [])]
    try:
        found = part[wanted].astype(np.float64)
    except (TypeError, ValueError):
        texts = [c for c in wanted if not pd.api.types.is_numeric_dtype(part[c])]
        raise InputError(
            "IGX-FEAT-113",
            f"columns that are not numbers: {short_list(texts)}",
            where="delta table",
            expected="numbers; days as a count, not as a date",
            remedy="leave texts out; turn dates into days since the first examination",
        ) from None
    return found.where(np.isfinite(found))
