"""DCE-MRI: from a rising signal to concentration, exchange rates and curve shapes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.map_statistics import ParameterMaps
from imagenomics.features.perfusion.brix import fit_brix
from imagenomics.features.perfusion.curves import (
    check_curve,
    check_curves,
    chosen_voxels,
    paint,
    usable_voxels,
)
from imagenomics.features.perfusion.dsc import baseline_of, steady
from imagenomics.features.perfusion.kinetics import UNITS, curve_shape, initial_areas
from imagenomics.features.perfusion.population import population_curve
from imagenomics.features.perfusion.settings import DceSettings
from imagenomics.features.perfusion.spoiled_echo import concentration
from imagenomics.features.perfusion.tofts import FINE_STEP_S, PlasmaCurve, fit_patlak, fit_tofts, linear_error

ARRIVAL_STEP_S = 0.25
MODEL_UNITS = {"ktrans": "1/min", "kep": "1/min", "kel": "1/min", "ve": "1", "vp": "1", "amplitude": "1"}


def dce_maps(
    signal: np.ndarray,
    times_s: Sequence[float] | np.ndarray,
    *,
    settings: DceSettings,
    t10_s: np.ndarray | float,
    plasma: Sequence[float] | np.ndarray | None = None,
    tissue: np.ndarray | None = None,
) -> ParameterMaps:
    """Say how contrast agent goes into and out of each voxel.

    Parameters
    ----------
    signal : array (..., t)
        T1-weighted spoiled gradient echo signal.
    times_s : sequence of float (t,)
        Times in seconds; the intervals may differ.
    settings : DceSettings
        Sequence, contrast agent, model.
    t10_s : array (...) or float
        T1 before the bolus in seconds: a map (see
        :func:`imagenomics.features.perfusion.spoiled_echo.variable_flip_angle_t1`) or one assumed value.
    plasma : sequence of float (t,), optional
        Measured plasma concentration in mM: (blood concentration) / (1 - hematocrit). Not given: the population
        curve of the settings, which starts when the bolus arrives (found to a quarter of a second from the mean
        concentration, where ``settings.arrival_s`` is not set).
    tissue : array of bool (...), optional
        The voxels whose mean finds the arrival. Not given: all.

    Returns
    -------
    ParameterMaps
        What the model fits (``ktrans``, ``kep`` in 1/min, ``ve``, ``vp``; Brix: ``amplitude``, ``kep``, ``kel``) and
        :func:`imagenomics.features.perfusion.kinetics.initial_areas` of the concentration and
        :func:`imagenomics.features.perfusion.kinetics.curve_shape` of the relative enhancement. NaN in voxels
        without a positive signal, or with a signal that no concentration gives.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-002``, ``IGX-FEAT-003``: ``tissue`` does not fit or is empty; ``IGX-FEAT-050`` to
        ``IGX-FEAT-054``: signal, times or plasma curve; ``IGX-FEAT-056``: no baseline.

    Source
    ------
    See the modules ``spoiled_echo``, ``tofts``, ``brix``, ``population`` and ``kinetics``.
    """
    signal, times = check_curves(signal, times_s)
    shape, flat = signal.shape[:-1], signal.reshape(-1, len(times))
    among = chosen_voxels(tissue, shape)
    before = baseline_of(flat[among].mean(axis=0), times, settings, sign=1)
    history = (f"baseline: volumes {before.start + 1} to {before.stop}", _what(settings, plasma))
    measured = None if plasma is None else check_curve(plasma, times, name="plasma curve")[before.start :]
    flat, times, before = steady(flat, times, before)
    level = flat[:, before].mean(axis=1)
    usable = usable_voxels(flat, level)
    arrival_s = _arrival(times, before, settings)
    t10 = np.broadcast_to(np.asarray(t10_s, np.float64), shape).reshape(-1)
    contrast = concentration(
        flat[usable],
        level[usable],
        t10_s=t10[usable],
        repetition_time_s=settings.repetition_time_ms / 1000,
        flip_angle_deg=settings.flip_angle_deg,
        relaxivity=settings.relaxivity,
    )
    enhancement = flat[usable] / level[usable, None] - 1
    values = _fitted(contrast, enhancement, times, arrival_s, settings, measured)
    values |= initial_areas(contrast, times, arrival_s=arrival_s)
    values |= curve_shape(enhancement, times, arrival_s=arrival_s, settings=settings.kinetics)
    painted = {name: paint(found, usable).reshape(shape) for name, found in values.items()}
    units = MODEL_UNITS | UNITS
    return ParameterMaps("dce", painted, {k: units[k] for k in painted}, history)


def _what(settings: DceSettings, plasma: Sequence[float] | np.ndarray | None) -> str:
    source = "measured plasma curve" if plasma is not None else f"plasma curve '{settings.aif}'"
    return f"model '{settings.model}', {source}"


def _arrival(times: np.ndarray, before: slice, settings: DceSettings) -> float:
    arrival_s = float(times[before.stop - 1]) if settings.arrival_s is None else settings.arrival_s
    if times[0] <= arrival_s <= times[-3]:
        return arrival_s
    raise InputError(
        "IGX-FEAT-056",
        f"the bolus arrives at {arrival_s:g} s, the series runs from {times[0]:g} to {times[-1]:g} s",
        expected="an arrival within the series, with at least two volumes after it",
        remedy="give 'arrival_s' on the clock of the series, in seconds",
    )


def plasma_of(
    times: np.ndarray, arrival_s: float, settings: DceSettings, measured: np.ndarray | None
) -> PlasmaCurve:
    """Return the measured plasma curve (t,), or the population curve from the arrival on, at fine steps."""
    if measured is not None:
        return PlasmaCurve(times, measured)
    fine = np.arange(0.0, times[-1] - arrival_s + FINE_STEP_S, FINE_STEP_S)
    values = population_curve(
        fine, name=settings.aif, dose_mmol_kg=settings.dose_mmol_kg, hematocrit=settings.hematocrit
    )
    if times[0] >= arrival_s:
        return PlasmaCurve(arrival_s + fine, values)
    # A curve that does not start from 0 must not be drawn out to the volume before.
    return PlasmaCurve(
        np.concatenate([[times[0], arrival_s - 1e-6], arrival_s + fine]), np.concatenate([[0.0, 0.0], values])
    )


def refined_arrival(mean: np.ndarray, times: np.ndarray, arrival_s: float, settings: DceSettings) -> float:
    """Return when the population curve has to start to explain a mean concentration (t,) best.

    Volumes come seconds apart, and a first pass that starts seconds too early or late goes into ktrans and vp. Starts
    from one interval before the last volume of the baseline to two after it are tried, by the linear form of the
    extended Tofts model.
    """
    step = float(np.median(np.diff(times)))
    first, last = max(arrival_s - step, float(times[0])), min(arrival_s + 2 * step, float(times[-3]))
    starts = np.arange(first, last + ARRIVAL_STEP_S / 2, ARRIVAL_STEP_S)
    errors = [linear_error(mean, times, plasma_of(times, float(s), settings, None)) for s in starts]
    return float(starts[int(np.argmin(errors))])


def _fitted(
    contrast: np.ndarray,
    enhancement: np.ndarray,
    times: np.ndarray,
    arrival_s: float,
    settings: DceSettings,
    measured: np.ndarray | None,
) -> dict[str, np.ndarray]:
    if settings.model == "none":
        return {}
    if settings.model == "brix":
        return fit_brix(enhancement, times - arrival_s)
    known = np.isfinite(contrast).all(axis=1)
    if measured is None and settings.arrival_s is None and known.any():
        arrival_s = refined_arrival(contrast[known].mean(axis=0), times, arrival_s, settings)
    plasma = plasma_of(times, arrival_s, settings, measured)
    if settings.model == "patlak":
        found = fit_patlak(contrast[known], times, plasma)
    else:
        found = fit_tofts(
            contrast[known],
            times,
            plasma,
            extended=settings.model == "extended-tofts",
            nonlinear=settings.fit == "nonlinear",
        )
    return {name: paint(fitted, known) for name, fitted in found.items()}
