"""Settings of differential expression along imaging phenotypes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.associate.settings import AssociateSettings
from imagenomics.settings import Settings


class DifferentialSettings(Settings):
    """How genes are tested along an imaging phenotype: linear models, variances shrunk across genes (limma)."""

    trend: bool = Field(
        False, description="Shrink variances to a curve over mean expression, not to one common value."
    )
    transform: Literal["normal-scores", "none"] = Field(
        "normal-scores",
        description="What is done to continuous phenotypes first: normal scores (Blom), or nothing; either way "
        "effects are for one standard deviation. Genes stay as they are, so that fold changes mean something.",
    )
    fdr: Literal["bh", "by"] = Field(
        "bh",
        description="False discovery rate over all genes and phenotypes of a block: Benjamini-Hochberg, or "
        "Benjamini-Yekutieli for any dependence",
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="q at which a gene counts as associated.")
    confidence: float = Field(0.95, gt=0, lt=1, description="Confidence of the intervals.")
    permutations: int = Field(
        1000, ge=0, description="Draws of the family-wise permutation p value; 0 leaves it out."
    )
    min_patients: int = Field(
        20, ge=8, description="Fewest patients with phenotype, covariates and gene for a test."
    )
    min_group: int = Field(
        10, ge=2, description="Smallest group of a binary phenotype that is tested, in patients."
    )

    def of_pairs(self) -> AssociateSettings:
        """Return the settings of the table of associations."""
        return AssociateSettings(fdr=self.fdr, min_patients=self.min_patients, min_group=self.min_group)
