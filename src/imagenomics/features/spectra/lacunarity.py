"""How unevenly a texture fills space: the gliding-box lacunarity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.regions.inputs import check_image, check_mask, spaced_rows
from imagenomics.features.spectra.settings import DEFAULT
from imagenomics.features.spectra.square import largest_square
from imagenomics.features.spectra.threshold import otsu_threshold


def lacunarity_features(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    boxes: Sequence[int] = DEFAULT.boxes,
    threshold: float | None = DEFAULT.threshold,
) -> pd.DataFrame:
    """Measure how unevenly bright tissue is spread in a region.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region; its largest square counts.
    boxes : sequence of int
        Sides of the gliding box, in pixels: bring the images of a cohort to one spacing first.
    threshold : float, optional
        Least intensity of bright tissue; without it Otsu's threshold of the square.

    Returns
    -------
    DataFrame
        Family ``lacunarity``, for each box: ``lacunarity_binary_<box>`` (bright pixels) and
        ``lacunarity_grey_<box>`` (intensities above the least one in the square). 1 where every box holds the
        same, more the more gaps there are. Skipped where the square has no room for two boxes. A square without
        bright pixels, or of one intensity, has none.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays; ``IGX-FEAT-090`` boxes that are no different whole numbers from 1.

    Source
    ------
    Allain and Cloitre 1991, Physical Review A; Plotnick et al. 1996, Physical Review E.
    """
    check_mask(mask)
    numbers = check_image(image, mask)
    if len(set(boxes)) < len(boxes) or not all(isinstance(b, int) and b >= 1 for b in boxes):
        raise InputError(
            "IGX-FEAT-090",
            f"{tuple(boxes)} are no sides of boxes",
            expected="different whole numbers from 1, in pixels",
            remedy="e.g. (2, 4, 8, 16)",
        )
    square = largest_square(mask)
    pixels = square.cut(numbers)
    level = otsu_threshold(pixels) if threshold is None else float(threshold)
    bright = (pixels >= level).astype(np.float64)
    values: dict[str, float | str] = {}
    for kind, mass in (("binary", bright), ("grey", pixels - pixels.min())):
        for box in boxes:
            values[f"lacunarity_{kind}_{box}"] = (
                gliding_lacunarity(mass, box)
                if square.side > box
                else f"the largest square of the region has {square.side} pixels a side"
            )
    return spaced_rows("lacunarity", values, spacing_known=True)


def gliding_lacunarity(mass: np.ndarray, box: int) -> float:
    """Return the mean square over the squared mean of the mass in all boxes within an array (y, x).

    NaN where the array has no mass.
    """
    sums = np.pad(mass.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    held = sums[box:, box:] - sums[:-box, box:] - sums[box:, :-box] + sums[:-box, :-box]
    mean = float(held.mean())
    return float((held**2).mean()) / mean**2 if mean > 0 else float("nan")
