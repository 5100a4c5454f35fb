"""The measure ``diffusion``: how fast, and how directed, water diffuses."""

from __future__ import annotations

from typing import Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from imagenomics.features.diffusion.adc import adc_maps
from imagenomics.features.diffusion.settings import AdcSettings, TensorSettings
from imagenomics.features.diffusion.tensor import tensor_maps
from imagenomics.features.map_statistics import MapSettings
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.map_rows import (
    MapNames,
    Normalised,
    Reference,
    Statistics,
    refuse_unknown_maps,
)
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.phenotypes.signals import (
    directions_of,
    gather,
    measured_maps,
    planned_maps,
    weights_of,
)
from imagenomics.settings import Settings

SPEED = "1e-3 mm2/s"
UNITS = {
    "adc": {"adc": SPEED, "s0": "1"},
    "tensor": {"fa": "1", "md": SPEED, "ad": SPEED, "rd": SPEED, "s0": "1"},
}
FAMILIES = {"adc": "adc", "tensor": "dti"}


class DiffusionMeasure(Settings):
    """Diffusion coefficient, or diffusion tensor (FA, MD), of each region from a diffusion-weighted series."""

    kind: Literal["diffusion"] = "diffusion"
    model: Literal["adc", "tensor"] = Field(
        default="adc",
        description="'adc': one coefficient from all b-values; 'tensor': needs 'b_vectors' and gives FA, MD, AD, RD.",
    )
    adc: AdcSettings = Field(default=AdcSettings(), description="How the coefficient is fitted.")
    tensor: TensorSettings = Field(default=TensorSettings(), description="How the tensor is fitted.")
    reference: Reference = None
    maps: MapNames = ()
    normalised: Normalised = ("adc", "fa", "md")
    statistics: Statistics = MapSettings()

    @model_validator(mode="after")
    def _maps_are_there(self) -> Self:
        refuse_unknown_maps(self.maps, UNITS[self.model])
        refuse_unknown_maps(self.normalised, {**UNITS["adc"], **UNITS["tensor"]})
        return self


def _measure(scene: Scene, settings: DiffusionMeasure) -> Rows:
    weights = weights_of(scene)
    signals = gather(scene, settings.reference)
    if settings.model == "adc":
        maps = adc_maps(signals.values, weights, settings=settings.adc)
    else:
        maps = tensor_maps(signals.values, weights, directions_of(scene), settings=settings.tensor)
    return measured_maps(scene, signals, maps, settings)


def _plan(settings: DiffusionMeasure, planned: Planned) -> pd.DataFrame:
    return planned_maps(settings, planned, family=FAMILIES[settings.model], maps=UNITS[settings.model])


def _axis(settings: DiffusionMeasure) -> tuple[str, ...]:
    return ("b_values",) if settings.model == "adc" else ("b_values", "b_vectors")


DIFFUSION = Kind(DiffusionMeasure, _measure, _plan, around=("reference",), form="series", axis=_axis)
