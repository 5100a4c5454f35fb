"""The measure ``dce``: exchange of contrast agent and shapes of enhancement from DCE-MRI."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.errors import InputError
from imagenomics.features.map_statistics import MapSettings, ParameterMaps
from imagenomics.features.perfusion.dce import MODEL_UNITS, dce_maps
from imagenomics.features.perfusion.dsc import baseline_of
from imagenomics.features.perfusion.kinetics import PERSISTENT, PLATEAU, UNITS, WASHOUT
from imagenomics.features.perfusion.settings import DceSettings
from imagenomics.features.perfusion.spoiled_echo import concentration
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.map_rows import (
    Curves,
    MapNames,
    Normalised,
    Reference,
    Statistics,
    refuse_unknown_maps,
)
from imagenomics.features.phenotypes.scene import Scene, other_volume
from imagenomics.features.phenotypes.signals import (
    Signals,
    curve_units,
    curve_values,
    gather,
    measured_maps,
    planned_maps,
    times_of,
)

FITTED = {
    "extended-tofts": ("ktrans", "kep", "ve", "vp"),
    "tofts": ("ktrans", "kep", "ve"),
    "patlak": ("ktrans", "vp"),
    "brix": ("amplitude", "kep", "kel"),
    "none": (),
}
CLASSES = {"share_persistent": PERSISTENT, "share_plateau": PLATEAU, "share_washout": WASHOUT}
IN_SECONDS = {"s": 1.0, "ms": 1e-3}
NO_CLASS = "no voxel of the region has a curve class"


class DceMeasure(DceSettings):
    """Exchange rates and shapes of enhancement of each region from a DCE-MRI series (T1)."""

    kind: Literal["dce"] = "dce"
    t10_s: float | None = Field(
        default=None,
        gt=0,
        description="T1 before the bolus in seconds, one value for all; not set: a T1 map, others = "
        "{ t10 = '<image>' }.",
    )
    t10_unit: Literal["s", "ms"] = Field(default="s", description="Unit of the T1 map.")
    artery: str | None = Field(
        default=None,
        description="Region whose mean signal gives the plasma curve, instead of the population's ('aif').",
    )
    blood_t10_s: float | None = Field(
        default=None, gt=0, description="T1 of blood in seconds at this field; needed with 'artery'."
    )
    reference: Reference = None
    maps: MapNames = ()
    normalised: Normalised = ()
    statistics: Statistics = MapSettings()
    curves: Curves = True

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse_unknown_maps(self.maps, map_units(self))
        refuse_unknown_maps(self.normalised, map_units(self))
        if (self.artery is None) != (self.blood_t10_s is None):
            raise ValueError("'artery' and 'blood_t10_s' belong together")
        if self.reference is not None and not self.normalised:
            raise ValueError("name in 'normalised' the maps that are set in proportion to 'reference'")
        return self


def map_units(settings: DceMeasure) -> dict[str, str]:
    """Return the maps that these settings give, with units, in their order."""
    return {name: MODEL_UNITS[name] for name in FITTED[settings.model]} | UNITS


def _measure(scene: Scene, settings: DceMeasure) -> Rows:
    times = times_of(scene)
    signals = gather(scene, settings.reference, settings.artery)
    t10 = _t10(scene, settings)[signals.inside]
    artery = scene.region(settings.artery)
    plasma = None if artery is None else _plasma(signals.mean(artery), times, settings)
    # The artery's first pass is not that of tissue.
    own = np.any([mask[signals.inside] for mask in scene.measured.values()], axis=0)
    before = baseline_of(signals.values[own].mean(axis=0), times, settings, sign=1)
    known = settings.model_copy(update={"baseline_frames": before.stop})
    maps = dce_maps(signals.values, times, settings=known, t10_s=t10, plasma=plasma)

    def more(mask: np.ndarray) -> dict[str, float | str]:
        flat = mask[signals.inside]
        alone = _of_mean(signals, mask, times, t10=t10[flat], plasma=plasma, settings=known)
        return curve_values(alone, list(map_units(settings))) | _shares(maps["curve_class"][flat])

    return measured_maps(
        scene, signals, maps, settings, more=more if settings.curves else None, units=_more_units(settings)
    )


def _t10(scene: Scene, settings: DceMeasure) -> np.ndarray:
    if settings.t10_s is not None:
        return np.full(scene.picture.grid.shape, settings.t10_s)
    seconds: np.ndarray = other_volume(scene, "t10").array * IN_SECONDS[settings.t10_unit]
    return np.where(np.isfinite(seconds) & (seconds > 0), seconds, 0.0)  # 0: no concentration follows


def _plasma(curve: np.ndarray, times: np.ndarray, settings: DceMeasure) -> np.ndarray:
    before = baseline_of(curve, times, settings, sign=1)
    blood = concentration(
        curve[None],
        curve[None, before].mean(axis=1),
        t10_s=settings.blood_t10_s or np.nan,
        repetition_time_s=settings.repetition_time_ms / 1000,
        flip_angle_deg=settings.flip_angle_deg,
        relaxivity=settings.relaxivity,
    )[0]
    plasma: np.ndarray = blood / (1 - settings.hematocrit)
    return plasma


def _of_mean(
    signals: Signals,
    mask: np.ndarray,
    times: np.ndarray,
    *,
    t10: np.ndarray,
    plasma: np.ndarray | None,
    settings: DceMeasure,
) -> ParameterMaps:
    known = t10[t10 > 0]
    mean_t10 = float(known.mean()) if len(known) else 0.0
    return dce_maps(signals.mean(mask)[None], times, settings=settings, t10_s=mean_t10, plasma=plasma)


def _shares(classes: np.ndarray) -> dict[str, float | str]:
    known = classes[np.isfinite(classes)]
    if not len(known):
        return dict.fromkeys(CLASSES, NO_CLASS)
    return {name: float((known == number).mean()) for name, number in CLASSES.items()}


def _more_units(settings: DceMeasure) -> dict[str, str]:
    return curve_units(map_units(settings)) | dict.fromkeys(CLASSES, "1")


def _plan(settings: DceMeasure, planned: Planned) -> pd.DataFrame:
    if (settings.t10_s is None) != ("t10" in planned.others):
        raise InputError(
            "IGX-FEAT-163",
            "T1 before the bolus is given twice" if settings.t10_s else "T1 before the bolus is not given",
            where="measure 'dce'",
            expected="either t10_s, one value in seconds, or a T1 map: others = { t10 = '<image>' }",
            remedy="give one of both; concentrations follow from it",
        )
    more = _more_units(settings) if settings.curves else None
    return planned_maps(settings, planned, family="dce", maps=map_units(settings), more=more)


DCE = Kind(
    DceMeasure,
    _measure,
    _plan,
    around=("artery", "reference"),
    form="series",
    may={"t10": "volume"},
    axis=lambda _: ("times",),
    raw=True,
)
