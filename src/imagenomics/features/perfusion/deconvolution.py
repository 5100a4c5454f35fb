"""The residue of a tissue from its own curve and an arterial one."""

from __future__ import annotations

import numpy as np
from scipy.linalg import toeplitz

from imagenomics.features.perfusion.settings import DeconvolutionSettings

CUTS = np.arange(0, 96) / 100  # the cuts that are tried for a residue that does not oscillate


def deconvolve(
    curves: np.ndarray, arterial: np.ndarray, *, interval_s: float, settings: DeconvolutionSettings
) -> np.ndarray:
    """Return flow times residue of each voxel.

    Parameters
    ----------
    curves : array (n, t)
        Tissue curves at equal intervals, baseline removed.
    arterial : array (t,)
        Arterial curve in the same units.
    interval_s : float
        Interval in seconds.
    settings : DeconvolutionSettings
        Method and regularisation.

    Returns
    -------
    array (n, m)
        Flow times residue in 1/s; m is t for 'tsvd' and 2 t for the circulant methods, whose second half are
        negative delays (tissue before artery).

    Source
    ------
    Ostergaard 1996, Magnetic Resonance in Medicine 36:715 (tsvd); Wu 2003, Magnetic Resonance in Medicine 50:164
    (csvd, osvd). The singular values of a circulant matrix are the absolute values of its Fourier transform,
    so no matrix is decomposed.
    """
    if settings.method == "tsvd":
        return _causal(curves, arterial, interval_s, settings.cut)
    n = 2 * curves.shape[1]
    spectrum = np.fft.rfft(arterial, n) * interval_s
    size = np.abs(spectrum) / np.abs(spectrum).max()
    quotient = np.fft.rfft(curves, n, axis=1) / np.where(size > 0, spectrum, 1.0)
    if settings.method == "csvd":
        kept: np.ndarray = np.fft.irfft(quotient * (size > settings.cut), n, axis=1)
        return kept
    return _smoothest(quotient, size, n, settings.oscillation)


def _causal(curves: np.ndarray, arterial: np.ndarray, interval_s: float, cut: float) -> np.ndarray:
    padded = np.concatenate([[0.0], arterial, [arterial[-1]]])
    smooth = (padded[:-2] + 4 * padded[1:-1] + padded[2:]) / 6  # both curves are linear between volumes
    matrix = toeplitz(smooth, np.zeros(len(smooth))) * interval_s
    left, size, right = np.linalg.svd(matrix)
    inverse = np.where(size > cut * size[0], 1 / np.where(size > 0, size, 1.0), 0.0)
    found: np.ndarray = ((curves @ left) * inverse) @ right
    return found


def _smoothest(quotient: np.ndarray, size: np.ndarray, n: int, limit: float) -> np.ndarray:
    """Cut as little as gives each voxel a residue whose oscillation stays within the limit."""
    found = np.empty((len(quotient), n))
    left = np.arange(len(quotient))
    for cut in CUTS:
        found[left] = np.fft.irfft(quotient[left] * (size > cut), n, axis=1)
        left = left[oscillation_index(found[left]) > limit]
        if not len(left):
            break
    return found


def oscillation_index(residue: np.ndarray) -> np.ndarray:
    """Return the mean absolute second difference of residues (n, m), relative to their peaks (n,)."""
    bend = np.abs(np.diff(residue, n=2, axis=1)).sum(axis=1)
    top = residue.max(axis=1)
    return np.where(top > 0, bend / (residue.shape[1] * np.where(top > 0, top, 1.0)), np.inf)


def delay_of_peak(residue: np.ndarray, *, interval_s: float, circulant: bool) -> np.ndarray:
    """Return when each residue peaks (n,), in seconds; circulant residues can peak before zero."""
    place = residue.argmax(axis=1)
    if circulant:
        place = np.where(place >= residue.shape[1] // 2, place - residue.shape[1], place)
    return place * interval_s
