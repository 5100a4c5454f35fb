"""Relative values: parameter maps divided by normal white matter or by the other side."""

from __future__ import annotations

import numpy as np

from imagenomics.errors import InputError
from imagenomics.features.map_statistics import ParameterMaps, check_region, reference_mean
from imagenomics.images.grid import Grid


def normalise_map(parameter_map: np.ndarray, reference_region: np.ndarray) -> np.ndarray:
    """Return a map (...) as multiples of its mean in a reference region (...).

    Raises
    ------
    InputError
        ``IGX-FEAT-002``, ``IGX-FEAT-003``: a region that does not fit or is empty; ``IGX-FEAT-055``: a mean that
        is not positive.
    """
    return np.asarray(parameter_map, np.float64) / reference_mean(parameter_map, reference_region)


def relative_maps(
    maps: ParameterMaps, reference_region: np.ndarray, *, names: tuple[str, ...]
) -> ParameterMaps:
    """Return maps in which those named (``cbv``, ``peak_height``) are multiples of their reference mean."""
    scaled = {k: normalise_map(maps[k], reference_region) if k in names else maps[k] for k in maps}
    units = {k: "1" if k in names else u for k, u in maps.units.items()}
    n = int(np.count_nonzero(reference_region))
    step = f"{', '.join(names)} divided by the mean of {n} reference voxels"
    return ParameterMaps(maps.family, scaled, units, (*maps.history, step))


def mirrored_region(
    region: np.ndarray, grid: Grid, *, midline_x_mm: float | None = None, within: np.ndarray | None = None
) -> np.ndarray:
    """Return the region of the same shape on the other side of the patient.

    Parameters
    ----------
    region : array of bool (z, y, x)
        The lesion.
    grid : Grid
        Where its voxels lie; the axis of the image that runs most from left to right is mirrored.
    midline_x_mm : float, optional
        Where the midline lies, left positive. Not set: the middle of ``within``, else of the image.
    within : array of bool (z, y, x), optional
        The brain; the result stays inside it.

    Returns
    -------
    array of bool (z, y, x)
        Without voxels of the region itself.

    Raises
    ------
    InputError
        ``IGX-FEAT-058``: nothing is left on the other side.

    Assumes
    -------
    A head that is not turned: the midline is a plane of constant index along the mirrored axis.
    """
    check_region(np.empty(region.shape), region)
    axis = 2 - int(np.argmax(np.abs(np.reshape(grid.direction, (3, 3))[0])))
    middle = _midline(region.shape[axis], axis, grid, midline_x_mm, within)
    places = np.argwhere(region)
    places[:, axis] = np.rint(2 * middle - places[:, axis]).astype(int)
    inside = (places[:, axis] >= 0) & (places[:, axis] < region.shape[axis])
    mirrored = np.zeros_like(region)
    mirrored[tuple(places[inside].T)] = True
    mirrored &= ~region
    if within is not None:
        mirrored &= within
    if not mirrored.any():
        raise InputError(
            "IGX-FEAT-058",
            "the mirrored region is empty",
            expected="at least one voxel on the other side",
            remedy="the lesion crosses the midline or the midline is wrong: give 'midline_x_mm', or draw a "
            "reference region in normal white matter",
        )
    return mirrored


def _midline(n: int, axis: int, grid: Grid, midline_x_mm: float | None, within: np.ndarray | None) -> float:
    """Return the index of the midline along the mirrored axis."""
    if midline_x_mm is not None:
        slope = np.reshape(grid.direction, (3, 3))[0, 2 - axis] * grid.spacing_mm[axis]
        centre = [(s - 1) / 2 for s in grid.shape]
        at_centre = float(grid.to_mm(np.array([centre]))[0, 0])
        return float(centre[axis] + (midline_x_mm - at_centre) / slope)
    if within is not None:
        others = tuple(k for k in range(3) if k != axis)
        found = np.flatnonzero(within.any(axis=others))
        if len(found):
            return float(found[0] + found[-1]) / 2
    return (n - 1) / 2
