"""Diameters as radiologists take them: longest in a slice, perpendicular to it, and in space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist

from imagenomics.features.morphology.mesh import outer_vertices
from imagenomics.features.morphology.solids import convex_hull, diameter
from imagenomics.features.region import bounding_box
from imagenomics.features.regions.inputs import Triple, check_mask, spaced_rows, used_spacing
from imagenomics.features.regions.outline import Pair, convex_outline

UNITS = {
    "longest": "mm",
    "perpendicular": "mm",
    "product": "mm2",
    "height": "mm",
    "half_product": "mm3",
    "longest_3d": "mm",
}


def diameter_features(
    mask: np.ndarray, *, spacing_mm: Sequence[float], spacing_known: bool = True
) -> pd.DataFrame:
    """Measure a lesion as RECIST, WHO and RANO do.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        The lesion; slices are planes of the first axis.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: lengths are in voxels and flagged ``voxel-units``.

    Returns
    -------
    DataFrame
        Family ``diameters``: ``longest`` in any slice (RECIST), ``perpendicular`` (the longest chord at right
        angles to it in that slice), their ``product`` (WHO, RANO), ``height`` across slices, ``half_product`` (half
        the product of the three: the ABC/2 estimate of volume), ``longest_3d``, ``axis_ratio`` (perpendicular by
        longest).

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080``, ``081`` mask; ``IGX-FEAT-007`` bad spacing.

    Assumes
    -------
    Lines are drawn on the convex outline of the lesion in its slice, half a voxel beyond the outer voxel
    centres; they may leave a hollow lesion, and may join two lesions of one mask.

    Source
    ------
    Eisenhauer et al. 2009, European Journal of Cancer (RECIST 1.1); Miller et al. 1981, Cancer (WHO);
    Wen et al. 2010, Journal of Clinical Oncology (RANO); Kothari et al. 1996, Stroke (ABC/2).
    """
    check_mask(mask)
    spacing = used_spacing(spacing_mm, spacing_known=spacing_known)
    start, stop = bounding_box(mask)
    box = np.ascontiguousarray(mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))])
    longest, perpendicular = max(
        slice_diameters(plane, (spacing[1], spacing[2])) for plane in box if plane.any()
    )
    height = box.shape[0] * spacing[0]
    values: dict[str, float | str] = {
        "longest": longest,
        "perpendicular": perpendicular,
        "product": longest * perpendicular,
        "height": height,
        "half_product": longest * perpendicular * height / 2,
        "longest_3d": _in_space(box, spacing),
        "axis_ratio": perpendicular / longest,
    }
    # Within a slice a ratio of lengths needs square pixels only.
    return spaced_rows("diameters", values, units=UNITS, spacing_known=spacing_known, free=("axis_ratio",))


def slice_diameters(mask: np.ndarray, spacing_mm: Pair) -> tuple[float, float]:
    """Return the longest diameter of a region (y, x) and the longest chord at right angles to it, in mm.

    Where several diameters are equally long (to a share of 1e-9), the one with the longest chord counts.
    """
    corners = convex_outline(mask, spacing_mm)
    lengths = pdist(corners)
    longest = float(lengths.max())
    first, second = np.triu_indices(len(corners), 1)
    ties = np.flatnonzero(lengths >= longest * (1 - 1e-9))
    chords = [_longest_chord(corners, (corners[second[k]] - corners[first[k]]) / lengths[k]) for k in ties]
    return longest, max(chords)


def _longest_chord(corners: np.ndarray, axis: np.ndarray) -> float:
    """Return the longest chord of a convex outline across ``axis``: it runs through a corner."""
    along = corners @ axis
    across = corners @ np.array([-axis[1], axis[0]])
    order = np.argsort(along, kind="stable")
    low, high = int(order[0]), int(order[-1])
    one = _chain(along, across, low, high)
    other = _chain(along, across, high, low)
    at = np.unique(along)
    return float(np.abs(np.interp(at, *one) - np.interp(at, *other)).max())


def _chain(along: np.ndarray, across: np.ndarray, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners on the way from ``first`` to ``last``, with places along the axis ascending."""
    n = len(along)
    path = (first + np.arange((last - first) % n + 1)) % n
    ordered = path[np.argsort(along[path], kind="stable")]
    return along[ordered], across[ordered]


def _in_space(box: np.ndarray, spacing: Triple) -> float:
    return diameter(convex_hull(outer_vertices(box, spacing))[0])
