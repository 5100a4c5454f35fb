"""The directions in which intensities change: gradients within slices and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.features.regions.inputs import check_image, check_mask, spaced_rows, used_spacing
from imagenomics.features.spectra.slices import inner_pixels, shares_entropy

N_BINS = 9
NAMES = tuple(f"orientation_{k}" for k in range(N_BINS))


def orientation_features(
    image: np.ndarray, mask: np.ndarray, *, spacing_mm: Sequence[float], spacing_known: bool = True
) -> pd.DataFrame:
    """Measure whether the structures of a region run in one direction.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region; pixels count whose eight neighbours in the slice lie in it too.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: pixels are taken to be square; only ``gradient_mean`` is flagged ``voxel-units``.

    Returns
    -------
    DataFrame
        Family ``orientation``: ``orientation_0`` to ``orientation_8`` are the shares of gradient magnitude by angle
        from the main direction (bins of 20 degrees about it, so 0 holds the main direction itself);
        ``orientation_entropy`` in bits; ``orientation_coherence`` (1 all gradients parallel, 0 no direction) and
        ``gradient_mean``. Skipped where no pixel counts; a flat region has no direction.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``083`` arrays; ``IGX-FEAT-007`` bad spacing.

    Source
    ------
    Dalal and Triggs 2005, IEEE CVPR (histogram of oriented gradients, here one cell and unsigned); Bigun and
    Granlund 1987, IEEE ICCV (coherence of the structure tensor).
    """
    check_mask(mask)
    numbers = check_image(image, mask)
    _, dy, dx = used_spacing(spacing_mm, spacing_known=spacing_known)
    places = np.argwhere(inner_pixels(mask))
    names = (*NAMES, "orientation_entropy", "orientation_coherence", "gradient_mean")
    values: dict[str, float | str]
    if len(places) == 0:
        values = dict.fromkeys(names, "no pixel has all its neighbours in the region")
    else:
        z, y, x = places.T
        gy = (numbers[z, y + 1, x] - numbers[z, y - 1, x]) / (2 * dy)
        gx = (numbers[z, y, x + 1] - numbers[z, y, x - 1]) / (2 * dx)
        values = dict(zip(names, _summary(gy, gx), strict=True))
    units = {"gradient_mean": "intensity/mm"}
    return spaced_rows("orientation", values, units=units, spacing_known=spacing_known, free=names[:-1])


def _summary(gy: np.ndarray, gx: np.ndarray) -> list[float]:
    magnitude = np.hypot(gy, gx)
    total = float(magnitude.sum())
    if total == 0:
        return [float("nan")] * (N_BINS + 2) + [0.0]
    # Directions a half turn apart are one: angles are doubled before they are averaged.
    doubled = np.sum((gx + 1j * gy) ** 2)
    angle = np.arctan2(gy, gx) - np.angle(doubled) / 2
    bins = np.floor(angle / np.pi * N_BINS + 0.5).astype(np.int64) % N_BINS
    shares = np.bincount(bins, magnitude, N_BINS) / total
    coherence = float(np.abs(doubled) / (magnitude**2).sum())
    return [*shares.tolist(), shares_entropy(shares), coherence, total / len(gy)]
