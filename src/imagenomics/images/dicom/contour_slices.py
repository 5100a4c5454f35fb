"""Contours of one region, sorted into the slices of an image and filled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from imagenomics.errors import InputError, short_list
from imagenomics.images.dicom.rasterise import count_crossings, fill_polygons
from imagenomics.images.grid import Grid

Between = Literal["refuse", "nearest"]
Remark = tuple[str, int, str]  # contour, slice (-1: none), what was seen
# Of the distance of two slices: how far a contour may lie from its slice, as the rounding of coordinates makes it.
TOLERANCE = 0.1
EDGE = 1e-3  # of a voxel: a contour along the border of the image is within it
AXES = ("z", "y", "x")


@dataclass(frozen=True)
class Contour:
    """One closed polygon: its name and its corners (k, 3), x y z in mm."""

    name: str
    points_mm: np.ndarray


@dataclass(frozen=True)
class _Planar:
    """A contour in the slices of one axis: corners in voxels (k, 2), and where its plane lies."""

    name: str
    corners: np.ndarray
    plane: float

    @property
    def index(self) -> int:
        """The nearest slice; halfway between two, the one with the smaller index."""
        return int(np.ceil(self.plane - 0.5 - 1e-9))


def fill_contours(
    region: np.ndarray, contours: Sequence[Contour], grid: Grid, *, between: Between, where: str
) -> list[Remark]:
    """Set the voxels of a region that its contours enclose; return what a user should look at.

    Parameters
    ----------
    region : ndarray, bool (z, y, x)
        All False; the voxels inside are set.
    contours : sequence of Contour
        In patient coordinates.
    grid : Grid
        The grid of the image.
    between : {'refuse', 'nearest'}
        See :func:`~imagenomics.images.dicom.rtstruct.read_rtstruct`.
    where : str
        For messages.

    Raises
    ------
    InputError
        ``IGX-IMG-171`` between slices, ``-172`` not parallel to the slices, ``-174`` all outside the image.
    """
    remarks: list[Remark] = []
    axis, planar = _planar(_enclosing(contours, remarks), grid, where)
    if between == "refuse":
        _check_on_slices(planar, where)
    slices = np.moveaxis(region, axis, 0)
    by_slice: dict[int, list[_Planar]] = defaultdict(list)
    for contour in planar:
        if 0 <= contour.index < len(slices):
            by_slice[contour.index].append(contour)
        else:
            remarks.append((contour.name, contour.index, "outside the image: left out"))
    if planar and not by_slice:
        raise _outside(grid, where)
    for index in sorted(by_slice):
        used = _nearest_plane(by_slice[index], index, remarks)
        slices[index] = fill_polygons([c.corners for c in used], slices.shape[1:])
        remarks += _look(used, index, slices.shape[1:])
    if planar and not region.any() and _all_beyond(by_slice, slices.shape[1:]):
        raise _outside(grid, where)
    gaps = sorted(set(range(min(by_slice, default=0), max(by_slice, default=0))) - set(by_slice))
    remarks += [("", index, "no contour, between slices that have one") for index in gaps]
    return remarks


def _enclosing(contours: Sequence[Contour], remarks: list[Remark]) -> list[Contour]:
    kept = []
    for contour in contours:
        if len(contour.points_mm) >= 3:
            kept.append(contour)
        else:
            remarks.append((contour.name, -1, f"{len(contour.points_mm)} points enclose nothing: left out"))
    return kept


def _planar(contours: Sequence[Contour], grid: Grid, where: str) -> tuple[int, list[_Planar]]:
    """Return the axis across which all contours lie, and the contours in its slices."""
    places = [grid.to_index(contour.points_mm) for contour in contours]
    spread = np.array([np.ptp(p, axis=0) for p in places]).reshape(-1, 3)
    flat = [axis for axis in range(3) if (spread[:, axis] <= TOLERANCE).all()]
    if not flat:
        least = int(spread.max(axis=0).argmin())
        worst = int(spread[:, least].argmax())
        raise InputError(
            "IGX-IMG-172",
            f"the contours are not parallel to the slices of the image: contour {contours[worst].name} spans "
            f"{spread[worst, least]:.3g} voxels along {AXES[least]}",
            where=where,
            expected=f"contours in one plane of voxels each\n    image: {grid.text()}",
            remedy="use the image that the contours were drawn on",
        )
    axis = flat[0]
    others = [a for a in range(3) if a != axis]
    return axis, [
        _Planar(c.name, np.ascontiguousarray(p[:, others]), float(p[:, axis].mean()))
        for c, p in zip(contours, places, strict=True)
    ]


def _check_on_slices(planar: Sequence[_Planar], where: str) -> None:
    off = [c for c in planar if abs(c.plane - round(c.plane)) > TOLERANCE]
    if off:
        raise InputError(
            "IGX-IMG-171",
            f"{len(off)} of {len(planar)} contours lie between slices of the image, e.g. at slice "
            f"{short_list(f'{c.plane:.2f}' for c in off)}",
            where=where,
            expected=f"contours on the slices, within {TOLERANCE:g} of their distance",
            remedy="use the image that the contours were drawn on, or declare between = 'nearest'",
        )


def _nearest_plane(found: Sequence[_Planar], index: int, remarks: list[Remark]) -> list[_Planar]:
    """Return the contours of the plane nearest to the slice; two planes would cancel each other out."""
    nearest = min(found, key=lambda c: (abs(c.plane - index), c.plane)).plane
    used = []
    for contour in found:
        offset = contour.plane - index
        if abs(contour.plane - nearest) > TOLERANCE:
            remarks.append(
                (contour.name, index, f"{offset:+.2f} slices away, another plane is nearer: left out")
            )
            continue
        if abs(offset) > TOLERANCE:
            remarks.append((contour.name, index, f"taken to this slice from {offset:+.2f} slices away"))
        used.append(contour)
    return used


def _look(used: Sequence[_Planar], index: int, shape: tuple[int, ...]) -> list[Remark]:
    remarks: list[Remark] = []
    for contour in used:
        if _beyond(contour, shape).any():
            remarks.append((contour.name, index, "reaches beyond the image: cut off"))
        own = count_crossings([contour.corners])
        if own is not None and own[0]:
            remarks.append((contour.name, index, f"crosses itself {own[0]} times"))
    together = count_crossings([c.corners for c in used])
    names = ", ".join(c.name for c in used)
    if together is None:
        remarks.append((names, index, "too many points to look for crossings"))
    elif together[1]:
        text = f"contours cross each other {together[1]} times; what two of them share lies outside"
        remarks.append((names, index, text))
    return remarks


def _beyond(contour: _Planar, shape: tuple[int, ...]) -> np.ndarray:
    """Return which corners (k,) lie outside the picture."""
    outside: np.ndarray = (contour.corners < -0.5 - EDGE) | (contour.corners > np.array(shape) - 0.5 + EDGE)
    return np.asarray(outside.any(axis=1))


def _all_beyond(by_slice: dict[int, list[_Planar]], shape: tuple[int, ...]) -> bool:
    return all(_beyond(c, shape).all() for contours in by_slice.values() for c in contours)


def _outside(grid: Grid, where: str) -> InputError:
    return InputError(
        "IGX-IMG-174",
        "every contour lies outside the image",
        where=where,
        expected=f"contours within the image\n    image: {grid.text()}",
        remedy="look for the image that the contours were drawn on",
    )
