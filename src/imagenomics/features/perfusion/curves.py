"""Signal curves of voxels: what is refused, where the bolus arrives, and areas under them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.map_statistics import check_region

SOFT_START = 0.03  # of the peak: a volume above this is no baseline
FINE = 1e-9  # two times closer than this are one


def check_curves(
    signal: np.ndarray, times_s: Sequence[float] | np.ndarray, *, at_least: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    """Return curves (..., t) and times (t,) as float64, or say why they do not belong together.

    Raises
    ------
    InputError
        ``IGX-FEAT-050``: another number of times than volumes, or fewer than needed; ``IGX-FEAT-051``: times that
        do not ascend; ``IGX-FEAT-052``: values that are not finite.
    """
    signal = np.asarray(signal, dtype=np.float64)
    times = np.asarray(times_s, dtype=np.float64)
    if signal.ndim < 1 or times.shape != signal.shape[-1:] or len(times) < at_least or not signal.size:
        raise InputError(
            "IGX-FEAT-050",
            f"a signal of shape {signal.shape} and times of shape {times.shape} cannot be used together",
            expected=f"a signal (..., t) with its t times, t at least {at_least}",
            remedy="move the axis of time to the end, and look for volumes that were left out",
        )
    if not np.isfinite(times).all() or not (np.diff(times) > FINE).all():
        raise InputError(
            "IGX-FEAT-051",
            "the times do not ascend",
            expected="one finite time in seconds for each volume, each later than the one before",
            remedy="sort the volumes by time, and look for volumes that occur twice",
        )
    bad = int(np.count_nonzero(~np.isfinite(signal)))
    if bad:
        raise InputError(
            "IGX-FEAT-052",
            f"{bad} values of the signal are NaN or infinite",
            expected="finite numbers",
            remedy="leave such voxels out of the mask",
        )
    return signal, times


def check_curve(curve: Sequence[float] | np.ndarray, times: np.ndarray, *, name: str) -> np.ndarray:
    """Return an input curve (t,) as float64; refuse one that does not fit or has no area (``IGX-FEAT-053``)."""
    values = np.asarray(curve, dtype=np.float64)
    if values.shape == times.shape and np.isfinite(values).all() and np.trapezoid(values, times) > 0:
        return values
    raise InputError(
        "IGX-FEAT-053",
        f"the {name} of shape {values.shape} cannot be used with {len(times)} times",
        expected="one finite number for each volume, baseline removed, with a positive area",
        remedy="take it from a vessel that the slices cut, after the baseline was subtracted",
    )


def usable_voxels(signal: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Tell which voxels (...) have a positive baseline and a positive signal throughout.

    Raises
    ------
    InputError
        ``IGX-FEAT-054``: there is none.
    """
    usable: np.ndarray = (baseline > 0) & (signal > 0).all(axis=-1)
    if not usable.any():
        raise InputError(
            "IGX-FEAT-054",
            "no voxel has a positive baseline and a positive signal throughout "
            f"(signals from {signal.min():g} to {signal.max():g})",
            expected="magnitude images",
            remedy="look for a mask in the background, and for an image that was centred or scaled to z-scores",
        )
    return usable


def chosen_voxels(tissue: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """Return which voxels, flat (m,), make up the mean curve; refuse a mask that does not fit or is empty.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-002``, ``IGX-FEAT-003``: see :func:`imagenomics.features.map_statistics.check_region`.
    """
    if tissue is None:
        return np.ones(int(np.prod(shape)), bool)
    check_region(np.empty(shape), tissue)
    return tissue.reshape(-1)


def paint(values: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return values (n,) in the voxels (m,) that were used, and NaN in the others."""
    painted = np.full(len(usable), np.nan)
    painted[usable] = values
    return painted


def find_arrival(curve: np.ndarray, times: np.ndarray, *, skip: int = 0) -> int:
    """Return the number of the last volume before the bolus.

    Parameters
    ----------
    curve : array (t,)
        Mean curve that rises with the bolus; a signal that falls is given with its sign changed.
    times : array (t,)
        Times in seconds.
    skip : int
        Volumes at the start that are not yet in steady state.

    Raises
    ------
    InputError
        ``IGX-FEAT-056``: fewer than two volumes before the peak.

    Source
    ------
    Cheong 2003, Physics in Medicine and Biology 48:N83: a constant that turns into a parabola at the arrival; the
    arrival with the least squared error counts, here of the volumes up to the steepest rise or 60% of the peak, and
    then the last volume at or before it that lies within 3% of the peak.
    """
    peak = skip + int(np.argmax(curve[skip:]))
    # The curve bends over where a parabola through the arrival does not: its steepest place, or half way up, is enough.
    floor = float(np.quantile(curve[skip : peak + 1], 0.1))
    high = np.flatnonzero(curve[skip : peak + 1] >= floor + 0.6 * (curve[peak] - floor))
    steepest = int(np.argmax(np.diff(curve[skip : peak + 1]))) + 1 if peak > skip else 0
    last = skip + min(int(high[0]), steepest + 1)
    if last - skip < 3:
        raise InputError(
            "IGX-FEAT-056",
            f"no baseline before the bolus: the curve peaks at volume {peak + 1} of {len(curve)}",
            expected="at least two volumes before the contrast agent arrives",
            remedy="set 'baseline_frames' if they are known, lower 'skip_frames', or look for volumes cut away",
        )
    errors = [
        _bend_error(curve[skip : last + 1], times[skip : last + 1] - times[k]) for k in range(skip + 1, last)
    ]
    found = skip + 1 + int(np.argmin(errors))
    # A bolus that begins more softly than a parabola is seen a volume late.
    low = floor + SOFT_START * (curve[peak] - floor)
    while found > skip + 1 and curve[found] > low:
        found -= 1
    return found


def _bend_error(curve: np.ndarray, since: np.ndarray) -> float:
    rise = np.maximum(since, 0.0)
    design = np.stack([np.ones_like(rise), rise, rise * rise], axis=1)
    found = np.linalg.lstsq(design, curve, rcond=None)[0]
    return float(((design @ found - curve) ** 2).sum())


def running_area(curves: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the area (..., t) under curves (..., t) from the first time to each, by trapezia."""
    area = np.zeros_like(curves, dtype=np.float64)
    steps = 0.5 * (curves[..., 1:] + curves[..., :-1]) * np.diff(times)
    np.cumsum(steps, axis=-1, out=area[..., 1:])
    return area


def area_between(curves: np.ndarray, times: np.ndarray, *, start: float, stop: float) -> np.ndarray:
    """Return the area (...) under curves (..., t) between two times, linear between volumes."""
    inside = (times > start) & (times < stop)
    grid = np.concatenate([[start], times[inside], [stop]])
    return np.trapezoid(interpolate(curves, times, grid), grid, axis=-1)


def interpolate(curves: np.ndarray, times: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return curves (..., t) at other times (m,), linear between volumes and constant outside."""
    right = np.clip(np.searchsorted(times, at), 1, len(times) - 1)
    share = np.clip((at - times[right - 1]) / (times[right] - times[right - 1]), 0.0, 1.0)
    return curves[..., right - 1] * (1 - share) + curves[..., right] * share


def on_regular_times(curves: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, float]:
    """Return curves at equal intervals and the interval; unequal times are interpolated at the shortest one."""
    steps = np.diff(times)
    if np.ptp(steps) <= 1e-3 * steps.mean():
        return curves, float(steps.mean())
    interval = float(steps.min())
    n = int(np.floor((times[-1] - times[0]) / interval + FINE)) + 1
    return interpolate(curves, times, times[0] + interval * np.arange(n)), interval
