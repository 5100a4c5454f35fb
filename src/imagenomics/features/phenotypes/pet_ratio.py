"""The measure ``pet-ratio``: uptake relative to a reference region, and Centiloids."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from imagenomics.errors import InputError
from imagenomics.features.brain.pet import CentiloidEquation, centiloid_equation, suvr_rows
from imagenomics.features.phenotypes.kind import Kind, Planned, Rows
from imagenomics.features.phenotypes.scene import Scene
from imagenomics.images.volume import Volume
from imagenomics.settings import Settings


class OwnEquation(Settings):
    """Centiloid = slope * SUVR + intercept, from a calibration of one's own."""

    slope: float = Field(gt=0, description="Slope of the line.")
    intercept: float = Field(description="Intercept of the line.")
    source: str = Field(min_length=1, description="Where the line comes from: a paper, or the calibration.")


class PetRatioMeasure(Settings):
    """Uptake of each region relative to a reference region (SUVR); Centiloids of the global cortical target."""

    kind: Literal["pet-ratio"] = "pet-ratio"
    reference: str = Field(
        description="Reference region (whole cerebellum, pons ...), one of the image's 'regions'; it is not measured "
        "itself."
    )
    tracer: str | None = Field(
        default=None,
        description="Amyloid tracer whose published line gives Centiloids: 'pib', 'florbetapir', 'florbetaben', "
        "'flutemetamol' or 'nav4694'.",
    )
    pipeline: str = Field(
        default="standard",
        description="How images were made and measured in the paper of the line: 'standard' (Klunk 2015), 'avid', "
        "'berkeley', 'pmod' or 'fsl'.",
    )
    equation: OwnEquation | None = Field(
        default=None, description="A line of one's own, instead of 'tracer'."
    )
    cortex: str | None = Field(
        default=None, description="The global cortical target, one of the image's 'regions'; for Centiloids."
    )

    @model_validator(mode="after")
    def _centiloids_are_declared_whole(self) -> Self:
        if self.tracer is not None and self.equation is not None:
            raise ValueError("give 'tracer' or 'equation', not both")
        if ((self.tracer or self.equation) is None) != (self.cortex is None):
            raise ValueError("'cortex' belongs to 'tracer' or 'equation'")
        if self.tracer is not None:
            try:
                centiloid_equation(self.tracer, pipeline=self.pipeline)
            except InputError as error:
                raise ValueError(f"{error.what}; {error.remedy or error.expected}") from None
        return self


def _equation(settings: PetRatioMeasure) -> CentiloidEquation | None:
    own = settings.equation
    if own is not None:
        return CentiloidEquation(own.slope, own.intercept, own.source)
    if settings.tracer is None:
        return None
    return centiloid_equation(settings.tracer, pipeline=settings.pipeline)


def _measure(scene: Scene, settings: PetRatioMeasure) -> Rows:
    reference = scene.regions[settings.reference]
    equation = _equation(settings)
    rows = suvr_rows(scene.volume, scene.measured, reference, equation=equation, cortex=settings.cortex)
    return rows, []


def _plan(settings: PetRatioMeasure, planned: Planned) -> pd.DataFrame:
    everything = np.ones((1, 2, 2), bool)
    targets = dict.fromkeys(planned.regions, everything)
    volume = Volume(np.ones(everything.shape))
    return suvr_rows(volume, targets, everything, equation=_equation(settings), cortex=settings.cortex)


PET_RATIO = Kind(PetRatioMeasure, _measure, _plan, around=("reference",), raw=True)
