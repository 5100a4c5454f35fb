"""Which rows an extraction gives, before any image is read."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from imagenomics.features.names import DIAGNOSTIC, TEXTURE, VOXEL_UNITS, feature_names
from imagenomics.features.pyradiomics.names import PYRADIOMICS, PYRADIOMICS_TEXTURE
from imagenomics.features.settings import FAMILIES, Family, FeatureSettings

IN_VOXELS = {
    "mm3": "voxels",
    "mm2": "voxel faces",
    "mm": "voxel edges",
    "1/mm": "1/voxel edge",
    "intensity mm3": "intensity voxels",
    "intensity2 mm3": "intensity2 voxels",
}
IN_MM: tuple[Family, ...] = ("volume", "shape", "local-intensity", "pyradiomics-shape", "pyradiomics-shape2D")
BINNED: tuple[Family, ...] = ("histogram", *TEXTURE, *PYRADIOMICS_TEXTURE)


class Column(NamedTuple):
    """One feature before it is measured."""

    family: Family
    feature: str
    ibsi: str
    unit: str
    flags: str


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
        ``diagnostics`` are flagged ``diagnostic`` in any case, and keep their tags; the families of PyRadiomics
        have none.

    Returns
    -------
    DataFrame
        ``family, feature, ibsi, unit, flags``: one row for each value of
        :func:`imagenomics.features.extract.extract_region`.
    """
    rows = planned_columns(settings, spacing_known)
    return pd.DataFrame(rows, columns=["family", "feature", "ibsi", "unit", "flags"]).astype(object)


@lru_cache(maxsize=64)  # the same for every patient of a study
def planned_columns(settings: FeatureSettings, spacing_known: bool) -> tuple[Column, ...]:
    """Return the rows of :func:`feature_columns` without a table around them."""
    rows = []
    for family in FAMILIES:
        if family in settings.families:
            names = feature_names(family, settings, spacing_known=spacing_known)
            rows += [_row(family, name, unit, settings, spacing_known) for name, unit in names.items()]
    return tuple(rows)


def _row(family: Family, name: str, unit: str, settings: FeatureSettings, spacing_known: bool) -> Column:
    flags = [DIAGNOSTIC] if family == "diagnostics" else []
    tag = name if _conforms(family, settings) else ""
    if not spacing_known and _needs_spacing(family, name, unit):
        flags.append(VOXEL_UNITS)
        tag = ""
    return Column(family, name, tag, unit if spacing_known else IN_VOXELS.get(unit, unit), "|".join(flags))


def _needs_spacing(family: Family, name: str, unit: str) -> bool:
    if family in TEXTURE:
        return "_2D" not in name
    return family in (*IN_MM, *PYRADIOMICS_TEXTURE) or "mm" in unit


def _conforms(family: Family, settings: FeatureSettings) -> bool:
    """Tell whether IBSI defines it so: its bins of fixed size start at the lower end of the range."""
    chosen = settings.ivh if family == "ivh" else settings.discretisation
    if family in PYRADIOMICS or (family in BINNED and chosen.method == "pyradiomics-bin-width"):
        return False
    if family not in (*BINNED, "ivh") or chosen.method != "fixed-bin-size":
        return True
    start = settings.intensity_range[0] if settings.intensity_range else None
    return start is None or settings.lowest_of(chosen) == start
