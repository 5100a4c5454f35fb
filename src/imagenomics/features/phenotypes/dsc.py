"""The measure ``dsc``: blood volume, flow and signal recovery from DSC-MRI."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.features.map_statistics import MapSettings
from imagenomics.features.perfusion.dsc import UNITS, baseline_of, dsc_maps, relaxation_change
from imagenomics.features.perfusion.settings import DscSettings
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
    Signals,
    curve_units,
    curve_values,
    gather,
    measured_maps,
    planned_maps,
    times_of,
)

OF_CURVE = ("peak_height", "signal_drop", "psr", "ttp")


class DscMeasure(DscSettings):
    """Blood volume, flow and signal recovery of each region from a DSC-MRI series (T2*, first pass)."""

    kind: Literal["dsc"] = "dsc"
    tissue: str | None = Field(
        default=None,
        description="Region of the whole brain, one of the image's 'regions': arrival, arterial curve and the tissue "
        "that does not leak are found there. Not set: in all measured regions together.",
    )
    artery: str | None = Field(
        default=None, description="Region whose mean curve is the arterial one, instead of 'aif'."
    )
    reference: Reference = None
    maps: MapNames = ()
    normalised: Normalised = ("cbv", "cbv_uncorrected", "cbf", "mtt", "peak_height")
    statistics: Statistics = MapSettings()
    curves: Curves = True

    @model_validator(mode="after")
    def _maps_are_there(self) -> Self:
        refuse_unknown_maps(self.maps, map_units(self))
        refuse_unknown_maps(self.normalised, UNITS)
        return self


def map_units(settings: DscMeasure) -> dict[str, str]:
    """Return the maps that these settings give, with units, in their order."""
    names = ["cbv_uncorrected", "cbv", *(("k1", "k2") if settings.leakage else ()), *OF_CURVE]
    if settings.artery is not None or settings.aif == "automatic":
        names += ["cbf", "mtt", "tmax"]
    return {name: UNITS[name] for name in names}


def _measure(scene: Scene, settings: DscMeasure) -> Rows:
    times = times_of(scene)
    signals = gather(scene, settings.tissue, settings.reference, settings.artery)
    tissue = signals.flat(scene.region(settings.tissue))
    mean = signals.values[slice(None) if tissue is None else tissue].mean(axis=0)
    before = baseline_of(mean, times, settings, sign=-1)
    known = settings.model_copy(update={"baseline_frames": before.stop})
    artery = scene.region(settings.artery)
    aif = None if artery is None else _arterial(signals.mean(artery), before, known)
    maps = dsc_maps(signals.values, times, settings=known, aif=aif, tissue=tissue)
    alone = known.model_copy(update={"leakage": False, "aif": "none"})
    return measured_maps(
        scene,
        signals,
        maps,
        settings,
        more=(lambda mask: _of_mean(signals, mask, times, alone)) if settings.curves else None,
        units=curve_units({k: UNITS[k] for k in OF_CURVE}),
    )


def _arterial(curve: np.ndarray, before: slice, settings: DscMeasure) -> np.ndarray:
    level = curve[None, before].mean(axis=1)
    found: np.ndarray = relaxation_change(curve[None], level, echo_time_s=settings.echo_time_ms / 1000)[0]
    return found


def _of_mean(
    signals: Signals, mask: np.ndarray, times: np.ndarray, settings: DscMeasure
) -> dict[str, float | str]:
    return curve_values(dsc_maps(signals.mean(mask)[None], times, settings=settings), OF_CURVE)


def _plan(settings: DscMeasure, planned: Planned) -> pd.DataFrame:
    more = curve_units({k: UNITS[k] for k in OF_CURVE}) if settings.curves else None
    return planned_maps(settings, planned, family="dsc", maps=map_units(settings), more=more)


DSC = Kind(
    DscMeasure,
    _measure,
    _plan,
    around=("tissue", "artery", "reference"),
    form="series",
    axis=lambda _: ("times",),
)
