"""Another voxel spacing for one image and its mask, on a grid with the same centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from imagenomics.errors import InputError

Interpolation = Literal["nearest", "linear", "cubic-spline"]
MaskInterpolation = Literal["nearest", "linear"]
Alignment = Literal["centre", "corner"]
ORDER: dict[str, int] = {"linear": 1, "cubic-spline": 3}
# What lies beyond the border: the nearest voxel, or for the spline, as in ITK, the mirror image.
BEYOND: dict[str, str] = {"nearest": "nearest", "linear": "nearest", "cubic-spline": "mirror"}
# Voxels around a window that its interpolated values depend on. A cubic B-spline reaches over the whole
# image, but a voxel's weight falls by 0.27 with each step: after 24 steps it is below the last bit of a
# double.
SUPPORT: dict[str, int] = {"nearest": 1, "linear": 1, "cubic-spline": 24}
ROUNDING = 1e-9  # a volume fraction of exactly one half may come out a rounding error below it


@dataclass(frozen=True)
class Lattice:
    """Voxel centres along three axes, in index units of another grid: ``first + step * k``, ``k < shape``."""

    first: tuple[float, float, float]
    step: tuple[float, float, float]
    shape: tuple[int, int, int]

    def window(self, start: Sequence[int], stop: Sequence[int]) -> Lattice:
        """Return the part with indices ``start <= k < stop``."""
        first = [f + s * a for f, s, a in zip(self.first, self.step, start, strict=True)]
        shape = [b - a for a, b in zip(start, stop, strict=True)]
        return Lattice(_three(first), self.step, (int(shape[0]), int(shape[1]), int(shape[2])))

    def indices_within(self, low: Sequence[float], high: Sequence[float]) -> tuple[list[int], list[int]]:
        """Return start and stop of the indices whose places lie in the box from ``low`` to ``high``."""
        start, stop = [], []
        for f, s, n, a, b in zip(self.first, self.step, self.shape, low, high, strict=True):
            start.append(int(np.clip(np.ceil((a - f) / s), 0, n - 1)))
            stop.append(int(np.clip(np.floor((b - f) / s) + 1, start[-1] + 1, n)))
        return start, stop


def aligned_lattice(
    shape: Sequence[int],
    spacing_mm: Sequence[float],
    target_mm: Sequence[float | None],
    *,
    alignment: Alignment = "centre",
) -> Lattice:
    """Place the voxels of another spacing so that they cover the image.

    Parameters
    ----------
    shape : (z, y, x)
        Voxels of the image.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres.
    target_mm : (z, y, x)
        The new distances; None keeps an axis as it is.
    alignment : {"centre", "corner"}
        What old and new grid share: the centre, or the outer corner of the first voxel.

    Raises
    ------
    InputError
        ``IGX-FEAT-007``: a spacing that is not a positive number.

    Source
    ------
    Image biomarker standardisation initiative reference manual, section on interpolation grids.
    """
    first, step, count = [], [], []
    for n, old, wanted in zip(shape, spacing_mm, target_mm, strict=True):
        new = old if wanted is None else wanted
        check_spacing((old, new))
        cells = max(1, int(np.ceil(n * old / new - ROUNDING)))
        step.append(new / old)
        first.append(0.5 * ((n - 1) - (cells - 1) * step[-1] if alignment == "centre" else step[-1] - 1))
        count.append(cells)
    return Lattice(_three(first), _three(step), (count[0], count[1], count[2]))


def check_spacing(spacing_mm: Sequence[float]) -> None:
    """Refuse distances that are not positive numbers (``IGX-FEAT-007``)."""
    if not all(np.isfinite(s) and s > 0 for s in spacing_mm):
        raise InputError(
            "IGX-FEAT-007",
            f"voxel spacing {tuple(spacing_mm)} is not made of positive numbers",
            expected="three distances in mm, [z, y, x]",
            remedy="correct the header, or declare the spacing",
        )


def source_box(shape: Sequence[int], lattice: Lattice, method: Interpolation) -> tuple[slice, ...]:
    """Return the voxels of the old grid that the values on ``lattice`` depend on."""
    reach = SUPPORT[method]
    box = []
    for n, f, s, count in zip(shape, lattice.first, lattice.step, lattice.shape, strict=True):
        start = int(np.floor(f)) - reach
        stop = int(np.ceil(f + s * (count - 1))) + reach + 1
        start = min(max(start, 0), n - 1)
        box.append(slice(start, max(min(stop, n), start + 1)))
    return tuple(box)


def resample_image(image: np.ndarray, lattice: Lattice, *, method: Interpolation = "linear") -> np.ndarray:
    """Compute the intensities at the places of ``lattice``.

    Parameters
    ----------
    image : array, (z, y, x)
        Intensities; beyond the border the nearest voxel counts, for the spline the mirror image.
    lattice : Lattice
        The places, see :func:`aligned_lattice`.
    method : {"nearest", "linear", "cubic-spline"}
        Interpolation; the cubic B-spline can overshoot the intensities of the image. Of two nearest voxels the
        later one counts.

    Returns
    -------
    array of float64, (lattice.shape)
    """
    if method == "nearest":
        return np.asarray(image[np.ix_(*_nearest(image.shape, lattice))], dtype=np.float64)
    from scipy import ndimage  # here, because settings that name a method import this file

    box = source_box(image.shape, lattice, method)
    part = np.ascontiguousarray(image[box], dtype=np.float64)
    offset = [f - b.start for f, b in zip(lattice.first, box, strict=True)]
    resampled: np.ndarray = ndimage.affine_transform(
        part,
        np.asarray(lattice.step),
        offset=offset,
        output_shape=lattice.shape,
        order=ORDER[method],
        mode=BEYOND[method],
    )
    return resampled


def _nearest(shape: Sequence[int], lattice: Lattice) -> list[np.ndarray]:
    """Return along each axis which old voxel is nearest; rounding errors do not part two places half way."""
    found = []
    for n, f, s, count in zip(shape, lattice.first, lattice.step, lattice.shape, strict=True):
        places = np.floor(f + s * np.arange(count) + 0.5 + ROUNDING)
        found.append(np.clip(places, 0, n - 1).astype(np.int64))
    return found


def resample_mask(
    mask: np.ndarray, lattice: Lattice, *, threshold: float = 0.5, method: MaskInterpolation = "linear"
) -> np.ndarray:
    """Select the new voxels of which at least ``threshold`` lies in the region.

    The share is interpolated linearly, or is all or nothing as in the nearest old voxel.
    """
    fraction = resample_image(mask, lattice, method=method)
    inside: np.ndarray = fraction >= threshold - ROUNDING
    return inside


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
