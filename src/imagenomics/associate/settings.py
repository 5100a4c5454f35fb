"""Settings of the association engine."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from imagenomics.settings import Settings


class AssociateSettings(Settings):
    """How pairs of columns are tested."""

    VERSION: ClassVar[int] = 2  # min_patients 20, rare values refused, expected counts of 5

    method: Literal["auto", "linear"] = Field(
        "auto",
        description="'auto': rank and exact tests, and linear or logistic models where covariates are given; "
        "'linear': linear and logistic models always",
    )
    transform: Literal["normal-scores", "none"] = Field(
        "normal-scores",
        description="what is done to continuous columns before linear models: each column's own observed "
        "values are replaced by their normal scores (Blom), or nothing",
    )
    fdr: Literal["bh", "by"] = Field(
        "bh",
        description="false discovery rate over all tested pairs of a call: Benjamini-Hochberg, or "
        "Benjamini-Yekutieli for any dependence",
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="q at which a pair counts as associated")
    confidence: float = Field(0.95, gt=0, lt=1, description="confidence of the intervals")
    permutations: int = Field(
        1000,
        ge=0,
        description="draws of the family-wise permutation p value; 0 leaves it out. Cost: each draw tests "
        "all pairs anew, about 1 microsecond a pair for 100 patients",
    )
    min_group: int = Field(
        10, ge=1, description="smallest group of a binary or categorical column that is tested, in patients"
    )
    min_per_term: int = Field(
        5,
        ge=1,
        description="smaller group of the response of a logistic model, in patients per term of the model; "
        "with fewer its p values come out too small",
    )
    min_patients: int = Field(
        20,
        ge=4,
        description="fewest patients with both values for a test; with fewer the far tail of rank correlations is "
        "not that of the t distribution their p values come from",
    )
