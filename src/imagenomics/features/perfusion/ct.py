"""CT perfusion: flow, volume, transit time and permeability in the units of the clinic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.features.map_statistics import ParameterMaps
from imagenomics.features.perfusion.curves import check_curve, check_curves
from imagenomics.features.perfusion.dsc import baseline_of, flow, steady
from imagenomics.features.perfusion.settings import CtPerfusionSettings
from imagenomics.features.perfusion.tofts import PlasmaCurve, fit_patlak

PER_100_ML = 100.0
UNITS = {
    "cbf": "ml/100 ml/min",
    "cbv": "ml/100 ml",
    "mtt": "s",
    "tmax": "s",
    "ps": "ml/100 ml/min",
    "patlak_volume": "ml/100 ml",
}


def ct_perfusion_maps(
    hounsfield: np.ndarray,
    times_s: Sequence[float] | np.ndarray,
    *,
    settings: CtPerfusionSettings,
    artery: Sequence[float] | np.ndarray,
    vein: Sequence[float] | np.ndarray | None = None,
) -> ParameterMaps:
    """Say how much blood flows through each voxel, and how much contrast agent stays behind.

    Parameters
    ----------
    hounsfield : array (..., t)
        Hounsfield units; the baseline is taken off here.
    times_s : sequence of float (t,)
        Times in seconds; unequal intervals are interpolated for the deconvolution.
    settings : CtPerfusionSettings
        Baseline, deconvolution, hematocrit, Patlak window.
    artery : sequence of float (t,)
        Hounsfield units of an artery.
    vein : sequence of float (t,), optional
        Hounsfield units of a large vein. Its area replaces that of an artery too narrow to fill its voxel.

    Returns
    -------
    ParameterMaps
        ``cbf`` in ml/100 ml/min, ``cbv`` in ml/100 ml, ``mtt`` and ``tmax`` in s by deconvolution; ``ps`` (of
        plasma) in ml/100 ml/min and ``patlak_volume`` in ml/100 ml by the Patlak line, NaN where too few volumes
        follow the first pass.

    Raises
    ------
    InputError
        ``IGX-FEAT-050`` to ``IGX-FEAT-053``: signal, times or curves; ``IGX-FEAT-056``: no baseline.

    Source
    ------
    Wintermark 2001, European Radiology 11:1220 (deconvolution, units); Patlak 1983; Kudo 2003, American Journal of
    Neuroradiology 24:419 (venous scaling).
    """
    signal, times = check_curves(hounsfield, times_s, at_least=8)
    raw = check_curve(artery, times, name="arterial curve")
    before = baseline_of(raw, times, settings, sign=1)
    arterial = check_curve(raw - raw[before].mean(), times, name="arterial curve")
    if vein is not None:
        arterial = _scaled_to_vein(arterial, vein, times, before)
    history = (f"baseline: volumes {before.start + 1} to {before.stop}",)
    arterial = arterial[before.start :]
    curves, times, before = steady(signal.reshape(-1, len(times)), times, before)
    curves = curves - curves[:, before].mean(axis=1, keepdims=True)
    found = flow(curves, arterial, times, settings.deconvolution)
    factor = _small_to_large(settings) * PER_100_ML
    area = np.trapezoid(curves, times, axis=1) / float(np.trapezoid(arterial, times))
    values = {
        "cbf": found["cbf"] * factor * 60,
        "cbv": area * factor,
        "mtt": found["mtt"],
        "tmax": found["tmax"],
    }
    values |= _permeability(curves, arterial, times, float(times[before.stop - 1]), settings)
    shaped = {k: v.reshape(signal.shape[:-1]) for k, v in values.items()}
    return ParameterMaps("ct-perfusion", shaped, UNITS, history)


def _scaled_to_vein(
    arterial: np.ndarray, vein: Sequence[float] | np.ndarray, times: np.ndarray, before: slice
) -> np.ndarray:
    raw = check_curve(vein, times, name="venous curve")
    venous = check_curve(raw - raw[before].mean(), times, name="venous curve")
    return arterial * float(np.trapezoid(venous, times) / np.trapezoid(arterial, times))


def _permeability(
    curves: np.ndarray,
    arterial: np.ndarray,
    times: np.ndarray,
    arrival_s: float,
    settings: CtPerfusionSettings,
) -> dict[str, np.ndarray]:
    late = times >= arrival_s + settings.patlak_start_s
    if np.count_nonzero(late) < settings.min_patlak_frames:
        nothing = np.full(len(curves), np.nan)
        return {"ps": nothing, "patlak_volume": nothing.copy()}
    fitted = fit_patlak(curves[:, late], times[late], PlasmaCurve(times, arterial))
    # Permeability counts plasma, the volume counts blood with the cells that capillaries hold.
    plasma, blood = (1 - settings.hematocrit) * PER_100_ML, _small_to_large(settings) * PER_100_ML
    return {"ps": fitted["ktrans"] * plasma, "patlak_volume": fitted["vp"] * blood}


def _small_to_large(settings: CtPerfusionSettings) -> float:
    return (1 - settings.hematocrit) / (1 - settings.hematocrit_capillary)
