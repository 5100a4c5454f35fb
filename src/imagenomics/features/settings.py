"""What is measured in a region, and how its image is made ready for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from imagenomics.errors import unknown_name
from imagenomics.images.resample import Interpolation
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
]
Aggregation = Literal["auto", "2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb"]
Spacing = float | Literal["keep"]
ShapeExtra = Literal["autocorrelation", "enclosing"]
Doubt = Literal["few-levels", "anisotropic", "negative-intensities"]
FAMILIES: tuple[Family, ...] = get_args(Family)
AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)[1:]
DEFAULT_FAMILIES: tuple[Family, ...] = tuple(f for f in FAMILIES if f not in ("local-intensity", "ivh"))


class Discretisation(Settings):
    """How intensities become grey levels 1, 2, ..."""

    method: Literal["fixed-bin-number", "fixed-bin-size", "none"] = Field(
        default="fixed-bin-number",
        description="'fixed-bin-number': equal bins between the region's own extremes, for arbitrary units "
        "such as MRI; 'fixed-bin-size': bins of 'bin_width' from 'lowest', for calibrated units such as CT "
        "and SUV; 'none': the image already holds whole numbers.",
    )
    n_bins: int = Field(default=32, ge=2, le=1_000_000, description="Number of bins of 'fixed-bin-number'.")
    bin_width: float | None = Field(
        default=None, gt=0, description="Width of a bin of 'fixed-bin-size', in intensity units."
    )
    lowest: float | None = Field(
        default=None,
        description="Lower edge of the first bin of 'fixed-bin-size'. Not set: the lower end of "
        "'intensity_range'.",
    )

    @model_validator(mode="after")
    def _width_belongs_to_its_method(self) -> Self:
        if (self.method == "fixed-bin-size") != (self.bin_width is not None):
            raise ValueError("'bin_width' is needed with method = \"fixed-bin-size\", and only there")
        return self


class FeatureSettings(Settings):
    """Which features are computed, on which grid, from which voxels and grey levels."""

    families: tuple[Family, ...] = Field(
        default=DEFAULT_FAMILIES,
        min_length=1,
        description="Groups of features. Default: all but 'local-intensity' (a PET measure) and 'ivh' (close "
        "to the percentiles of 'intensity').",
    )
    aggregations: tuple[Aggregation, ...] = Field(
        default=("auto",),
        min_length=1,
        description="How texture matrices are joined over directions and slices. 'auto': '3D_comb' where the "
        "voxel spacing is known, else '2D_comb'. Zone and neighbourhood matrices use the part before '_avg' "
        "or '_comb'.",
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
        default="linear", description="Interpolation of the image; masks are always interpolated linearly."
    )
    mask_threshold: float = Field(
        default=0.5, gt=0, le=1, description="Share of a new voxel that must lie in the region."
    )
    round_intensities: bool = Field(
        default=False,
        description="Round intensities to whole numbers after resampling (Hounsfield units).",
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
        for name, chosen in (("discretisation", self.discretisation), ("ivh", self.ivh)):
            if chosen.method == "fixed-bin-size" and self.lowest_of(chosen) is None:
                raise ValueError(
                    f"{name}: fixed-bin-size needs 'lowest', or a lower end of 'intensity_range'; bins that "
                    "start at each patient's own minimum cannot be compared"
                )
        return self

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
    families=FAMILIES,
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


_CT_SPACE = {"aggregations": _IN_SPACE, "spacing_mm": (2.0, 2.0, 2.0), "round_intensities": True}
PRESETS: Mapping[str, FeatureSettings] = MappingProxyType(
    {
        "default": FeatureSettings(),
        "ibsi-digital": _ibsi(discretisation=_AS_IS, ivh=_AS_IS, min_voxels=1, min_levels=1),
        "ibsi-a": _ibsi(
            aggregations=_IN_PLANE,
            intensity_range=(-500, 400),
            discretisation=Discretisation(method="fixed-bin-size", bin_width=25),
            ivh=_AS_IS,
        ),
        "ibsi-b": _ibsi(
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
    }
)


def preset(name: str) -> FeatureSettings:
    """Return the settings called ``name``; an unknown name is refused (``IGX-FEAT-001``)."""
    if name not in PRESETS:
        raise unknown_name("IGX-FEAT-001", "preset", name, PRESETS)
    return PRESETS[name]
