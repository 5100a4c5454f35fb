"""How far two outlines of one region agree: shared volume, and distance of their surfaces in mm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.stats.agreement.estimate import FloatArray, shapes_differ

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SurfaceDistances:
    """How far each surface voxel of one outline is from the other's surface.

    Parameters
    ----------
    first_mm : array, (a,)
        For each surface voxel of the first outline.
    second_mm : array, (b,)
        For each surface voxel of the second outline.
    """

    first_mm: FloatArray
    second_mm: FloatArray

    def hausdorff_mm(self, percentile: float = 100.0) -> float:
        """Return the larger of the two directed distances at this percentile, e.g. 95; 100 is the maximum.

        NaN when both outlines are empty, infinite when one is.
        """
        if not self.first_mm.size or not self.second_mm.size:
            return self._of_empty()
        return float(max(np.percentile(self.first_mm, percentile), np.percentile(self.second_mm, percentile)))

    def average_mm(self) -> float:
        """Return the mean over all surface voxels of both outlines (average symmetric surface distance)."""
        if not self.first_mm.size or not self.second_mm.size:
            return self._of_empty()
        return float(
            (self.first_mm.sum() + self.second_mm.sum()) / (self.first_mm.size + self.second_mm.size)
        )

    def _of_empty(self) -> float:
        return float("nan") if self.first_mm.size == self.second_mm.size == 0 else float("inf")


def dice(first: BoolArray, second: BoolArray) -> float:
    """Return the shared volume over the mean volume of two outlines (any shape); NaN when both are empty.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-STAT-020``: the shapes differ; ``IGX-STAT-027``: not arrays of bool.

    Source
    ------
    Dice 1945, Ecology 26:297.
    """
    _check(first, second)
    total = int(np.count_nonzero(first)) + int(np.count_nonzero(second))
    return 2.0 * int(np.count_nonzero(first & second)) / total if total else float("nan")


def jaccard(first: BoolArray, second: BoolArray) -> float:
    """Return the shared volume over the joint volume of two outlines; see :func:`dice`.

    Source
    ------
    Jaccard 1912, New Phytologist 11:37.
    """
    _check(first, second)
    union = int(np.count_nonzero(first | second))
    return int(np.count_nonzero(first & second)) / union if union else float("nan")


def surface_distances(
    first: BoolArray, second: BoolArray, *, spacing_mm: Sequence[float]
) -> SurfaceDistances:
    """Measure how far two outlines lie apart.

    Parameters
    ----------
    first, second : arrays of bool, any number of axes
        Two outlines on one grid.
    spacing_mm : one number for each axis
        Distance of neighbouring voxel centres, in the order of the axes.

    Returns
    -------
    SurfaceDistances

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-STAT-020``: the shapes differ; ``IGX-STAT-027``: not arrays of bool, or no spacing for each axis.

    Assumes
    -------
    The surface is made of the voxels that share a face with the outside; the border of the image counts as
    outside. Distances are those of voxel centres.

    Source
    ------
    Taha & Hanbury 2015, BMC Medical Imaging 15:29.
    """
    _check(first, second)
    spacing = _spacing(spacing_mm, first.ndim)
    if not (first.any() and second.any()):
        empty = np.zeros(0)
        nowhere = [np.full(int(_surface(m).sum()), np.inf) if m.any() else empty for m in (first, second)]
        return SurfaceDistances(*nowhere)
    box = _joint_box(first | second)
    a, b = _surface(first[box]), _surface(second[box])
    return SurfaceDistances(_distance_to(b, spacing)[a], _distance_to(a, spacing)[b])


def _surface(mask: BoolArray) -> BoolArray:
    from scipy import ndimage

    return np.asarray(mask & ~ndimage.binary_erosion(mask), dtype=np.bool_)


def _distance_to(surface: BoolArray, spacing: tuple[float, ...]) -> FloatArray:
    from scipy import ndimage

    return np.asarray(ndimage.distance_transform_edt(~surface, sampling=spacing), dtype=np.float64)


def _joint_box(mask: BoolArray) -> tuple[slice, ...]:
    """Return the smallest box around the mask: outside of it there is no surface."""
    box = []
    for axis in range(mask.ndim):
        others = tuple(i for i in range(mask.ndim) if i != axis)
        found = np.flatnonzero(mask.any(axis=others))
        box.append(slice(int(found[0]), int(found[-1]) + 1))
    return tuple(box)


def _check(first: BoolArray, second: BoolArray) -> None:
    for mask in (first, second):
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
            kind = mask.dtype if isinstance(mask, np.ndarray) else type(mask).__name__
            raise ArgumentTypeError(
                "IGX-STAT-027",
                f"an outline of {kind} cannot be compared",
                expected="arrays of bool",
                remedy="choose one label of the mask, e.g. labels == 1",
            )
    if first.shape != second.shape:
        raise shapes_differ(f"an outline of shape {first.shape}", f"one of shape {second.shape}")


def _spacing(spacing_mm: Sequence[float], axes: int) -> tuple[float, ...]:
    spacing = tuple(float(s) for s in spacing_mm)
    if len(spacing) != axes or not all(np.isfinite(s) and s > 0 for s in spacing):
        raise InputError(
            "IGX-STAT-027",
            f"the spacing {spacing} mm does not fit outlines of {axes} axes",
            expected=f"{axes} positive numbers in mm, in the order of the axes",
        )
    return spacing
