"""The part of an image that perturbed copies of a region are made from: far-away voxels cost time only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
MARGIN = 20  # voxels: farther than a copy is shifted, or a feature looks beyond the region


def part_around(mask: BoolArray) -> tuple[slice, slice, slice]:
    """Return the box in which a region can be turned within the slices without leaving it.

    Parameters
    ----------
    mask : array of bool, (z, y, x)

    Returns
    -------
    (slice, slice, slice)
        In plane a square around the region's centre that holds the region however it is turned, with ``MARGIN``
        voxels on each side, as far as the image goes; an empty mask gives the whole image.
    """
    where = np.nonzero(mask)
    if not where[0].size:
        return slice(None), slice(None), slice(None)
    z, y, x = where
    centre = float(y.mean()), float(x.mean())
    reach = float(np.sqrt(((y - centre[0]) ** 2 + (x - centre[1]) ** 2).max()))
    ends = [(float(z.min()), float(z.max())), *((c - reach, c + reach) for c in centre)]
    box = [
        slice(max(int(low) - MARGIN, 0), min(int(np.ceil(high)) + MARGIN + 1, n))
        for (low, high), n in zip(ends, mask.shape, strict=True)
    ]
    return box[0], box[1], box[2]
