"""Which voxels of a region count for intensities: those within a range, without outliers."""

from __future__ import annotations

import numpy as np

Range = tuple[float | None, float | None]


def resegment(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    intensity_range: Range | None = None,
    outlier_sigma: float | None = None,
) -> np.ndarray:
    """Select the voxels of the region whose intensities count.

    Parameters
    ----------
    image : array of float64, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region as drawn; it stays the region for shape.
    intensity_range : (low, high), optional
        Lowest and highest intensity kept, both included; None leaves a side open.
    outlier_sigma : float, optional
        Voxels further than this many standard deviations (divisor n) from the mean are left out; mean and
        standard deviation are those of the voxels that the range has kept.

    Returns
    -------
    array of bool, (z, y, x)
        A subset of ``mask``.

    Source
    ------
    Image biomarker standardisation initiative reference manual, section on re-segmentation.
    """
    kept: np.ndarray = mask.copy()
    low, high = intensity_range or (None, None)
    if low is not None:
        kept &= image >= low
    if high is not None:
        kept &= image <= high
    if outlier_sigma is not None and kept.any():
        values = image[kept]
        distance = outlier_sigma * values.std()
        kept &= np.abs(image - values.mean()) <= distance
    return kept
