"""What one patient brings to something that is learned from many: voxels of a region, or a profile of intensities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from imagenomics.work.seeds import generator

LANDMARKS = (1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.0)
STATISTICS = ("mean", "p10", "p25", "median", "p75", "p90")
FloatArray = npt.NDArray[np.float64]


def voxel_bag(
    images: Sequence[np.ndarray | None], region: np.ndarray, *, most: int, patient: str, seed: int = 0
) -> FloatArray:
    """Return the intensities (m, s) of at most ``most`` voxels of a region in each of s images.

    Parameters
    ----------
    images : sequence of array (z, y, x) or None
        Images on one grid; a missing one is a column of NaN.
    region : array of bool, (z, y, x)
        Which voxels.
    most : int
        More voxels are thinned at random.
    patient : str
        Whose they are: each patient has a random stream of their own.
    """
    places = np.flatnonzero(region)
    if places.size > most:
        stream = generator(seed, "voxel bag", patient)
        places = np.sort(stream.choice(places, most, replace=False))
    columns = [
        np.full(places.size, np.nan) if image is None else image.ravel()[places].astype(np.float64)
        for image in images
    ]
    return np.column_stack(columns)


def intensity_profile(image: np.ndarray, tissue: np.ndarray, regions: Mapping[str, np.ndarray]) -> FloatArray:
    """Return the landmarks of the tissue and, for each region, mean and percentiles 10, 25, 50, 75, 90: (1, 11 + 6 r).

    A region without voxels is NaN; so is everything where the tissue has none.
    """
    inside = image[tissue]
    landmarks = np.percentile(inside, LANDMARKS) if inside.size else np.full(len(LANDMARKS), np.nan)
    parts = [landmarks]
    for region in regions.values():
        values = image[region]
        parts.append(
            np.r_[values.mean(), np.percentile(values, (10, 25, 50, 75, 90))]
            if values.size
            else np.full(len(STATISTICS), np.nan)
        )
    return np.concatenate(parts)[None, :]
