"""Every kind of measure, and the union of their settings: what ``[[phenotypes]]`` may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from imagenomics.features.phenotypes.compartments import COMPARTMENTS, CompartmentMeasure
from imagenomics.features.phenotypes.connectivity import CONNECTIVITY, ConnectivityMeasure
from imagenomics.features.phenotypes.control import CONTROL, ControlMeasure
from imagenomics.features.phenotypes.ct_perfusion import CT_PERFUSION, CtPerfusionMeasure
from imagenomics.features.phenotypes.dce import DCE, DceMeasure
from imagenomics.features.phenotypes.diffusion import DIFFUSION, DiffusionMeasure
from imagenomics.features.phenotypes.dose import DOSE_RESPONSE, DoseResponseMeasure
from imagenomics.features.phenotypes.dsc import DSC, DscMeasure
from imagenomics.features.phenotypes.feature_maps import FEATURE_MAPS, FeatureMapMeasure
from imagenomics.features.phenotypes.filters import FILTERS, FilterMeasure
from imagenomics.features.phenotypes.kind import Kind
from imagenomics.features.phenotypes.maps import MAPS, MapMeasure
from imagenomics.features.phenotypes.overlap import OVERLAP, OverlapMeasure
from imagenomics.features.phenotypes.parcels import PARCELS, ParcelMeasure
from imagenomics.features.phenotypes.pet_ratio import PET_RATIO, PetRatioMeasure
from imagenomics.features.phenotypes.ratio import RATIO, RatioMeasure
from imagenomics.features.phenotypes.regions import REGIONS, RegionMeasure
from imagenomics.features.phenotypes.sides import LATERALISATION, LateralisationMeasure
from imagenomics.features.phenotypes.spectra import SPECTRA, SpectraMeasure
from imagenomics.features.phenotypes.tracer import UPTAKE, UptakeMeasure
from imagenomics.features.phenotypes.vessels import VESSELS, VesselMeasure
from imagenomics.features.phenotypes.white_matter import HYPERINTENSITIES, HyperintensityMeasure
from imagenomics.settings import Settings

# A new kind is a module of its own and a line in each of these two.
KINDS: Mapping[type[Settings], Kind] = {
    kind.settings: kind
    for kind in (
        REGIONS,
        COMPARTMENTS,
        SPECTRA,
        UPTAKE,
        MAPS,
        FILTERS,
        CONTROL,
        FEATURE_MAPS,
        RATIO,
        DOSE_RESPONSE,
        DSC,
        DCE,
        CT_PERFUSION,
        DIFFUSION,
        VESSELS,
        OVERLAP,
        PARCELS,
        CONNECTIVITY,
        PET_RATIO,
        LATERALISATION,
        HYPERINTENSITIES,
    )
}
Measure = (
    RegionMeasure
    | CompartmentMeasure
    | SpectraMeasure
    | UptakeMeasure
    | MapMeasure
    | FilterMeasure
    | ControlMeasure
    | FeatureMapMeasure
    | RatioMeasure
    | DoseResponseMeasure
    | DscMeasure
    | DceMeasure
    | CtPerfusionMeasure
    | DiffusionMeasure
    | VesselMeasure
    | OverlapMeasure
    | ParcelMeasure
    | ConnectivityMeasure
    | PetRatioMeasure
    | LateralisationMeasure
    | HyperintensityMeasure
)
AnyMeasure = Annotated[Measure, Field(discriminator="kind")]


def kind_of(measure: Measure) -> Kind:
    """Return what makes the kind of a measure."""
    return KINDS[type(measure)]


def named_regions(measure: Measure) -> list[str]:
    """Return the regions that a measure names as surroundings; they are not measured themselves."""
    names = (getattr(measure, key) for key in kind_of(measure).around)
    return [name for name in names if name is not None]
