"""What is refused of diffusion-weighted signals, and which voxels are lost in noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.diffusion.settings import NoiseSettings

NOISE_FLOOR = "noise-floor"
SAME_B = 20.0  # b-values closer than this, in s/mm2, count as one: scanners write 995 and 1005 for 1000


def check_weighting(
    signal: np.ndarray, b_values: Sequence[float] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return signals (..., t) and b-values (t,) as float64, or say why no diffusion follows from them.

    Raises
    ------
    InputError
        ``IGX-FEAT-062``: another number of b-values, negative or equal ones, values that are not finite;
        ``IGX-FEAT-054``: no voxel with a positive signal.
    """
    signal, weights = np.asarray(signal, np.float64), np.asarray(b_values, np.float64)
    fits = signal.ndim >= 1 and weights.shape == signal.shape[-1:] and len(weights) > 0 and signal.size > 0
    sound = fits and np.isfinite(weights).all() and weights.min() >= 0 and np.isfinite(signal).all()
    if not sound or np.ptp(weights) <= SAME_B:
        raise InputError(
            "IGX-FEAT-062",
            f"b-values of shape {weights.shape} from {weights.min(initial=np.inf):g} to "
            f"{weights.max(initial=-np.inf):g} s/mm2 cannot be used with a signal of shape {signal.shape}",
            expected="a finite signal (..., t) with its t b-values, not all equal",
            remedy="read the .bval file of this very series, and keep the volumes without weighting",
        )
    if not (signal > 0).all(axis=-1).any():
        raise InputError(
            "IGX-FEAT-054",
            f"no voxel has a positive signal throughout (signals from {signal.min():g} to {signal.max():g})",
            expected="magnitude images",
            remedy="look for a mask in the background, and for an image that was centred or scaled to z-scores",
        )
    return signal, weights


def noise_limited(signal: np.ndarray, b_values: np.ndarray, settings: NoiseSettings) -> np.ndarray:
    """Tell which voxels (n,) have a signal (n, t) at the largest b-value that noise alone could make."""
    if settings.noise_sigma is None:
        return np.zeros(len(signal), bool)
    strongest = b_values >= b_values.max() - SAME_B
    low: np.ndarray = signal[:, strongest].mean(axis=1) < settings.noise_factor * settings.noise_sigma
    return low


def noise_note(settings: NoiseSettings) -> str:
    """Return what the history says about the noise floor."""
    if settings.noise_sigma is None:
        return "noise floor not checked: 'noise_sigma' is not set"
    return f"noise floor: {settings.noise_factor:g} x {settings.noise_sigma:g}"


def background_sigma(air: np.ndarray) -> float:
    """Return the standard deviation of the noise from magnitudes (n,) of air, one receiver channel.

    Raises
    ------
    InputError
        ``IGX-FEAT-063``: fewer than 50 values, or none above 0.

    Source
    ------
    Gudbjartsson and Patz 1995, Magnetic Resonance in Medicine 34:910: the mean square of pure noise is twice its
    variance.
    """
    values = np.asarray(air, np.float64).ravel()
    if len(values) < 50 or not np.isfinite(values).all() or not (values > 0).any():
        raise InputError(
            "IGX-FEAT-063",
            f"{len(values)} values of air say nothing about the noise",
            expected="at least 50 finite values, not all 0",
            remedy="choose air without ghosts; where the scanner set it to 0, declare 'noise_sigma'",
        )
    return float(np.sqrt((values**2).mean() / 2))
