"""Settings of the tests of sets of variants."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.associate.settings import FamilySettings


class VariantSetSettings(FamilySettings):
    """How sets of variants are tested against imaging phenotypes."""

    method: Literal["skat-o", "skat", "burden"] = Field(
        "skat-o",
        description="'burden': the weighted count of minor alleles, for variants that all work in one direction; "
        "'skat': variance component, for variants of both directions; 'skat-o': the best mixture of the two, with the "
        "p value of a best one",
    )
    weights: Literal["beta", "equal"] = Field(
        "beta",
        description="'beta': the density of Beta(1, 25) at the minor allele frequency, so that rare variants count "
        "more; 'equal': all alike",
    )
    max_frequency: float = Field(
        0.05, gt=0, le=0.5, description="Variants whose minor allele is more frequent are left out."
    )
    max_missing: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Variants unknown in a larger share of patients are left out; in the others an unknown genotype "
        "counts as the mean of the known ones.",
    )
    min_alleles: int = Field(10, ge=1, description="Fewest minor alleles of a set for a test.")
