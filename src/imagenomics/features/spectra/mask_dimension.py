"""The fractal dimension of a region's outline and surface by counting boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.features.regions.inputs import check_mask, spaced_rows, used_spacing
from imagenomics.features.regions.outline import largest_slice
from imagenomics.features.spectra.lines import log_slope

SHIFTS = 8  # placements of the boxes; the one that needs fewest counts
MIN_SIZES = 3
MAX_CELLS = 50_000_000  # boxes are ticked off in a table up to this size, and sorted beyond
NAMES = ("outline_dimension", "outline_r_squared", "surface_dimension", "surface_r_squared")


def mask_dimension_features(
    mask: np.ndarray, *, spacing_mm: Sequence[float], spacing_known: bool = True
) -> pd.DataFrame:
    """Measure how rugged the border of a region is.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The region.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; boxes are cubes in mm.
    spacing_known : bool
        False: one voxel is the unit of length; the surface is then flagged ``voxel-units``, the outline within a
        slice is not.

    Returns
    -------
    DataFrame
        Family ``mask-dimension``: ``outline_dimension`` (1 smooth, 2 filling the plane) in the slice with most of
        the region, ``surface_dimension`` (2 smooth, 3 filling space), each with the R squared of its line. Skipped
        where the region allows fewer than three sizes of boxes.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080``, ``081`` mask; ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    Boxes double from the largest voxel edge to half the extent of the border. Few sizes make the dimension of a
    small region too low: compare regions of like size only, or adjust for volume.

    Source
    ------
    Mandelbrot 1967, Science; box counting with the least of several placements as in Foroutan-pour et al. 1999,
    Applied Mathematics and Computation.
    """
    check_mask(mask)
    spacing = used_spacing(spacing_mm, spacing_known=spacing_known)
    plane = mask[largest_slice(mask)]
    values = _dimension("outline", border_faces(plane, spacing[1:]), max(spacing[1:]))
    if np.count_nonzero(mask.any(axis=(1, 2))) == 1:
        values |= dict.fromkeys(NAMES[2:], "the region lies in one slice")
    else:
        values |= _dimension("surface", border_faces(mask, spacing), max(spacing))
    return spaced_rows("mask-dimension", values, spacing_known=spacing_known, free=NAMES[:2])


def box_counts(places_mm: np.ndarray, sizes_mm: Sequence[float]) -> np.ndarray:
    """Return for each size how few boxes (cubes, squares) hold all places (n, d).

    The boxes are shifted along the diagonal in eighths of their size; the placement with fewest boxes counts.
    """
    return np.array([min(_count(places_mm, size, k / SHIFTS) for k in range(SHIFTS)) for size in sizes_mm])


def border_faces(mask: np.ndarray, spacing_mm: Sequence[float]) -> np.ndarray:
    """Return the middles (n, d), in mm, of the voxel faces between a region and what lies around it."""
    padded = np.pad(mask, 1)
    found = []
    for axis in range(mask.ndim):
        before = tuple(slice(0, -1) if a == axis else slice(None) for a in range(mask.ndim))
        after = tuple(slice(1, None) if a == axis else slice(None) for a in range(mask.ndim))
        faces = np.argwhere(padded[before] != padded[after]).astype(np.float64)
        faces[:, axis] += 0.5
        found.append(faces)
    places: np.ndarray = np.concatenate(found) * np.array(spacing_mm)
    return places


def _dimension(name: str, places: np.ndarray, edge: float) -> dict[str, float | str]:
    # Faces, not border voxels: a shell of voxels is too thin for the smallest boxes, and the slope too low.
    n_sizes = max(int(np.floor(np.log2(np.ptp(places, axis=0).max() / edge + 1e-9))), 0)
    if n_sizes < MIN_SIZES:
        why = f"the region has room for {n_sizes} sizes of boxes, {MIN_SIZES} are needed"
        return {f"{name}_dimension": why, f"{name}_r_squared": why}
    sizes = edge * 2.0 ** np.arange(n_sizes)
    slope, r_squared = log_slope(sizes, box_counts(places, sizes.tolist()).astype(np.float64))
    return {f"{name}_dimension": -slope, f"{name}_r_squared": r_squared}


def _count(places: np.ndarray, size: float, shift: float) -> int:
    # A little more than a rounding error, so that a place on the border of two boxes falls into the upper one.
    box = np.floor((places - places.min(axis=0)) / size + shift + 1e-9).astype(np.int64)
    shape = tuple(int(n) + 1 for n in box.max(axis=0))
    key = np.ravel_multi_index(tuple(box.T), shape)
    cells = int(np.prod(shape))
    if cells > MAX_CELLS:
        return len(np.unique(key))
    hit = np.zeros(cells, bool)
    hit[key] = True
    return int(np.count_nonzero(hit))
