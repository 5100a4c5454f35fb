"""Arrays as images of SimpleITK; everything in one thread, so that results do not depend on it."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from imagenomics.images.grid import Grid

INTERPOLATORS = {
    "nearest": sitk.sitkNearestNeighbor,
    "linear": sitk.sitkLinear,
    "cubic-spline": sitk.sitkBSpline,
}


def to_itk(array: np.ndarray, grid: Grid) -> sitk.Image:
    """Return an array (z, y, x) as an image on ``grid``."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(grid.spacing_mm[::-1])
    image.SetOrigin(grid.origin_mm)
    image.SetDirection(grid.direction)
    return image


def single_thread(tool: sitk.ProcessObject) -> None:
    """Let a filter or registration run in one thread."""
    tool.SetNumberOfThreads(1)
    tool.SetNumberOfWorkUnits(1)
