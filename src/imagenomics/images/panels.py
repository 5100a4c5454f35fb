"""Small pictures for the report: the slice in which the regions are largest, with their outlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.contours import trace_outlines
from imagenomics.images.volume import Volume

WINDOW_PERCENT = (1.0, 99.0)
MARGIN = 0.5  # of the size of the regions, on each side
LEAST_MARGIN = 12  # pixels
LARGEST_SIDE = 192  # pixels; larger crops are averaged down


@dataclass(frozen=True, eq=False)
class Panel:
    """One slice of an image with the outlines of its regions.

    Parameters
    ----------
    pixels : ndarray, uint8 (h, w)
        Grey values, cropped around the regions.
    contours : dict of str to list of ndarray, (k, 2)
        Closed outlines of each region in pixel coordinates x, y of ``pixels`` (centres are whole numbers); an
        empty list where the slice does not meet the region.
    slice_index, n_slices : int
        Which slice of how many (counted from 0).
    aspect : float
        Height of a pixel divided by its width.
    note : str
        What the reader must know: the slice, the grey-value window, the crop.
    """

    pixels: np.ndarray
    contours: dict[str, list[np.ndarray]]
    slice_index: int
    n_slices: int
    aspect: float
    note: str


def panel(volume: Volume, regions: Mapping[str, np.ndarray]) -> Panel:
    """Make the picture of the slice in which the regions together are largest.

    Parameters
    ----------
    volume : Volume
        Image (z, y, x).
    regions : mapping of str to ndarray, bool (z, y, x)
        Regions on the grid of the image.

    Raises
    ------
    InputError
        ``IGX-IMG-060``: all regions are empty, or one does not fit the image.
    """
    together = _union(volume, regions)
    index = int(together.sum(axis=(1, 2)).argmax())
    rows, columns = _crop(together[index])
    grey = volume.array[index, rows, columns]
    factor = -(-max(grey.shape) // LARGEST_SIDE)
    low, high = np.percentile(grey, WINDOW_PERCENT)
    return Panel(
        pixels=_to_bytes(_averaged(grey, factor), low, high),
        contours={name: _outlines(region[index, rows, columns], factor) for name, region in regions.items()},
        slice_index=index,
        n_slices=len(together),
        aspect=volume.spacing_mm[1] / volume.spacing_mm[2],
        note=f"slice {index + 1} of {len(together)}, grey values {low:.4g} to {high:.4g}",
    )


def _union(volume: Volume, regions: Mapping[str, np.ndarray]) -> np.ndarray:
    together = np.zeros(volume.array.shape, dtype=bool)
    for name, region in regions.items():
        if region.shape != together.shape:
            raise InputError(
                "IGX-IMG-060",
                f"region '{name}' of size {region.shape} does not fit the image",
                where=volume.source,
                expected=f"size {together.shape}",
                remedy="give the regions that load_case returned for this image",
            )
        together |= region.astype(bool)
    if not together.any():
        raise InputError(
            "IGX-IMG-060",
            "there is no voxel in any region to make a picture of",
            where=volume.source,
            expected="at least one voxel",
            remedy="give the regions that load_case returned for this image",
        )
    return together


def _outlines(region: np.ndarray, factor: int) -> list[np.ndarray]:
    """Return the outlines in the coordinates of the picture that was averaged down."""
    return [(outline - (factor - 1) / 2) / factor for outline in trace_outlines(region)]


def _crop(region: np.ndarray) -> tuple[slice, slice]:
    """Return rows and columns around what is True, with a margin, inside the picture."""
    spans = []
    for axis in (1, 0):
        hit = np.flatnonzero(region.any(axis=axis))
        first, last = int(hit[0]), int(hit[-1])
        margin = max(LEAST_MARGIN, round(MARGIN * (last - first + 1)))
        spans.append(slice(max(0, first - margin), min(region.shape[1 - axis], last + margin + 1)))
    return spans[0], spans[1]


def _averaged(grey: np.ndarray, factor: int) -> np.ndarray:
    """Return means of ``factor`` x ``factor`` pixels; the edge is repeated to fill the last block."""
    if factor == 1:
        return grey
    height, width = (-(-n // factor) for n in grey.shape)
    fill = ((0, height * factor - grey.shape[0]), (0, width * factor - grey.shape[1]))
    return np.pad(grey, fill, mode="edge").reshape(height, factor, width, factor).mean(axis=(1, 3))


def _to_bytes(grey: np.ndarray, low: float, high: float) -> np.ndarray:
    if not high > low:
        return np.full(grey.shape, 128, dtype=np.uint8)
    return np.rint(np.clip((grey - low) / (high - low), 0, 1) * 255).astype(np.uint8)
