"""The measure ``feature-map``: how a feature of the neighbourhood is spread over each region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.errors import InputError
from imagenomics.features.columns import Column
from imagenomics.features.each_region import each_region
from imagenomics.features.extract import region_flags
from imagenomics.features.map_statistics import MapSettings, ParameterMaps, region_rows
from imagenomics.features.maps.measure import feature_map
from imagenomics.features.maps.names import mapped_features, unit_of
from imagenomics.features.maps.neighbourhood import neighbourhood
from imagenomics.features.names import VOXEL_UNITS
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.features.region import prepare_region
from imagenomics.features.settings import Family, FeatureSettings
from imagenomics.settings import Settings

FAMILY = "feature-map"


class FeatureMapMeasure(Settings):
    """Distribution of features that are measured around each voxel of each region."""

    kind: Literal["feature-map"] = "feature-map"
    maps: tuple[str, ...] = Field(
        default=("ih_entropy", "cm_contrast"),
        min_length=1,
        description="Features that are mapped: 'stat_var', 'cm_contrast_3D_comb', 'original_glcm_Contrast'; a texture "
        "without its aggregation ('cm_contrast') takes that of 'features', a family ('glcm') gives all its features.",
    )
    radius_mm: float | None = Field(
        default=None,
        gt=0,
        description="The neighbourhood of a voxel is a ball of this radius. Needs a known spacing.",
    )
    radius_voxels: int | None = Field(
        default=None, ge=1, description="The neighbourhood of a voxel is a cube of 2 r + 1 voxels."
    )
    features: FeatureSettings = Field(
        default=FeatureSettings(families=("intensity",)),
        description="Grey levels, re-segmentation and aggregations of the region; its 'families' do not count, and it "
        "cannot resample.",
    )
    statistics: MapSettings = Field(
        default=MapSettings(), description="Which statistics of each map are measured."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.radius_mm is None) == (self.radius_voxels is None):
            raise ValueError("give 'radius_mm' or 'radius_voxels', one of them")
        if self.features.spacing_mm is not None:
            raise ValueError("a map lies on the grid of its image: 'features.spacing_mm' cannot be used here")
        try:
            mapped_features(self.maps, self.features)
        except InputError as error:
            raise ValueError(f"{error.what}: {error.remedy}") from error
        return self


def feature_map_rows(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    spacing_mm: Sequence[float],
    spacing_known: bool,
    settings: FeatureMapMeasure,
) -> pd.DataFrame:
    """Return the statistics of each map in one region.

    Returns
    -------
    DataFrame
        As :func:`imagenomics.features.map_statistics.region_rows`, features ``<feature>_<statistic>``. What makes a
        feature of the region doubtful (few grey levels, thick slices, negative grey values) flags its map's numbers;
        without a known spacing all are flagged ``voxel-units``. Voxels that re-segmentation left out are no part of it.
    """
    chosen = settings.features
    families = mapped_features(settings.maps, chosen, spacing_known=spacing_known)
    maps = feature_map(
        image,
        mask,
        spacing_mm=spacing_mm,
        features=settings.maps,
        radius_mm=settings.radius_mm,
        radius_voxels=settings.radius_voxels,
        settings=chosen,
        spacing_known=spacing_known,
    )
    region = prepare_region(
        image,
        mask,
        spacing_mm=spacing_mm,
        settings=chosen.model_copy(update={"families": tuple(dict.fromkeys(families.values()))}),
        spacing_known=spacing_known,
    )
    columns = [Column(family, name, "", "", _own(spacing_known)) for name, family in families.items()]
    flags = dict(zip(families, region_flags(columns, region, chosen), strict=True))
    inside = mask.copy()
    inside[mask] = region.inside[region.mask]
    return _rows(maps, inside, families, flags, settings)


def planned_feature_map_rows(settings: FeatureMapMeasure, *, spacing_known: bool) -> pd.DataFrame:
    """Return the rows that any region will give, before a picture is read.

    Raises
    ------
    InputError
        ``IGX-FEAT-181``: a radius in mm, and images of unknown spacing.
    """
    if not spacing_known:
        neighbourhood(
            (1.0, 1.0, 1.0),
            radius_mm=settings.radius_mm,
            radius_voxels=settings.radius_voxels,
            spacing_known=False,
        )
    families = mapped_features(settings.maps, settings.features, spacing_known=spacing_known)
    values = np.linspace(1.0, 2.0, 8)
    flags = dict.fromkeys(families, _own(spacing_known))
    return _rows(dict.fromkeys(families, values), np.ones(8, bool), families, flags, settings)


def _own(spacing_known: bool) -> str:
    return "" if spacing_known else VOXEL_UNITS


def _rows(
    maps: dict[str, np.ndarray],
    inside: np.ndarray,
    families: dict[str, Family],
    flags: dict[str, str],
    settings: FeatureMapMeasure,
) -> pd.DataFrame:
    frames = []
    for name, values in maps.items():
        unit = unit_of(name, families[name])
        rows = region_rows(
            ParameterMaps(FAMILY, {name: values}, {name: unit}), inside, settings=settings.statistics
        )
        joined = ["|".join(f for f in (own, flags[name]) if f) for own in rows["flags"].astype(str)]
        doubtful = (rows["status"] == "ok") & (np.array(joined) != "")
        frames.append(rows.assign(flags=joined, status=rows["status"].mask(doubtful, "flagged")))
    return pd.concat(frames, ignore_index=True)


def _measure(scene: Scene, settings: FeatureMapMeasure) -> Rows:
    volume = scene.volume
    return each_region(
        scene.measured,
        lambda mask: feature_map_rows(
            volume.array,
            mask,
            spacing_mm=volume.spacing_mm,
            spacing_known=volume.spacing_known,
            settings=settings,
        ),
    )


def _plan(settings: FeatureMapMeasure, planned: Planned) -> pd.DataFrame:
    rows = planned_feature_map_rows(settings, spacing_known=planned.spacing_known)
    return pd.concat([rows.assign(region=region) for region in planned.regions], ignore_index=True)


FEATURE_MAPS = Kind(FeatureMapMeasure, _measure, _plan)
