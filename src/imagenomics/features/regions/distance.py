"""How far each voxel lies from the border of a mask, in mm, with unequal voxel edges."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from imagenomics.features.region import bounding_box
from imagenomics.features.regions.inputs import Triple


def signed_distance(mask: np.ndarray, spacing_mm: Triple) -> np.ndarray:
    """Return the distance of every voxel to the other side of the border.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The region; it may touch the border of the image, where no border of the region is assumed.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres.

    Returns
    -------
    array of float64, (z, y, x)
        Outside: the distance in mm to the nearest voxel centre of the region, positive. Inside: minus the
        distance to the nearest voxel centre outside it. The surface itself lies about half a voxel further out
        or in, so no value is 0. Infinite where the other side has no voxel.
    """
    outside = _distance_to(mask, spacing_mm)
    inside = _distance_to(~mask, spacing_mm)
    return np.where(mask, -inside, outside)


def box_around(mask: np.ndarray, margin_mm: float, spacing_mm: Triple) -> tuple[slice, slice, slice]:
    """Return the part of the grid that holds the region and ``margin_mm`` around it, and a voxel more."""
    start, stop = bounding_box(mask)
    reach = [int(np.ceil(margin_mm / s)) + 1 for s in spacing_mm]
    z, y, x = (
        slice(max(a - r, 0), min(b + r, n)) for a, b, r, n in zip(start, stop, reach, mask.shape, strict=True)
    )
    return z, y, x


def _distance_to(target: np.ndarray, spacing_mm: Triple) -> np.ndarray:
    if not target.any():
        return np.full(target.shape, np.inf)
    distance: np.ndarray = ndimage.distance_transform_edt(~target, sampling=spacing_mm)
    return distance
