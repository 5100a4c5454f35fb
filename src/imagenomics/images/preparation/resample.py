"""Another voxel spacing for an image and its regions, on a grid with the same centre."""

from __future__ import annotations

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.grid import Grid
from imagenomics.images.preparation.context import Context, Regions
from imagenomics.images.preparation.settings import ResampleStep
from imagenomics.images.resample import Lattice, aligned_lattice, resample_image, resample_mask
from imagenomics.images.volume import Volume


def resample(
    volume: Volume, regions: Regions, step: ResampleStep, context: Context
) -> tuple[Volume, Regions]:
    """Compute image and regions at the voxels of another spacing; old and new grid share their centre.

    Parameters
    ----------
    volume, regions, step, context
        As for every step.

    Raises
    ------
    InputError
        ``IGX-IMG-233``: the result would have more than ``max_voxels`` voxels.
    """
    wanted = [None if isinstance(s, str) else s for s in step.spacing_mm]
    lattice = aligned_lattice(volume.array.shape, volume.spacing_mm, wanted)
    _refuse_too_large(volume, lattice, context.max_voxels)
    grid = _grid(volume.grid, lattice)
    array = resample_image(volume.array, lattice, method=step.interpolation)
    moved = {name: resample_mask(region, lattice) for name, region in regions.items()}
    old, new = (" x ".join(f"{s:.4g}" for s in g.spacing_mm) for g in (volume.grid, grid))
    changes = "; ".join(_change(name, regions[name], moved[name], volume.grid, grid) for name in regions)
    what = f"resampled from {old} to {new} mm (z, y, x; {step.interpolation})"
    return volume.replace(array, f"{what}; {changes}" if changes else what, grid=grid), moved


def _grid(old: Grid, lattice: Lattice) -> Grid:
    z, y, x = (s * step for s, step in zip(old.spacing_mm, lattice.step, strict=True))
    first = old.to_mm(np.array([lattice.first]))[0]
    return Grid(lattice.shape, (z, y, x), (float(first[0]), float(first[1]), float(first[2])), old.direction)


def _change(name: str, before: np.ndarray, after: np.ndarray, old: Grid, new: Grid) -> str:
    if not before.any():
        return f"{name} empty"
    volumes = before.sum() * old.voxel_volume_mm3, after.sum() * new.voxel_volume_mm3
    return f"{name} {volumes[0]:.5g} to {volumes[1]:.5g} mm3"


def _refuse_too_large(volume: Volume, lattice: Lattice, most: int) -> None:
    n_voxels = int(np.prod(np.asarray(lattice.shape, dtype=np.float64)))
    if n_voxels <= most:
        return
    raise InputError(
        "IGX-IMG-233",
        f"the resampled image would have {n_voxels:,} voxels, size {lattice.shape} (z, y, x)",
        where=volume.source,
        expected=f"at most {most:,}",
        remedy="choose a coarser spacing_mm, crop first, or raise max_voxels of the [[images]] block",
    )
