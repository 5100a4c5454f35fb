"""How ragged the outline of a lesion is, from its radial lengths slice by slice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import ndimage

from imagenomics.features.regions.inputs import check_mask, spaced_rows, used_spacing
from imagenomics.features.regions.outline import Pair, closed_outline, evenly_spaced, main_part
from imagenomics.features.regions.settings import DEFAULT

N_POINTS = 720  # points along an outline
FILTER_POINTS = 73  # a tenth of them, odd so that the moving average lies about its point
N_BINS = 10  # bins of angle
STARTS = 36  # the bins start at each whole degree in turn, so that no direction is special
MEASURES = ("margin_fluctuation", "angular_sd", "radial_sd")


def margin_features(
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    min_pixels: int = DEFAULT.min_pixels,
) -> pd.DataFrame:
    """Measure how ragged and how angular the outline of a lesion is.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The lesion; slices are planes of the first axis. In each slice the largest part counts, holes filled.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: pixels are taken to be square; radial lengths are relative, so no row is flagged.
    min_pixels : int
        Smaller parts have no outline worth the name and are left out.

    Returns
    -------
    DataFrame
        Family ``margin``, each for the ``largest`` slice and as ``mean`` over slices weighted by area:
        ``margin_fluctuation`` (standard deviation of the radial length less its moving average along a tenth of
        the outline), ``angular_sd`` (standard deviation of the radial length within ten equal sectors,
        averaged) and ``radial_sd`` (over the whole outline). Radial lengths are distances from the centroid over
        their mean, so a circle has 0 in all three. Skipped where no slice has ``min_pixels``.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080``, ``081`` mask; ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    The papers leave free where the ten sectors start; here all starts a degree apart are averaged.

    Source
    ------
    Czarnek et al. 2017, Journal of Neuro-Oncology, and Mazurowski et al. 2017, Journal of Neuro-Oncology
    (margin fluctuation, angular standard deviation).
    """
    check_mask(mask)
    _, dy, dx = used_spacing(spacing_mm, spacing_known=spacing_known)
    parts = [main_part(plane) for plane in mask if plane.any()]
    areas = np.array([np.count_nonzero(part) for part in parts])
    chosen = np.flatnonzero(areas >= min_pixels)
    names = [f"{measure}_{how}" for how in ("largest", "mean") for measure in MEASURES]
    if len(chosen) == 0:
        why = f"no slice has a part of {min_pixels} pixels (min_pixels)"
        return spaced_rows("margin", dict.fromkeys(names, why), spacing_known=True)
    found = np.array([outline_roughness(parts[k], (dy, dx)) for k in chosen])
    weights = areas[chosen] / areas[chosen].sum()
    numbers = [*found[areas[chosen].argmax()], *(weights @ found)]
    values: dict[str, float | str] = {
        name: float(number) for name, number in zip(names, numbers, strict=True)
    }
    return spaced_rows("margin", values, spacing_known=True)


def outline_roughness(part: np.ndarray, spacing_mm: Pair) -> tuple[float, float, float]:
    """Return margin fluctuation, angular and radial standard deviation of one part (y, x) without holes."""
    points, _ = evenly_spaced(closed_outline(part, spacing_mm), N_POINTS)
    offset = points - np.array(ndimage.center_of_mass(part)) * np.array(spacing_mm)
    radius = np.hypot(*offset.T)
    radius /= radius.mean()
    smooth = ndimage.uniform_filter1d(radius, FILTER_POINTS, mode="wrap")
    degrees = np.degrees(np.arctan2(offset[:, 0], offset[:, 1])) % 360
    return float((radius - smooth).std()), _sector_sd(radius, degrees), float(radius.std())


def _sector_sd(radius: np.ndarray, degrees: np.ndarray) -> float:
    """Return the standard deviation within sectors, averaged over sectors and over where they start."""
    found = []
    for start in range(STARTS):
        sector = ((degrees - start) % 360 // (360 / N_BINS)).astype(np.int64) % N_BINS
        n = np.bincount(sector, minlength=N_BINS)
        mean = np.bincount(sector, radius, N_BINS) / np.maximum(n, 1)
        variance = np.bincount(sector, (radius - mean[sector]) ** 2, N_BINS) / np.maximum(n, 1)
        found.append(np.sqrt(variance[n > 0]).mean())
    return float(np.mean(found))
