"""A box around the regions: what lies outside is no longer read, normalised or drawn."""

from __future__ import annotations

import math

import numpy as np

from imagenomics.errors import InputError
from imagenomics.images.grid import Grid
from imagenomics.images.preparation.context import Context, Regions
from imagenomics.images.preparation.settings import CropStep
from imagenomics.images.volume import Volume


def crop(volume: Volume, regions: Regions, step: CropStep, context: Context) -> tuple[Volume, Regions]:
    """Cut image and regions down to a box around one region, or all of them, with a margin.

    Parameters
    ----------
    volume, regions, step, context
        As for every step.

    Raises
    ------
    InputError
        ``IGX-IMG-234``: this patient has no voxel of the region.
    """
    around = _around(volume, regions, step)
    box = tuple(_span(around, axis, _margin(step, volume.spacing_mm[axis])) for axis in range(around.ndim))
    cut = {name: np.ascontiguousarray(region[box]) for name, region in regions.items()}
    shape = tuple(s.stop - s.start for s in box)
    what = (
        f"cropped to {' x '.join(map(str, shape))} of {' x '.join(map(str, around.shape))} voxels around "
        f"{step.region or 'all regions'}"
    )
    losses = "; ".join(
        _loss(name, regions[name], cut[name]) for name in regions if cut[name].sum() < regions[name].sum()
    )
    grid = _grid(volume.grid, [s.start for s in box], shape)
    return volume.replace(volume.array[box], f"{what}; {losses}" if losses else what, grid=grid), cut


def _around(volume: Volume, regions: Regions, step: CropStep) -> np.ndarray:
    names = list(regions) if step.region is None else [step.region]
    around = np.zeros(volume.array.shape, dtype=bool)
    for name in names:
        around |= regions[name]
    if around.any():
        return around
    raise InputError(
        "IGX-IMG-234",
        f"this patient has no voxel of region '{step.region}' to crop to",
        where=volume.source,
        expected="at least one voxel",
        remedy="crop around another region, or around all of them (leave 'region' out)",
    )


def _margin(step: CropStep, spacing_mm: float) -> int:
    if step.margin_mm is None:
        return int(step.margin_voxels or 0)
    return math.ceil(step.margin_mm / spacing_mm - 1e-9)


def _span(around: np.ndarray, axis: int, margin: int) -> slice:
    others = tuple(a for a in range(around.ndim) if a != axis)
    hit = np.flatnonzero(around.any(axis=others))
    return slice(max(0, int(hit[0]) - margin), min(around.shape[axis], int(hit[-1]) + margin + 1))


def _grid(old: Grid, start: list[int], shape: tuple[int, ...]) -> Grid:
    x, y, z = (float(v) for v in old.to_mm(np.array([start]))[0])
    return Grid((shape[0], shape[1], shape[2]), old.spacing_mm, (x, y, z), old.direction)


def _loss(name: str, before: np.ndarray, after: np.ndarray) -> str:
    return f"{1 - after.sum() / before.sum():.1%} of {name} lies outside"
