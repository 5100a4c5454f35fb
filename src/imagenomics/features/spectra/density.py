"""How much of a breast is dense: the share above a threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.features.regions.inputs import check_image, check_mask, spaced_rows, used_spacing
from imagenomics.features.spectra.settings import DEFAULT
from imagenomics.features.spectra.threshold import otsu_threshold

UNITS = {"dense_volume": "mm3", "percent_density": "%", "density_threshold": "intensity"}


def density_features(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    threshold: float | None = DEFAULT.threshold,
) -> pd.DataFrame:
    """Measure the percent density of a breast.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities, bright where dense.
    mask : array of bool, (z, y, x)
        The breast, without the pectoral muscle.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: the volume is in voxels and flagged ``voxel-units``; the percentage is not.
    threshold : float, optional
        Least intensity of dense tissue; without it Otsu's threshold of this region.

    Returns
    -------
    DataFrame
        Family ``density``: ``percent_density``, ``dense_volume`` (for one slice its area times its thickness) and
        ``density_threshold``. A constant region has no threshold of its own: its rows fail.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays; ``IGX-FEAT-007`` bad spacing.

    Source
    ------
    Byng et al. 1994, Physics in Medicine and Biology (thresholds), as in Li et al. 2014, Medical Physics;
    a reader's threshold is replaced by that of Otsu 1979.
    """
    check_mask(mask)
    inside = check_image(image, mask)[mask]
    voxel = float(np.prod(used_spacing(spacing_mm, spacing_known=spacing_known)))
    level = otsu_threshold(inside) if threshold is None else float(threshold)
    dense = float(np.count_nonzero(inside >= level)) if np.isfinite(level) else float("nan")
    values: dict[str, float | str] = {
        "percent_density": 100 * dense / len(inside),
        "dense_volume": dense * voxel,
        "density_threshold": level,
    }
    free = ("percent_density", "density_threshold")
    return spaced_rows("density", values, units=UNITS, spacing_known=spacing_known, free=free)
