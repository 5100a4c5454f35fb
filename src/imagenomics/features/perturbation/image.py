"""An image with more noise, turned and shifted: what another examination of the same patient might show."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.images.resample import ORDER, ROUNDING, Interpolation

BoolArray = npt.NDArray[np.bool_]
Triple = tuple[float, float, float]
# Coiflet of order 1, the high-pass half of the orthonormal pair: blind to straight ramps, so that only noise
# and sharp edges are left.
COIFLET_HIGH = np.array(
    [
        0.0727326195128539,
        0.3378976624578092,
        -0.8525720202122554,
        0.38486484686420286,
        0.0727326195128539,
        -0.01565572813546454,
    ]
)
NORMAL_MEDIAN = 0.6744897501960817  # median of the absolute value of a standard normal
MARGIN = 5  # voxels around the region that are looked at, too


def noise_level(image: np.ndarray, mask: BoolArray) -> float:
    """Estimate the standard deviation of the noise around a region.

    Parameters
    ----------
    image : array, (z, y, x)
    mask : array of bool, (z, y, x)
        The region; its bounding box with a few voxels more is looked at.

    Returns
    -------
    float
        0 where the slices are smaller than the filter, or flat.

    Assumes
    -------
    Noise that does not hang together from voxel to voxel; a smoothed or interpolated image has less of it than
    it shows.

    Source
    ------
    Diagonal wavelet coefficients of each slice: Chang, Yu & Vetterli 2000, IEEE Transactions on Image Processing
    9:1532.
    """
    from scipy import ndimage

    box = []
    for axis, n in enumerate(mask.shape):
        found = np.flatnonzero(mask.any(axis=tuple(i for i in range(3) if i != axis)))
        box.append(slice(max(int(found[0]) - MARGIN, 0), min(int(found[-1]) + 1 + MARGIN, n)))
    part = np.asarray(image[tuple(box)], dtype=np.float64)
    if min(part.shape[1:]) < COIFLET_HIGH.size:
        return 0.0
    detail = ndimage.convolve1d(part, COIFLET_HIGH, axis=1, mode="mirror")
    detail = np.abs(ndimage.convolve1d(detail, COIFLET_HIGH, axis=2, mode="mirror"))
    # Air that a tool has set to one value has no noise and would hide that of the rest.
    lively = detail[detail > 1e-12 * max(float(np.abs(part).max()), 1e-300)]
    return float(np.median(lively) / NORMAL_MEDIAN) if lively.size else 0.0


def add_noise(
    image: np.ndarray, mask: BoolArray, *, factor: float, stream: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return the image with normal noise added, ``factor`` times as strong as what :func:`noise_level` finds."""
    sigma = factor * noise_level(image, mask)
    return np.asarray(image + sigma * stream.standard_normal(image.shape), dtype=np.float64)


def move(
    image: np.ndarray,
    mask: BoolArray,
    *,
    angle_deg: float,
    shift_voxels: Triple,
    spacing_mm: Triple,
    method: Interpolation = "linear",
) -> tuple[npt.NDArray[np.float64], BoolArray]:
    """Turn image and mask about the region's centre within the slices, and shift them, in one interpolation.

    Parameters
    ----------
    image, mask : arrays, (z, y, x)
    angle_deg : float
        Positive from the x axis towards the y axis.
    shift_voxels : (z, y, x)
        Where the content goes.
    spacing_mm : (z, y, x)
        In plane, so that the turn is one in the patient and not in voxels.
    method : {"nearest", "linear", "cubic-spline"}
        Interpolation of the image; beyond the border the nearest voxel counts, and there is no region.

    Returns
    -------
    image, mask : arrays, (z, y, x)
        A voxel belongs to the mask where half of it does.
    """
    from scipy import ndimage

    centre = np.array([np.mean(index) for index in np.nonzero(mask)])
    turn = np.deg2rad(angle_deg)
    _, y, x = spacing_mm
    # From new voxels back to old ones.
    matrix = np.eye(3)
    matrix[1:, 1:] = [[np.cos(turn), -np.sin(turn) * x / y], [np.sin(turn) * y / x, np.cos(turn)]]
    offset = centre - matrix @ (centre + np.asarray(shift_voxels))
    moved = ndimage.affine_transform(image, matrix, offset=offset, order=ORDER[method], mode="nearest")
    share = ndimage.affine_transform(
        mask.astype(np.float64), matrix, offset=offset, order=1, mode="grid-constant", cval=0.0
    )
    return moved, share >= 0.5 - ROUNDING
