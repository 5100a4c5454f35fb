"""Local binary patterns: which neighbours of a pixel are brighter than it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imagenomics.features.regions.inputs import check_image, check_mask, spaced_rows
from imagenomics.features.spectra.slices import inner_pixels, shares_entropy

N_NEIGHBOURS = 8
NAMES = tuple(f"lbp_{k}" for k in range(N_NEIGHBOURS + 2))


def binary_pattern_features(image: np.ndarray, mask: np.ndarray) -> pd.DataFrame:
    """Measure how often spots, edges and corners occur in a region.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region; pixels count whose eight neighbours in the slice lie in it too.

    Returns
    -------
    DataFrame
        Family ``binary-patterns``: ``lbp_0`` (a bright spot) to ``lbp_8`` (flat, or a dark spot) are the shares of
        uniform patterns by their number of neighbours that are not darker, ``lbp_9`` that of all other patterns;
        ``lbp_entropy`` in bits. Eight neighbours on a circle of radius 1 pixel, interpolated; the same for an image
        turned by 90 degrees, mirrored, or with other contrast and offset. Skipped where no pixel counts.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays.

    Source
    ------
    Ojala et al. 2002, IEEE Transactions on Pattern Analysis and Machine Intelligence (uniform patterns, invariant
    to rotation).
    """
    check_mask(mask)
    numbers = check_image(image, mask)
    places = np.argwhere(inner_pixels(mask))
    values: dict[str, float | str]
    if len(places) == 0:
        values = dict.fromkeys((*NAMES, "lbp_entropy"), "no pixel has all its neighbours in the region")
    else:
        codes = pattern_codes(neighbour_differences(numbers, places))
        shares = np.bincount(codes, minlength=len(NAMES)) / len(places)
        values = dict(zip(NAMES, shares.tolist(), strict=True))
        values["lbp_entropy"] = shares_entropy(shares)
    return spaced_rows("binary-patterns", values, spacing_known=True)


def neighbour_differences(image: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the intensities (n, 8) on the circle around pixels (n, 3), in order, less those of the pixels."""
    z, y, x = places.T
    centre = image[z, y, x]

    def beside(dy: int, dx: int) -> np.ndarray:
        difference: np.ndarray = image[z, y + dy, x + dx] - centre
        return difference

    half = np.sqrt(0.5)
    found = []
    for dy, dx, ny, nx in ((0, 1, 1, 1), (1, 0, 1, -1), (0, -1, -1, -1), (-1, 0, -1, 1)):
        found.append(beside(dy, dx))
        sides = beside(ny, 0) + beside(0, nx)  # both orders of this sum are equal, so turns change nothing
        found.append(half * half * beside(ny, nx) + half * (1 - half) * sides)
    return np.stack(found, axis=1)


def pattern_codes(differences: np.ndarray, *, tolerance: float = 1e-12) -> np.ndarray:
    """Return the code (n,) of each pattern: neighbours not darker if at most two changes round the circle, else 9.

    A neighbour within ``tolerance`` of the largest difference around its pixel counts as equal, so that rounding
    in the interpolation makes no pattern.
    """
    slack = tolerance * np.abs(differences).max(axis=1, keepdims=True)
    bright = differences >= -slack
    changes = np.count_nonzero(bright != np.roll(bright, 1, axis=1), axis=1)
    codes: np.ndarray = np.where(changes <= 2, bright.sum(axis=1), N_NEIGHBOURS + 1)
    return codes
