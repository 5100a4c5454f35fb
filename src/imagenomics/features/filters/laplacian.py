"""The Laplacian of Gaussian."""

from __future__ import annotations

import numpy as np

from imagenomics.features.filters.separable import convolve_axis
from imagenomics.features.filters.settings import LogFilter, filtered_axes


def log_response(image: np.ndarray, settings: LogFilter, *, spacing_mm: tuple[float, ...]) -> np.ndarray:
    """Return the Laplacian of the smoothed image, (z, y, x): negative in bright blobs.

    Assumes
    -------
    The unit of the second derivative is one voxel edge, as IBSI has it, so that voxels of half the size give a
    quarter of the response: resample to one spacing before patients are compared. Where edges differ, the shortest
    of the filtered axes is the unit.

    Source
    ------
    Whybra et al. 2024, Radiology 310:e231319, and the IBSI reference manual on convolutional filters. What the
    cut tails of the kernel leave of a sum is taken away with a Gaussian, so that a constant gives 0.
    """
    axes = filtered_axes(settings)
    unit = min(spacing_mm[a] for a in axes)
    smooth, curved = image, None
    for axis in axes:
        gauss, second = gaussian_kernels(settings.sigma_mm / spacing_mm[axis], settings.truncate)
        second = second * (unit / spacing_mm[axis]) ** 2
        bent = convolve_axis(smooth, second, axis, boundary=settings.boundary)
        if curved is not None:
            bent += convolve_axis(curved, gauss, axis, boundary=settings.boundary)
        curved = bent
        if axis != axes[-1]:
            smooth = convolve_axis(smooth, gauss, axis, boundary=settings.boundary)
    return image if curved is None else curved


def gaussian_kernels(sigma: float, truncate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a sampled Gaussian and its second derivative, (2 r + 1,) each, for sigma in voxels."""
    x = np.arange(-gaussian_reach(sigma, truncate), gaussian_reach(sigma, truncate) + 1.0)
    gauss = np.exp(-(x**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    second = gauss * (x**2 / sigma**4 - 1 / sigma**2)
    second -= gauss * (second.sum() / gauss.sum())
    return gauss, second


def gaussian_reach(sigma: float, truncate: float) -> int:
    """Return how many voxels from its centre a Gaussian is cut."""
    return int(np.floor(truncate * sigma + 0.5))
