"""How deep a lesion lies below a surface, e.g. that of the brain or of the ventricles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from imagenomics.features.regions.distance import box_around, signed_distance
from imagenomics.features.regions.inputs import check_mask, check_same_grid, spaced_rows, used_spacing

LENGTHS = ("nearest", "mean_distance", "farthest", "centroid_distance")


def depth_features(
    mask: np.ndarray,
    reference: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
) -> pd.DataFrame:
    """Measure how far a lesion lies from the surface of an organ.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The lesion.
    reference : array of bool, (z, y, x)
        The organ: the brain for the depth below the cortex, the ventricles for the distance to them.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: distances are in voxels and flagged ``voxel-units``.

    Returns
    -------
    DataFrame
        Family ``depth``: ``nearest`` (the smallest distance of a lesion voxel to the surface), ``mean_distance``,
        ``farthest``, ``centroid_distance`` (of the voxel nearest to the centroid), all without sign, and
        ``share_inside`` the organ. The names do not say which organ: the caller's region name does.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080`` to ``082`` masks; ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    Distances are those of :func:`imagenomics.features.regions.distance.signed_distance`: to the nearest voxel
    centre on the other side of the surface. An organ that fills the image has no surface; such rows are skipped.
    """
    check_mask(mask)
    check_mask(reference, name="reference")
    check_same_grid(mask, reference, name="reference")
    spacing = used_spacing(spacing_mm, spacing_known=spacing_known)
    values: dict[str, float | str]
    if reference.all():
        values = dict.fromkeys(LENGTHS, "the reference fills the image and has no surface in it")
    else:
        # The nearest voxels on the other side lie in the box of both masks and one layer around it.
        box = box_around(mask | reference, 0.0, spacing)
        distance = np.abs(signed_distance(reference[box], spacing))
        inside = distance[mask[box]]
        centroid = np.rint(np.argwhere(mask[box]).mean(axis=0)).astype(np.int64)
        values = {
            "nearest": float(inside.min()),
            "mean_distance": float(inside.mean()),
            "farthest": float(inside.max()),
            "centroid_distance": float(distance[tuple(centroid)]),
        }
    values["share_inside"] = float(reference[mask].mean())
    units = dict.fromkeys(LENGTHS, "mm")
    return spaced_rows("depth", values, units=units, spacing_known=spacing_known, free=("share_inside",))
