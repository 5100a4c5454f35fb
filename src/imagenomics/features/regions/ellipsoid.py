"""How well a lesion fills the smallest ellipsoid around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.features.morphology.mesh import mesh_volume_area, outer_vertices
from imagenomics.features.morphology.solids import convex_hull, smallest_ellipsoid
from imagenomics.features.region import bounding_box
from imagenomics.features.regions.inputs import check_mask, spaced_rows, used_spacing

UNITS = {f"bounding_semi_axis_{k}": "mm" for k in (1, 2, 3)}


def ellipsoid_features(
    mask: np.ndarray, *, spacing_mm: Sequence[float], spacing_known: bool = True
) -> pd.DataFrame:
    """Measure how irregular a lesion is in space.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The lesion.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: one voxel is the unit of length, and all rows are flagged ``voxel-units``.

    Returns
    -------
    DataFrame
        Family ``ellipsoid``: ``bounding_ellipsoid_ratio`` (volume of the lesion by that of the ellipsoid of least
        volume around it: 1 for an ellipsoid, less the more irregular), and the three semi-axes of that
        ellipsoid, longest first.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080``, ``081`` mask; ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    Volume and hull are those of the mesh through the middles of voxel edges, as in the shape family.

    Source
    ------
    Czarnek et al. 2017, Journal of Neuro-Oncology, and Mazurowski et al. 2017, Journal of Neuro-Oncology
    (bounding ellipsoid volume ratio).
    """
    check_mask(mask)
    spacing = used_spacing(spacing_mm, spacing_known=spacing_known)
    start, stop = bounding_box(mask)
    box = np.ascontiguousarray(mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))])
    volume, _ = mesh_volume_area(box, spacing)
    axes = smallest_ellipsoid(convex_hull(outer_vertices(box, spacing))[0])
    values: dict[str, float | str] = {
        "bounding_ellipsoid_ratio": volume / float(4 / 3 * np.pi * np.prod(axes)),
        **{f"bounding_semi_axis_{k}": float(a) for k, a in enumerate(axes, start=1)},
    }
    return spaced_rows("ellipsoid", values, units=UNITS, spacing_known=spacing_known)
