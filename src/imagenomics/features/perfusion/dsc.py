"""DSC-MRI: from a falling signal to blood volume, flow, transit time and signal recovery."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.map_statistics import ParameterMaps
from imagenomics.features.perfusion.arterial import find_arterial_curve
from imagenomics.features.perfusion.curves import (
    check_curve,
    check_curves,
    chosen_voxels,
    find_arrival,
    interpolate,
    on_regular_times,
    paint,
    usable_voxels,
)
from imagenomics.features.perfusion.deconvolution import deconvolve, delay_of_peak
from imagenomics.features.perfusion.gamma_variate import fit_gamma_variate
from imagenomics.features.perfusion.leakage import correct_leakage, not_enhancing
from imagenomics.features.perfusion.settings import BaselineSettings, DeconvolutionSettings, DscSettings

UNITS = {
    "cbv": "relative",
    "cbv_uncorrected": "relative",
    "k1": "1",
    "k2": "1/s",
    "peak_height": "1/s",
    "signal_drop": "%",
    "psr": "%",
    "ttp": "s",
    "cbf": "relative",
    "mtt": "s",
    "tmax": "s",
}


def relaxation_change(signal: np.ndarray, baseline: np.ndarray, *, echo_time_s: float) -> np.ndarray:
    """Return the change of R2* in 1/s, (..., t), of a signal (..., t) with a baseline (...).

    NaN in voxels whose baseline or signal is not positive somewhere.

    Source
    ------
    Rosen 1990, Magnetic Resonance in Medicine 14:249.
    """
    usable = (baseline > 0) & (signal > 0).all(axis=-1)
    ratio = np.where(usable[..., None], signal, 1.0) / np.where(usable, baseline, 1.0)[..., None]
    return np.where(usable[..., None], -np.log(ratio) / echo_time_s, np.nan)


def baseline_of(
    mean_signal: np.ndarray, times: np.ndarray, settings: BaselineSettings, *, sign: int
) -> slice:
    """Return the volumes before the bolus, as set or as found in a mean signal (t,).

    Parameters
    ----------
    mean_signal, times : array (t,)
        Mean signal and times in seconds.
    settings : BaselineSettings
        What is known.
    sign : int
        1 where the bolus raises the signal, -1 where it lowers it.

    Raises
    ------
    InputError
        ``IGX-FEAT-056``: no volumes before the bolus, or none after them.
    """
    skip, known = settings.skip_frames, settings.baseline_frames
    last = find_arrival(sign * mean_signal, times, skip=skip) if known is None else known - 1
    if last + 3 > len(times):
        raise InputError(
            "IGX-FEAT-056",
            f"{last + 1} volumes of {len(times)} lie before the bolus",
            expected="at least three volumes after the baseline",
            remedy="lower 'baseline_frames'",
        )
    return slice(skip, last + 1)


def steady(signal: np.ndarray, times: np.ndarray, before: slice) -> tuple[np.ndarray, np.ndarray, slice]:
    """Return signal (n, t), times and baseline without the volumes that are not yet in steady state."""
    skip = before.start
    return signal[:, skip:], times[skip:], slice(0, before.stop - skip)


def dsc_maps(
    signal: np.ndarray,
    times_s: Sequence[float] | np.ndarray,
    *,
    settings: DscSettings,
    aif: Sequence[float] | np.ndarray | None = None,
    tissue: np.ndarray | None = None,
) -> ParameterMaps:
    """Say how much blood each voxel holds, how fast it passes and how the signal recovers.

    Parameters
    ----------
    signal : array (..., t)
        T2*-weighted signal; give the whole brain, so that the tissue that does not enhance is in it.
    times_s : sequence of float (t,)
        Times in seconds.
    settings : DscSettings
        Echo time, baseline, corrections.
    aif : sequence of float (t,), optional
        Arterial change of R2* in 1/s; not given: see ``settings.aif``.
    tissue : array of bool (...), optional
        The voxels whose mean finds the arrival and, without those that enhance, the reference of the leakage
        correction. Not given: all voxels.

    Returns
    -------
    ParameterMaps
        ``cbv`` and ``cbv_uncorrected``: area of the change of R2* (no unit, relative); ``k1``, ``k2``: leakage;
        ``peak_height``: largest change of R2*; ``signal_drop``: largest fall of the signal in % of the baseline;
        ``psr``: percentage signal recovery, 100 (S_late - S_min) / (S_0 - S_min); ``ttp``: time from the mean
        arrival to the largest change; ``cbf``: relative flow; ``mtt``: mean transit time, area ratio of tissue and
        artery over flow; ``tmax``: delay of the residue's peak. NaN in voxels without a positive signal.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-002``, ``IGX-FEAT-003``: ``tissue`` does not fit or is empty; ``IGX-FEAT-050`` to
        ``IGX-FEAT-054``: signal, times or arterial curve; ``IGX-FEAT-056``: no baseline;
        ``IGX-FEAT-057``: no arterial curve found; ``IGX-FEAT-059``: no tissue that does not enhance.

    Source
    ------
    Boxerman 2006 (leakage), Wu 2003 and Ostergaard 1996 (flow); Barajas 2009, American Journal of Neuroradiology
    30:367 (peak height, PSR).
    """
    signal, times = check_curves(signal, times_s, at_least=8)
    shape, flat = signal.shape[:-1], signal.reshape(-1, len(times))
    among = chosen_voxels(tissue, shape)
    before = baseline_of(flat[among].mean(axis=0), times, settings, sign=-1)
    history = [f"baseline: volumes {before.start + 1} to {before.stop}"]
    arterial = None if aif is None else check_curve(aif, times, name="arterial curve")[before.start :]
    flat, times, before = steady(flat, times, before)
    baseline = flat[:, before].mean(axis=1)
    usable = usable_voxels(flat, baseline)
    good, level = flat[usable], baseline[usable]
    change = relaxation_change(good, level, echo_time_s=settings.echo_time_ms / 1000)
    arrival = before.stop - 1
    values, corrected = _volumes(good, change, among[usable], before, times, settings)
    values |= _first_pass(good, change, level, times, arrival, settings)
    if arterial is None and settings.aif == "automatic":
        found = find_arterial_curve(change, times, n_voxels=settings.aif_voxels)
        arterial = found.curve
        history.append(f"arterial curve: mean of {len(found.voxels)} voxels")
    if arterial is not None:
        values |= flow(corrected, arterial, times, settings.deconvolution)
    painted = {k: paint(v, usable).reshape(shape) for k, v in values.items()}
    return ParameterMaps("dsc", painted, {k: UNITS[k] for k in painted}, tuple(history))


def flow(
    curves: np.ndarray, arterial: np.ndarray, times: np.ndarray, settings: DeconvolutionSettings
) -> dict[str, np.ndarray]:
    """Return ``cbf`` in 1/s, ``mtt`` and ``tmax`` in s, each (n,), of tissue curves (n, t).

    Unequal intervals are interpolated linearly at the shortest one first.
    """
    regular, interval = on_regular_times(curves, times)
    artery, _ = on_regular_times(arterial, times)
    residue = deconvolve(regular, artery, interval_s=interval, settings=settings)
    cbf = residue.max(axis=1)
    share = np.trapezoid(curves, times, axis=1) / float(np.trapezoid(arterial, times))
    mtt = np.where(cbf > 0, share / np.where(cbf > 0, cbf, 1.0), np.nan)
    delay = delay_of_peak(residue, interval_s=interval, circulant=settings.method != "tsvd")
    return {"cbf": cbf, "mtt": mtt, "tmax": delay}


def _volumes(
    signal: np.ndarray,
    change: np.ndarray,
    among: np.ndarray,
    before: slice,
    times: np.ndarray,
    settings: DscSettings,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    arrival = before.stop - 1
    values = {"cbv_uncorrected": _area(change, times, arrival, settings)}
    if not settings.leakage:
        return values | {"cbv": values["cbv_uncorrected"]}, change
    quiet = among & not_enhancing(signal, before=before, tail=max(len(times) // 10, 1))
    reference = change[quiet].mean(axis=0) if quiet.any() else np.zeros(len(times))
    if not np.trapezoid(reference, times) > 0:
        raise InputError(
            "IGX-FEAT-059",
            f"no reference for the leakage correction: {int(quiet.sum())} voxels do not enhance, and their mean "
            "shows no bolus",
            expected="normal tissue beside the lesion",
            remedy="give the signal of the whole brain, or set leakage = false",
        )
    leak = correct_leakage(change, times, reference=reference)
    values |= {"cbv": _area(leak.corrected, times, arrival, settings), "k1": leak.k1, "k2": leak.k2}
    return values, leak.corrected


def _area(change: np.ndarray, times: np.ndarray, arrival: int, settings: DscSettings) -> np.ndarray:
    if settings.integral == "gamma-variate":
        return fit_gamma_variate(change, times, arrival_s=float(times[arrival])).area
    area: np.ndarray = np.trapezoid(change[:, arrival:], times[arrival:], axis=1)
    return area


def _first_pass(
    signal: np.ndarray,
    change: np.ndarray,
    level: np.ndarray,
    times: np.ndarray,
    arrival: int,
    settings: DscSettings,
) -> dict[str, np.ndarray]:
    least = signal[:, arrival:].min(axis=1)
    start, stop = (float(times[arrival]) + s for s in settings.recovery_s)
    late = (times >= start) & (times <= stop)
    recovered = np.full(len(signal), np.nan)
    if times[-1] >= stop:
        grid = times[late] if late.any() else np.array([(start + stop) / 2])
        recovered = interpolate(signal, times, grid).mean(axis=1)
    fall = level - least
    with np.errstate(divide="ignore", invalid="ignore"):
        psr = np.where(fall > 0, 100 * (recovered - least) / fall, np.nan)
    return {
        "peak_height": change[:, arrival:].max(axis=1),
        "signal_drop": 100 * fall / level,
        "psr": psr,
        "ttp": times[arrival + change[:, arrival:].argmax(axis=1)] - times[arrival],
    }
