"""The measure ``overlap``: two outlines of each region, those of the image and those of another reader."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from imagenomics.errors import InputError, unknown_name
from imagenomics.features.each_region import each_region
from imagenomics.features.names import DIAGNOSTIC, VOXEL_UNITS
from imagenomics.features.phenotypes.atlas import label_map_of
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.map_rows import in_each
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.rows import measured_rows
from imagenomics.images.settings import RegionLabels
from imagenomics.images.volume import regions
from imagenomics.settings import Settings
from imagenomics.stats.agreement.overlap import dice, jaccard, surface_distances

Values = dict[str, float | str]
FAMILY = "overlap"
SHARES = ("dice", "jaccard", "volume_ratio")
LENGTHS = ("hausdorff_mm", "hausdorff95_mm", "surface_distance_mm")


class OverlapMeasure(Settings):
    """How far the outline of each region agrees with a second one, of another reader or method."""

    kind: Literal["overlap"] = "overlap"
    outline: str = Field(
        min_length=1,
        description="Label map with the second outlines, with {patient}: masks of another reader, on the grid of the "
        "image.",
    )
    regions: RegionLabels = Field(
        default={"lesion": "any"},
        min_length=1,
        description="Regions that are compared, each with the labels of the second outlines that make it up, or 'any' "
        "for every label but 0; the image has regions of these names.",
    )

    @field_validator("outline")
    @classmethod
    def _each_patient_has_one(cls, value: str) -> str:
        if "{patient}" not in value:
            raise ValueError(f"'{value}' is one file of all patients: write {{patient}} where the id stands")
        return value


def overlap_values(
    first: np.ndarray, second: np.ndarray, spacing_mm: tuple[float, ...]
) -> dict[str, float | str]:
    """Return how far two outlines, arrays of bool (z, y, x), agree; distances in mm.

    ``volume_ratio`` is the second over the first volume. Where one outline is empty there are no distances.
    """
    found: Values = {"dice": dice(first, second), "jaccard": jaccard(first, second)}
    found["volume_ratio"] = float(second.sum() / first.sum())
    if not second.any():
        return found | dict.fromkeys(LENGTHS, "the second outline is empty")
    apart = surface_distances(first, second, spacing_mm=spacing_mm)
    lengths = (apart.hausdorff_mm(), apart.hausdorff_mm(95.0), apart.average_mm())
    return found | dict(zip(LENGTHS, lengths, strict=True))


def _measure(scene: Scene, settings: OverlapMeasure) -> Rows:
    _refuse_unknown(settings, scene.regions)
    second = regions(label_map_of(scene, "outline"), settings.regions)
    grid, known = scene.picture.grid, scene.picture.spacing_known

    def one(both: np.ndarray) -> pd.DataFrame:
        if not both[0].any():
            raise InputError("IGX-FEAT-003", "the mask has no voxel", remedy="check the label of the region")
        return _rows(overlap_values(both[0], both[1], grid.spacing_mm), spacing_known=known)

    return each_region(
        {name: np.stack([scene.regions[name], second[name]]) for name in settings.regions}, one
    )


def _rows(values: Values, *, spacing_known: bool) -> pd.DataFrame:
    """Return the rows: how well two readers outlined a lesion is no property of the patient."""
    shares = measured_rows(FAMILY, {k: values[k] for k in SHARES}, units="1", flags=DIAGNOSTIC)
    flags = DIAGNOSTIC if spacing_known else f"{DIAGNOSTIC}|{VOXEL_UNITS}"
    lengths = measured_rows(FAMILY, {k: values[k] for k in LENGTHS}, units="mm", flags=flags)
    return pd.concat([shares, lengths], ignore_index=True)


def _plan(settings: OverlapMeasure, planned: Planned) -> pd.DataFrame:
    _refuse_unknown(settings, planned.regions)
    rows = _rows(dict.fromkeys((*SHARES, *LENGTHS), 1.0), spacing_known=planned.spacing_known)
    return in_each(rows, list(settings.regions))


def _refuse_unknown(settings: OverlapMeasure, known: Collection[str]) -> None:
    for name in settings.regions:
        if name not in known:
            raise unknown_name("IGX-FEAT-150", "region", name, known, where="measure 'overlap'")


OVERLAP = Kind(OverlapMeasure, _measure, _plan, files=("outline",))
