"""Which rows an extraction gives, before any image is read."""

from __future__ import annotations

import pandas as pd

from imagenomics.features.names import TEXTURE, VOXEL_UNITS, feature_names
from imagenomics.features.settings import FAMILIES, Family, FeatureSettings

IN_VOXELS = {
    "mm3": "voxels",
    "mm2": "voxel faces",
    "mm": "voxel edges",
    "1/mm": "1/voxel edge",
    "intensity mm3": "intensity voxels",
}
IN_MM: tuple[Family, ...] = ("volume", "shape", "local-intensity")
BINNED: tuple[Family, ...] = ("histogram", *TEXTURE)


def feature_columns(settings: FeatureSettings, *, spacing_known: bool = True) -> pd.DataFrame:
    """Say which features an extraction will give: their order, tags, units and flags.

    Parameters
    ----------
    settings : FeatureSettings
        What is asked for.
    spacing_known : bool
        False where one voxel is the unit of length. Everything in mm and everything that mixes slices
        (shape, local intensity, 2.5D and 3D textures) is then flagged ``voxel-units`` and loses its IBSI
        tag. Textures within slices stay unflagged on the assumption that voxels are square in plane.

    Returns
    -------
    DataFrame
        ``family, feature, ibsi, unit, flags``: one row for each value of
        :func:`imagenomics.features.extract.extract_region`.
    """
    rows = []
    for family in FAMILIES:
        if family in settings.families:
            names = feature_names(family, settings, spacing_known=spacing_known)
            rows += [_row(family, name, unit, settings, spacing_known) for name, unit in names.items()]
    return pd.DataFrame(rows, columns=["family", "feature", "ibsi", "unit", "flags"]).astype(object)


def _row(
    family: Family, name: str, unit: str, settings: FeatureSettings, spacing_known: bool
) -> tuple[str, ...]:
    flags = "" if spacing_known or not _needs_spacing(family, name) else VOXEL_UNITS
    tag = name if not flags and _conforms(family, settings) else ""
    return family, name, tag, unit if spacing_known else IN_VOXELS.get(unit, unit), flags


def _needs_spacing(family: Family, name: str) -> bool:
    return family in IN_MM or (family in TEXTURE and "_2D" not in name)


def _conforms(family: Family, settings: FeatureSettings) -> bool:
    """Tell whether IBSI defines it so: its bins of fixed size start at the lower end of the range."""
    chosen = settings.ivh if family == "ivh" else settings.discretisation
    if family not in (*BINNED, "ivh") or chosen.method != "fixed-bin-size":
        return True
    start = settings.intensity_range[0] if settings.intensity_range else None
    return start is None or settings.lowest_of(chosen) == start
