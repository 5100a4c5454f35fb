"""The Brix model: enhancement after a bolus or a short infusion, without an arterial curve."""

from __future__ import annotations

import numpy as np

from imagenomics.features.perfusion.least_squares import fit_curves

PER_MINUTE = 60.0
NEAR = 1e-4  # rates in 1/min that differ by less are kept apart by so much


def brix_curves(parameters: np.ndarray, times_s: np.ndarray, *, infusion_s: float = 0.0) -> np.ndarray:
    """Return relative enhancement (n, t), (S - S0) / S0, of amplitude, kep and kel (1/min): (n, 3).

    Parameters
    ----------
    parameters : array (n, 3)
        Amplitude (no unit), exchange rate and elimination rate in 1/min.
    times_s : array (t,)
        Seconds since the infusion reached the tissue.
    infusion_s : float
        Its length; 0 for a bolus.

    Source
    ------
    Brix 1991, Journal of Computer Assisted Tomography 15:621 (infusion); Hoffmann 1995, Magnetic Resonance in
    Medicine 33:506 (the amplitude is multiplied by kep).
    """
    amplitude, kep, kel = (parameters[:, k, None] for k in range(3))
    kel = np.where(np.abs(kep - kel) < NEAR, kep - NEAR, kel)
    since = np.maximum(times_s, 0.0) / PER_MINUTE
    if infusion_s <= 0:
        bolus: np.ndarray = amplitude * kep * (np.exp(-kel * since) - np.exp(-kep * since)) / (kep - kel)
        return bolus
    length = infusion_s / PER_MINUTE
    slow, fast = (_infused(rate, since, length) for rate in (kel, kep))
    infused: np.ndarray = amplitude * kep * (slow - fast) / (length * (kep - kel))
    return infused


def fit_brix(
    enhancement: np.ndarray, times_s: np.ndarray, *, infusion_s: float = 0.0
) -> dict[str, np.ndarray]:
    """Fit the Brix model to relative enhancement (n, t); see :func:`brix_curves`.

    Returns
    -------
    dict of str to array (n,)
        ``amplitude``; ``kep`` and ``kel`` in 1/min. Two starts are tried, because the two rates can change places.
    """
    top = np.maximum(enhancement.max(axis=1), 1e-6)
    best, least = np.empty((len(top), 3)), np.full(len(top), np.inf)
    for kep, kel in ((2.0, 0.05), (0.3, 0.01)):
        start = np.stack([top, np.full_like(top, kep), np.full_like(top, kel)], axis=1)
        found, error = fit_curves(
            lambda p: brix_curves(p, times_s, infusion_s=infusion_s),
            start,
            enhancement,
            lower=(0.0, 1e-3, -1.0),
            upper=(1000.0, 60.0, 5.0),
        )
        better = error < least
        best[better], least[better] = found[better], error[better]
    return {"amplitude": best[:, 0], "kep": best[:, 1], "kel": best[:, 2]}


def _infused(rate: np.ndarray, since: np.ndarray, length: float) -> np.ndarray:
    """Return the convolution of exp(-rate t) with a box; a rate of 0 is kept off its quotient."""
    safe = np.where(np.abs(rate) < 1e-9, 1e-9, rate)
    begun = np.minimum(since, length)
    found: np.ndarray = (np.exp(-safe * (since - begun)) - np.exp(-safe * since)) / safe
    return found
