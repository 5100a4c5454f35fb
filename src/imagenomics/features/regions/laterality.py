"""On which side of the mid-sagittal plane a lesion lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.regions.inputs import Triple, check_mask, spaced_rows, used_spacing
from imagenomics.features.regions.settings import DEFAULT


@dataclass(frozen=True)
class MidPlane:
    """The mid-sagittal plane of a patient.

    Parameters
    ----------
    point : (z, y, x)
        A point of the plane, in voxel indices (fractions allowed).
    to_left : (z, y, x)
        A vector across the plane that points to the patient's left, in mm along the array's axes. ``(0, 0, 1)``
        where x grows towards the left, as in DICOM patient coordinates without rotation.

    Raises
    ------
    InputError
        ``IGX-FEAT-087``: not three finite numbers each, or a vector of length 0.
    """

    point: Triple
    to_left: Triple

    def __post_init__(self) -> None:
        numbers = np.array([*self.point, *self.to_left], np.float64)
        if numbers.shape != (6,) or not np.isfinite(numbers).all() or not np.any(numbers[3:]):
            raise InputError(
                "IGX-FEAT-087",
                f"point {self.point} and vector {self.to_left} make no plane",
                expected="a point (z, y, x) in voxels, and a vector (z, y, x) to the patient's left",
                remedy="e.g. MidPlane(point=(0, 0, 127.5), to_left=(0, 0, 1))",
            )


def laterality_features(
    mask: np.ndarray,
    *,
    plane: MidPlane,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    midline_mm: float = DEFAULT.midline_mm,
) -> pd.DataFrame:
    """Measure how much of a lesion lies left, right and at the midline.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The lesion.
    plane : MidPlane
        The mid-sagittal plane, with the direction to the patient's left declared: arrays do not tell.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: distances are in voxels, and all rows are flagged ``voxel-units`` unless the plane runs along the
        axes and ``midline_mm`` is 0.
    midline_mm : float
        Voxel centres within this distance of the plane count as midline.

    Returns
    -------
    DataFrame
        Family ``laterality``: ``share_left``, ``share_right``, ``share_midline``, ``laterality_index`` (left less
        right by their sum: 1 left, -1 right; skipped where all lies at the midline), ``crosses_midline`` (1 or 0)
        and ``left_offset`` (of the centroid from the plane, in mm, positive to the left).

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080``, ``081`` mask; ``IGX-FEAT-007`` bad spacing.
    """
    check_mask(mask)
    spacing = np.array(used_spacing(spacing_mm, spacing_known=spacing_known))
    normal = np.array(plane.to_left, np.float64)
    normal = normal / np.linalg.norm(normal)
    offset = ((np.argwhere(mask) - np.array(plane.point)) * spacing) @ normal
    at_midline = np.abs(offset) <= midline_mm + 1e-9 * float(spacing.max())
    left = float(np.mean(~at_midline & (offset > 0)))
    right = float(np.mean(~at_midline & (offset < 0)))
    sided = left + right
    values: dict[str, float | str] = {
        "share_left": left,
        "share_right": right,
        "share_midline": float(at_midline.mean()),
        "laterality_index": (left - right) / sided if sided else "the lesion lies at the midline",
        "crosses_midline": float(left > 0 and right > 0),
        "left_offset": float(offset.mean()),
    }
    along_axis = np.count_nonzero(plane.to_left) == 1 and midline_mm == 0
    free = tuple(name for name in values if name != "left_offset") if along_axis else ()
    return spaced_rows(
        "laterality", values, units={"left_offset": "mm"}, spacing_known=spacing_known, free=free
    )
