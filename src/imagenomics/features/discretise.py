"""Intensities to grey levels."""

from __future__ import annotations

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.bins import Discretisation

MAX_LEVELS = 1_000_000
WHOLE = 1e-6  # how far a stored whole number may be from one, e.g. after a float32 file


def grey_levels(
    values: np.ndarray, chosen: Discretisation, *, lowest: float | None = None
) -> tuple[np.ndarray, int]:
    """Give each intensity its grey level.

    Parameters
    ----------
    values : array of float64, (n,)
        Intensities of a region's voxels.
    chosen : Discretisation
        The method. With a fixed number of bins the extremes are those of ``values``; the highest intensity is
        in the last bin.
    lowest : float, optional
        Lower edge of the first bin of a fixed size.

    Returns
    -------
    levels : array of int32, (n,)
        1 to ``n_levels``; all 1 where every intensity is equal and the number of bins is fixed.
    n_levels : int
        The fixed number of bins; otherwise the highest level present.

    Raises
    ------
    InputError
        ``IGX-FEAT-008``: 'none', and intensities are not whole numbers from 1; ``IGX-FEAT-009``: intensities
        below the first bin; ``IGX-FEAT-011``: more than a million levels.

    Source
    ------
    Image biomarker standardisation initiative reference manual, section on intensity discretisation;
    'pyradiomics-bin-width': van Griethuysen et al. 2017, Cancer Research.
    """
    if chosen.method == "none":
        return _counted(whole_numbers(values, smallest=1))
    if chosen.method == "fixed-bin-number":
        return _fixed_number(values, chosen.n_bins), chosen.n_bins
    width = float(chosen.bin_width or 0.0)
    if chosen.method == "pyradiomics-bin-width":
        return _between_multiples(values, width)
    return _fixed_size(values, width, float(lowest or 0.0))


def whole_numbers(values: np.ndarray, *, smallest: float = -np.inf) -> np.ndarray:
    """Return intensities as int64; refuse what is no whole number from ``smallest`` (``IGX-FEAT-008``)."""
    nearest = np.rint(values)
    wrong = (np.abs(values - nearest) > WHOLE) | (nearest < smallest)
    if wrong.any():
        first = float(values[wrong][0])
        raise InputError(
            "IGX-FEAT-008",
            f"{int(wrong.sum())} intensities of the region cannot be grey levels, the first is {first:g}",
            expected="whole numbers" + (f" from {smallest:g}" if np.isfinite(smallest) else ""),
            remedy="choose 'fixed-bin-number' or 'fixed-bin-size' (discretisation.method, ivh.method), or "
            "round_intensities",
        )
    return nearest.astype(np.int64)


def _fixed_number(values: np.ndarray, n_bins: int) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.ones(values.shape, np.int32)
    share = (values - low) / (high - low)
    return np.minimum(np.floor(n_bins * share).astype(np.int32) + 1, n_bins).astype(np.int32)


def _fixed_size(values: np.ndarray, width: float, lowest: float) -> tuple[np.ndarray, int]:
    below = values < lowest
    if below.any():
        raise InputError(
            "IGX-FEAT-009",
            f"{int(below.sum())} intensities of the region are below the first bin, down to {values.min():g}",
            expected=f"intensities from {lowest:g}",
            remedy="lower discretisation.lowest, or leave such voxels out with 'intensity_range'",
        )
    return _counted(np.floor((values - lowest) / width) + 1)


def _between_multiples(values: np.ndarray, width: float) -> tuple[np.ndarray, int]:
    low, high = float(values.min()), float(values.max())
    start = low - low % width
    levels = _counted(np.floor((values - start) / width) + 1)[0]
    # A bin holds its lower edge. The division may round across one: the edges as PyRadiomics makes them decide.
    edges = np.arange(start, high + 3 * width, width)
    levels += values >= edges[levels]
    levels -= values < edges[levels - 1]
    return levels, int(levels.max())


def _counted(levels: np.ndarray) -> tuple[np.ndarray, int]:
    highest = levels.max()
    if highest > MAX_LEVELS:
        raise InputError(
            "IGX-FEAT-011",
            f"the region would have {highest:.0f} grey levels",
            expected=f"at most {MAX_LEVELS}",
            remedy="raise bin_width, choose 'fixed-bin-number', or set the upper end of 'intensity_range'",
        )
    return levels.astype(np.int32), int(highest)
