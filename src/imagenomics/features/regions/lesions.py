"""How many lesions a mask holds, how far apart they are, and whether one dominates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import ndimage
from scipy.spatial import cKDTree

from imagenomics.features.regions.inputs import Triple, check_mask, spaced_rows, used_spacing
from imagenomics.features.regions.settings import DEFAULT

MAX_PAIRED = 200  # lesions whose mutual distances are measured; more are specks of a bad mask
UNITS = {"nearest_gap": "mm", "widest_gap": "mm", "centroid_spread": "mm"}
FREE = ("n_lesions", "n_specks", "largest_share", "effective_number")


def lesion_features(
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    min_volume: float = DEFAULT.min_lesion_volume,
    min_gap: float = DEFAULT.min_gap_mm,
    neighbours: Literal[6, 18, 26] = 26,
) -> pd.DataFrame:
    """Count the lesions of a mask and measure how they are spread.

    Parameters
    ----------
    mask : array of bool, (z, y, x)
        All lesions together.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: distances are in voxels and flagged ``voxel-units``.
    min_volume : float
        Smaller components, in mm3 (voxels where the spacing is unknown), are specks and no lesions.
    min_gap : float
        ``multifocal`` is 1 where two lesions lie at least this far apart, in mm.
    neighbours : 6, 18 or 26
        Which voxels hang together.

    Returns
    -------
    DataFrame
        Family ``lesions``: ``n_lesions``, ``n_specks``, ``largest_share`` of the volume of all lesions,
        ``effective_number`` (1 over the sum of squared shares: 1 one lesion dominates, n equal lesions),
        ``nearest_gap`` (between the closest two; nearest voxel centres), ``widest_gap`` (the largest distance of
        a lesion to its nearest neighbour), ``centroid_spread`` (largest distance of two centroids, 0 for one
        lesion) and ``multifocal`` (1 or 0). Gaps of a single lesion are skipped with the reason.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-080``, ``081`` mask; ``IGX-FEAT-007`` bad spacing.

    Source
    ------
    Nicolasjilwan et al. 2015, Journal of Neuroradiology, and the other readers of VASARI call multifocal and
    multicentric gliomas by eye; the effective number is the inverse of Simpson's concentration (1949, Nature).
    """
    check_mask(mask)
    spacing = used_spacing(spacing_mm, spacing_known=spacing_known)
    steps = {6: 1, 18: 2, 26: 3}[neighbours]
    labels, n = ndimage.label(mask, ndimage.generate_binary_structure(3, steps))
    sizes = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    large = 1 + np.flatnonzero(sizes * np.prod(spacing) >= min_volume)
    values: dict[str, float | str] = {"n_lesions": len(large), "n_specks": n - len(large)}
    if len(large) == 0:
        why = f"every component is smaller than min_volume = {min_volume:g}"
        rest = ("largest_share", "effective_number", *UNITS, "multifocal")
        values |= dict.fromkeys(rest, why)
    else:
        shares = sizes[large - 1] / sizes[large - 1].sum()
        values |= {
            "largest_share": float(shares.max()),
            "effective_number": float(1 / (shares**2).sum()),
            **_distances(labels, large, spacing, min_gap),
        }
    free = FREE if min_volume == 0 else ()
    return spaced_rows("lesions", values, units=UNITS, spacing_known=spacing_known, free=free)


def lesion_gaps(labels: np.ndarray, chosen: np.ndarray, spacing_mm: Triple) -> np.ndarray:
    """Return the distances (n, n) in mm between the nearest voxel centres of labelled components."""
    boxes = ndimage.find_objects(labels)
    places = [_border_places(labels, boxes[label - 1], int(label), spacing_mm) for label in chosen]
    gaps = np.zeros((len(chosen), len(chosen)))
    for i, points in enumerate(places):
        tree = cKDTree(points)
        for j in range(i):
            gaps[i, j] = gaps[j, i] = float(tree.query(places[j])[0].min())
    return gaps


def _distances(
    labels: np.ndarray, large: np.ndarray, spacing: Triple, min_gap: float
) -> dict[str, float | str]:
    if len(large) == 1:
        alone = "there is one lesion"
        return {"nearest_gap": alone, "widest_gap": alone, "centroid_spread": 0.0, "multifocal": 0.0}
    if len(large) > MAX_PAIRED:
        return dict.fromkeys((*UNITS, "multifocal"), f"{len(large)} lesions are more than {MAX_PAIRED}")
    gaps = lesion_gaps(labels, large, spacing)
    apart = np.where(np.eye(len(large), dtype=bool), np.inf, gaps)
    centres = np.array(ndimage.center_of_mass(labels > 0, labels, large)) * spacing
    return {
        "nearest_gap": float(apart.min()),
        "widest_gap": float(apart.min(axis=1).max()),
        "centroid_spread": float(np.linalg.norm(centres[:, None] - centres[None], axis=2).max()),
        "multifocal": float(gaps.max() >= min_gap),
    }


def _border_places(labels: np.ndarray, box: tuple[slice, ...], label: int, spacing: Triple) -> np.ndarray:
    """Return the voxels (n, 3), in mm, of a component that have a neighbour outside it."""
    own = np.pad(labels[box] == label, 1)
    inner = ndimage.binary_erosion(own)
    corner = np.array([s.start for s in box])
    places: np.ndarray = (np.argwhere(own & ~inner) - 1 + corner) * np.array(spacing)
    return places
