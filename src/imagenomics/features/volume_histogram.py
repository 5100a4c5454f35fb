"""The intensity-volume histogram (IVH): which share of the region is at least that bright."""

from __future__ import annotations

import numpy as np

from imagenomics.features.discretise import grey_levels, whole_numbers
from imagenomics.features.region import Region
from imagenomics.features.settings import FeatureSettings


def volume_histogram_features(region: Region, settings: FeatureSettings) -> dict[str, float]:
    """Measure which share of the region is brighter than an intensity, and how bright a given share is.

    Returns
    -------
    dict
        ``ivh_<feature>``. ``v10``: share of voxels at or above 10% of the way from the lowest to the
        highest level; ``i10``: the least intensity that at most 10% of the voxels reach, which lies one
        level above the highest where more than 10% have the highest. Intensities are whole numbers
        ('none'), bin centres ('fixed-bin-size') or level numbers ('fixed-bin-number').

    Raises
    ------
    InputError
        ``IGX-FEAT-008``, ``IGX-FEAT-009``: the intensities do not fit ``settings.ivh``.

    Source
    ------
    Image biomarker standardisation initiative reference manual, intensity-volume histogram features.
    """
    levels = np.sort(_levels(region, settings))
    ends = _ends(levels, settings)
    v10, v90 = _volume_share(levels, 10, ends), _volume_share(levels, 90, ends)
    i10, i90 = (_in_units(_level_of_share(levels, x), settings) for x in (10, 90))
    return {
        "ivh_v10": v10,
        "ivh_v90": v90,
        "ivh_i10": i10,
        "ivh_i90": i90,
        "ivh_diff_v10_v90": v10 - v90,
        "ivh_diff_i10_i90": i10 - i90,
        "ivh_auc": _area(levels, ends),
    }


def _levels(region: Region, settings: FeatureSettings) -> np.ndarray:
    if settings.ivh.method == "none":
        return whole_numbers(region.values)
    levels, _ = grey_levels(region.values, settings.ivh, lowest=settings.lowest_of(settings.ivh))
    return levels.astype(np.int64)


def _ends(levels: np.ndarray, settings: FeatureSettings) -> tuple[int, int]:
    """Return the levels at 0% and 100%: of 'intensity_range' in calibrated units, else the region's own."""
    ends = [int(levels[0]), int(levels[-1])]
    if settings.ivh.method != "fixed-bin-number" and settings.intensity_range is not None:
        for k, bound in enumerate(settings.intensity_range):
            if bound is not None:
                ends[k] = _level_of_bound(bound, settings, upper=k == 1)
    return ends[0], ends[1]


def _level_of_bound(bound: float, settings: FeatureSettings, *, upper: bool) -> int:
    if settings.ivh.method == "none":
        return int(np.floor(bound) if upper else np.ceil(bound))
    lowest, width = settings.lowest_of(settings.ivh), settings.ivh.bin_width
    bins = (bound - float(lowest or 0.0)) / float(width or 1.0)
    return int(np.ceil(bins)) if upper else int(np.floor(bins)) + 1


def _in_units(level: int, settings: FeatureSettings) -> float:
    if settings.ivh.method != "fixed-bin-size":
        return float(level)
    lowest, width = settings.lowest_of(settings.ivh), settings.ivh.bin_width
    return float(lowest or 0.0) + (level - 0.5) * float(width or 0.0)


def _volume_share(levels: np.ndarray, percent: int, ends: tuple[int, int]) -> float:
    """Return the share of voxels at or above ``percent`` of the range, in whole-number arithmetic."""
    low, high = ends
    if high <= low:
        return float("nan")
    threshold = low - (-percent * (high - low) // 100)
    return float(len(levels) - np.searchsorted(levels, threshold)) / len(levels)


def _level_of_share(levels: np.ndarray, percent: int) -> int:
    """Return the least level that at most ``percent`` of the voxels reach."""
    allowed = percent * len(levels) // 100
    return int(levels[len(levels) - 1 - allowed]) + 1


def _area(levels: np.ndarray, ends: tuple[int, int]) -> float:
    """Return the area under the curve by trapezia over every whole level from end to end."""
    low, high = ends
    if high <= low:
        return float("nan")
    # Each voxel adds one to the share at every level from the lowest up to its own.
    shares = float((np.minimum(levels, high) - low + 1).sum()) / len(levels)
    highest = float((levels >= high).sum()) / len(levels)
    return (shares - 0.5 * (1.0 + highest)) / (high - low)
