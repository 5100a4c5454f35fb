"""The measure ``regions``: number, diameters, outline, border and surroundings."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.features.each_region import each_region
from imagenomics.features.phenotypes.kind import Kind, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.regions.measure import Surroundings, measure_region
from imagenomics.features.regions.settings import RegionSettings


class RegionMeasure(RegionSettings):
    """Number, diameters, outline, border and surroundings of each region."""

    kind: Literal["regions"] = "regions"
    allowed: str | None = Field(
        default=None, description="Region in which 'rings' may lie, one of the image's 'regions'."
    )
    reference: str | None = Field(
        default=None,
        description="Region whose surface 'depth' is measured from, one of the image's 'regions'.",
    )

    @model_validator(mode="after")
    def _no_plane(self) -> Self:
        if "laterality" in self.families:
            raise ValueError(
                "'laterality' needs the mid-sagittal plane of each patient: measure it from Python"
            )
        if ("depth" in self.families) != (self.reference is not None):
            raise ValueError("'reference' is needed with the family 'depth', and only there")
        return self


def _measure(scene: Scene, settings: RegionMeasure) -> Rows:
    volume = scene.volume
    around = Surroundings(allowed=scene.region(settings.allowed), reference=scene.region(settings.reference))
    return each_region(
        scene.measured,
        lambda mask: measure_region(
            volume.array,
            mask,
            spacing_mm=volume.spacing_mm,
            spacing_known=volume.spacing_known,
            settings=settings,
            surroundings=around,
        ),
    )


REGIONS = Kind(RegionMeasure, _measure, around=("allowed", "reference"))
