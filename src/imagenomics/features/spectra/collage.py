"""CoLlAGe: how disordered the main gradient directions are around each pixel."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numba import njit
from scipy import ndimage

from imagenomics.features.regions.inputs import check_image, check_mask, spaced_rows
from imagenomics.features.spectra.settings import DEFAULT

N_LEVELS = 64
NAMES = (
    "collage_mean",
    "collage_sd",
    "collage_skewness",
    "collage_kurtosis",
    "collage_median",
    "collage_p90",
)


def collage_features(image: np.ndarray, mask: np.ndarray, *, radius: int = DEFAULT.radius) -> pd.DataFrame:
    """Measure the local disorder of gradient directions in a region.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities, with a number in every pixel of the slices around the region.
    mask : array of bool, (z, y, x)
        The region.
    radius : int
        Half side of the windows, in pixels: of the one in which the main direction of gradients is found, and of
        the one in which directions are paired. Bring the images of a cohort to one spacing first.

    Returns
    -------
    DataFrame
        Family ``collage``: mean, standard deviation, skewness, excess kurtosis, median and 90th percentile of
        :func:`collage_map` over the region. Skewness and kurtosis fail where the entropy is constant.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays.

    Source
    ------
    Prasanna et al. 2016, Scientific Reports (co-occurrence of local anisotropic gradient orientations).
    """
    check_mask(mask)
    check_image(image, mask)
    found = collage_map(image, mask, radius=radius)[mask]
    centred = found - found.mean()
    sd = float(found.std())
    varies = sd > 1e-9
    numbers = (
        float(found.mean()),
        sd,
        float((centred**3).mean()) / sd**3 if varies else float("nan"),
        float((centred**4).mean()) / sd**4 - 3 if varies else float("nan"),
        float(np.median(found)),
        float(np.percentile(found, 90)),
    )
    values: dict[str, float | str] = dict(zip(NAMES, numbers, strict=True))
    units = dict.fromkeys((NAMES[0], NAMES[1], NAMES[4], NAMES[5]), "bit")
    return spaced_rows("collage", values, units=units, spacing_known=True)


def collage_map(image: np.ndarray, mask: np.ndarray, *, radius: int) -> np.ndarray:
    """Return the entropy (z, y, x), in bits, of pairs of main directions around each pixel; 0 outside the region.

    In a window around each pixel the direction is the first singular vector of its gradients, in 64 levels of a
    half turn, and one level of its own where there is no gradient. Pairs are those of all eight neighbours, both
    in the pixel's window and in the image.
    """
    entropy = np.zeros(mask.shape)
    for plane in np.flatnonzero(mask.any(axis=(1, 2))).tolist():
        rows, columns = (np.flatnonzero(mask[plane].any(axis=a)) for a in (1, 0))
        box = tuple(
            slice(max(int(p[0]) - 2 * radius - 2, 0), int(p[-1]) + 2 * radius + 3) for p in (rows, columns)
        )
        near = check_image(image[plane][box][None], np.ones((1, *image[plane][box].shape), bool))[0]
        levels = direction_levels(near, radius=radius)
        places = np.argwhere(mask[plane][box])
        part = np.zeros(near.shape)
        part[tuple(places.T)] = _pair_entropy(levels, places, radius, N_LEVELS + 1)
        entropy[plane][box] = np.where(mask[plane][box], part, entropy[plane][box])
    return entropy


def direction_levels(image: np.ndarray, *, radius: int) -> np.ndarray:
    """Return the level (y, x), as int64, of the main gradient direction in the window around each pixel."""
    if min(image.shape) < 2:
        return np.full(image.shape, N_LEVELS, np.int64)
    gy, gx = np.gradient(image)
    size = 2 * radius + 1
    yy, xx, xy = (ndimage.uniform_filter(p, size, mode="constant") for p in (gy * gy, gx * gx, gy * gx))
    strength = yy + xx
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) % np.pi
    # Directions along the axes lie in the middle of a level, where rounding cannot move them to the next.
    levels = np.floor(angle / np.pi * N_LEVELS + 0.5).astype(np.int64) % N_LEVELS
    flat = strength <= 1e-12 * max(float(strength.max()), 1e-300)
    return np.where(flat, N_LEVELS, levels)


@njit(cache=True, nogil=True, error_model="numpy")
def _pair_entropy(levels: np.ndarray, places: np.ndarray, radius: int, n_levels: int) -> np.ndarray:
    height, width = levels.shape
    counts = np.zeros(n_levels * n_levels, np.int64)
    touched = np.empty(8 * (2 * radius + 1) ** 2, np.int64)
    entropy = np.zeros(places.shape[0])
    for k in range(places.shape[0]):
        top, bottom = max(places[k, 0] - radius, 0), min(places[k, 0] + radius + 1, height)
        left, right = max(places[k, 1] - radius, 0), min(places[k, 1] + radius + 1, width)
        n_touched = 0
        total = 0
        for y in range(top, bottom):
            for x in range(left, right):
                for step in range(4):
                    ny = y + (1 if step > 0 else 0)
                    nx = x + (1 if step == 0 else step - 2)
                    if ny >= bottom or nx < left or nx >= right:
                        continue
                    a, b = levels[y, x], levels[ny, nx]
                    for cell in (a * n_levels + b, b * n_levels + a):
                        if counts[cell] == 0:
                            touched[n_touched] = cell
                            n_touched += 1
                        counts[cell] += 1
                        total += 1
        for t in range(n_touched):
            share = counts[touched[t]] / total
            entropy[k] -= share * np.log2(share)
            counts[touched[t]] = 0
    return entropy
