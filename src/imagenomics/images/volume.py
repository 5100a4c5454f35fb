"""An image and a mask in memory, each with its geometry and the history of what was done to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.grid import IDENTITY, Grid, Triple

Labels = tuple[int, ...] | tuple[str, ...] | str  # label numbers, or "any" for every voxel that is not 0


@dataclass(frozen=True, eq=False)
class Volume:
    """A grey-value image of one patient.

    Parameters
    ----------
    array : ndarray, float64 (z, y, x)
        Intensities; other number types are converted.
    spacing_mm, origin_mm, direction
        See :class:`imagenomics.images.grid.Grid`.
    spacing_known : bool
        False when the spacing stands for 'one voxel' and not for mm.
    source : str
        File the image came from.
    history : tuple of str
        What was done to it, oldest first.

    Raises
    ------
    InputError
        ``IGX-IMG-006``: the array is not three-dimensional; ``IGX-IMG-009``: a spacing is not positive.
    """

    array: np.ndarray
    spacing_mm: Triple = (1.0, 1.0, 1.0)
    origin_mm: Triple = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = IDENTITY
    spacing_known: bool = True
    source: str = "array"
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _set_array(self, np.ascontiguousarray(self.array, dtype=np.float64))

    @property
    def grid(self) -> Grid:
        """Where the voxels lie."""
        return Grid(self.array.shape, self.spacing_mm, self.origin_mm, self.direction)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel (1 when the spacing is not known)."""
        return self.grid.voxel_volume_mm3

    def corners_mm(self) -> np.ndarray:
        """Return the 8 outer corners (8, 3), x y z in mm, of the box that all voxels fill."""
        return self.grid.corners_mm()

    def replace(self, array: np.ndarray, step: str, *, grid: Grid | None = None) -> Volume:
        """Return a volume with new intensities, and a new geometry where ``grid`` is given.

        Parameters
        ----------
        array : ndarray (z, y, x)
            The new intensities.
        step : str
            What was done, one line; it is appended to the history.
        grid : Grid, optional
            The new geometry, when voxels moved.
        """
        return dataclasses.replace(self, array=array, history=(*self.history, step), **_fields(grid))


@dataclass(frozen=True, eq=False)
class Mask:
    """A label map of one patient: 0 is background, other numbers are regions.

    Parameters
    ----------
    array : ndarray, int32 (z, y, x)
        Label of each voxel.
    spacing_mm, origin_mm, direction, spacing_known, source, history
        As for :class:`Volume`.
    """

    array: np.ndarray
    spacing_mm: Triple = (1.0, 1.0, 1.0)
    origin_mm: Triple = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = IDENTITY
    spacing_known: bool = True
    source: str = "array"
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _set_array(self, np.ascontiguousarray(self.array, dtype=np.int32))

    @property
    def grid(self) -> Grid:
        """Where the voxels lie."""
        return Grid(self.array.shape, self.spacing_mm, self.origin_mm, self.direction)

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels other than 0 that occur, in order."""
        return tuple(int(v) for v in np.unique(self.array) if v != 0)

    def replace(self, array: np.ndarray, step: str, *, grid: Grid | None = None) -> Mask:
        """Return a mask with new labels; see :meth:`Volume.replace`."""
        return dataclasses.replace(self, array=array, history=(*self.history, step), **_fields(grid))


def regions(mask: Mask, mapping: Mapping[str, Labels]) -> dict[str, np.ndarray]:
    """Return which voxels belong to each named region.

    Parameters
    ----------
    mask : Mask
        Label map (z, y, x).
    mapping : mapping of str to labels
        Region name to its label numbers, or to ``"any"`` for every voxel that is not 0. Regions may overlap.

    Returns
    -------
    dict of str to ndarray, bool (z, y, x)
        One array for each name; all False where the patient has no voxel of the region.

    Raises
    ------
    InputError
        ``IGX-IMG-014``: names of segments, where the mask knows numbers only.
    """
    named = [
        v for labels in mapping.values() if not isinstance(labels, str) for v in labels if isinstance(v, str)
    ]
    if named:
        raise InputError(
            "IGX-IMG-014",
            f"this mask has no names, so there is no '{named[0]}'",
            where=mask.source,
            expected="label numbers",
            remedy=f"the mask holds the labels {list(mask.labels)}; only DICOM masks have names",
        )
    return {
        name: mask.array != 0 if isinstance(labels, str) else np.isin(mask.array, labels)
        for name, labels in mapping.items()
    }


def _set_array(item: Volume | Mask, array: np.ndarray) -> None:
    if array.ndim != 3:
        raise InputError(
            "IGX-IMG-006",
            f"the array has {array.ndim} dimensions, shape {array.shape}",
            where=item.source,
            expected="three dimensions (z, y, x)",
            remedy="give one volume; a single slice becomes array[None]",
        )
    object.__setattr__(item, "array", array)
    _ = item.grid  # refuses a spacing that is not positive


def _fields(grid: Grid | None) -> dict[str, Any]:
    if grid is None:
        return {}
    return {"spacing_mm": grid.spacing_mm, "origin_mm": grid.origin_mm, "direction": grid.direction}
