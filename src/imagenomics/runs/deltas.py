"""Columns of change: the same feature of two examinations of the same patient, compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.errors import InputError, short_list
from imagenomics.features.delta import delta_features
from imagenomics.features.names import REPETITION
from imagenomics.runs.choose import choose_clinical
from imagenomics.runs.delta_block import DeltaBlock
from imagenomics.runs.folder import Issues
from imagenomics.tables.patient_table import PatientTable, describe, join

STAGE = "extract"
COMPARED = ("feature", "volume")  # roles of columns
TIMES = ("first", "second")


def measure_deltas(
    blocks: Sequence[DeltaBlock], features: PatientTable, clinical: PatientTable, *, issues: Issues
) -> PatientTable:
    """Compare the declared pairs of blocks.

    Parameters
    ----------
    blocks : sequence of DeltaBlock
    features : PatientTable
        Every measured or given feature of the linked patients.
    clinical : PatientTable
        Holds the columns of intervals.
    issues : Issues
        ``IGX-RUN-100``: patients without a change, or not of all features, and why.

    Returns
    -------
    PatientTable
        ``<name>.<region>.<feature>.<change>`` with the flags of both columns; missing where a value is missing, a
        relative change starts from zero, or the days are not positive.

    Raises
    ------
    InputError
        As :func:`describe_deltas`; ``IGX-RUN-042`` and ``IGX-RUN-099`` for the interval.
    """
    return join([_one(block, features, clinical, issues) for block in blocks]).patients(features.values.index)


def describe_deltas(block: DeltaBlock, columns: pd.DataFrame) -> pd.DataFrame:
    """Describe the columns of change, before anything is measured.

    Parameters
    ----------
    columns : DataFrame
        Descriptions of the features that will be there.

    Raises
    ------
    InputError
        ``IGX-RUN-098``: the two blocks have no feature in common.
    """
    pairs = paired_columns(block, columns)
    parts = [
        _describe(block, columns.loc[list(pairs.index)], columns.loc[list(pairs)], c) for c in block.changes
    ]
    return pd.concat(parts)


def paired_columns(block: DeltaBlock, columns: pd.DataFrame) -> pd.Series:
    """Return the column of the second block by the column of the first that is the same feature."""
    usable = columns[columns["role"].isin(COMPARED) & (columns["kind"] == "continuous")]
    usable = usable[[REPETITION not in str(flags).split("|") for flags in usable["flags"]]]
    sides = [usable[usable["source"] == source] for source in (block.first, block.second)]
    named = [dict(zip(zip(s["region"], s["feature"], strict=True), s.index, strict=True)) for s in sides]
    common = {named[0][key]: named[1][key] for key in named[0] if key in named[1]}
    if not common:
        shown = [
            short_list(s["region"].astype(str) + "." + s["feature"].astype(str)) or "nothing" for s in sides
        ]
        raise InputError(
            "IGX-RUN-098",
            f"'{block.first}' and '{block.second}' have no number in common that could be compared",
            where=f"[[deltas]] {block.name}: {shown[0]} and {shown[1]}",
            expected="the same region and the same feature in both",
            remedy="give the regions of both blocks the same names, or measure the same features",
        )
    return pd.Series(common, dtype=object)


def interval_days(block: DeltaBlock, clinical: PatientTable) -> pd.Series | None:
    """Return the days between the examinations by patient, None where the block needs none.

    Raises
    ------
    InputError
        ``IGX-RUN-042``: no such clinical variable; ``IGX-RUN-099``: one that is no number.
    """
    if block.interval is None:
        return None
    where = f"[[deltas]] {block.name}"
    column = choose_clinical(clinical, [block.interval], where=where)
    kind = str(column.columns.at[block.interval, "kind"])
    if kind != "continuous":
        raise InputError(
            "IGX-RUN-099",
            f"the interval '{block.interval}' is {kind}, not a number of days",
            where=where,
            expected="days from the first to the second examination",
            remedy="declare the column with kind = 'continuous'",
        )
    return column.values[block.interval].astype("float64")


def _one(block: DeltaBlock, features: PatientTable, clinical: PatientTable, issues: Issues) -> PatientTable:
    pairs = paired_columns(block, features.columns)
    days = interval_days(block, clinical)
    first, second = features.values[list(pairs.index)], features.values[list(pairs)]
    long = pd.concat(
        [
            _at_time(first, "first", None if days is None else days * 0.0),
            _at_time(second.set_axis(first.columns, axis=1), "second", days),
        ],
        ignore_index=True,
    )
    described = describe_deltas(block, features.columns)
    if set(long["time"]) != set(TIMES):
        absent = block.first if "first" not in set(long["time"]) else block.second
        issues.warn(STAGE, "IGX-RUN-100", f"{block.name}: no patient has a value of '{absent}'")
        return PatientTable(pd.DataFrame(np.nan, features.values.index, described.index), described)
    table, losses = delta_features(
        long, [TIMES], changes=block.changes, day="day" if days is not None else None
    )
    _note(block, losses, issues)
    nobody = sorted(set(map(str, features.values.index)) - set(map(str, table.values.index)))
    if nobody:
        text = f"{block.name}: {len(nobody)} patients have neither '{block.first}' nor '{block.second}'"
        issues.warn(STAGE, "IGX-RUN-100", f"{text} ({short_list(nobody)})")
    return PatientTable(table.values.set_axis(described.index, axis=1), described)


def _at_time(values: pd.DataFrame, time: str, days: pd.Series | None) -> pd.DataFrame:
    """Return the rows of one examination; a patient without any value was not examined."""
    rows = values.assign(time=time) if days is None else values.assign(time=time, day=days)
    return rows[values.notna().any(axis=1)].rename_axis("patient").reset_index()


def _note(block: DeltaBlock, losses: pd.DataFrame, issues: Issues) -> None:
    """Say, once for each reason, who has no change, or not of all features."""
    for key, rows in losses.groupby(["category", "reason"], sort=True):
        category, reason = map(str, key if isinstance(key, tuple) else (key,))
        who = sorted(set(map(str, rows["patient"])))
        what = "no change" if category == "dropped" else "no change of some features"
        text = f"{block.name}: {len(who)} patients have {what}: {_by_block(block, reason)}"
        issues.warn(STAGE, "IGX-RUN-100", f"{text} ({short_list(who)})")


def _by_block(block: DeltaBlock, reason: str) -> str:
    return reason.replace(": first", f": {block.first}").replace(": second", f": {block.second}")


def _describe(block: DeltaBlock, first: pd.DataFrame, second: pd.DataFrame, change: str) -> pd.DataFrame:
    names = [
        ".".join(part for part in (block.name, region, feature, change) if part)
        for region, feature in zip(first["region"], first["feature"], strict=True)
    ]
    flags = [_union(str(a), str(b)) for a, b in zip(first["flags"], second["flags"], strict=True)]
    made = zip(first["settings"], second["settings"], strict=True)
    return describe(
        names,
        source=block.name,
        region=list(first["region"]),
        family=list(first["family"]),
        feature=[f"{feature}.{change}" for feature in first["feature"]],
        unit=[_unit(str(unit), change) for unit in first["unit"]],
        flags=flags,
        settings=[str(a) if a == b else f"{a}+{b}" for a, b in made],
    )


def _union(first: str, second: str) -> str:
    return "|".join(dict.fromkeys(f for flags in (first, second) for f in str(flags).split("|") if f))


def _unit(unit: str, change: str) -> str:
    if change == "relative":
        return "fraction of the first value"
    return unit if change == "absolute" else f"{unit or '1'}/day"
