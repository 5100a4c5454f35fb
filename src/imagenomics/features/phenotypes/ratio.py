"""The measure ``ratio``: two pictures divided voxel by voxel."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from imagenomics.features.each_region import each_region
from imagenomics.features.map_statistics import MapSettings, ParameterMaps, region_rows
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.map_rows import in_each, planned_map_rows
from imagenomics.features.phenotypes.scene import Scene, other_volume

BELOW = "denominator"
UNITS = {"ratio": "1"}


class RatioMeasure(MapSettings):
    """One image over another, voxel by voxel (T1 over T2, late over early): its distribution in each region."""

    kind: Literal["ratio"] = "ratio"
    floor: float = Field(
        gt=0,
        description="Voxels where the image below the line is at most this have no ratio: noise divided by noise. In "
        "the units of that image.",
    )
    reference: str | None = Field(
        default=None,
        description="Region of normal tissue to whose mean the numbers are set in proportion, too.",
    )


def ratio_map(above: np.ndarray, below: np.ndarray, *, floor: float) -> np.ndarray:
    """Return above / below; NaN where below is at most ``floor``, or either has no value."""
    there = np.isfinite(above) & (below > floor)
    return np.where(there, above / np.where(there, below, 1.0), np.nan)


def _measure(scene: Scene, settings: RatioMeasure) -> Rows:
    ratio = ratio_map(scene.volume.array, other_volume(scene, BELOW).array, floor=settings.floor)
    maps = ParameterMaps("ratio", {"ratio": ratio}, UNITS)
    reference = scene.region(settings.reference)
    return each_region(
        scene.measured,
        lambda mask: region_rows(maps, mask, reference_region=reference, settings=settings),
    )


def _plan(settings: RatioMeasure, planned: Planned) -> pd.DataFrame:
    rows = planned_map_rows(
        UNITS,
        family="ratio",
        has_reference=settings.reference is not None,
        normalised=UNITS,
        settings=settings,
    )
    return in_each(rows, planned.regions)


RATIO = Kind(RatioMeasure, _measure, _plan, around=("reference",), needs={BELOW: "volume"}, raw=True)
