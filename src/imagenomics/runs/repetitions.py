"""Columns of repeated measurements, ``<feature>@2``, ``@3`` ..., and what they say of the stability of each feature."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from imagenomics.features.names import REPETITION
from imagenomics.prepare.repetitions import COLUMNS, stability_of
from imagenomics.runs.plan import ImageBlock, Plan
from imagenomics.runs.wide import column_descriptions
from imagenomics.stats.agreement.icc import Form
from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.unit_table import UnitTable

SEPARATOR = "@"
FIRST = 2  # the measurement proper is number 1 and has no number in its name
FORM: Form = "ICC(1,1)"
PLACES = ("source", "region", "family", "flags")
STABILITY_COLUMNS = ("feature", *PLACES, *COLUMNS[1:], "basis")
BASIS = "all patients of the study (descriptive)"


def is_repetition(flags: object) -> bool:
    """Tell whether the flags of a column say that it is a repetition."""
    return REPETITION in str(flags).split("|")


def repetition_descriptions(described: pd.DataFrame, number: int, *, made: str = "") -> pd.DataFrame:
    """Describe columns as repetitions of those described: flagged, and no volume of a lesion any more.

    Parameters
    ----------
    described : DataFrame
        Columns of the measurement proper.
    number : int
        2 for the first repetition.
    made : str
        What their settings have beside those of the measurement proper.
    """
    ending = f"{SEPARATOR}{number}"
    flags = [f"{f}|{REPETITION}" if f else REPETITION for f in described["flags"]]
    settings = described["settings"].astype(str) + (f"-{made}" if made else "")
    renamed = described.assign(
        feature=described["feature"] + ending, role="feature", ibsi="", flags=flags, settings=settings
    )
    return renamed.set_axis(described.index + ending, axis=0).rename_axis("column")


def retests(plan: Plan) -> dict[str, tuple[ImageBlock, int]]:
    """Return, by the name of a block that repeats another one, that other block and the number of the repetition."""
    by_name = {block.name: block for block in plan.images}
    counted: dict[str, int] = {}
    found = {}
    for block in plan.images:
        if block.repeats_of is not None:
            counted[block.repeats_of] = counted.get(block.repeats_of, FIRST - 1) + 1
            found[block.name] = (by_name[block.repeats_of], counted[block.repeats_of])
    return found


def image_descriptions(block: ImageBlock, plan: Plan) -> pd.DataFrame:
    """Describe the columns that an image block makes: of its own, or repetitions of those of another one."""
    own = column_descriptions(block, plan.features_of(block))
    repeated = retests(plan).get(block.name)
    if repeated is None:
        return own
    other, number = repeated
    renamed = own.set_axis(_renamed(list(map(str, own.index)), block.name, other.name), axis=0)
    return repetition_descriptions(renamed.assign(source=other.name), number)


def as_repetition(table: PatientTable, block: ImageBlock, plan: Plan) -> PatientTable:
    """Return the measured columns of a block under the names and descriptions that the plan gives them."""
    described = image_descriptions(block, plan)
    return PatientTable(table.values.set_axis(described.index, axis=1), described)


def stability_report(features: PatientTable) -> pd.DataFrame:
    """Say how stable each repeated feature is, over all patients who have all its repetitions.

    Returns
    -------
    DataFrame
        ``feature, source, region, family, flags, icc, ci_low, ci_high, form, n, k, basis``, in the order of the
        columns. It looks at all patients, so it describes; a filter that learns from it has seen who is tested.
    """
    parts = []
    groups = _groups(features.columns)
    for k in sorted({len(names) for names in groups.values()}):
        chosen = {first: names for first, names in groups.items() if len(names) == k}
        values = np.stack([features.values[names].to_numpy(np.float64) for names in chosen.values()])
        parts.append(stability_of(values, list(chosen), form=FORM))
    if not parts:
        return pd.DataFrame(columns=list(STABILITY_COLUMNS))
    found = pd.concat(parts).set_index("feature").loc[list(groups)]
    places = features.columns.loc[list(groups), list(PLACES)]
    table = pd.concat([places, found], axis=1).rename_axis("feature").reset_index().assign(basis=BASIS)
    return table[list(STABILITY_COLUMNS)]


def repeated_units(features: PatientTable, image: str) -> UnitTable:
    """Return the repeated columns of an image by patient and number of the measurement, '1' for the first."""
    own = features.select(features.columns.index[features.columns["source"] == image])
    groups = _groups(own.columns)
    most = max(map(len, groups.values()), default=1)
    parts = {
        str(k + 1): pd.DataFrame(
            {name: own.values[again[k]] for name, again in groups.items() if k < len(again)},
            index=own.values.index,
        )
        for k in range(most)
    }
    values = pd.concat(parts, names=["unit", "patient"]).swaplevel().sort_index()
    return UnitTable(values.reindex(columns=list(groups)), own.columns.loc[list(groups)], "measurement")


def _groups(columns: pd.DataFrame) -> Mapping[str, list[str]]:
    """Return each repeated column with its repetitions, itself first."""
    known = set(map(str, columns.index))
    found: dict[str, list[str]] = {}
    for name, flags in columns["flags"].items():
        first = str(name).rpartition(SEPARATOR)[0]
        if is_repetition(flags) and first in known:
            found.setdefault(first, [first]).append(str(name))
    return {str(name): found[str(name)] for name in columns.index if str(name) in found}


def _renamed(names: list[str], own: str, other: str) -> pd.Index:
    return pd.Index([other + name.removeprefix(own) for name in names], name="column", dtype=object)
