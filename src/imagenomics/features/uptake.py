"""Uptake of a tracer (PET): SUVmax, SUVpeak, metabolic volume, lesion glycolysis, heterogeneity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.ndimage import find_objects, label

from imagenomics.errors import InputError
from imagenomics.features.local_intensity import sphere_means
from imagenomics.features.map_statistics import check_region
from imagenomics.features.morphology.mesh import mesh_volume_area
from imagenomics.features.region import prepare_region
from imagenomics.features.rows import measured_rows
from imagenomics.features.settings import FeatureSettings
from imagenomics.settings import Settings

MM3_IN_ML = 1000.0
SPHERE = FeatureSettings(families=("local-intensity",), min_voxels=1)
NO_SPACING = "the voxel spacing is not known"
NO_LIVER = "no liver region was given"


class UptakeSettings(Settings):
    """Which volumes of uptake are measured."""

    fixed: tuple[float, ...] = Field(
        default=(2.5, 4.0), description="Fixed thresholds, in the units of the image (SUV)."
    )
    percent_of_max: tuple[float, ...] = Field(
        default=(41.0,), description="Thresholds in % of each lesion's own SUVmax."
    )
    liver_factor: float = Field(
        default=1.5, gt=0, description="PERCIST-like threshold: this many liver means plus 'liver_sds'."
    )
    liver_sds: float = Field(default=2.0, ge=0, description="Standard deviations of the liver added to it.")


def uptake_rows(
    suv: np.ndarray,
    lesions: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    liver: np.ndarray | None = None,
    settings: UptakeSettings | None = None,
) -> pd.DataFrame:
    """Say how much tracer a patient's lesions take up.

    Parameters
    ----------
    suv : array (z, y, x)
        Standardised uptake values.
    lesions : array of bool or int (z, y, x)
        All lesions; labels keep them apart, a bool mask is split into parts that touch (corners included).
    spacing_mm : (z, y, x)
        Distance of voxel centres in mm.
    spacing_known : bool
        False: what needs lengths is skipped and says so.
    liver : array of bool (z, y, x), optional
        Normal liver, for the PERCIST-like threshold.
    settings : UptakeSettings, optional
        Thresholds.

    Returns
    -------
    DataFrame
        The rows of :func:`imagenomics.features.rows.measured_rows`, family ``uptake``, over all lesions: ``suv_max``,
        ``suv_mean`` (of all voxels as drawn); ``suv_peak_local``: mean in the sphere of 1 cm3 around the hottest
        voxel; ``suv_peak_global``: the largest mean of all such spheres centred in a lesion (both look beyond the
        lesion); for each threshold ``mtv_<t>`` in ml and ``tlg_<t>`` (mean above the threshold times volume), summed
        over lesions, 0 where nothing reaches it; ``n_lesions``; of the lesion with the largest volume as drawn
        ``cov`` (standard deviation over mean), ``auc_csh`` (area under the cumulative histogram of uptake relative
        to the maximum, which is mean over maximum without bins) and ``asphericity``.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-002`` arrays that do not fit; ``IGX-FEAT-003`` no lesion; ``IGX-FEAT-004`` voxels without a number;
        ``IGX-FEAT-065`` uptake that is nowhere positive.

    Source
    ------
    Wahl 2009, Journal of Nuclear Medicine 50 Suppl 1:122S (PERCIST, SUVpeak); Boellaard 2015, European Journal of
    Nuclear Medicine 42:328 (41%); van Velden 2011, European Journal of Nuclear Medicine 38:1636 (AUC-CSH).
    """
    chosen = settings or UptakeSettings()
    labels = _labels(lesions)
    inside = labels > 0
    check_region(suv, inside)
    peaks = _peaks(suv, inside, spacing_mm, spacing_known)
    highest = float(suv[inside].max())
    if not highest > 0:
        raise InputError(
            "IGX-FEAT-065",
            f"the largest uptake in the lesions is {highest:g}",
            expected="positive uptake in units of SUV",
            remedy="look at the conversion to SUV and at the mask",
        )
    values: dict[str, float | str] = {"suv_max": highest, "suv_mean": float(suv[inside].mean())}
    values |= peaks
    values |= _volumes(suv, labels, _thresholds(suv, liver, chosen), spacing_mm, spacing_known)
    values["n_lesions"] = float(len(np.unique(labels[inside])))
    values |= _heterogeneity(suv, labels, spacing_mm, spacing_known)
    units = {k: _unit(k) for k in values}
    return measured_rows("uptake", values, units=units)


def _labels(lesions: np.ndarray) -> np.ndarray:
    if lesions.dtype == np.bool_:
        return label(lesions, structure=np.ones((3, 3, 3)))[0] if lesions.ndim == 3 else lesions.astype(int)
    return np.where(lesions > 0, lesions, 0)


def _peaks(
    suv: np.ndarray, inside: np.ndarray, spacing_mm: Sequence[float], spacing_known: bool
) -> dict[str, float | str]:
    region = prepare_region(suv, inside, spacing_mm=spacing_mm, settings=SPHERE, spacing_known=spacing_known)
    if not spacing_known:
        return dict.fromkeys(("suv_peak_local", "suv_peak_global"), NO_SPACING)
    means = sphere_means(region)
    hottest = means[region.values == region.values.max()]
    return {"suv_peak_local": float(hottest.max()), "suv_peak_global": float(means.max())}


def _thresholds(
    suv: np.ndarray, liver: np.ndarray | None, settings: UptakeSettings
) -> dict[str, tuple[float, float] | str]:
    """Return (fixed value, share of each lesion's maximum) by name, one of the two 0, or a reason."""
    found: dict[str, tuple[float, float] | str] = {f"{v:g}": (v, 0.0) for v in settings.fixed}
    found |= {f"{p:g}pct": (0.0, p / 100) for p in settings.percent_of_max}
    if liver is None:
        return found | {"percist": NO_LIVER}
    check_region(suv, liver)
    level = settings.liver_factor * float(suv[liver].mean()) + settings.liver_sds * float(suv[liver].std())
    return found | {"percist": (level, 0.0)}


def _volumes(
    suv: np.ndarray,
    labels: np.ndarray,
    thresholds: dict[str, tuple[float, float] | str],
    spacing_mm: Sequence[float],
    spacing_known: bool,
) -> dict[str, float | str]:
    places = np.flatnonzero(labels.ravel() > 0)
    uptake, lesion = suv.ravel()[places], np.unique(labels.ravel()[places], return_inverse=True)[1]
    highest = np.full(int(lesion.max()) + 1, -np.inf)
    np.maximum.at(highest, lesion, uptake)
    voxel_ml = float(np.prod(spacing_mm)) / MM3_IN_ML
    values: dict[str, float | str] = {}
    for name, threshold in thresholds.items():
        if isinstance(threshold, str) or not spacing_known:
            reason = threshold if isinstance(threshold, str) else NO_SPACING
            values |= {f"mtv_{name}": reason, f"tlg_{name}": reason}
            continue
        hot = uptake >= np.maximum(threshold[0], threshold[1] * highest[lesion])
        values[f"mtv_{name}"] = float(np.count_nonzero(hot)) * voxel_ml
        values[f"tlg_{name}"] = float(uptake[hot].sum()) * voxel_ml
    return values


def _heterogeneity(
    suv: np.ndarray, labels: np.ndarray, spacing_mm: Sequence[float], spacing_known: bool
) -> dict[str, float | str]:
    numbers, sizes = np.unique(labels[labels > 0], return_counts=True)
    largest = labels == numbers[int(sizes.argmax())]
    uptake = suv[largest]
    box = find_objects(largest.astype(np.int8))[0]
    mean, highest = float(uptake.mean()), float(uptake.max())
    values: dict[str, float | str] = {
        "cov": float(uptake.std()) / mean if mean > 0 else float("nan"),
        "auc_csh": float(np.maximum(uptake, 0.0).mean()) / highest if highest > 0 else float("nan"),
        "asphericity": NO_SPACING,
    }
    if spacing_known:
        z, y, x = (float(s) for s in spacing_mm)
        volume, area = mesh_volume_area(largest[box], (z, y, x))
        values["asphericity"] = area / (36 * np.pi * volume**2) ** (1 / 3) - 1
    return values


def _unit(name: str) -> str:
    kinds = {"suv": "SUV", "mtv": "ml", "tlg": "SUV ml"}
    return kinds.get(name.split("_")[0], "1")
