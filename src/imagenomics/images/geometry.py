"""Whether image and mask lie on the same grid, and the declared repairs where they do not.

There is no tolerance to widen: two grids are the same when their numbers of voxels agree and no corner of the
image is displaced by more than ``TOLERANCE`` of the shortest voxel side, which is what rounding in file
headers amounts to. Anything else is repaired by a declared setting that stays in the history of the mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import SimpleITK as sitk

from imagenomics.errors import InputError
from imagenomics.images.grid import Grid
from imagenomics.images.volume import Mask, Volume

TOLERANCE = 0.01  # of the shortest voxel side

Repair = Literal["same", "image", "resample-mask"]


@dataclass(frozen=True)
class GridDifference:
    """How two grids differ.

    Parameters
    ----------
    same : bool
        Equal numbers of voxels and no corner displaced beyond the tolerance.
    same_shape : bool
        Equal numbers of voxels.
    corner_error_mm : float
        Largest distance between corresponding outer corners.
    parts : tuple of str
        Which of size, spacing, origin, direction differ.
    """

    same: bool
    same_shape: bool
    corner_error_mm: float
    parts: tuple[str, ...]


def compare_grids(image: Grid, mask: Grid) -> GridDifference:
    """Measure how far the grid of a mask lies from the grid of its image."""
    allowed = TOLERANCE * min(image.spacing_mm)
    error = float(np.linalg.norm(image.corners_mm() - mask.corners_mm(), axis=1).max())
    same_shape = image.shape == mask.shape
    extent = np.multiply(image.shape, image.spacing_mm)
    differ = {
        "size": not same_shape,
        "spacing": bool(
            (np.abs(np.subtract(image.spacing_mm, mask.spacing_mm)) * image.shape > allowed).any()
        ),
        "origin": float(np.linalg.norm(np.subtract(image.origin_mm, mask.origin_mm))) > allowed,
        "direction": float(np.abs(np.subtract(image.direction, mask.direction)).max() * extent.max())
        > allowed,
    }
    parts = tuple(name for name, different in differ.items() if different)
    return GridDifference(same_shape and error <= allowed, same_shape, error, parts)


def check_geometry(volume: Volume, mask: Mask) -> None:
    """Refuse a mask that does not lie on the grid of its image.

    Raises
    ------
    InputError
        ``IGX-IMG-020``: other numbers of voxels; ``IGX-IMG-021``: the same numbers, but elsewhere. The
        message shows both geometries, the largest corner error and the settings that would repair it.
    """
    difference = compare_grids(volume.grid, mask.grid)
    if difference.same:
        return
    share = share_inside(volume.grid, mask)
    raise InputError(
        "IGX-IMG-021" if difference.same_shape else "IGX-IMG-020",
        f"image and mask do not lie on the same grid: {', '.join(difference.parts)} differ, the largest "
        f"corner error is {difference.corner_error_mm:.4g} mm",
        where=f"image {volume.source}; mask {mask.source}",
        expected=f"one grid (corners within {TOLERANCE:g} of a voxel side)\n"
        f"    image: {volume.grid.text()}\n    mask:  {mask.grid.text()}",
        remedy=_advice(difference, share),
    )


def match_mask(volume: Volume, mask: Mask, *, geometry: Repair = "same") -> Mask:
    """Return the mask on the grid of the image, repaired only as declared.

    Parameters
    ----------
    volume, mask : Volume, Mask
        Image and label map of one patient.
    geometry : "same", "image" or "resample-mask"
        See :class:`imagenomics.images.settings.ImageSettings`.

    Raises
    ------
    InputError
        ``IGX-IMG-020``, ``IGX-IMG-021``: see :func:`check_geometry`; ``IGX-IMG-022``: the declared repair
        does not fit.
    """
    difference = compare_grids(volume.grid, mask.grid)
    if difference.same:
        return mask
    if geometry == "same":
        check_geometry(volume, mask)
    if geometry == "image":
        if not difference.same_shape:
            raise _no_repair(volume, mask, 'geometry = "image" needs equal numbers of voxels')
        step = f"header of the image taken (corner error {difference.corner_error_mm:.4g} mm)"
        return mask.replace(mask.array, step, grid=volume.grid)
    share = share_inside(volume.grid, mask)
    if share == 0:
        raise _no_repair(volume, mask, "no voxel of the mask lies inside the image")
    step = f"resampled to the image, nearest neighbour ({share:.1%} of its voxels lie inside the image)"
    return mask.replace(_resampled(volume.grid, mask), step, grid=volume.grid)


def share_inside(image: Grid, mask: Mask) -> float:
    """Return the share of the labelled voxels whose centres lie inside the image (NaN: none is labelled)."""
    labelled = np.argwhere(mask.array != 0)
    if not len(labelled):
        return float("nan")
    places = image.to_index(mask.grid.to_mm(labelled))
    inside = ((places >= -0.5) & (places <= np.array(image.shape) - 0.5)).all(axis=1)
    return float(inside.mean())


def _advice(difference: GridDifference, share: float) -> str:
    options = []
    if difference.same_shape:
        options.append(
            'if the mask was drawn on this very image and only its header is wrong, set geometry = "image"'
        )
    if share > 0:
        options.append(
            f"if both headers are right ({share:.0%} of the mask lies inside the image), set "
            'geometry = "resample-mask" (nearest neighbour)'
        )
    else:
        options.append(
            "no labelled voxel of the mask lies inside the image: look for exchanged files or scans"
        )
    return "; ".join(options)


def _no_repair(volume: Volume, mask: Mask, reason: str) -> InputError:
    return InputError(
        "IGX-IMG-022",
        f"the mask cannot be brought to the image: {reason}",
        where=f"image {volume.source}; mask {mask.source}",
        expected=f"a mask of this image\n    image: {volume.grid.text()}\n    mask:  {mask.grid.text()}",
        remedy="look for exchanged files or scans",
    )


def _resampled(grid: Grid, mask: Mask) -> np.ndarray:
    """Return the labels (z, y, x) at the voxel centres of ``grid``."""
    reference = _on_grid(sitk.Image(*grid.shape[::-1], sitk.sitkUInt8), grid)
    image = _on_grid(sitk.GetImageFromArray(mask.array), mask.grid)
    resampled = sitk.Resample(image, reference, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    return sitk.GetArrayFromImage(resampled)


def _on_grid(image: sitk.Image, grid: Grid) -> sitk.Image:
    image.SetSpacing(grid.spacing_mm[::-1])
    image.SetOrigin(grid.origin_mm)
    image.SetDirection(grid.direction)
    return image
