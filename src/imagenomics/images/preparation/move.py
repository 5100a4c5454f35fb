"""Bringing an image and its regions to another grid by a transform that was found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from imagenomics.images.grid import Grid
from imagenomics.images.preparation.itk import INTERPOLATORS, to_itk
from imagenomics.images.preparation.settings import Interpolation
from imagenomics.images.volume import Volume

ROUNDING = 1e-6  # a share of one half may come out a rounding error below it


@dataclass(frozen=True)
class Mover:
    """Takes arrays on the grid of an image to the grid of another one.

    Parameters
    ----------
    volume : Volume
        The image that moves.
    target : Grid
        Where its voxels are wanted.
    transform : SimpleITK.Transform
        Takes places of the target to places of the image, in mm.
    """

    volume: Volume
    target: Grid
    transform: sitk.Transform

    def image(self, interpolation: Interpolation = "linear") -> np.ndarray:
        """Return the intensities (z, y, x); the darkest one where the image has no voxels."""
        lowest = float(self.volume.array.min())
        return self._moved(self.volume.array, INTERPOLATORS[interpolation], lowest)

    def region(self, region: np.ndarray) -> np.ndarray:
        """Return the voxels of which at least half lies in the region."""
        found: np.ndarray = self._moved(region.astype(np.float64), sitk.sitkLinear, 0.0) >= 0.5 - ROUNDING
        return found

    def inside(self) -> np.ndarray:
        """Return where the image has voxels."""
        return self.region(np.ones(self.volume.array.shape, dtype=bool))

    def share_on_target(self, region: np.ndarray) -> float:
        """Return the share of the region's voxels whose centres lie on the target grid."""
        places = self.volume.grid.to_mm(np.argwhere(region))
        matrix = matrix_of(self.transform)
        back = np.linalg.solve(matrix[:3, :3], (places - matrix[:3, 3]).T).T
        index = self.target.to_index(back)
        on_it = ((index >= -0.5) & (index <= np.array(self.target.shape) - 0.5)).all(axis=1)
        return float(on_it.mean())

    def _moved(self, array: np.ndarray, interpolator: int, beyond: float) -> np.ndarray:
        tool = sitk.ResampleImageFilter()
        tool.SetSize(self.target.shape[::-1])
        tool.SetOutputSpacing(self.target.spacing_mm[::-1])
        tool.SetOutputOrigin(self.target.origin_mm)
        tool.SetOutputDirection(self.target.direction)
        tool.SetTransform(self.transform)
        tool.SetInterpolator(interpolator)
        tool.SetDefaultPixelValue(beyond)
        tool.SetOutputPixelType(sitk.sitkFloat64)
        moved: np.ndarray = sitk.GetArrayFromImage(tool.Execute(to_itk(array, self.volume.grid)))
        return moved


def matrix_of(transform: sitk.Transform) -> np.ndarray:
    """Return the (4, 4) matrix of a linear transform, x y z in mm."""
    matrix = np.eye(4)
    matrix[:3, 3] = transform.TransformPoint((0.0, 0.0, 0.0))
    for axis in range(3):
        unit = [0.0, 0.0, 0.0]
        unit[axis] = 1.0
        matrix[:3, axis] = np.subtract(transform.TransformPoint(unit), matrix[:3, 3])
    return matrix
