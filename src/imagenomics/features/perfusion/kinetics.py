"""The shape of an enhancement curve, without a model."""

from __future__ import annotations

import numpy as np

from imagenomics.features.perfusion.curves import area_between
from imagenomics.features.perfusion.settings import KineticSettings

PERSISTENT, PLATEAU, WASHOUT = 1.0, 2.0, 3.0
UNITS = {
    "iauc60": "mM s",
    "iauc90": "mM s",
    "peak_enhancement": "%",
    "ttp": "s",
    "wash_in": "%/s",
    "wash_out": "%/s",
    "curve_class": "1",
}


def initial_areas(curves: np.ndarray, times_s: np.ndarray, *, arrival_s: float) -> dict[str, np.ndarray]:
    """Return ``iauc60`` and ``iauc90``: the area in the first 60 and 90 s after arrival, (n,).

    NaN where the series ends earlier.

    Source
    ------
    Evelhoch 1999, Journal of Magnetic Resonance Imaging 10:254.
    """
    found = {}
    for seconds in (60, 90):
        stop = arrival_s + seconds
        there = times_s[-1] >= stop
        area = area_between(curves, times_s, start=arrival_s, stop=stop) if there else np.nan
        found[f"iauc{seconds}"] = np.broadcast_to(np.asarray(area, np.float64), curves.shape[:1]).copy()
    return found


def curve_shape(
    enhancement: np.ndarray, times_s: np.ndarray, *, arrival_s: float, settings: KineticSettings
) -> dict[str, np.ndarray]:
    """Say how each voxel enhances.

    Parameters
    ----------
    enhancement : array (n, t)
        Relative enhancement (S - S0) / S0.
    times_s : array (t,)
        Times in seconds.
    arrival_s : float
        When the bolus arrives.
    settings : KineticSettings
        Thresholds of the classes.

    Returns
    -------
    dict of str to array (n,)
        ``peak_enhancement`` in %; ``ttp``: time from arrival to it; ``wash_in``: peak over time to peak; ``wash_out``:
        fall from the peak to the end over the time between (NaN where the peak comes last); ``curve_class``: 1
        persistent, 2 plateau, 3 washout, by the signal at the end against the highest signal of the early phase;
        NaN where the voxel hardly enhances, or nothing was measured after the early phase.

    Source
    ------
    Kuhl 1999, Radiology 211:101; thresholds of the settings.
    """
    after = times_s > arrival_s
    times, curves = times_s[after], enhancement[:, after]
    rows = np.arange(len(curves))
    top = curves.argmax(axis=1)
    peak, when = curves[rows, top], times[top] - arrival_s
    left = times[-1] - times[top]
    with np.errstate(divide="ignore", invalid="ignore"):
        wash_out = np.where(left > 0, 100 * (peak - curves[:, -1]) / np.where(left > 0, left, 1.0), np.nan)
    return {
        "peak_enhancement": 100 * peak,
        "ttp": when,
        "wash_in": 100 * peak / when,
        "wash_out": wash_out,
        "curve_class": _classes(curves, times - arrival_s, settings),
    }


def _classes(curves: np.ndarray, since: np.ndarray, settings: KineticSettings) -> np.ndarray:
    early = since <= settings.early_s
    if not early.any() or early.all():
        return np.full(len(curves), np.nan)
    first = curves[:, early].max(axis=1)
    change = 100 * ((1 + curves[:, -1]) / np.maximum(1 + first, 1e-12) - 1)
    found = np.where(change > settings.plateau_percent, PERSISTENT, PLATEAU)
    found = np.where(change < -settings.plateau_percent, WASHOUT, found)
    return np.where(100 * curves.max(axis=1) >= settings.min_enhancement_percent, found, np.nan)
