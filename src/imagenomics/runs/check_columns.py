"""What ``check`` says of columns that are made beside the features of images: headers, changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from imagenomics.runs.delta_block import DeltaBlock
from imagenomics.runs.deltas import interval_days, paired_columns
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import ImageBlock, Plan
from imagenomics.runs.repeats import planned_repeats
from imagenomics.tables.patient_table import PatientTable

# What making a copy costs beside measuring it, on spheres of 500 to 270,000 voxels with redrawn outlines.
START_SECONDS, SECONDS_PER_VOXEL = 0.15, 8e-6


def as_planned(described: pd.DataFrame, linked: Linked) -> PatientTable:
    """Return columns that will be measured as a table without their values."""
    index = pd.Index(list(linked.patients), name="patient", dtype=object)
    return PatientTable(pd.DataFrame(0.0, index=index, columns=described.index), described)


def check_repeats(block: ImageBlock, plan: Plan, row: Mapping[str, Any]) -> dict[str, Any]:
    """Say what measuring again adds to an image: copies, columns and time; or which image it is a retest of.

    Parameters
    ----------
    row : mapping
        What ``check`` found for the image: its ``readable_headers``, ``seconds`` and voxels.
    """
    if block.repeats_of is not None:
        return {"repeats": 0, "repeat_columns": 0, "repeats_of": block.repeats_of}
    if block.repeats is None:
        return {"repeats": 0, "repeat_columns": 0, "repeats_of": ""}
    n, copies = row["readable_headers"], block.repeats.copies
    own = START_SECONDS + row["region_voxels_largest_sampled"] * SECONDS_PER_VOXEL
    return {
        "repeats": copies,
        "repeat_columns": len(planned_repeats(block, plan)),
        "repeats_of": "",
        "seconds": row["seconds"] + copies * (row["seconds"] + n * own),
    }


def check_acquisition(block: ImageBlock, linked: Linked) -> dict[str, str]:
    """Say how many values each attribute of the headers has, and of how many patients it is known."""
    made = linked.clinical.where(role="acquisition", source=block.name)
    cells = {name: made.values[name].dropna() for name in made.columns.index}
    return {
        str(made.columns.at[name, "feature"]): _counted(known, of=len(made)) for name, known in cells.items()
    }


def _counted(known: pd.Series, *, of: int) -> str:
    n = known.nunique()
    return f"{n} value{'' if n == 1 else 's'}" + ("" if len(known) == of else f", known of {len(known)}")


def check_deltas(block: DeltaBlock, plan: Plan, linked: Linked, features: PatientTable) -> dict[str, Any]:
    """Say how many columns of change there will be, and who has both examinations (and the days between)."""
    pairs = paired_columns(block, features.columns)
    of_phenotypes = {b.name: b.image for b in plan.phenotypes}
    both = [
        _examined(of_phenotypes.get(name, name), linked, columns, features)
        for name, columns in ((block.first, pairs.index), (block.second, pairs))
    ]
    days = interval_days(block, linked.clinical)
    dated = set(linked.patients) if days is None else set(map(str, days.index[days > 0]))
    return {
        "deltas": block.name,
        "first": block.first,
        "second": block.second,
        "features": len(pairs) * len(block.changes),
        "patients": len(both[0] & both[1]),
        "dated": len(both[0] & both[1] & dated),
    }


def _examined(name: str, linked: Linked, columns: Iterable[str], features: PatientTable) -> set[str]:
    """Return who has the images, or the values, of a block."""
    if name in linked.files:
        return set(linked.files[name].cases)
    known = features.values[list(columns)].notna().any(axis=1)
    return set(map(str, known.index[known]))
