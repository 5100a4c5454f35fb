"""Arrays as images of SimpleITK; everything in one thread, so that results do not depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def one_thread() -> Iterator[None]:
    """Let everything of ITK run in one thread inside the block.

    N4 and others are made of inner filters that follow the number for the whole process, whatever they are told
    themselves; the order of their sums, and with it the last digits, would depend on the machine.
    """
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)
