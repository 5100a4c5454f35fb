"""White-matter hyperintensities: how much, and whether near the ventricles or deep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.brain.lateralisation import check_mask
from imagenomics.features.brain.rows import BRAIN, region_rows

NEAR_MM = 10.0
Rule = Literal["voxel", "lesion"]


def hyperintensity_rows(
    lesions: np.ndarray,
    ventricles: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    near_mm: float = NEAR_MM,
    rule: Rule = "voxel",
    min_volume_mm3: float = 0.0,
) -> pd.DataFrame:
    """Return the volume of white-matter hyperintensities: total, periventricular and deep.

    Parameters
    ----------
    lesions : ndarray of bool (z, y, x)
        Segmented hyperintensities; may be empty: then the volumes are 0.
    ventricles : ndarray of bool (z, y, x)
        Lateral ventricles on the same grid.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres in mm.
    near_mm : float
        A voxel is periventricular where its centre lies at most this far from the centre of a ventricle's voxel.
    rule : "voxel" or "lesion"
        Split each lesion at the border, or give a lesion (26 neighbours) that reaches the zone to it as a whole.
    min_volume_mm3 : float
        Smaller lesions are taken for noise and not counted.

    Returns
    -------
    DataFrame
        ``volume_total``, ``volume_periventricular``, ``volume_deep`` in mm3, ``log1p_volume_total`` (volumes are
        skewed), ``lesions``, ``largest_lesion``, ``volume_small`` (left out by ``min_volume_mm3``); family
        ``hyperintensities``.

    Raises
    ------
    InputError
        ``IGX-FEAT-120`` shapes that differ; ``IGX-FEAT-138`` no ventricle; ``IGX-FEAT-142``: a spacing or distance
        that is not positive, or an unknown rule.

    Assumes
    -------
    Voxels of lesions inside the ventricle mask count as periventricular.

    Source
    ------
    DeCarli et al. 2005, Stroke 36:50; Griffanti et al. 2018, NeuroImage 170:174 (10 mm from the ventricles).
    """
    from scipy import ndimage

    spacing = np.asarray(spacing_mm, dtype=np.float64)
    if spacing.shape != (3,) or not (spacing > 0).all() or not near_mm > 0 or rule not in ("voxel", "lesion"):
        raise InputError(
            "IGX-FEAT-142",
            f"spacing {tuple(spacing_mm)} mm, distance {near_mm:g} mm, rule '{rule}'",
            expected="three positive spacings, a positive distance, and 'voxel' or 'lesion'",
            remedy="declare the true spacing of the image",
        )
    inside = np.asarray(lesions, dtype=bool)
    wet = check_mask(ventricles, inside.shape, name="ventricles")
    side = float(spacing.prod())
    labels, n = ndimage.label(inside, structure=np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=n + 1)[1:] * side
    large = sizes >= min_volume_mm3
    counted = inside & np.concatenate([[False], large])[labels]
    near = ndimage.distance_transform_edt(~wet, sampling=spacing) <= near_mm
    zone = counted & near
    if rule == "lesion":
        zone = counted & np.isin(labels, np.unique(labels[zone]))
    total = float(counted.sum() * side)
    around = float(zone.sum() * side)
    values = {
        "volume_total": total,
        "volume_periventricular": around,
        "volume_deep": float((counted & ~zone).sum() * side),
        "log1p_volume_total": float(np.log1p(total)),
        "lesions": float(large.sum()),
        "largest_lesion": float(sizes[large].max()) if large.any() else 0.0,
        "volume_small": float(sizes[~large].sum()),
    }
    units = {k: "mm3" for k in values if k.startswith("volume") or k == "largest_lesion"}
    return region_rows("hyperintensities", {BRAIN: values}, units=units | {"log1p_volume_total": "log mm3"})
