"""Settings of tests on units inside patients."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.associate.settings import FamilySettings

Scheme = Literal["cluster-robust", "mixed", "independent"]
SCHEME_HELP = (
    "Units of one patient are alike. 'cluster-robust': a linear model whose error is estimated from patients (CR2, "
    "with Satterthwaite's degrees of freedom); 'mixed': a random intercept for each patient (REML); 'independent': as "
    "if every unit were a patient of its own, which finds far too much. Two binary columns: a logistic model, in both "
    "of the first two with an error from patients."
)


class NestedSettings(FamilySettings):
    """How pairs of columns are tested whose rows are units inside patients."""

    unit: str = Field("unit", min_length=1, description="What a unit is, e.g. 'biopsy'.")
    units: Scheme = Field("cluster-robust", description=SCHEME_HELP)
    transform: Literal["normal-scores", "none"] = Field(
        "normal-scores",
        description="what is done to continuous columns: normal scores (Blom) over all units, or nothing",
    )
    min_per_term: int = Field(
        5,
        ge=1,
        description="smaller group of the response of a logistic model, in units per term of the model",
    )
