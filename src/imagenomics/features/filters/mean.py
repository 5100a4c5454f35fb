"""The mean filter."""

from __future__ import annotations

import numpy as np

from imagenomics.features.filters.separable import MODES
from imagenomics.features.filters.settings import MeanFilter, filtered_axes


def mean_response(image: np.ndarray, settings: MeanFilter) -> np.ndarray:
    """Return the mean of the cube around each voxel, (z, y, x).

    Source
    ------
    Whybra et al. 2024, Radiology 310:e231319, and the IBSI reference manual on convolutional filters.
    """
    from scipy import ndimage

    # Running sums keep what a large voxel has lost of its small neighbours: centre them before.
    middle = float(image.mean()) if settings.boundary != "zero" else 0.0
    found = image - middle
    for axis in filtered_axes(settings):
        found = ndimage.uniform_filter1d(found, settings.size, axis=axis, mode=MODES[settings.boundary])
    found += middle
    return found
