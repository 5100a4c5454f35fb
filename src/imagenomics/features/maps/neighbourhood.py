"""Which voxels stand around a voxel: a cube counted in voxels, or a ball in mm."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from imagenomics.errors import InputError

MAX_VOXELS = 50_000
ROUNDING = 1e-9  # a neighbour at exactly the radius belongs to the ball, whatever its distance rounds to


def neighbourhood(
    spacing_mm: Sequence[float],
    *,
    radius_mm: float | None = None,
    radius_voxels: int | None = None,
    spacing_known: bool = True,
) -> np.ndarray:
    """Return the steps to all voxels of a neighbourhood.

    Parameters
    ----------
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres in mm.
    radius_mm : float, optional
        A ball: voxels whose centres are at most this far away.
    radius_voxels : int, optional
        A cube of 2 r + 1 voxels along each axis, whatever their size (PyRadiomics' ``kernelRadius``).
    spacing_known : bool
        False where one voxel is the unit of length.

    Returns
    -------
    array of int64, (k, 3)
        Steps z, y, x in ascending order, (0, 0, 0) among them.

    Raises
    ------
    InputError
        ``IGX-FEAT-180``: not exactly one radius, or one that is no positive number (of whole voxels);
        ``IGX-FEAT-181``: a radius in mm that reaches no neighbour, or without a known spacing;
        ``IGX-FEAT-182``: more than 50,000 voxels.
    """
    if (radius_mm is None) == (radius_voxels is None):
        raise _bad_radius("both radii are given" if radius_mm is not None else "no radius is given")
    if radius_voxels is not None:
        if isinstance(radius_voxels, bool) or radius_voxels != int(radius_voxels) or radius_voxels < 1:
            raise _bad_radius(f"radius_voxels = {radius_voxels}")
        _check_size((2.0 * radius_voxels + 1) ** 3)
        return _steps([int(radius_voxels)] * 3)
    assert radius_mm is not None
    if not (0 < radius_mm < math.inf):
        raise _bad_radius(f"radius_mm = {radius_mm}")
    _check_reach(radius_mm, spacing_mm, spacing_known)
    _check_size(4 / 3 * math.pi * math.prod(radius_mm / s for s in spacing_mm))
    steps = _steps([int(radius_mm * (1 + ROUNDING) / s) for s in spacing_mm])
    far = np.sqrt(((steps * np.asarray(spacing_mm, np.float64)) ** 2).sum(axis=1))
    found: np.ndarray = steps[far <= radius_mm * (1 + ROUNDING)]
    return found


def _steps(reach: Sequence[int]) -> np.ndarray:
    axes = [np.arange(-r, r + 1) for r in reach]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.int64)


def _check_reach(radius_mm: float, spacing_mm: Sequence[float], spacing_known: bool) -> None:
    if not spacing_known:
        raise InputError(
            "IGX-FEAT-181",
            f"a radius of {radius_mm:g} mm means nothing here: the voxel spacing of the image is unknown",
            remedy="give the radius in voxels (radius_voxels), or declare the spacing of the image",
        )
    if radius_mm * (1 + ROUNDING) < min(spacing_mm):
        raise InputError(
            "IGX-FEAT-181",
            f"a radius of {radius_mm:g} mm reaches no neighbour of a voxel",
            expected=f"at least {min(spacing_mm):g} mm, the shortest edge of a voxel",
            remedy="choose a larger radius, or give it in voxels (radius_voxels)",
        )


def _check_size(n_voxels: float) -> None:
    if n_voxels > MAX_VOXELS:
        raise InputError(
            "IGX-FEAT-182",
            f"the neighbourhood of each voxel would have about {n_voxels:.0f} voxels",
            expected=f"at most {MAX_VOXELS}",
            remedy="choose a smaller radius, or resample the image to larger voxels",
        )


def _bad_radius(what: str) -> InputError:
    return InputError(
        "IGX-FEAT-180",
        f"the size of the neighbourhood is not clear: {what}",
        expected="either radius_mm, a positive number, or radius_voxels, a whole number from 1",
        remedy="a window of w voxels has radius_voxels = (w - 1) / 2: a window with a middle is odd",
    )
