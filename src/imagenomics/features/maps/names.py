"""Which features have maps, and what a user may call them."""

from __future__ import annotations

from collections.abc import Sequence

from imagenomics.errors import unknown_name
from imagenomics.features.names import TEXTURE, dimension, feature_names, suffixes
from imagenomics.features.pyradiomics.names import PYRADIOMICS_TEXTURE
from imagenomics.features.settings import AGGREGATIONS, Aggregation, Family, FeatureSettings

FAST: tuple[Family, ...] = ("intensity", "histogram", "glcm", "pyradiomics-firstorder", "pyradiomics-glcm")
MAPPED: tuple[Family, ...] = (
    "intensity",
    "histogram",
    *TEXTURE,
    "pyradiomics-firstorder",
    *PYRADIOMICS_TEXTURE,
)


def mapped_features(
    features: Sequence[str], settings: FeatureSettings, *, spacing_known: bool = True
) -> dict[str, Family]:
    """Return the features that are asked for, each with its family.

    Parameters
    ----------
    features : sequence of str
        Names of features (``stat_var``, ``cm_contrast_3D_avg``, ``original_glcm_Contrast``), names of textures without
        their aggregation (``cm_contrast``), or families (``glcm``).
    settings : FeatureSettings
        Its ``aggregations`` complete names without one, and families.
    spacing_known : bool
        See :meth:`FeatureSettings.resolved`.

    Returns
    -------
    dict
        Full name to family, in the order asked for.

    Raises
    ------
    InputError
        ``IGX-FEAT-183``: a name that is no feature with a map.
    """
    known: dict[str, Family] = {name: family for family in MAPPED for name in _units(family)}
    short = _short_names(settings, spacing_known)
    found: dict[str, Family] = {}
    for name in features:
        if name in known:
            found[name] = known[name]
        elif name in short:
            found |= {full: known[full] for full in short[name]}
        else:
            raise unknown_name("IGX-FEAT-183", "feature", name, [*short, *known], where="feature map")
    return found


def aggregations_of(names: Sequence[str]) -> tuple[Aggregation, ...]:
    """Return the aggregations in which texture features are asked for; a dimension stands for its '_comb'."""
    return tuple(
        a
        for a in AGGREGATIONS
        if any(n.endswith((f"_{a}", f"_{dimension(a)}" if a.endswith("comb") else a)) for n in names)
    )


def unit_of(name: str, family: Family) -> str:
    """Return the unit of a map: that of its feature."""
    return _units(family)[name]


def _units(family: Family) -> dict[str, str]:
    """Return all features of a family, in every aggregation, with their units."""
    return feature_names(family, FeatureSettings(aggregations=AGGREGATIONS), spacing_known=True)


def _short_names(settings: FeatureSettings, spacing_known: bool) -> dict[str, list[str]]:
    """Return families, and textures without aggregation, with the full names that they stand for."""
    found: dict[str, list[str]] = {}
    for family in MAPPED:
        names = list(feature_names(family, settings, spacing_known=spacing_known))
        found[family] = names
        stem, tags = TEXTURE.get(family, ("", ()))
        endings = suffixes(family, settings.resolved(spacing_known=spacing_known)) if tags else []
        found |= {f"{stem}_{tag}": [f"{stem}_{tag}_{e}" for e in endings] for tag in tags}
    return found
