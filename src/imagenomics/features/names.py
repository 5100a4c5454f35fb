"""The features of each family: their names are the tags of the IBSI reference tables, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from imagenomics.features.pyradiomics.names import PYRADIOMICS
from imagenomics.features.settings import Aggregation, Family, FeatureSettings, ShapeExtra

VOXEL_UNITS = "voxel-units"
NEGATIVE_CONTROL = "negative-control"  # of the lesion's voxels shuffled, or of another place
REPETITION = "repetition"  # the same feature, measured once more
DIAGNOSTIC = "diagnostic"  # tells how a region was made ready, which is no property of the patient
FEW_LEVELS = "few-levels"
ANISOTROPIC = "anisotropic"
SIGNED = "negative-intensities"
# Ratios and weights that have a meaning only where zero is the least intensity there can be.
NEEDS_POSITIVE = ("morph_com", "stat_cov", "stat_qcod")


def _diagnostics() -> dict[str, str]:
    """Return the tags of image and mask as read, after interpolation and after re-segmentation."""
    found: dict[str, str] = {}
    for stage in ("init", "interp"):
        found |= {f"img_dim_{axis}_{stage}_img": "voxels" for axis in "xyz"}
        found |= {f"vox_dim_{axis}_{stage}_img": "mm" for axis in "xyz"}
        found |= {f"{what}_int_{stage}_img": "intensity" for what in ("mean", "min", "max")}
    for stage in ("init", "interp", "reseg"):
        for box in ("int_mask_dim", "int_mask_bb_dim", "morph_mask_bb_dim"):
            found |= {f"{box}_{axis}_{stage}_roi": "voxels" for axis in "xyz"}
        found |= {f"{which}_mask_vox_count_{stage}_roi": "voxels" for which in ("int", "morph")}
        found |= {f"int_mask_{what}_int_{stage}_roi": "intensity" for what in ("mean", "min", "max")}
    return found


# Families without aggregation: feature to unit.
PLAIN: Mapping[Family, Mapping[str, str]] = MappingProxyType(
    {
        "volume": {"morph_vol_approx": "mm3"},
        "shape": {
            "morph_volume": "mm3",
            "morph_area_mesh": "mm2",
            "morph_av": "1/mm",
            "morph_comp_1": "",
            "morph_comp_2": "",
            "morph_sph_dispr": "",
            "morph_sphericity": "",
            "morph_asphericity": "",
            "morph_com": "mm",
            "morph_diam": "mm",
            "morph_pca_maj_axis": "mm",
            "morph_pca_min_axis": "mm",
            "morph_pca_least_axis": "mm",
            "morph_pca_elongation": "",
            "morph_pca_flatness": "",
            "morph_vol_dens_aabb": "",
            "morph_area_dens_aabb": "",
            "morph_vol_dens_ombb": "",
            "morph_area_dens_ombb": "",
            "morph_vol_dens_aee": "",
            "morph_area_dens_aee": "",
            "morph_vol_dens_mvee": "",
            "morph_area_dens_mvee": "",
            "morph_vol_dens_conv_hull": "",
            "morph_area_dens_conv_hull": "",
            "morph_integ_int": "intensity mm3",
            "morph_moran_i": "",
            "morph_geary_c": "",
        },
        "local-intensity": {"loc_peak_loc": "intensity", "loc_peak_glob": "intensity"},
        "intensity": {
            "stat_mean": "intensity",
            "stat_var": "intensity2",
            "stat_skew": "",
            "stat_kurt": "",
            "stat_median": "intensity",
            "stat_min": "intensity",
            "stat_p10": "intensity",
            "stat_p90": "intensity",
            "stat_max": "intensity",
            "stat_iqr": "intensity",
            "stat_range": "intensity",
            "stat_mad": "intensity",
            "stat_rmad": "intensity",
            "stat_medad": "intensity",
            "stat_cov": "",
            "stat_qcod": "",
            "stat_energy": "intensity2",
            "stat_rms": "intensity",
        },
        "histogram": {
            "ih_mean": "level",
            "ih_var": "level2",
            "ih_skew": "",
            "ih_kurt": "",
            "ih_median": "level",
            "ih_min": "level",
            "ih_p10": "level",
            "ih_p90": "level",
            "ih_max": "level",
            "ih_mode": "level",
            "ih_iqr": "level",
            "ih_range": "level",
            "ih_mad": "level",
            "ih_rmad": "level",
            "ih_medad": "level",
            "ih_cov": "",
            "ih_qcod": "",
            "ih_entropy": "bit",
            "ih_uniformity": "",
            "ih_max_grad": "1/level",
            "ih_max_grad_g": "level",
            "ih_min_grad": "1/level",
            "ih_min_grad_g": "level",
        },
        "ivh": {
            "ivh_v10": "",
            "ivh_v90": "",
            "ivh_i10": "intensity",
            "ivh_i90": "intensity",
            "ivh_diff_v10_v90": "",
            "ivh_diff_i10_i90": "intensity",
            "ivh_auc": "",
        },
        "diagnostics": _diagnostics(),
        **PYRADIOMICS,
    }
)
EXTRAS: Mapping[ShapeExtra, tuple[str, ...]] = MappingProxyType(
    {
        "autocorrelation": ("morph_moran_i", "morph_geary_c"),
        "enclosing": (
            "morph_vol_dens_ombb",
            "morph_area_dens_ombb",
            "morph_vol_dens_mvee",
            "morph_area_dens_mvee",
        ),
    }
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Texture families: the stem of their tags and the tags without aggregation.
GLCM = _words(
    "joint_max joint_avg joint_var joint_entr diff_avg diff_var diff_entr sum_avg sum_var sum_entr energy "
    "contrast dissimilarity inv_diff inv_diff_norm inv_diff_mom inv_diff_mom_norm inv_var corr auto_corr "
    "clust_tend clust_shade clust_prom info_corr1 info_corr2"
)
# The next four describe a table of grey level by size and share their definitions, in this order.
GLRLM = _words(
    "sre lre lgre hgre srlge srhge lrlge lrhge glnu glnu_norm rlnu rlnu_norm r_perc gl_var rl_var rl_entr"
)
GLSZM = _words(
    "sze lze lgze hgze szlge szhge lzlge lzhge glnu glnu_norm zsnu zsnu_norm z_perc gl_var zs_var zs_entr"
)
GLDZM = _words(
    "sde lde lgze hgze sdlge sdhge ldlge ldhge glnu glnu_norm zdnu zdnu_norm z_perc gl_var zd_var zd_entr"
)
NGLDM = _words(
    "lde hde lgce hgce ldlge ldhge hdlge hdhge glnu glnu_norm dcnu dcnu_norm dc_perc gl_var dc_var dc_entr "
    "dc_energy"
)
NGTDM = _words("coarseness contrast busyness complexity strength")
TEXTURE: Mapping[Family, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "glcm": ("cm", GLCM),
        "glrlm": ("rlm", GLRLM),
        "glszm": ("szm", GLSZM),
        "gldzm": ("dzm", GLDZM),
        "ngtdm": ("ngt", NGTDM),
        "ngldm": ("ngl", NGLDM),
    }
)
DIRECTIONAL: tuple[Family, ...] = ("glcm", "glrlm")  # these also join directions
# Why a value can be undefined where its ingredients are fine.
UNDEFINED: Mapping[str, str] = MappingProxyType(
    {
        "volume": "undefined for this region",
        "shape": "undefined: no extent along an axis, or intensities that are all equal or add up to zero",
        "local-intensity": "undefined: no voxel of the sphere has a number",
        "intensity": "undefined: a division by zero (all intensities equal, a mean of zero, too few voxels)",
        "histogram": "undefined: a division by zero (one grey level only, too few voxels)",
        "ivh": "undefined: all intensities are equal",
        "glcm": "undefined: one grey level only, or no two neighbouring voxels",
        "glrlm": "undefined for this region",
        "glszm": "undefined for this region",
        "gldzm": "undefined for this region",
        "ngtdm": "undefined: a division by zero (no difference between neighbours, or between levels)",
        "ngldm": "undefined for this region",
        "diagnostics": "undefined: a voxel without a number",
        **dict.fromkeys(PYRADIOMICS, "undefined: PyRadiomics' definition gives no number here"),
    }
)


def dimension(aggregation: Aggregation) -> str:
    """Return '2D', '2_5D' or '3D'."""
    return aggregation.rsplit("_", 1)[0]


def suffixes(family: Family, aggregations: tuple[Aggregation, ...]) -> list[str]:
    """Return the endings of the names of a texture family, e.g. '3D_comb' or '3D'."""
    if family in DIRECTIONAL:
        return list(aggregations)
    return list(dict.fromkeys(dimension(a) for a in aggregations))


def feature_names(family: Family, settings: FeatureSettings, *, spacing_known: bool) -> dict[str, str]:
    """Return the features of one family under these settings, in order, with their units in mm."""
    if family in TEXTURE:
        stem, tags = TEXTURE[family]
        endings = suffixes(family, settings.resolved(spacing_known=spacing_known))
        return {f"{stem}_{tag}_{ending}": _texture_unit(family, tag) for ending in endings for tag in tags}
    left_out = {tag for extra, tags in EXTRAS.items() if extra not in settings.shape_extras for tag in tags}
    return {tag: unit for tag, unit in PLAIN[family].items() if tag not in left_out}


def _texture_unit(family: Family, tag: str) -> str:
    # Grey levels are ranks within one image: sums over them are given no unit, entropies are in bit.
    return "bit" if tag.endswith("entr") else ""
