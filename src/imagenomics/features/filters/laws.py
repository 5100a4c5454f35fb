"""Laws' kernels and their energy images."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from imagenomics.features.filters.separable import MODES, pooled_response
from imagenomics.features.filters.settings import LawsFilter, filtered_axes

PROFILES = MappingProxyType(
    {
        "L3": (1, 2, 1),
        "E3": (-1, 0, 1),
        "S3": (-1, 2, -1),
        "L5": (1, 4, 6, 4, 1),
        "E5": (-1, -2, 0, 2, 1),
        "S5": (-1, 0, 2, 0, -1),
        "W5": (-1, 2, 0, -2, 1),
        "R5": (1, -4, 6, -4, 1),
    }
)  # level, edge, spot, wave, ripple


def laws_response(image: np.ndarray, settings: LawsFilter) -> np.ndarray:
    """Return the response of a Laws kernel or its energy image, (z, y, x).

    The turns are joined before the energy is taken.

    Source
    ------
    Laws 1980, Rapid texture identification; normalised to unit length as in Whybra et al. 2024, Radiology
    310:e231319.
    """
    from scipy import ndimage

    axes = filtered_axes(settings)
    chains = [(profile(name),) for name in reversed(settings.names)]  # named along x, y, z
    found = pooled_response(image, chains, axes, boundary=settings.boundary, pooling=settings.pooling)
    if settings.energy_radius is None:
        return found
    np.abs(found, out=found)
    for axis in axes:
        size = 2 * settings.energy_radius + 1
        found = ndimage.uniform_filter1d(found, size, axis=axis, mode=MODES[settings.boundary])
    return found


def profile(name: str) -> np.ndarray:
    """Return the weights of a profile, of unit length."""
    weights = np.array(PROFILES[name], np.float64)
    return weights / np.sqrt((weights**2).sum())
