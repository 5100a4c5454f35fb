"""The measure ``dose-response``: how much the picture changed for each gray, voxel by voxel."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.features.dose_response import DoseResponseSettings, dose_response
from imagenomics.features.each_region import each_region
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.map_rows import in_each
from imagenomics.features.phenotypes.scene import Scene, other_volume
from imagenomics.features.rows import measured_rows

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


def units_of(unit: str) -> dict[str, str]:
    """Return the unit of each feature, in their order."""
    slope = f"{unit}/Gy"
    return {
        "slope_per_gy": slope,
        "intercept": unit,
        "r2": "1",
        "slope_huber_per_gy": slope,
        "intercept_huber": unit,
        "slope_bins_per_gy": slope,
        "intercept_bins": unit,
        "r2_bins": "1",
        "n_bins": "1",
        "change_mean": unit,
        "dose_mean_gy": "Gy",
        "dose_p5_gy": "Gy",
        "dose_p95_gy": "Gy",
        "n_voxels": "1",
    }


def _measure(scene: Scene, settings: DoseResponseMeasure) -> Rows:
    change = scene.volume.array - other_volume(scene, BEFORE).array
    dose_gy = other_volume(scene, DOSE).array * settings.gy_per_unit
    left_out = scene.region(settings.without)
    units = units_of(settings.unit)

    def one(mask: np.ndarray) -> pd.DataFrame:
        kept = mask if left_out is None else mask & ~left_out
        return measured_rows(
            FAMILY, dose_response(dose_gy[kept], change[kept], settings=settings), units=units
        )

    return each_region(scene.measured, one)


def _plan(settings: DoseResponseMeasure, planned: Planned) -> pd.DataFrame:
    units = units_of(settings.unit)
    return in_each(measured_rows(FAMILY, dict.fromkeys(units, 1.0), units=units), planned.regions)


DOSE_RESPONSE = Kind(
    DoseResponseMeasure,
    _measure,
    _plan,
    around=("without",),
    needs={BEFORE: "volume", DOSE: "volume"},
    raw=True,
)
