"""The measure ``map``: distribution of a parameter map that was computed elsewhere."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.features.each_region import each_region
from imagenomics.features.map_statistics import MapSettings, ParameterMaps, region_rows
from imagenomics.features.phenotypes.kind import Kind, Rows
from imagenomics.features.phenotypes.scene import Scene


class MapMeasure(MapSettings):
    """Distribution of a parameter map (ADC, CBV, Ktrans ... computed elsewhere) in each region."""

    kind: Literal["map"] = "map"
    reference: str | None = Field(
        default=None,
        description="Region of normal tissue to whose mean the numbers are set in proportion, too.",
    )


def _measure(scene: Scene, settings: MapMeasure) -> Rows:
    maps = ParameterMaps("map", {"map": scene.volume.array}, {"map": ""})
    reference = scene.region(settings.reference)
    return each_region(
        scene.measured,
        lambda mask: region_rows(maps, mask, reference_region=reference, settings=settings),
    )


MAPS = Kind(MapMeasure, _measure, around=("reference",))
