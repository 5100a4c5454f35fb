"""What every measurement of a region asks of its arrays, and how its rows say that lengths are in voxels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from imagenomics.errors import ArgumentTypeError, InputError
from imagenomics.features.columns import IN_VOXELS
from imagenomics.features.names import VOXEL_UNITS
from imagenomics.features.rows import Measured, measured_rows
from imagenomics.images.resample import check_spacing

Triple = tuple[float, float, float]


def check_mask(mask: np.ndarray, *, name: str = "mask", may_be_empty: bool = False) -> None:
    """Refuse what is no mask: ``IGX-FEAT-080`` kind or shape, ``IGX-FEAT-081`` no voxel."""
    if mask.dtype != np.bool_:
        raise ArgumentTypeError(
            "IGX-FEAT-080",
            f"'{name}' holds {mask.dtype}",
            expected="an array of bool (z, y, x)",
            remedy="choose one label of the map, e.g. labels == 1",
        )
    if mask.ndim != 3:
        raise InputError(
            "IGX-FEAT-080",
            f"'{name}' has the shape {mask.shape}",
            expected="three axes (z, y, x)",
            remedy="give a single slice the shape (1, y, x)",
        )
    if not (may_be_empty or mask.any()):
        raise InputError(
            "IGX-FEAT-081",
            f"'{name}' has no voxel",
            expected="at least one voxel inside the region",
            remedy="check the label of the region, and whether this patient has it at all",
        )


def check_same_grid(mask: np.ndarray, other: np.ndarray, *, name: str) -> None:
    """Refuse an array of another shape than the mask (``IGX-FEAT-082``)."""
    if mask.shape != other.shape:
        raise InputError(
            "IGX-FEAT-082",
            f"'{name}' has the shape {other.shape}, the mask {mask.shape}",
            expected="arrays of one shape (z, y, x) on one grid",
            remedy=f"bring '{name}' to the grid of the image first",
        )


def check_image(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the image as float64; refuse other shapes (``082``), kinds and missing numbers (``083``)."""
    check_same_grid(mask, image, name="image")
    if image.dtype.kind not in "fiu":
        raise ArgumentTypeError(
            "IGX-FEAT-083", f"an image of {image.dtype} cannot be measured", expected="real numbers"
        )
    bad = int(np.count_nonzero(~np.isfinite(image[mask])))
    if bad:
        raise InputError(
            "IGX-FEAT-083",
            f"{bad} voxels of the region are not finite numbers",
            expected="a number in every voxel of the region",
            remedy="look at the image there, and leave such voxels out of the mask",
        )
    return np.asarray(image, np.float64)


def used_spacing(spacing_mm: Sequence[float], *, spacing_known: bool) -> Triple:
    """Return the voxel spacing to measure with: 1 where it is unknown; ``IGX-FEAT-007`` if it is not positive."""
    if not spacing_known:
        return 1.0, 1.0, 1.0
    check_spacing(spacing_mm)
    if len(spacing_mm) != 3:
        raise InputError(
            "IGX-FEAT-007",
            f"voxel spacing {tuple(spacing_mm)} has {len(spacing_mm)} numbers",
            expected="three distances in mm, [z, y, x]",
            remedy="give a single slice its thickness",
        )
    z, y, x = (float(s) for s in spacing_mm)
    return z, y, x


def spaced_rows(
    family: str,
    values: Measured,
    *,
    units: Mapping[str, str] | str = "",
    spacing_known: bool,
    free: Collection[str] = (),
) -> pd.DataFrame:
    """Return the rows of a family whose numbers rest on the voxel spacing.

    Parameters
    ----------
    family, values, units
        See :func:`imagenomics.features.rows.measured_rows`.
    spacing_known : bool
        False: lengths are in voxels, and the rows are flagged ``voxel-units``.
    free : collection of str
        Features that do not change with the spacing (counts, shares of volume); they are never flagged.
    """
    plain = measured_rows(family, values, units=units)
    if spacing_known:
        return plain
    flagged = measured_rows(family, values, units=units, flags=VOXEL_UNITS)
    flagged["unit"] = [IN_VOXELS.get(unit, unit) for unit in flagged["unit"]]
    kept = flagged["feature"].isin(list(free))
    return pd.concat([flagged[~kept], plain[kept]]).sort_index()
