"""All measurements of one region that the settings ask for, as one long table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.errors import InputError
from imagenomics.features.regions.depth import depth_features
from imagenomics.features.regions.diameters import diameter_features
from imagenomics.features.regions.ellipsoid import ellipsoid_features
from imagenomics.features.regions.laterality import MidPlane, laterality_features
from imagenomics.features.regions.lesions import lesion_features
from imagenomics.features.regions.location import location_features
from imagenomics.features.regions.margin import margin_features
from imagenomics.features.regions.rings import ring_features
from imagenomics.features.regions.settings import DEFAULT, RegionFamily, RegionSettings
from imagenomics.features.regions.sharpness import sharpness_features


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What some measurements need to know besides image and mask, all on the grid of the image.

    Parameters
    ----------
    allowed : array of bool, (z, y, x), optional
        Where rings may lie.
    reference : array of bool, (z, y, x), optional
        The organ whose surface 'depth' is measured from.
    atlas : array of whole numbers, (z, y, x), optional
        Labels of the parts that 'location' shares the region among.
    names : mapping of int to str, optional
        Names of these labels.
    plane : MidPlane, optional
        The mid-sagittal plane for 'laterality'.
    """

    allowed: np.ndarray | None = None
    reference: np.ndarray | None = None
    atlas: np.ndarray | None = None
    names: Mapping[int, str] | None = None
    plane: MidPlane | None = None


def measure_region(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool = True,
    settings: RegionSettings = DEFAULT,
    surroundings: Surroundings | None = None,
) -> pd.DataFrame:
    """Say where a region lies and what its size, number, outline and border are like.

    Parameters
    ----------
    image : array of real numbers, (z, y, x)
        Intensities.
    mask : array of bool, (z, y, x)
        The region.
    spacing_mm : (z, y, x)
        Distance of neighbouring voxel centres; not used where ``spacing_known`` is False.
    spacing_known : bool
        False: lengths are in voxels and flagged ``voxel-units``, lengths of the settings too.
    settings : RegionSettings
        What is measured.
    surroundings : Surroundings, optional
        What 'rings', 'location', 'laterality' and 'depth' need.

    Returns
    -------
    DataFrame
        Rows as of :func:`imagenomics.features.rows.measured_rows`, family after family as in the settings.

    Raises
    ------
    InputError, ArgumentTypeError
        ``IGX-FEAT-091``: 'laterality' without a plane, 'depth' without a reference; else as the measurements.
    """
    about = surroundings or Surroundings()
    frames = []
    for family in settings.families:
        options = {
            "spacing_mm": spacing_mm,
            "spacing_known": spacing_known,
            **_options(family, settings, about),
        }
        measure = _MEASURES[family]
        needs_image = family in ("sharpness", "rings")
        frames.append(measure(image, mask, **options) if needs_image else measure(mask, **options))
    return pd.concat(frames, ignore_index=True)


_MEASURES: Mapping[RegionFamily, Callable[..., pd.DataFrame]] = {
    "lesions": lesion_features,
    "diameters": diameter_features,
    "ellipsoid": ellipsoid_features,
    "margin": margin_features,
    "sharpness": sharpness_features,
    "rings": ring_features,
    "location": location_features,
    "laterality": laterality_features,
    "depth": depth_features,
}


def _options(family: RegionFamily, settings: RegionSettings, about: Surroundings) -> dict[str, object]:
    """Return what a measurement is told besides image, mask and spacing."""
    missing = {"laterality": about.plane, "depth": about.reference}
    if family in missing and missing[family] is None:
        what = "the mid-sagittal plane" if family == "laterality" else "a reference organ"
        raise InputError(
            "IGX-FEAT-091",
            f"'{family}' cannot be measured without {what}",
            expected="Surroundings(plane=...) or Surroundings(reference=...)",
            remedy=f"give it, or leave '{family}' out of the families",
        )
    chosen: Mapping[str, dict[str, object]] = {
        "lesions": {"min_volume": settings.min_lesion_volume, "min_gap": settings.min_gap_mm},
        "margin": {"min_pixels": settings.min_pixels},
        "sharpness": {"reach_mm": settings.reach_mm},
        "rings": {"edges_mm": settings.ring_edges_mm, "allowed": about.allowed},
        "location": {"atlas": about.atlas, "names": about.names},
        "laterality": {"plane": about.plane, "midline_mm": settings.midline_mm},
        "depth": {"reference": about.reference},
    }
    return chosen.get(family, {})
