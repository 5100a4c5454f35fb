"""What a ``[[phenotypes]]`` block measures: one model for each kind, told apart by ``kind``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.features.filters.settings import AnyFilter
from imagenomics.features.map_statistics import MapSettings
from imagenomics.features.phenotypes.feature_maps import FeatureMapMeasure
from imagenomics.features.regions.settings import RegionSettings
from imagenomics.features.settings import FeatureSettings
from imagenomics.features.spectra.settings import SpectraSettings
from imagenomics.features.uptake import UptakeSettings
from imagenomics.settings import Settings

FilterName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")]
Ratio = tuple[tuple[str, ...], tuple[str, ...]]


class RegionMeasure(RegionSettings):
    """Number, diameters, outline, border and surroundings of each region."""

    kind: Literal["regions"] = "regions"
    allowed: str | None = Field(
        default=None, description="Region in which 'rings' may lie, one of the image's 'regions'."
    )
    reference: str | None = Field(
        default=None,
        description="Region whose surface 'depth' is measured from, one of the image's 'regions'.",
    )

    @model_validator(mode="after")
    def _no_plane(self) -> Self:
        if "laterality" in self.families:
            raise ValueError(
                "'laterality' needs the mid-sagittal plane of each patient: measure it from Python"
            )
        if ("depth" in self.families) != (self.reference is not None):
            raise ValueError("'reference' is needed with the family 'depth', and only there")
        return self


class CompartmentMeasure(Settings):
    """Volumes of all regions of an image together, and ratios between them."""

    kind: Literal["compartments"] = "compartments"
    ratios: dict[str, Ratio] = Field(
        default={},
        description="Name to [regions above the line, regions below it], e.g. "
        "necrosis_share = [['necrosis'], ['necrosis', 'enhancing']].",
    )


class SpectraMeasure(SpectraSettings):
    """Textures beyond grey-level matrices: spectra, fractal dimensions, local patterns."""

    kind: Literal["spectra"] = "spectra"


class UptakeMeasure(UptakeSettings):
    """Uptake of a tracer in the lesions of a PET image in SUV."""

    kind: Literal["uptake"] = "uptake"
    liver: str | None = Field(
        default=None, description="Liver region of the PERCIST-like threshold, one of the image's 'regions'."
    )


class MapMeasure(MapSettings):
    """Distribution of a parameter map (ADC, CBV, Ktrans ... computed elsewhere) in each region."""

    kind: Literal["map"] = "map"
    reference: str | None = Field(
        default=None,
        description="Region of normal tissue to whose mean the numbers are set in proportion, too.",
    )


class FilterMeasure(Settings):
    """Features of filtered images: wavelets, Laplacian of Gaussian, Gabor ..."""

    kind: Literal["filters"] = "filters"
    filters: dict[FilterName, AnyFilter] = Field(
        min_length=1, description="Name to filter, e.g. log2 = { kind = 'log', sigma_mm = 2 }."
    )
    features: FeatureSettings = Field(
        default=FeatureSettings(families=("intensity",)),
        description="What is measured in each response. Resampling and re-segmentation are done before the filter.",
    )

    @field_validator("features")
    @classmethod
    def _no_shape(cls, value: FeatureSettings) -> FeatureSettings:
        same = {"volume", "shape", "diagnostics"}.intersection(value.families)
        if same:
            raise ValueError(f"'{min(same)}' does not depend on a filter: measure it in [features]")
        return value


class ControlMeasure(Settings):
    """Negative control: the same features where there is no lesion texture, or no lesion, to be seen."""

    kind: Literal["control"] = "control"
    control: Literal["shuffled", "moved"] = Field(
        description="'shuffled': the voxels of the region in random order, so that histogram and volume stay and the "
        "texture goes; 'moved': the region at a random place elsewhere in the image."
    )
    allowed: str | None = Field(
        default=None,
        description="Region in which a moved region may lie, one of the image's 'regions'; not set: anywhere in the "
        "image. It never overlaps the region itself.",
    )
    seed: int = Field(default=0, ge=0, description="Seed; each patient has a random stream of their own.")
    features: FeatureSettings = Field(
        default=FeatureSettings(families=("intensity", "histogram", "glcm", "glrlm", "glszm", "ngtdm")),
        description="What is measured there.",
    )

    @model_validator(mode="after")
    def _only_moved_regions_need_room(self) -> Self:
        if self.allowed is not None and self.control != "moved":
            raise ValueError("'allowed' is for control = 'moved' only")
        return self


Measure = (
    RegionMeasure
    | CompartmentMeasure
    | SpectraMeasure
    | UptakeMeasure
    | MapMeasure
    | FilterMeasure
    | ControlMeasure
    | FeatureMapMeasure
)
AnyMeasure = Annotated[Measure, Field(discriminator="kind")]


def named_regions(measure: Measure) -> list[str]:
    """Return the regions that a measure names as surroundings; they are not measured themselves."""
    names = (getattr(measure, key, None) for key in ("allowed", "reference", "liver"))
    return [name for name in names if name is not None]
