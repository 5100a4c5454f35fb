"""A further picture of a patient on the grid of the first."""

from __future__ import annotations

from typing import Literal

import numpy as np
import SimpleITK as sitk

from imagenomics.errors import InputError
from imagenomics.images.geometry import compare_grids
from imagenomics.images.grid import Grid
from imagenomics.images.series4d import Series4D
from imagenomics.images.volume import Volume

Geometry = Literal["same", "resample"]


def onto_grid(volume: Volume, grid: Grid, *, geometry: Geometry, name: str) -> Volume:
    """Return a volume on another picture's grid, resampled only where that is declared.

    Parameters
    ----------
    volume : Volume
        The further picture.
    grid : Grid
        Where the voxels of the first lie.
    geometry : "same" or "resample"
        'resample': linear; what lies outside the picture has no value (NaN).
    name : str
        What the picture is called, for messages.

    Raises
    ------
    InputError
        ``IGX-IMG-251``: another grid and no resampling declared, or nothing in common.
    """
    difference = compare_grids(grid, volume.grid)
    if difference.same:
        return volume
    if geometry == "same":
        raise _elsewhere(f"{', '.join(difference.parts)} differ", grid, volume.grid, name, volume.source)
    array = _linear(volume, grid)
    share = float(np.isfinite(array).mean())
    if share == 0:
        raise _elsewhere("they have no voxel in common", grid, volume.grid, name, volume.source)
    step = f"resampled to the grid of the first picture, linear ({share:.1%} of it covered)"
    return volume.replace(array, step, grid=grid)


def series_onto_grid(series: Series4D, grid: Grid, *, name: str) -> Series4D:
    """Return a series that lies on another picture's grid; nothing is resampled (``IGX-IMG-251``)."""
    difference = compare_grids(grid, series.grid)
    if difference.same:
        return series
    raise _elsewhere(f"{', '.join(difference.parts)} differ", grid, series.grid, name, series.source)


def _linear(volume: Volume, grid: Grid) -> np.ndarray:
    image = sitk.GetImageFromArray(volume.array)
    image.SetSpacing(volume.spacing_mm[::-1])
    image.SetOrigin(volume.origin_mm)
    image.SetDirection(volume.direction)
    resampled: np.ndarray = sitk.GetArrayFromImage(
        sitk.Resample(
            image,
            grid.shape[::-1],
            sitk.Transform(),
            sitk.sitkLinear,
            grid.origin_mm,
            grid.spacing_mm[::-1],
            grid.direction,
            float("nan"),
            sitk.sitkFloat64,
        )
    )
    return resampled


def _elsewhere(what: str, first: Grid, further: Grid, name: str, where: str) -> InputError:
    return InputError(
        "IGX-IMG-251",
        f"'{name}' does not lie on the grid of the picture that is measured: {what}",
        where=where,
        expected=f"one grid\n    measured: {first.text()}\n    {name}: {further.text()}",
        remedy="register and resample the pictures of a patient to one grid; volumes whose headers are right are "
        'resampled (linear) with geometry = "resample" in the [[phenotypes]] block',
    )
