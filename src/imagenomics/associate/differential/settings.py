"""Settings of differential expression along imaging phenotypes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.associate.settings import FamilySettings

COUNTED = ("voom", "quasi-likelihood", "negative-binomial")  # methods that read raw counts
LEAST_DRAWS = 50  # of SAM, whose p values are made of them


class DifferentialSettings(FamilySettings):
    """How genes are tested along an imaging phenotype: linear models, variances shrunk across genes (limma)."""

    method: Literal["moderated", "sam", "voom", "quasi-likelihood", "negative-binomial"] = Field(
        "moderated",
        description="'moderated': t tests with shrunk variances (limma); 'sam': slopes over standard errors plus a "
        "constant, p values from permuted patients (significance analysis of microarrays); of raw counts 'voom': "
        "moderated t tests with weights from the trend of spread over level, 'quasi-likelihood': score tests of "
        "negative binomial models with moderated variances, and 'negative-binomial': generalised linear models with "
        "shrunk dispersions (as DESeq2; too many small p where counts have outliers)",
    )
    trend: bool = Field(
        False, description="Shrink variances to a curve over mean expression, not to one common value."
    )
    transform: Literal["normal-scores", "none"] = Field(
        "normal-scores",
        description="What is done to continuous phenotypes first: normal scores (Blom), or nothing; either way "
        "effects are for one standard deviation. Genes stay as they are, so that fold changes mean something.",
    )
    permutations: int = Field(
        1000,
        ge=0,
        description="Draws of the family-wise permutation p value, and of SAM's own; 0 leaves it out. The negative "
        "binomial models have none.",
    )
    min_patients: int = Field(
        20, ge=8, description="Fewest patients with phenotype, covariates and gene for a test."
    )
    min_group: int = Field(
        10, ge=2, description="Smallest group of a binary phenotype that is tested, in patients."
    )

    @model_validator(mode="after")
    def _what_methods_have(self) -> Self:
        if self.trend and self.method != "moderated":
            raise ValueError(f"trend = true belongs to method = 'moderated', not to '{self.method}'")
        if self.method == "sam" and self.permutations < LEAST_DRAWS:
            raise ValueError(
                f"method = 'sam' needs permutations = {LEAST_DRAWS} or more: its p values are draws"
            )
        return self
