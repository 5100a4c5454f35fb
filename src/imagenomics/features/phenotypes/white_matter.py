"""The measure ``hyperintensities``: lesions of the white matter, near the ventricles and deep."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from imagenomics.errors import InputError
from imagenomics.features.brain.hyperintensities import NEAR_MM, Rule, hyperintensity_rows
from imagenomics.features.names import VOXEL_UNITS
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.settings import Settings


class HyperintensityMeasure(Settings):
    """Volume of white-matter hyperintensities: total, periventricular and deep."""

    kind: Literal["hyperintensities"] = "hyperintensities"
    lesions: str = Field(description="The segmented hyperintensities, one of the image's 'regions'.")
    ventricles: str = Field(description="The lateral ventricles, one of the image's 'regions'.")
    near_mm: float = Field(
        default=NEAR_MM, gt=0, description="Largest distance from the ventricles that is periventricular."
    )
    rule: Rule = Field(
        default="voxel",
        description="'voxel': each voxel by its own distance; 'lesion': a lesion that reaches the zone as a whole.",
    )
    min_volume_mm3: float = Field(default=0.0, ge=0, description="Smaller lesions are taken for noise.")


def _measure(scene: Scene, settings: HyperintensityMeasure) -> Rows:
    picture = scene.picture
    if not picture.spacing_known:
        raise InputError(
            "IGX-FEAT-142",
            "distances in mm cannot be measured: the voxel spacing is not known",
            where=picture.source,
            expected="a spacing in mm",
            remedy="declare the true spacing of the image",
        )
    lesions, ventricles = scene.regions[settings.lesions], scene.regions[settings.ventricles]
    return _of(lesions, ventricles, picture.grid.spacing_mm, settings), []


def _of(
    lesions: np.ndarray,
    ventricles: np.ndarray,
    spacing_mm: tuple[float, float, float],
    settings: HyperintensityMeasure,
) -> pd.DataFrame:
    return hyperintensity_rows(
        lesions,
        ventricles,
        spacing_mm=spacing_mm,
        near_mm=settings.near_mm,
        rule=settings.rule,
        min_volume_mm3=settings.min_volume_mm3,
    )


def _plan(settings: HyperintensityMeasure, planned: Planned) -> pd.DataFrame:
    made_up = np.ones((1, 2, 2), bool)
    rows = _of(made_up, made_up, (1.0, 1.0, 1.0), settings)
    return rows if planned.spacing_known else rows.assign(flags=VOXEL_UNITS)


HYPERINTENSITIES = Kind(HyperintensityMeasure, _measure, _plan, around=("lesions", "ventricles"))
