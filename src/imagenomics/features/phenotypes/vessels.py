"""The measure ``vessel-size``: calibre and density of vessels from gradient and spin echoes together."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.errors import InputError
from imagenomics.features.map_statistics import MapSettings, ParameterMaps
from imagenomics.features.perfusion.curves import check_curves, paint, usable_voxels
from imagenomics.features.perfusion.dsc import baseline_of, relaxation_change, steady
from imagenomics.features.perfusion.settings import BaselineSettings
from imagenomics.features.perfusion.vessel_size import vessel_size
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.map_rows import (
    MapNames,
    Normalised,
    Reference,
    Statistics,
    refuse_unknown_maps,
)
from imagenomics.features.phenotypes.scene import Scene, other_series, other_volume
from imagenomics.features.phenotypes.signals import gather, measured_maps, planned_maps, times_of

UNITS = {"q": "s^(-1/3)", "vsi": "um"}
TO_MM2_S = {"mm2/s": 1.0, "1e-3 mm2/s": 1e-3, "1e-6 mm2/s": 1e-6}
TO_SHARE = {"share": 1.0, "percent": 0.01}


class VesselMeasure(BaselineSettings):
    """Vessel density (Q) and, with maps of ADC and blood volume, calibre, from gradient and spin echoes."""

    kind: Literal["vessel-size"] = "vessel-size"
    echo_time_ms: float = Field(gt=0, description="Echo time of the gradient echo ('image') in ms.")
    spin_echo_time_ms: float = Field(
        gt=0, description="Echo time of the spin echo (others = { spin_echo = ... }) in ms."
    )
    adc_unit: Literal["mm2/s", "1e-3 mm2/s", "1e-6 mm2/s"] = Field(
        default="1e-6 mm2/s", description="Unit of the ADC map (others = { adc = ... })."
    )
    blood_volume_unit: Literal["share", "percent"] = Field(
        default="share",
        description="Unit of the map of blood volume (others = { blood_volume = ... }), 0.04 or 4; it is absolute.",
    )
    reference: Reference = None
    maps: MapNames = ()
    normalised: Normalised = ("q", "vsi")
    statistics: Statistics = MapSettings()

    @model_validator(mode="after")
    def _maps_are_there(self) -> Self:
        refuse_unknown_maps((*self.maps, *self.normalised), UNITS)
        return self


def _measure(scene: Scene, settings: VesselMeasure) -> Rows:
    signals = gather(scene, settings.reference)
    gradient, times = check_curves(signals.values, times_of(scene), at_least=8)
    spin = other_series(scene, "spin_echo").signals(signals.inside)
    if spin.shape != gradient.shape:
        raise InputError(
            "IGX-FEAT-164",
            f"the spin echo has {spin.shape[1]} volumes, the gradient echo {gradient.shape[1]}",
            where=other_series(scene, "spin_echo").source,
            expected="two echoes of one bolus, volume by volume",
            remedy="name the two echoes of one acquisition",
        )
    before = baseline_of(gradient.mean(axis=0), times, settings, sign=-1)
    first, _, kept = steady(gradient, times, before)
    second, times, _ = steady(spin, times, before)
    level, level_spin = first[:, kept].mean(axis=1), second[:, kept].mean(axis=1)
    usable = usable_voxels(first, level) & usable_voxels(second, level_spin)
    found = vessel_size(
        relaxation_change(first[usable], level[usable], echo_time_s=settings.echo_time_ms / 1000),
        relaxation_change(second[usable], level_spin[usable], echo_time_s=settings.spin_echo_time_ms / 1000),
        times,
        **_maps_of(scene, signals.inside, usable, settings),
    )
    maps = ParameterMaps(
        found.family, {k: paint(v, usable) for k, v in found.values.items()}, UNITS, found.history
    )
    return measured_maps(scene, signals, maps, settings)


def _maps_of(
    scene: Scene, inside: np.ndarray, usable: np.ndarray, settings: VesselMeasure
) -> dict[str, np.ndarray]:
    """Return ADC and blood volume of the usable voxels in the units of the model, where the patient has both."""
    if not {"adc", "blood_volume"} <= set(scene.others):
        return {}
    adc = other_volume(scene, "adc").array[inside][usable] * TO_MM2_S[settings.adc_unit]
    blood = other_volume(scene, "blood_volume").array[inside][usable] * TO_SHARE[settings.blood_volume_unit]
    return {"adc_mm2_s": adc, "blood_volume": blood}


def _plan(settings: VesselMeasure, planned: Planned) -> pd.DataFrame:
    given = {"adc", "blood_volume"} & set(planned.others)
    if len(given) == 1:
        raise InputError(
            "IGX-FEAT-165",
            f"calibres need ADC and blood volume, and only '{min(given)}' is given",
            where="measure 'vessel-size'",
            expected="others with both 'adc' and 'blood_volume', or with neither",
            remedy="name the other map, or take this one away: Q needs neither",
        )
    units = UNITS if given else {"q": UNITS["q"]}
    return planned_maps(settings, planned, family="vessel-size", maps=units)


VESSELS = Kind(
    VesselMeasure,
    _measure,
    _plan,
    around=("reference",),
    form="series",
    needs={"spin_echo": "series"},
    may={"adc": "volume", "blood_volume": "volume"},
    axis=lambda _: ("times",),
    raw=True,
)
