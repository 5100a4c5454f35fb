"""Non-separable wavelets: bands of frequencies that are the same in all directions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imagenomics.features.filters.settings import NonseparableWavelet, filtered_axes
from imagenomics.features.filters.spectrum import Transfer, inner, multiply_spectrum, padded, radius

REACH = 32  # voxels at level 1: on the CT phantom less than 0.5% of the range lies beyond


def nonseparable_response(image: np.ndarray, settings: NonseparableWavelet) -> np.ndarray:
    """Return one band, (z, y, x).

    Level 1 goes from a quarter of the highest frequency of an axis to that frequency (Simoncelli, strongest in the
    middle) or from half of it (Shannon).

    Source
    ------
    Portilla and Simoncelli 2000, International Journal of Computer Vision 40:49; as in Whybra et al. 2024,
    Radiology 310:e231319.
    """
    axes = filtered_axes(settings)
    margin = [nonseparable_reach(settings) if a in axes else 0 for a in range(3)]
    wide = padded(image, margin, boundary=settings.boundary)
    spread = settings.frequencies == "ibsi"
    found = multiply_spectrum(wide, axes, band(settings), even=True, spread=spread)
    return inner(found, image.shape, margin, boundary=settings.boundary)


def band(settings: NonseparableWavelet) -> Transfer:
    """Return the factor of each frequency."""
    scale = 2.0 ** (settings.level - 1)
    low = 0.25 if settings.family == "simoncelli" else 0.5

    def factor(frequencies: Sequence[np.ndarray]) -> np.ndarray:
        q = radius(frequencies) * scale
        inside = (q > low) & (q <= 1)
        found = np.zeros(q.shape)
        found[inside] = 1.0 if low == 0.5 else np.cos(0.5 * np.pi * np.log2(2 * q[inside]))
        return found

    return factor


def nonseparable_reach(settings: NonseparableWavelet) -> int:
    """Return how many voxels away still matter; the kernel has no end, but falls fast."""
    return REACH * 2 ** (settings.level - 1)
