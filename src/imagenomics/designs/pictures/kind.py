"""What a kind of picture must be able to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.designs.models import Phenotype, Picture
from imagenomics.images.files.write_nifti import nifti_bytes
from imagenomics.images.grid import Grid

FloatArray = npt.NDArray[np.float64]
Blocks = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Quantity:
    """One quantity that can be planted: what it is, and what a patient has who is not told to have another value."""

    words: str
    unit: str
    usual: float


@dataclass(frozen=True)
class Place:
    """Where the pictures of one patient go, and the random stream of them."""

    folder: Path
    patient: str
    random: np.random.Generator
    noise: float = 1.0


@dataclass(frozen=True)
class PictureKind:
    """One kind of picture.

    Parameters
    ----------
    words : str
        What it is.
    quantities : mapping of str to Quantity
        What can be planted.
    blocks : callable
        ``blocks(picture, phenotypes)``: sections of a study file that read and measure the pictures.
    column : callable
        ``column(picture, phenotype)``: the feature that measures the phenotype.
    draw : callable
        ``draw(picture, values, place)``: writes the pictures of one patient in whom the quantities have ``values``.
    """

    words: str
    quantities: Mapping[str, Quantity]
    blocks: Callable[[Picture, Sequence[Phenotype]], Blocks]
    column: Callable[[Picture, Phenotype], str]
    draw: Callable[[Picture, Mapping[str, float], Place], None]


SMALL = Grid((14, 20, 20), (2.0, 2.0, 2.0))  # the box of voxels that all small pictures share


def distance_mm(grid: Grid, centre_mm: Sequence[float] = (0.0, 0.0, 0.0)) -> FloatArray:
    """Return how far each voxel (z, y, x) is from a point, both counted from the middle of the box."""
    axes = [
        (np.arange(n) - (n - 1) / 2) * d - c
        for n, d, c in zip(grid.shape, grid.spacing_mm, centre_mm, strict=True)
    ]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    return np.asarray(np.sqrt(z**2 + y**2 + x**2))


def nearest_voxels(grid: Grid, level: FloatArray, volume_ml: float) -> npt.NDArray[np.bool_]:
    """Return the voxels of lowest ``level`` that together have nearly this volume."""
    n = int(np.clip(round(1000.0 * volume_ml / grid.voxel_volume_mm3), 1, level.size))
    return np.asarray(level <= np.partition(level, n - 1, axis=None)[n - 1])


def smooth_field(grid: Grid, random: np.random.Generator, length_mm: float) -> FloatArray:
    """Return a Gaussian random field of variance 1 that stays alike over ``length_mm``."""
    from scipy.ndimage import gaussian_filter

    sigma = [length_mm / 2 / d for d in grid.spacing_mm]
    smooth = gaussian_filter(random.standard_normal(grid.shape), sigma, mode="wrap")
    return np.asarray(smooth / max(float(smooth.std()), 1e-12))


def write_picture(place: Place, name: str, array: np.ndarray, grid: Grid = SMALL) -> None:
    """Write an array (z, y, x) or (z, y, x, t) as ``<folder>/<patient>_<name>.nii.gz``."""
    (place.folder / f"{place.patient}_{name}.nii.gz").write_bytes(nifti_bytes(array, grid))


def image_block(picture: Picture, **more: Any) -> dict[str, Any]:
    """Return the ``[[images]]`` block of a picture that has a mask of its own."""
    return {
        "name": picture.name,
        "modality": picture.modality,
        "path": f"images/{{patient}}_{picture.name}.nii.gz",
        "mask": f"images/{{patient}}_{picture.name}-mask.nii.gz",
        **more,
    }
