"""What is measured in a region, and how its image is made ready for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from imagenomics.errors import unknown_name
from imagenomics.features.bins import Discretisation as Discretisation
from imagenomics.images.resample import Alignment, Interpolation, MaskInterpolation
from imagenomics.settings import Settings

Family = Literal[
    "volume",
    "shape",
    "local-intensity",
    "intensity",
    "histogram",
    "ivh",
    "glcm",
    "glrlm",
    "glszm",
    "gldzm",
    "ngtdm",
    "ngldm",
    "diagnostics",
    "pyradiomics-firstorder",
    "pyradiomics-shape",
    "pyradiomics-shape2D",
    "pyradiomics-glcm",
    "pyradiomics-glrlm",
    "pyradiomics-glszm",
    "pyradiomics-gldm",
    "pyradiomics-ngtdm",
]
Aggregation = Literal["auto", "2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb"]
Spacing = float | Literal["keep"]
ShapeExtra = Literal["autocorrelation", "enclosing"]
Doubt = Literal["few-levels", "anisotropic", "negative-intensities"]
FAMILIES: tuple[Family, ...] = get_args(Family)
AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)[1:]
PYRADIOMICS_FAMILIES: tuple[Family, ...] = tuple(f for f in FAMILIES if f.startswith("pyradiomics-"))
IBSI_FAMILIES: tuple[Family, ...] = tuple(
    f for f in FAMILIES if f not in ("diagnostics", *PYRADIOMICS_FAMILIES)
)
DEFAULT_FAMILIES: tuple[Family, ...] = tuple(f for f in IBSI_FAMILIES if f not in ("local-intensity", "ivh"))
PYRADIOMICS_AGGREGATIONS: tuple[Aggregation, ...] = ("2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb")


class FeatureSettings(Settings):
    """Which features are computed, on which grid, from which voxels and grey levels."""

    families: tuple[Family, ...] = Field(
        default=DEFAULT_FAMILIES,
        min_length=1,
        description="Groups of features. Default: all of IBSI's but 'local-intensity' (a PET measure) and 'ivh' "
        "(close to the percentiles of 'intensity'). 'diagnostics': image and mask after each step, as IBSI's "
        "tables report them; 'pyradiomics-...': the definitions of PyRadiomics, which differ from IBSI's here and "
        "there.",
    )
    aggregations: tuple[Aggregation, ...] = Field(
        default=("auto",),
        min_length=1,
        description="How texture matrices are joined over directions and slices. 'auto': '3D_comb' where the "
        "voxel spacing is known, else '2D_comb'. Zone and neighbourhood matrices use the part before '_avg' "
        "or '_comb'. The families of PyRadiomics take one: '3D_avg' (its default, and 'auto' here), '3D_comb' "
        "(weightingNorm = 'no_weighting'), '2_5D_avg' or '2_5D_comb' (force2D = true).",
    )
    shape_extras: tuple[ShapeExtra, ...] = Field(
        default=(),
        description="Costly additions to 'shape'. 'autocorrelation': Moran's I and Geary's C; 'enclosing': "
        "densities of the smallest oriented box and ellipsoid, for which IBSI has no reference values.",
    )
    discretisation: Discretisation = Field(
        default=Discretisation(), description="Grey levels of 'histogram' and of all textures."
    )
    ivh: Discretisation = Field(
        default=Discretisation(n_bins=1000), description="Grey levels of the intensity-volume histogram."
    )
    spacing_mm: tuple[Spacing, Spacing, Spacing] | None = Field(
        default=None,
        description="Voxel spacing [z, y, x] in mm to which image and mask are resampled; 'keep' leaves an "
        "axis as it is. Not set: the image's own grid.",
    )
    interpolation: Interpolation = Field(
        default="linear", description="Interpolation of the image where 'spacing_mm' asks for one."
    )
    mask_interpolation: MaskInterpolation = Field(
        default="linear",
        description="Interpolation of the mask. 'linear': see 'mask_threshold'; 'nearest': as PyRadiomics.",
    )
    alignment: Alignment = Field(
        default="centre",
        description="Where the new voxels lie. 'centre': old and new grid share their centre, as IBSI asks; "
        "'corner': they share the outer corner of the first voxel, as in PyRadiomics.",
    )
    mask_threshold: float = Field(
        default=0.5, gt=0, le=1, description="Share of a new voxel that must lie in the region."
    )
    round_intensities: bool | Literal["truncate"] = Field(
        default=False,
        description="Round intensities to whole numbers after resampling (Hounsfield units). 'truncate': cut the "
        "decimals off, as PyRadiomics does to images that are stored as whole numbers.",
    )
    intensity_range: tuple[float | None, float | None] | None = Field(
        default=None,
        description="Voxels of the region outside [low, high] do not count for intensity and texture.",
    )
    outlier_sigma: float | None = Field(
        default=None,
        gt=0,
        description="Voxels further than this many standard deviations from the mean do not count either.",
    )
    energy_shift: float = Field(
        default=0.0,
        description="Added to intensities in 'Energy', 'TotalEnergy' and 'RootMeanSquared' of "
        "'pyradiomics-firstorder' (its voxelArrayShift), in intensity units.",
    )
    min_voxels: int = Field(
        default=64, ge=1, description="A region with fewer voxels is refused, and says so."
    )
    min_levels: int = Field(
        default=4,
        ge=1,
        description="Histogram and texture features of a region with fewer grey levels are flagged.",
    )
    max_levels: int = Field(
        default=1024, ge=2, description="With more grey levels the texture matrices are skipped, and say so."
    )
    max_voxels_quadratic: int = Field(
        default=100_000,
        ge=1,
        description="Moran's I and Geary's C look at all pairs of voxels; above this size they are skipped.",
    )
    accept: tuple[Doubt, ...] = Field(
        default=(),
        description="Flags of single values that are let pass. Without it a value that its own image makes doubtful "
        "(few grey levels, thick slices, negative grey values) is missing in the table, and a warning says so.",
    )
    max_anisotropy: float = Field(
        default=2.0,
        ge=1,
        description="Textures of voxels whose longest edge (for 2D: in plane) is more than this many times "
        "the shortest are flagged: they change when the patient turns. Remedy: 'spacing_mm'.",
    )

    @field_validator("families", "aggregations", "shape_extras")
    @classmethod
    def _once_each(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({v for v in value if value.count(v) > 1})
        if twice:
            raise ValueError(f"'{twice[0]}' is listed twice")
        return value

    @field_validator("spacing_mm")
    @classmethod
    def _positive(cls, value: tuple[float | str, ...] | None) -> tuple[float | str, ...] | None:
        if value is not None and not all(isinstance(v, str) or 0 < v < math.inf for v in value):
            raise ValueError("each target spacing is a positive number in mm, or 'keep'")
        return value

    @field_validator("intensity_range")
    @classmethod
    def _ordered(cls, value: tuple[float | None, float | None] | None) -> object:
        if value is None:
            return None
        low, high = (None if v is None or math.isinf(v) else v for v in value)
        if low is not None and high is not None and not low < high:
            raise ValueError("'intensity_range' is [low, high] with low below high")
        return low, high

    @model_validator(mode="after")
    def _bins_start_somewhere(self) -> Self:
        if self.ivh.method == "pyradiomics-bin-width":
            raise ValueError(
                "ivh: PyRadiomics has no intensity-volume histogram; choose another 'ivh.method'"
            )
        for name, chosen in (("discretisation", self.discretisation), ("ivh", self.ivh)):
            if chosen.method == "fixed-bin-size" and self.lowest_of(chosen) is None:
                raise ValueError(
                    f"{name}: fixed-bin-size needs 'lowest', or a lower end of 'intensity_range'; bins that "
                    "start at each patient's own minimum cannot be compared"
                )
        return self

    @model_validator(mode="after")
    def _one_matrix_for_pyradiomics(self) -> Self:
        asked = set(PYRADIOMICS_FAMILIES).intersection(self.families)
        if asked and (len(self.aggregations) > 1 or self.aggregations[0].startswith("2D")):
            raise ValueError(
                f"'{min(asked)}' gives one value for each feature: 'aggregations' must be one of "
                f"{', '.join(PYRADIOMICS_AGGREGATIONS)} (or 'auto', which is its default '3D_avg')"
            )
        return self

    @property
    def pyradiomics_aggregation(self) -> Aggregation:
        """How the families of PyRadiomics join matrices."""
        return "3D_avg" if self.aggregations[0] == "auto" else self.aggregations[0]

    def lowest_of(self, chosen: Discretisation) -> float | None:
        """Return where the bins of a fixed size start."""
        if chosen.lowest is not None:
            return chosen.lowest
        return self.intensity_range[0] if self.intensity_range else None

    def resolved(self, *, spacing_known: bool) -> tuple[Aggregation, ...]:
        """Return the aggregations with 'auto' replaced, in the order of :data:`AGGREGATIONS`."""
        auto = "3D_comb" if spacing_known else "2D_comb"
        chosen = {auto if a == "auto" else a for a in self.aggregations}
        return tuple(a for a in AGGREGATIONS if a in chosen)


_ALL = FeatureSettings(
    families=IBSI_FAMILIES,
    aggregations=AGGREGATIONS,
    shape_extras=("autocorrelation", "enclosing"),
    max_voxels_quadratic=1_000_000,
    max_anisotropy=1000.0,
)
_IN_PLANE: tuple[Aggregation, ...] = ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb")
_IN_SPACE: tuple[Aggregation, ...] = ("3D_avg", "3D_comb")
_AS_IS = Discretisation(method="none")


def _ibsi(**changes: object) -> FeatureSettings:
    return FeatureSettings.model_validate({**_ALL.model_dump(), **changes})


_CT: tuple[Family, ...] = (*IBSI_FAMILIES, "diagnostics")
_CT_SPACE = {
    "families": _CT,
    "aggregations": _IN_SPACE,
    "spacing_mm": (2.0, 2.0, 2.0),
    "round_intensities": True,
}
PRESETS: Mapping[str, FeatureSettings] = MappingProxyType(
    {
        "default": FeatureSettings(),
        "ibsi-digital": _ibsi(discretisation=_AS_IS, ivh=_AS_IS, min_voxels=1, min_levels=1),
        "ibsi-a": _ibsi(
            families=_CT,
            aggregations=_IN_PLANE,
            intensity_range=(-500, 400),
            discretisation=Discretisation(method="fixed-bin-size", bin_width=25),
            ivh=_AS_IS,
        ),
        "ibsi-b": _ibsi(
            families=_CT,
            aggregations=_IN_PLANE,
            spacing_mm=("keep", 2.0, 2.0),
            round_intensities=True,
            intensity_range=(-500, 400),
            ivh=_AS_IS,
        ),
        "ibsi-c": _ibsi(
            **_CT_SPACE,
            intensity_range=(-1000, 400),
            discretisation=Discretisation(method="fixed-bin-size", bin_width=25),
            ivh=Discretisation(method="fixed-bin-size", bin_width=2.5),
        ),
        "ibsi-d": _ibsi(**_CT_SPACE, outlier_sigma=3, ivh=_AS_IS),
        "ibsi-e": _ibsi(
            **_CT_SPACE, interpolation="cubic-spline", intensity_range=(-1000, 400), outlier_sigma=3
        ),
        "pyradiomics": FeatureSettings(
            families=tuple(f for f in PYRADIOMICS_FAMILIES if f != "pyradiomics-shape2D"),
            aggregations=("3D_avg",),
            discretisation=Discretisation(method="pyradiomics-bin-width", bin_width=25),
            interpolation="cubic-spline",
            mask_interpolation="nearest",
            alignment="corner",
            min_voxels=1,
        ),
    }
)


def preset(name: str) -> FeatureSettings:
    """Return the settings called ``name``; an unknown name is refused (``IGX-FEAT-001``)."""
    if name not in PRESETS:
        raise unknown_name("IGX-FEAT-001", "preset", name, PRESETS)
    return PRESETS[name]
