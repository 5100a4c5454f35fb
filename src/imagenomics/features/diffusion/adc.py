"""The apparent diffusion coefficient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.features.diffusion.settings import AdcSettings
from imagenomics.features.diffusion.weighting import (
    NOISE_FLOOR,
    check_weighting,
    noise_limited,
    noise_note,
)
from imagenomics.features.map_statistics import ParameterMaps
from imagenomics.features.perfusion.least_squares import fit_curves

LARGEST_ADC = 1e-2  # mm2/s, three times that of free water in the body


def adc_maps(
    signal: np.ndarray, b_values: Sequence[float] | np.ndarray, *, settings: AdcSettings | None = None
) -> ParameterMaps:
    """Say how fast water diffuses in each voxel.

    Parameters
    ----------
    signal : array (..., t)
        Signal at each b-value; several directions of one b-value are all used.
    b_values : sequence of float (t,)
        In s/mm2.
    settings : AdcSettings, optional
        Fit, range of b-values, noise floor.

    Returns
    -------
    ParameterMaps
        ``adc`` in 1e-3 mm2/s and ``s0``; NaN in voxels whose signal is not positive throughout. Voxels at the noise
        floor are doubts named ``noise-floor``.

    Raises
    ------
    InputError
        ``IGX-FEAT-062``: b-values that do not fit or are all equal; ``IGX-FEAT-054``: no positive signal.

    Source
    ------
    Le Bihan 1986, Radiology 161:401; Salvador 2005, Human Brain Mapping 24:144 (weights of logarithms).
    """
    chosen = settings or AdcSettings()
    signal, weights = check_weighting(signal, b_values)
    used = (weights >= chosen.b_min) & (weights <= chosen.b_max)
    signal, weights = check_weighting(signal[..., used], weights[used])
    flat = signal.reshape(-1, len(weights))
    usable = (flat > 0).all(axis=1)
    level, adc = _fit(flat[usable], weights, chosen)
    values = {"adc": np.full(len(flat), np.nan), "s0": np.full(len(flat), np.nan)}
    values["adc"][usable], values["s0"][usable] = adc * 1e3, level
    shape = signal.shape[:-1]
    history = (f"{chosen.fit} fit of {len(weights)} volumes", noise_note(chosen))
    return ParameterMaps(
        "adc",
        {k: v.reshape(shape) for k, v in values.items()},
        {"adc": "1e-3 mm2/s", "s0": "1"},
        history,
        {NOISE_FLOOR: noise_limited(flat, weights, chosen).reshape(shape)},
    )


def _fit(signal: np.ndarray, b_values: np.ndarray, settings: AdcSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return the signal without weighting and the coefficient in mm2/s, (n,)."""
    logs = np.log(signal)
    level, adc = _line(logs, b_values, np.ones_like(logs))
    if settings.fit == "log-linear":
        return np.exp(level), adc
    level, adc = _line(logs, b_values, np.exp(2 * (level[:, None] - adc[:, None] * b_values)))
    if settings.fit == "weighted":
        return np.exp(level), adc
    scale = signal.max(axis=1)
    start = np.stack([np.exp(level) / scale, adc * 1e3], axis=1)
    found, _ = fit_curves(
        lambda p: p[:, :1] * np.exp(-p[:, 1:] * b_values * 1e-3),
        start,
        signal / scale[:, None],
        lower=(0.0, -LARGEST_ADC * 1e3),
        upper=(100.0, LARGEST_ADC * 1e3),
    )
    return found[:, 0] * scale, found[:, 1] * 1e-3


def _line(logs: np.ndarray, b_values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return level and negative slope (n,) of weighted lines through logarithms (n, t)."""
    weights = weights / weights.sum(axis=1, keepdims=True)
    mean_b, mean = weights @ b_values, (weights * logs).sum(axis=1)
    from_b = b_values - mean_b[:, None]
    slope = -(weights * from_b * (logs - mean[:, None])).sum(axis=1) / (weights * from_b**2).sum(axis=1)
    return mean + slope * mean_b, slope
