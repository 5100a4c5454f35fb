"""The measure ``uptake``: uptake of a tracer in lesions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.features.each_region import each_region
from imagenomics.features.phenotypes.kind import Kind, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.uptake import UptakeSettings, uptake_rows


class UptakeMeasure(UptakeSettings):
    """Uptake of a tracer in the lesions of a PET image in SUV."""

    kind: Literal["uptake"] = "uptake"
    liver: str | None = Field(
        default=None, description="Liver region of the PERCIST-like threshold, one of the image's 'regions'."
    )


def _measure(scene: Scene, settings: UptakeMeasure) -> Rows:
    volume = scene.volume
    return each_region(
        scene.measured,
        lambda mask: uptake_rows(
            volume.array,
            mask,
            spacing_mm=volume.spacing_mm,
            spacing_known=volume.spacing_known,
            liver=scene.region(settings.liver),
            settings=settings,
        ),
    )


UPTAKE = Kind(UptakeMeasure, _measure, around=("liver",))
