"""How sharp the border of a lesion is: intensities along its normals, and the step that fits them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import ndimage

from imagenomics.features.regions.distance import box_around, signed_distance
from imagenomics.features.regions.inputs import (
    Triple,
    check_image,
    check_mask,
    spaced_rows,
    used_spacing,
)
from imagenomics.features.regions.settings import DEFAULT
from imagenomics.features.regions.sigmoid import fit_sigmoids

MAX_PROFILES = 2000  # evenly chosen among the voxels of the surface
MIN_PROFILES = 10
MIN_R_SQUARED = 0.8  # below it a profile has no single step
WIDTH = 2 * np.log(9.0)  # from 10% to 90% of a step, in units of its scale
UNITS = {
    "edge_width": "mm",
    "edge_width_iqr": "mm",
    "edge_gradient": "intensity/mm",
    "edge_contrast": "intensity",
    "edge_shift": "mm",
    "edge_sharpness": "1/mm",
}
SHARES = ("edge_found", "edge_brighter")


def sharpness_features(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    reach_mm: float = DEFAULT.reach_mm,
) -> pd.DataFrame:
    """Measure how sharply a lesion ends.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The lesion.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: ``reach_mm`` and all lengths are in voxels, and all rows are flagged ``voxel-units``.
    reach_mm : float
        How far profiles reach to either side of the border; less in a lesion that is not so deep.

    Returns
    -------
    DataFrame
        Family ``sharpness``, medians over the profiles along surface normals that a sigmoid fits with an R
        squared of 0.8 or more: ``edge_width`` (10% to 90% of the step) with its ``_iqr``, ``edge_gradient``
        (steepest change of intensity), ``edge_contrast`` (height of the step), ``edge_shift`` (place of the step
        outward of the drawn border), ``edge_sharpness`` (gradient by contrast); ``edge_found`` (share of profiles
        that fit) and ``edge_brighter`` (share of those where the lesion is the brighter side). Skipped, with the
        reason, where too few profiles lie within the image or fit.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays; ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    The image is interpolated linearly, which itself blurs an edge by about a voxel: widths of one or two voxels
    say that the edge is as sharp as the grid, no more.

    Source
    ------
    Aghi et al. 2005, Clinical Cancer Research (border sharpness coefficient: the change of grey level across the
    border); the sigmoid along normals is that of Xu et al. 2012, Medical Physics.
    """
    check_mask(mask)
    numbers = check_image(image, mask)
    spacing = used_spacing(spacing_mm, spacing_known=spacing_known)
    profiles, at = border_profiles(numbers, mask, spacing_mm=spacing, reach_mm=reach_mm)
    values = _summary(profiles, at, min(spacing))
    return spaced_rows("sharpness", values, units=UNITS, spacing_known=spacing_known)


def border_profiles(
    image: np.ndarray, mask: np.ndarray, *, spacing_mm: Triple, reach_mm: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return intensities (n, m) along the outward normals of a region, and the m places in mm.

    Place 0 is the border half way between voxels in and out, negative places lie inside. Profiles that leave
    the image, or meet a voxel without a number, are left out; n is 0 where the region is no voxel deep.
    """
    box = box_around(mask, 2 * reach_mm + 4 * max(spacing_mm), spacing_mm)
    inner, scene = mask[box], image[box]
    distance = signed_distance(inner, spacing_mm)
    depth = float(-distance.min())
    reach = min(reach_mm, depth)
    step = min(spacing_mm) / 4
    at = step * np.arange(-int(reach / step), int(reach / step) + 1)
    if not np.isfinite(depth) or len(at) < 9:
        return np.zeros((0, len(at))), at
    level = _smooth_level(distance, spacing_mm)
    surface = np.argwhere(inner & ~ndimage.binary_erosion(inner, border_value=1))
    chosen = surface[np.unique(np.linspace(0, len(surface) - 1, MAX_PROFILES).astype(np.int64))]
    normals = np.stack([_slope(level, axis, spacing_mm[axis])[tuple(chosen.T)] for axis in range(3)], axis=1)
    lengths = np.linalg.norm(normals, axis=1)
    chosen, normals = chosen[lengths > 0], normals[lengths > 0] / lengths[lengths > 0, None]
    start = chosen * np.array(spacing_mm) - level[tuple(chosen.T)][:, None] * normals
    places = (start[:, :, None] + normals[:, :, None] * at) / np.array(spacing_mm)[:, None]
    return _sampled(scene, places), at


def _summary(profiles: np.ndarray, at: np.ndarray, edge: float) -> dict[str, float | str]:
    names = (*UNITS, *SHARES)
    if len(profiles) < MIN_PROFILES:
        why = f"{len(profiles)} profiles across the border lie within the image, {MIN_PROFILES} are needed"
        return dict.fromkeys(names, why)
    fit = fit_sigmoids(profiles, at, smallest_scale=edge / 16)
    width = WIDTH * fit.scale
    # A step wider than its profile, or at the end of it, is a slope and no border.
    found = (fit.r_squared >= MIN_R_SQUARED) & (width <= at[-1] - at[0]) & (np.abs(fit.place) < 0.9 * at[-1])
    share = float(found.mean())
    if np.count_nonzero(found) < MIN_PROFILES:
        why = (
            f"{np.count_nonzero(found)} of {len(profiles)} profiles have one step, {MIN_PROFILES} are needed"
        )
        return {**dict.fromkeys(names, why), "edge_found": share}
    width, height = width[found], np.abs(fit.height[found])
    sharpness = 1 / (4 * fit.scale[found])  # the slope of a sigmoid of height 1 in its middle
    quartiles = np.percentile(width, [25, 75])
    return {
        "edge_width": float(np.median(width)),
        "edge_width_iqr": float(quartiles[1] - quartiles[0]),
        "edge_gradient": float(np.median(height * sharpness)),
        "edge_contrast": float(np.median(height)),
        "edge_shift": float(np.median(fit.place[found])),
        "edge_sharpness": float(np.median(sharpness)),
        "edge_found": share,
        "edge_brighter": float((fit.height[found] < 0).mean()),
    }


def _smooth_level(distance: np.ndarray, spacing_mm: Triple) -> np.ndarray:
    """Return a smooth distance to the border half way between voxels in and out."""
    half = min(spacing_mm) / 2
    level: np.ndarray = ndimage.gaussian_filter(distance - np.sign(distance) * half, 1.0, mode="nearest")
    return level


def _slope(level: np.ndarray, axis: int, step: float) -> np.ndarray:
    if level.shape[axis] == 1:
        return np.zeros(level.shape)
    slope: np.ndarray = np.gradient(level, step, axis=axis)
    return slope


def _sampled(scene: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the intensities at places (n, 3, m) in voxels, by profile, of the profiles with a number everywhere."""
    found = ndimage.map_coordinates(scene, places.transpose(1, 0, 2), order=1, mode="constant", cval=np.nan)
    profiles: np.ndarray = found[np.isfinite(found).all(axis=1)]
    return profiles
