"""The measure ``dose-response``: how much the picture changed for each gray, voxel by voxel."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.features.dose_response import DoseResponseSettings, dose_response
from imagenomics.features.each_region import each_region
from imagenomics.features.names import DIAGNOSTIC
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.map_rows import in_each
from imagenomics.features.phenotypes.scene import Scene, other_volume
from imagenomics.features.rows import Measured, measured_rows

BEFORE, DOSE = "before", "dose"
FAMILY = "dose-response"


class DoseResponseMeasure(DoseResponseSettings):
    """The change from an image before to this one over the dose of each voxel; both registered beforehand."""

    kind: Literal["dose-response"] = "dose-response"
    without: str | None = Field(
        default=None,
        description="Region whose voxels are left out (the tumour), one of the image's 'regions'.",
    )
    gy_per_unit: float = Field(
        default=1.0, gt=0, description="Gy for one unit of the dose image: 1 where it is in Gy, 0.01 in cGy."
    )
    unit: str = Field(default="HU", min_length=1, description="Unit of the intensities, for the columns.")

    @model_validator(mode="after")
    def _some_dose_is_left(self) -> Self:
        if self.to_gy is not None and self.to_gy - self.from_gy < self.min_range_gy:
            least = f"min_range_gy = {self.min_range_gy:g}"
            raise ValueError(f"from_gy = {self.from_gy:g} to to_gy = {self.to_gy:g} is less than {least}")
        return self


def dose_rows(values: Measured, *, unit: str) -> pd.DataFrame:
    """Return the rows of a region; what the slope was taken from is flagged ``diagnostic``."""
    slope = f"{unit}/Gy"
    lines = dict.fromkeys(("slope_per_gy", "slope_huber_per_gy", "slope_bins_per_gy"), slope)
    lines |= dict.fromkeys(("intercept", "intercept_huber", "intercept_bins", "change_mean"), unit)
    lines |= {"r2": "1", "r2_bins": "1"}
    about = {"dose_mean_gy": "Gy", "dose_p5_gy": "Gy", "dose_p95_gy": "Gy", "n_voxels": "1", "n_bins": "1"}
    parts = [
        measured_rows(FAMILY, {k: values[k] for k in units}, units=units, flags=flags)
        for units, flags in ((lines, ""), (about, DIAGNOSTIC))
    ]
    return pd.concat(parts, ignore_index=True)


def _measure(scene: Scene, settings: DoseResponseMeasure) -> Rows:
    change = scene.volume.array - other_volume(scene, BEFORE).array
    dose_gy = other_volume(scene, DOSE).array * settings.gy_per_unit
    left_out = scene.region(settings.without)

    def one(mask: np.ndarray) -> pd.DataFrame:
        kept = mask if left_out is None else mask & ~left_out
        return dose_rows(dose_response(dose_gy[kept], change[kept], settings=settings), unit=settings.unit)

    return each_region(scene.measured, one)


def _plan(settings: DoseResponseMeasure, planned: Planned) -> pd.DataFrame:
    return in_each(dose_rows(defaultdict(lambda: 1.0), unit=settings.unit), planned.regions)


DOSE_RESPONSE = Kind(
    DoseResponseMeasure,
    _measure,
    _plan,
    around=("without",),
    needs={BEFORE: "volume", DOSE: "volume"},
    unit=True,
)
