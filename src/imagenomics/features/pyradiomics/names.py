"""The features of PyRadiomics by their names there, and which of ours they are.

A definition that PyRadiomics shares with IBSI is not computed twice: the tables below say under which IBSI tag its
value is found. Where definitions differ the modules ``pyradiomics_first_order``, ``pyradiomics_shape`` and
``pyradiomics_texture`` compute what PyRadiomics means.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from imagenomics.features.settings import Family

Value = TypeVar("Value")  # a number, the reason why there is none, or a unit
FIRST_ORDER = MappingProxyType(
    {
        "10Percentile": "intensity",
        "90Percentile": "intensity",
        "Energy": "intensity2",
        "Entropy": "bit",
        "InterquartileRange": "intensity",
        "Kurtosis": "",
        "Maximum": "intensity",
        "MeanAbsoluteDeviation": "intensity",
        "Mean": "intensity",
        "Median": "intensity",
        "Minimum": "intensity",
        "Range": "intensity",
        "RobustMeanAbsoluteDeviation": "intensity",
        "RootMeanSquared": "intensity",
        "Skewness": "",
        "TotalEnergy": "intensity2 mm3",
        "Uniformity": "",
        "Variance": "intensity2",
    }
)
BINNED_FIRST_ORDER = ("original_firstorder_Entropy", "original_firstorder_Uniformity")
SHAPE = MappingProxyType(
    {
        "Elongation": "",
        "Flatness": "",
        "LeastAxisLength": "mm",
        "MajorAxisLength": "mm",
        "Maximum2DDiameterColumn": "mm",
        "Maximum2DDiameterRow": "mm",
        "Maximum2DDiameterSlice": "mm",
        "Maximum3DDiameter": "mm",
        "MeshVolume": "mm3",
        "MinorAxisLength": "mm",
        "Sphericity": "",
        "SurfaceArea": "mm2",
        "SurfaceVolumeRatio": "1/mm",
        "VoxelVolume": "mm3",
    }
)
SHAPE_2D = MappingProxyType(
    {
        "Elongation": "",
        "MajorAxisLength": "mm",
        "MaximumDiameter": "mm",
        "MeshSurface": "mm2",
        "MinorAxisLength": "mm",
        "Perimeter": "mm",
        "PerimeterSurfaceRatio": "1/mm",
        "PixelSurface": "mm2",
        "Sphericity": "",
    }
)
# Texture features to the tag of the same definition in IBSI's table, without stem and aggregation.
GLCM = MappingProxyType(
    {
        "Autocorrelation": "auto_corr",
        "JointAverage": "joint_avg",
        "ClusterProminence": "clust_prom",
        "ClusterShade": "clust_shade",
        "ClusterTendency": "clust_tend",
        "Contrast": "contrast",
        "Correlation": "corr",
        "DifferenceAverage": "diff_avg",
        "DifferenceEntropy": "diff_entr",
        "DifferenceVariance": "diff_var",
        "JointEnergy": "energy",
        "JointEntropy": "joint_entr",
        "Imc1": "info_corr1",
        "Imc2": "info_corr2",
        "Idm": "inv_diff_mom",
        "Idmn": "inv_diff_mom_norm",
        "Id": "inv_diff",
        "Idn": "inv_diff_norm",
        "InverseVariance": "inv_var",
        "MaximumProbability": "joint_max",
        "MCC": "",  # IBSI has no maximal correlation coefficient
        "SumAverage": "sum_avg",
        "SumEntropy": "sum_entr",
        "SumSquares": "joint_var",
    }
)
GLRLM = MappingProxyType(
    {
        "GrayLevelNonUniformity": "glnu",
        "GrayLevelNonUniformityNormalized": "glnu_norm",
        "GrayLevelVariance": "gl_var",
        "HighGrayLevelRunEmphasis": "hgre",
        "LongRunEmphasis": "lre",
        "LongRunHighGrayLevelEmphasis": "lrhge",
        "LongRunLowGrayLevelEmphasis": "lrlge",
        "LowGrayLevelRunEmphasis": "lgre",
        "RunEntropy": "rl_entr",
        "RunLengthNonUniformity": "rlnu",
        "RunLengthNonUniformityNormalized": "rlnu_norm",
        "RunPercentage": "r_perc",
        "RunVariance": "rl_var",
        "ShortRunEmphasis": "sre",
        "ShortRunHighGrayLevelEmphasis": "srhge",
        "ShortRunLowGrayLevelEmphasis": "srlge",
    }
)
GLSZM = MappingProxyType(
    {
        "GrayLevelNonUniformity": "glnu",
        "GrayLevelNonUniformityNormalized": "glnu_norm",
        "GrayLevelVariance": "gl_var",
        "HighGrayLevelZoneEmphasis": "hgze",
        "LargeAreaEmphasis": "lze",
        "LargeAreaHighGrayLevelEmphasis": "lzhge",
        "LargeAreaLowGrayLevelEmphasis": "lzlge",
        "LowGrayLevelZoneEmphasis": "lgze",
        "SizeZoneNonUniformity": "zsnu",
        "SizeZoneNonUniformityNormalized": "zsnu_norm",
        "SmallAreaEmphasis": "sze",
        "SmallAreaHighGrayLevelEmphasis": "szhge",
        "SmallAreaLowGrayLevelEmphasis": "szlge",
        "ZoneEntropy": "zs_entr",
        "ZonePercentage": "z_perc",
        "ZoneVariance": "zs_var",
    }
)
GLDM = MappingProxyType(
    {
        "DependenceEntropy": "dc_entr",
        "DependenceNonUniformity": "dcnu",
        "DependenceNonUniformityNormalized": "dcnu_norm",
        "DependenceVariance": "dc_var",
        "GrayLevelNonUniformity": "glnu",
        "GrayLevelVariance": "gl_var",
        "HighGrayLevelEmphasis": "hgce",
        "LargeDependenceEmphasis": "hde",
        "LargeDependenceHighGrayLevelEmphasis": "hdhge",
        "LargeDependenceLowGrayLevelEmphasis": "hdlge",
        "LowGrayLevelEmphasis": "lgce",
        "SmallDependenceEmphasis": "lde",
        "SmallDependenceHighGrayLevelEmphasis": "ldhge",
        "SmallDependenceLowGrayLevelEmphasis": "ldlge",
    }
)
NGTDM = MappingProxyType(
    {
        "Busyness": "busyness",
        "Coarseness": "coarseness",
        "Complexity": "complexity",
        "Contrast": "contrast",
        "Strength": "strength",
    }
)
PYRADIOMICS_TEXTURE: Mapping[Family, Mapping[str, str]] = MappingProxyType(
    {
        "pyradiomics-glcm": GLCM,
        "pyradiomics-glrlm": GLRLM,
        "pyradiomics-glszm": GLSZM,
        "pyradiomics-gldm": GLDM,
        "pyradiomics-ngtdm": NGTDM,
    }
)


def named(family: Family, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return values under the names of a PyRadiomics family, e.g. ``original_glcm_Contrast``."""
    return {f"original_{family.removeprefix('pyradiomics-')}_{name}": value for name, value in values.items()}


# Family to feature to unit.
PYRADIOMICS: Mapping[Family, Mapping[str, str]] = MappingProxyType(
    {
        "pyradiomics-firstorder": named("pyradiomics-firstorder", FIRST_ORDER),
        "pyradiomics-shape": named("pyradiomics-shape", SHAPE),
        "pyradiomics-shape2D": named("pyradiomics-shape2D", SHAPE_2D),
        **{
            family: named(family, {name: "bit" if name.endswith("Entropy") else "" for name in names})
            for family, names in PYRADIOMICS_TEXTURE.items()
        },
    }
)
