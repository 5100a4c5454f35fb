"""Where a frame of a segmentation lies in the grid of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.dicom import fields
from imagenomics.images.dicom.objects import broken
from imagenomics.images.grid import Grid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# Of a voxel, along each axis. Wider than between two files (images.geometry): the positions of single slices are
# written with few decimals, and the grid of a series is their mean.
TOLERANCE = 0.05


@dataclass(frozen=True)
class FrameGeometry:
    """Where the pixels of a frame lie in the patient.

    Parameters
    ----------
    position : ndarray, (3,)
        Centre of the first pixel, x, y, z in mm.
    right, down : ndarray, (3,)
        Step to the next column and to the next row, in mm.
    size : (int, int)
        Rows and columns.
    """

    position: np.ndarray
    right: np.ndarray
    down: np.ndarray
    size: tuple[int, int]


@dataclass(frozen=True)
class FramePlace:
    """The voxel (z, y, x) of the first pixel, and the steps to the next column and row, in voxels."""

    start: np.ndarray
    right: np.ndarray
    down: np.ndarray


def frame_geometry(
    group: Dataset, shared: Dataset | None, size: tuple[int, ...], *, where: str
) -> FrameGeometry:
    """Read the geometry of one frame from its functional groups, else from the shared ones.

    Raises
    ------
    InputError
        ``IGX-IMG-164`` the frame lies on a slide and not in a patient; ``IGX-IMG-151`` no geometry.
    """
    sources = [source for source in (group, shared) if source is not None]
    if any("PlanePositionSlideSequence" in source for source in sources):
        raise InputError(
            "IGX-IMG-164",
            "this is a segmentation of a microscope slide; its frames have no place in a patient",
            where=where,
            remedy="give the mask of a CT, MR or PET image",
        )
    orientation = _numbers(
        sources, "PlaneOrientationSequence", "ImageOrientationPatient", count=6, where=where
    )
    position = _numbers(sources, "PlanePositionSequence", "ImagePositionPatient", count=3, where=where)
    down, right = _numbers(sources, "PixelMeasuresSequence", "PixelSpacing", count=2, where=where)
    if down <= 0 or right <= 0:
        raise broken("PixelSpacing", "is not positive", where=where)
    return FrameGeometry(position, orientation[:3] * right, orientation[3:] * down, (size[0], size[1]))


def place_frame(frame: FrameGeometry, grid: Grid, *, where: str) -> FramePlace:
    """Return which voxels the pixels of a frame are.

    Raises
    ------
    InputError
        ``IGX-IMG-155``: the pixels are not voxels of this grid.
    """
    points = np.array([frame.position, frame.position + frame.right, frame.position + frame.down])
    start, right, down = grid.to_index(points)
    right, down = right - start, down - start
    place = FramePlace(*(np.rint(v).astype(np.int64) for v in (start, right, down)))
    rows, columns = frame.size
    error = np.abs(start - place.start)
    error += (rows - 1) * np.abs(down - place.down) + (columns - 1) * np.abs(right - place.right)
    along_axes = np.abs(place.right).sum() == 1 and np.abs(place.down).sum() == 1
    if not along_axes or place.right @ place.down or not (error <= TOLERANCE).all():
        raise InputError(
            "IGX-IMG-155",
            "the mask does not lie on the grid of the image: a frame is off by up to "
            f"{error.max():.3g} voxels, its pixels are {_steps(right, down)} voxels apart",
            where=where,
            expected=f"frames along the axes of the image, within {TOLERANCE:g} of a voxel\n    image: {grid.text()}",
            remedy="look for the image that this mask belongs to, or resample the mask to this image",
        )
    return place


def put_frame(region: np.ndarray, place: FramePlace, inside: np.ndarray, *, where: str) -> None:
    """Set the voxels (z, y, x) that the inside pixels of one frame stand for (``IGX-IMG-156``: outside)."""
    row, column = np.nonzero(inside)
    voxels = place.start + row[:, None] * place.down + column[:, None] * place.right
    outside = ((voxels < 0) | (voxels >= region.shape)).any(axis=1)
    if outside.any():
        raise InputError(
            "IGX-IMG-156",
            f"{int(outside.sum())} voxels of the mask lie outside the image",
            where=where,
            expected="a mask within the image",
            remedy="look for the image that this mask belongs to, or use the image before it was cropped",
        )
    region[tuple(voxels.T)] = True


def _numbers(sources: list[Dataset], sequence: str, keyword: str, *, count: int, where: str) -> np.ndarray:
    for source in sources:
        for item in fields.items(source, sequence, where=where):
            found = fields.numbers(item, keyword, where=where, count=count)
            if found is not None:
                return np.array(found)
    raise broken(keyword, "is absent", where=where)


def _steps(right: np.ndarray, down: np.ndarray) -> str:
    return f"{np.linalg.norm(right):.4g} and {np.linalg.norm(down):.4g}"
