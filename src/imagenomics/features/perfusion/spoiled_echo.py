"""The spoiled gradient echo: T1 from several flip angles, concentration from a signal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.map_statistics import ParameterMaps

REWEIGHTINGS = 10


def spoiled_signal(
    r1: np.ndarray | float, *, repetition_time_s: float, flip_angle_deg: np.ndarray | float
) -> np.ndarray:
    """Return the steady-state signal, as a share of the equilibrium signal, at relaxation rates in 1/s.

    Source
    ------
    Haase 1986, Journal of Magnetic Resonance 67:258.
    """
    angle = np.deg2rad(flip_angle_deg)
    decay = np.exp(-repetition_time_s * np.asarray(r1))
    signal: np.ndarray = np.sin(angle) * (1 - decay) / (1 - decay * np.cos(angle))
    return signal


def variable_flip_angle_t1(
    signal: np.ndarray,
    flip_angles_deg: Sequence[float],
    *,
    repetition_time_ms: float,
    b1: np.ndarray | None = None,
) -> ParameterMaps:
    """Measure T1 from images at several flip angles.

    Parameters
    ----------
    signal : array (..., k)
        Signal at each flip angle.
    flip_angles_deg : sequence of float (k,)
        Flip angles in degrees, at least two different ones.
    repetition_time_ms : float
        Repetition time in ms.
    b1 : array (...), optional
        True over nominal flip angle.

    Returns
    -------
    ParameterMaps
        ``t1`` in s and ``m0``; NaN where the signal is not positive or the line gives no relaxation.

    Raises
    ------
    InputError
        ``IGX-FEAT-061``: flip angles that do not fit.

    Source
    ------
    Deoni 2003, Magnetic Resonance in Medicine 49:515 (the line); Chang 2008, Magnetic Resonance in Medicine
    60:496 (weights, found anew from each solution, that undo what the line does to the noise).
    """
    signal = np.asarray(signal, np.float64)
    angles = np.asarray(flip_angles_deg, np.float64)
    _check_angles(signal, angles, repetition_time_ms)
    flat = signal.reshape(-1, len(angles))
    scale = np.ones(len(flat)) if b1 is None else np.asarray(b1, np.float64).reshape(-1)
    usable = (flat > 0).all(axis=1) & (scale > 0)
    angle = np.deg2rad(angles) * np.where(usable, scale, 1.0)[:, None]
    x, y = flat / np.tan(angle), flat / np.sin(angle)
    weights = np.ones_like(flat)
    for _ in range(REWEIGHTINGS):
        slope, level = _line(x, y, weights)
        weights = (np.sin(angle) / (1 - np.clip(slope, 0.0, 0.99999)[:, None] * np.cos(angle))) ** 2
    usable &= (slope > 0) & (slope < 1)
    slope = np.where(usable, slope, np.nan)
    values = {"t1": -repetition_time_ms / 1000 / np.log(slope), "m0": level / (1 - slope)}
    shaped = {k: v.reshape(signal.shape[:-1]) for k, v in values.items()}
    return ParameterMaps("t1", shaped, {"t1": "s", "m0": "1"}, (f"{len(angles)} flip angles",))


def concentration(
    signal: np.ndarray,
    baseline: np.ndarray,
    *,
    t10_s: np.ndarray | float,
    repetition_time_s: float,
    flip_angle_deg: float,
    relaxivity: float,
) -> np.ndarray:
    """Return the concentration of contrast agent in mM, (..., t).

    Parameters
    ----------
    signal : array (..., t)
        Signal.
    baseline : array (...)
        Signal before the bolus.
    t10_s : array (...) or float
        T1 before the bolus, in seconds.
    repetition_time_s, flip_angle_deg : float
        Of the dynamic series.
    relaxivity : float
        In 1/(mM s).

    Returns
    -------
    array (..., t)
        NaN where the baseline or T1 is not positive, or where a signal is larger than any concentration gives.

    Assumes
    -------
    Fast exchange of water, and T2* effects that can be neglected.

    Source
    ------
    Schabel and Parker 2008, Physics in Medicine and Biology 53:2345, without their term for T2*.
    """
    t10 = np.broadcast_to(np.asarray(t10_s, np.float64), baseline.shape)
    usable = (baseline > 0) & (t10 > 0)
    r10 = 1 / np.where(usable, t10, 1.0)
    before = np.exp(-repetition_time_s * r10)
    cosine = np.cos(np.deg2rad(flip_angle_deg))
    gain = signal / np.where(usable, baseline, 1.0)[..., None]
    share = gain * ((1 - before) / (1 - before * cosine))[..., None]
    decay = (1 - share) / (1 - share * cosine)
    possible = usable[..., None] & (decay > 0) & (share * cosine < 1)
    r1 = -np.log(np.where(possible, decay, 1.0)) / repetition_time_s
    return np.where(possible, (r1 - r10[..., None]) / relaxivity, np.nan)


def _line(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return slope and level (n,) of weighted lines through (n, k) points."""
    total = weights.sum(axis=1)
    mean_x, mean_y = (weights * x).sum(axis=1) / total, (weights * y).sum(axis=1) / total
    from_x, from_y = x - mean_x[:, None], y - mean_y[:, None]
    spread = (weights * from_x**2).sum(axis=1)
    slope = (weights * from_x * from_y).sum(axis=1) / np.where(spread > 0, spread, 1.0)
    return slope, mean_y - slope * mean_x


def _check_angles(signal: np.ndarray, angles: np.ndarray, repetition_time_ms: float) -> None:
    fits = signal.ndim >= 1 and signal.shape[-1:] == angles.shape
    sound = bool(((angles > 0) & (angles < 180)).all()) and repetition_time_ms > 0
    if fits and sound and len(np.unique(angles)) >= 2 and np.isfinite(signal).all():
        return
    raise InputError(
        "IGX-FEAT-061",
        f"{len(angles)} flip angles ({len(np.unique(angles))} different) cannot be used with a signal of shape "
        f"{signal.shape} and a repetition time of {repetition_time_ms:g} ms",
        expected="a finite signal (..., k) with its k flip angles, at least two different, within 0 and 180 degrees",
        remedy="move the axis of the flip angles to the end, and give angles in degrees",
    )
