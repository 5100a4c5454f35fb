"""The measure ``perfusion-ct``: flow, volume, transit time and permeability from CT."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.features.map_statistics import MapSettings
from imagenomics.features.perfusion.ct import UNITS, ct_perfusion_maps
from imagenomics.features.perfusion.dsc import baseline_of
from imagenomics.features.perfusion.settings import CtPerfusionSettings
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.map_rows import (
    Curves,
    MapNames,
    Normalised,
    Reference,
    Statistics,
    refuse_unknown_maps,
)
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.phenotypes.signals import (
    curve_units,
    curve_values,
    gather,
    measured_maps,
    planned_maps,
    times_of,
)

CURVE_UNITS = curve_units(UNITS) | {"curve_peak": "HU", "curve_ttp": "s"}


class CtPerfusionMeasure(CtPerfusionSettings):
    """Flow, volume, transit time and permeability of each region from a CT perfusion series in Hounsfield units."""

    kind: Literal["perfusion-ct"] = "perfusion-ct"
    artery: str = Field(
        description="Region whose mean curve is the arterial one, one of the image's 'regions'."
    )
    vein: str | None = Field(
        default=None,
        description="Region of a large vein: its area replaces that of an artery too narrow to fill its voxels.",
    )
    reference: Reference = None
    maps: MapNames = ()
    normalised: Normalised = ("cbf", "cbv", "mtt")
    statistics: Statistics = MapSettings()
    curves: Curves = True

    @model_validator(mode="after")
    def _maps_are_there(self) -> Self:
        refuse_unknown_maps((*self.maps, *self.normalised), UNITS)
        return self


def _measure(scene: Scene, settings: CtPerfusionMeasure) -> Rows:
    times = times_of(scene)
    signals = gather(scene, settings.artery, settings.vein, settings.reference)
    artery = signals.mean(scene.regions[settings.artery])
    vein = None if settings.vein is None else signals.mean(scene.regions[settings.vein])
    maps = ct_perfusion_maps(signals.values, times, settings=settings, artery=artery, vein=vein)
    before = baseline_of(artery, times, settings, sign=1)

    def of_mean(mask: np.ndarray) -> dict[str, float | str]:
        curve = signals.mean(mask)
        alone = ct_perfusion_maps(curve[None], times, settings=settings, artery=artery, vein=vein)
        rise = curve[before.start :] - curve[before].mean()
        since = times[before.start :] - times[before.stop - 1]
        peak = {"curve_peak": float(rise.max()), "curve_ttp": float(since[rise.argmax()])}
        return curve_values(alone, list(UNITS)) | peak

    return measured_maps(
        scene, signals, maps, settings, more=of_mean if settings.curves else None, units=CURVE_UNITS
    )


def _plan(settings: CtPerfusionMeasure, planned: Planned) -> pd.DataFrame:
    more = CURVE_UNITS if settings.curves else None
    return planned_maps(settings, planned, family="ct-perfusion", maps=UNITS, more=more)


CT_PERFUSION = Kind(
    CtPerfusionMeasure,
    _measure,
    _plan,
    around=("artery", "vein", "reference"),
    form="series",
    axis=lambda _: ("times",),
)
