"""Mean of positive pixels after a Laplacian of Gaussian: the filtration-histogram texture of CT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import ndimage

from imagenomics.errors import InputError
from imagenomics.features.regions.inputs import check_image, check_mask, spaced_rows, used_spacing
from imagenomics.features.regions.outline import Pair, largest_slice
from imagenomics.features.spectra.settings import DEFAULT


def positive_pixel_features(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    radii_mm: Sequence[float] = DEFAULT.radii_mm,
    slices: Literal["largest", "all"] = DEFAULT.slices,
) -> pd.DataFrame:
    """Measure how strongly bright spots of a size stand out.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities, with a number also around the region, as far as the filter reaches.
    mask : array of bool, (z, y, x)
        The region.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: radii are in pixels, and the rows of filtered images are flagged ``voxel-units``.
    radii_mm : sequence of float
        Radius of the spots that the filter favours, its sigma times the square root of 2; 0 is the image itself.
    slices : 'largest' or 'all'
        The slice with most of the region, as in the paper, or all slices together, each filtered by itself.

    Returns
    -------
    DataFrame
        Family ``positive-pixels``, for each radius: ``mpp_<radius>`` (mean of the positive pixels; skipped where
        there is none), ``positive_share_<radius>``, ``filtered_mean_<radius>`` and ``filtered_sd_<radius>``.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays; ``IGX-FEAT-089`` a radius below 0, or two that are equal;
        ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    The response is minus sigma squared times the Laplacian of the Gaussian: positive on bright spots, and of
    equal height for spots of equal contrast at every scale. Beyond the image its edge is continued.

    Source
    ------
    Miles et al. 2014, Journal of Nuclear Medicine, after Ganeshan et al. 2010, Cancer Imaging.
    """
    check_mask(mask)
    numbers = check_image(image, mask)
    _check_radii(radii_mm)
    _, dy, dx = used_spacing(spacing_mm, spacing_known=spacing_known)
    planes = [largest_slice(mask)] if slices == "largest" else np.flatnonzero(mask.any(axis=(1, 2))).tolist()
    values: dict[str, float | str] = {}
    for radius in radii_mm:
        found = np.concatenate(
            [_filtered(numbers[plane], mask[plane], (dy, dx), radius)[mask[plane]] for plane in planes]
        )
        values |= _moments(found, f"{radius:g}")
    free = [name for name in values if name.endswith("_0")]
    units = {name: "intensity" for name in values if not name.startswith("positive_share")}
    return spaced_rows("positive-pixels", values, units=units, spacing_known=spacing_known, free=free)


def bright_spots(image: np.ndarray, *, sigma_mm: float, spacing_mm: Pair) -> np.ndarray:
    """Return minus sigma squared times the Laplacian of Gaussian of a slice (y, x)."""
    sigma = [sigma_mm / s for s in spacing_mm]
    # In pixels sigma differs by axis where pixels are not square; so does the unit of the second derivative.
    along_y = ndimage.gaussian_filter(image, sigma, order=(2, 0), mode="nearest")
    along_x = ndimage.gaussian_filter(image, sigma, order=(0, 2), mode="nearest")
    response: np.ndarray = -(sigma[0] ** 2) * along_y - sigma[1] ** 2 * along_x
    return response


def _filtered(image: np.ndarray, mask: np.ndarray, spacing: Pair, radius: float) -> np.ndarray:
    if radius == 0:
        return image
    sigma_mm = radius / np.sqrt(2.0)
    reach = [int(np.ceil(5 * sigma_mm / s)) for s in spacing]
    box = tuple(
        slice(max(int(p.min()) - r, 0), int(p.max()) + r + 1)
        for p, r in zip(np.nonzero(mask), reach, strict=True)
    )
    check_image(image[box][None], np.ones((1, *image[box].shape), bool))
    response = np.zeros(image.shape)
    response[box] = bright_spots(image[box], sigma_mm=sigma_mm, spacing_mm=spacing)
    return response


def _moments(values: np.ndarray, tag: str) -> dict[str, float | str]:
    positive = values[values > 0]
    return {
        f"mpp_{tag}": float(positive.mean()) if len(positive) else "no pixel is positive",
        f"positive_share_{tag}": len(positive) / len(values),
        f"filtered_mean_{tag}": float(values.mean()),
        f"filtered_sd_{tag}": float(values.std()),
    }


def _check_radii(radii_mm: Sequence[float]) -> None:
    names = {f"{radius:g}" for radius in radii_mm}
    if len(names) < len(radii_mm) or not all(np.isfinite(r) and r >= 0 for r in radii_mm):
        raise InputError(
            "IGX-FEAT-089",
            f"{tuple(radii_mm)} are no radii of a filter",
            expected="different numbers from 0, in mm",
            remedy="e.g. (0, 2, 4, 6): 0 is the image as it is",
        )
