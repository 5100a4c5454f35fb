"""Negative controls: a region without its texture, and a region that is not the lesion.

A feature that predicts as well from these as from the lesion does not measure the lesion.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from imagenomics.errors import InputError
from imagenomics.features.region import bounding_box
from imagenomics.features.regions.inputs import check_image, check_mask, check_same_grid
from imagenomics.work.seeds import generator


def shuffled_image(image: np.ndarray, mask: np.ndarray, *, seed: int, patient: str) -> np.ndarray:
    """Return the image with the voxels of the region in random order.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region.
    seed : int
        Seed of the run.
    patient : str
        The patient: each has a stream of their own, so no result depends on who else is in the cohort. Images of
        one patient with the same mask are shuffled alike.

    Returns
    -------
    array of float64, (z, y, x)
        A copy: histogram, volume and shape of the region are unchanged, its texture is gone.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays.

    Source
    ------
    Welch et al. 2019, Radiotherapy and Oncology (shuffled voxels as a safeguard of radiomic signatures).
    """
    check_mask(mask)
    shuffled = check_image(image, mask).copy()
    shuffled[mask] = generator(seed, "shuffled-region", patient).permutation(shuffled[mask])
    return shuffled


def moved_region(mask: np.ndarray, allowed: np.ndarray, *, seed: int, patient: str) -> np.ndarray:
    """Return a region of the same shape at a random place inside an allowed area.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The region.
    allowed : array of bool, (z, y, x)
        Where the copy may lie, e.g. the brain less the lesion; the copy may overlap the region only where this
        allows it.
    seed, patient
        As in :func:`shuffled_image`.

    Returns
    -------
    array of bool, (z, y, x)
        The region moved by whole voxels; every place where it fits is equally likely.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``082`` masks; ``IGX-FEAT-088``: it fits nowhere.
    """
    check_mask(mask)
    check_mask(allowed, name="allowed", may_be_empty=True)
    check_same_grid(mask, allowed, name="allowed")
    start, stop = bounding_box(mask)
    shape = mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    places = np.argwhere(fitting_places(shape, allowed))
    if len(places) == 0:
        raise InputError(
            "IGX-FEAT-088",
            f"the region of {np.count_nonzero(mask)} voxels fits nowhere into the allowed area",
            expected="an area with room for the region, not turned",
            remedy="widen the area, or let it include the region itself",
        )
    corner = places[generator(seed, "moved-region", patient).integers(len(places))]
    moved = np.zeros_like(mask)
    moved[tuple(slice(c, c + n) for c, n in zip(corner.tolist(), shape.shape, strict=True))] = shape
    return moved


def fitting_places(shape: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Return for each place of the first corner whether the shape (a, b, c) lies in the area (z, y, x).

    The array (z - a + 1, y - b + 1, x - c + 1) counts, by Fourier transforms, how many voxels of the shape lie
    outside the area.
    """
    room = [n - s + 1 for n, s in zip(allowed.shape, shape.shape, strict=True)]
    size = [fft.next_fast_len(n, real=True) for n in allowed.shape]
    spectrum = fft.rfftn((~allowed).astype(np.float64), size, workers=1)
    spectrum *= np.conj(fft.rfftn(shape.astype(np.float64), size, workers=1))
    outside = fft.irfftn(spectrum, size, workers=1)[tuple(slice(0, r) for r in room)]
    fits: np.ndarray = outside < 0.5
    return fits
