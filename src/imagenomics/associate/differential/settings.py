"""Settings of differential expression along imaging phenotypes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.associate.settings import FamilySettings


class DifferentialSettings(FamilySettings):
    """How genes are tested along an imaging phenotype: linear models, variances shrunk across genes (limma)."""

    trend: bool = Field(
        False, description="Shrink variances to a curve over mean expression, not to one common value."
    )
    transform: Literal["normal-scores", "none"] = Field(
        "normal-scores",
        description="What is done to continuous phenotypes first: normal scores (Blom), or nothing; either way "
        "effects are for one standard deviation. Genes stay as they are, so that fold changes mean something.",
    )
    permutations: int = Field(
        1000, ge=0, description="Draws of the family-wise permutation p value; 0 leaves it out."
    )
    min_patients: int = Field(
        20, ge=8, description="Fewest patients with phenotype, covariates and gene for a test."
    )
    min_group: int = Field(
        10, ge=2, description="Smallest group of a binary phenotype that is tested, in patients."
    )
