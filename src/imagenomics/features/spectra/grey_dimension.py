"""The fractal dimension of a region seen as a landscape of grey values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import ndimage

from imagenomics.features.regions.inputs import (
    Triple,
    check_image,
    check_mask,
    spaced_rows,
    used_spacing,
)
from imagenomics.features.spectra.lines import log_slope
from imagenomics.features.spectra.square import largest_square

MAX_LAG = 8  # in voxels; increments over longer ways see the shape of the region
MIN_PAIRS = 30
MIN_SIDE = 32
IN_SQUARE = ("minkowski_dimension", "box_dimension")
IN_MASK = ("increment_dimension_2d", "increment_dimension_3d")


def grey_dimension_features(
    image: np.ndarray, mask: np.ndarray, *, spacing_mm: Sequence[float], spacing_known: bool = True
) -> pd.DataFrame:
    """Measure how rough the grey values of a region are.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: pixels are taken to be square; only ``increment_dimension_3d`` is flagged ``voxel-units``.

    Returns
    -------
    DataFrame
        Family ``grey-dimension``. From 2 (smooth) to 3 (noise), in the largest square of the region:
        ``minkowski_dimension`` (volume of the blanket between dilated and eroded surface) and ``box_dimension`` (free
        sides of boxes of growing width); over pairs of voxels within the region and its slices
        ``increment_dimension_2d`` (fractional Brownian motion). From 3 to 4, over pairs along all axes:
        ``increment_dimension_3d``. None changes when intensities are scaled or shifted. A constant region has none.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays; ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    Estimates from few pixels are biased: on exact Brownian surfaces the Minkowski dimension came out up to 0.2 too
    low where the surface is rough, the box dimension up to 0.1 too high, the increments within 0.05. Compare
    regions of like size.

    Source
    ------
    Li et al. 2014, Medical Physics, and Li et al. 2007, Academic Radiology (Minkowski and box dimension of
    mammograms); Caldwell et al. 1990, Physics in Medicine and Biology (boxes); Chen et al. 1989, IEEE Transactions
    on Medical Imaging (fractional Brownian motion).
    """
    check_mask(mask)
    numbers = check_image(image, mask)
    spacing = used_spacing(spacing_mm, spacing_known=spacing_known)
    square = largest_square(mask)
    values: dict[str, float | str]
    if square.side < MIN_SIDE:
        why = f"the largest square of the region has {square.side} pixels a side, {MIN_SIDE} are needed"
        values = dict.fromkeys(IN_SQUARE, why)
    else:
        pixels = square.cut(numbers)
        values = {"minkowski_dimension": minkowski_dimension(pixels), "box_dimension": box_dimension(pixels)}
    for name, axes, top in zip(IN_MASK, ((1, 2), (0, 1, 2)), (3, 4), strict=True):
        hurst = hurst_exponent(numbers, mask, spacing_mm=spacing, axes=axes)
        values[name] = top - hurst if isinstance(hurst, float) else hurst
    free = (*IN_SQUARE, IN_MASK[0])
    return spaced_rows("grey-dimension", values, spacing_known=spacing_known, free=free)


def minkowski_dimension(pixels: np.ndarray) -> float:
    """Return 3 less the slope of log volume between dilated and eroded surface on log radius; NaN if constant.

    The structuring elements are flat squares of radius 1, 2, ... up to an eighth of the side, and only pixels
    whose whole element lies within the square count.
    """
    radii = np.arange(1, max(4, len(pixels) // 8) + 1)
    far = int(radii[-1])
    inner = (slice(far, len(pixels) - far),) * 2
    volume = []
    for radius in radii:
        size = 2 * int(radius) + 1
        blanket = ndimage.maximum_filter(pixels, size) - ndimage.minimum_filter(pixels, size)
        volume.append(float(blanket[inner].mean()))
    return 3 - log_slope(radii.astype(np.float64), np.array(volume))[0]


def box_dimension(pixels: np.ndarray) -> float:
    """Return 3 less the slope of log step on log width between neighbouring blocks of pixels (n, n); NaN if constant.

    The blocks are 1, 2, 4, ... pixels wide, up to an eighth of the side; each is a box as high as its mean, and
    the step to its neighbour is the side that stands free. The published measure adds the tops of the boxes to
    their sides, which makes it depend on the unit of intensity; they are left out.
    """
    n = len(pixels)
    widths = 2 ** np.arange(int(np.log2(n / 8)) + 1)
    steps = []
    for width in widths.tolist():
        m = n // width
        blocks = pixels[: m * width, : m * width].reshape(m, width, m, width).mean(axis=(1, 3))
        down, across = np.abs(np.diff(blocks, axis=0)), np.abs(np.diff(blocks, axis=1))
        steps.append(float(down.mean() + across.mean()))
    return 3 - log_slope(widths.astype(np.float64), np.array(steps))[0]


def hurst_exponent(
    image: np.ndarray, mask: np.ndarray, *, spacing_mm: Triple, axes: tuple[int, ...]
) -> float | str:
    """Return H of increments that grow with distance to the power H, over pairs along some axes, or why not.

    The squared increments of each lag of 1 to 8 voxels along an axis are averaged over the pairs whose both
    voxels lie in the region; the line is fitted through all lags and axes, at their distance in mm.
    """
    distances, squares = [], []
    for axis in axes:
        for lag in range(1, min(MAX_LAG, image.shape[axis] - 1) + 1):
            first = tuple(slice(0, -lag) if a == axis else slice(None) for a in range(3))
            second = tuple(slice(lag, None) if a == axis else slice(None) for a in range(3))
            both = mask[first] & mask[second]
            if np.count_nonzero(both) >= MIN_PAIRS:
                distances.append(lag * spacing_mm[axis])
                squares.append(float(((image[second][both] - image[first][both]) ** 2).mean()))
    if len(axes) == 3 and not (mask[1:] & mask[:-1]).any():
        return "the region lies in one slice"
    if len(distances) < 3:
        return f"the region has {len(distances)} lags with {MIN_PAIRS} pairs, 3 are needed"
    return 0.5 * log_slope(np.array(distances), np.array(squares))[0]
