"""What is measured on the masks of a patient; every default of this room is stated here."""

from __future__ import annotations

import itertools
import math
from typing import Literal, get_args

from pydantic import Field, field_validator

from imagenomics.settings import Settings

RegionFamily = Literal[
    "lesions",
    "diameters",
    "ellipsoid",
    "margin",
    "sharpness",
    "rings",
    "location",
    "laterality",
    "depth",
]
REGION_FAMILIES: tuple[RegionFamily, ...] = get_args(RegionFamily)


class RegionSettings(Settings):
    """Which measurements of a region are taken, and how."""

    families: tuple[RegionFamily, ...] = Field(
        default=("lesions", "diameters", "ellipsoid", "margin", "sharpness"),
        min_length=1,
        description="Groups of measurements. 'laterality' needs the mid-sagittal plane and 'depth' a reference "
        "organ; 'location' gives shares only with an atlas.",
    )
    min_lesion_volume: float = Field(
        default=0.0, ge=0, description="Smaller components, in mm3, are specks and no lesions."
    )
    min_gap_mm: float = Field(
        default=0.0, ge=0, description="Two lesions at least this far apart make a patient multifocal."
    )
    reach_mm: float = Field(
        default=5.0, gt=0, le=100, description="How far 'sharpness' looks to either side of the border."
    )
    ring_edges_mm: tuple[float, ...] = Field(
        default=(-5.0, 0.0, 5.0, 10.0),
        min_length=2,
        description="Ascending distances from the border that part the 'rings', negative inside.",
    )
    min_pixels: int = Field(
        default=25, ge=4, description="Slices with a smaller part of the region are left out of 'margin'."
    )
    midline_mm: float = Field(
        default=0.0, ge=0, description="Half width of the band that 'laterality' counts as midline."
    )

    @field_validator("families")
    @classmethod
    def _once_each(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({v for v in value if value.count(v) > 1})
        if twice:
            raise ValueError(f"'{twice[0]}' is listed twice")
        return value

    @field_validator("ring_edges_mm")
    @classmethod
    def _ascending(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(map(math.isfinite, value)) or any(a >= b for a, b in itertools.pairwise(value)):
            raise ValueError("'ring_edges_mm' are ascending distances, e.g. [-5, 0, 5, 10]")
        return value


DEFAULT = RegionSettings()
