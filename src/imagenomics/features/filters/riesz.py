"""The Riesz transform of a band-pass response."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from imagenomics.features.filters.laplacian import gaussian_reach, log_response
from imagenomics.features.filters.nonseparable import band, nonseparable_reach
from imagenomics.features.filters.settings import LogFilter, RieszFilter, filtered_axes
from imagenomics.features.filters.spectrum import inner, multiply_spectrum, padded, radius


def riesz_response(image: np.ndarray, settings: RieszFilter, *, spacing_mm: tuple[float, ...]) -> np.ndarray:
    """Return one component of the Riesz transform of the response of ``settings.base``, (z, y, x).

    All components of one order together are a steerable set: the response to a turned image is a mixture of them.

    Source
    ------
    Unser and Van De Ville 2010, IEEE Transactions on Image Processing 19:636; as in Whybra et al. 2024, Radiology
    310:e231319, without the alignment by the structure tensor (for which there are no reference maps).
    """
    base, axes = settings.base, filtered_axes(settings)
    margin = riesz_reach(settings, spacing_mm)
    wide = padded(image, margin, boundary=settings.boundary)
    order = [settings.order[a] for a in axes]
    if isinstance(base, LogFilter):
        wide = log_response(wide, base, spacing_mm=spacing_mm)
        passed, spread = None, False
    else:
        passed, spread = band(base), base.frequencies == "ibsi"

    def factor(frequencies: Sequence[np.ndarray]) -> np.ndarray:
        found = riesz_factor(frequencies, order)
        return found if passed is None else found * passed(frequencies)

    found = multiply_spectrum(wide, axes, factor, even=False, spread=spread)
    return inner(found, image.shape, margin, boundary=settings.boundary)


def riesz_factor(frequencies: Sequence[np.ndarray], order: Sequence[int]) -> np.ndarray:
    """Return the factor of each frequency, of length at most 1; 0 for a constant."""
    total = sum(order)
    weight = math.sqrt(math.factorial(total) / math.prod(math.factorial(n) for n in order))
    q = radius(frequencies)
    q[q == 0] = np.inf
    found = weight * (-1j) ** total / q**total
    for frequency, n in zip(frequencies, order, strict=True):
        if n:
            found *= frequency**n
    return found


def riesz_reach(settings: RieszFilter, spacing_mm: tuple[float, ...]) -> list[int]:
    """Return how many voxels away still matter along z, y, x; the kernel has no end, but falls fast."""
    base, axes = settings.base, filtered_axes(settings)
    if isinstance(base, LogFilter):
        reach = [2 * gaussian_reach(base.sigma_mm / s, base.truncate) for s in spacing_mm]
    else:
        reach = [nonseparable_reach(base)] * 3
    return [r if a in axes else 0 for a, r in enumerate(reach)]
