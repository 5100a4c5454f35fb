"""Settings of clusters of patients."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.associate.settings import FamilySettings

Scale = Literal["z-score", "robust", "normal-scores"]
Distance = Literal["euclidean", "correlation", "spearman-correlation"]
Linkage = Literal["ward", "average", "complete"]
Choose = Literal["gap", "consensus", "silhouette", "given"]


class ClusterSettings(FamilySettings):
    """How patients are grouped by their features, and how the groups are judged."""

    scale: Scale = Field(
        "z-score",
        description="what is done to each feature first: 'z-score' (mean and standard deviation), 'robust' (median and "
        "scaled median absolute deviation), or 'normal-scores' (ranks become quantiles of the normal distribution, so "
        "that a few extreme values do not make a cluster)",
    )
    missing: Literal["leave-out", "median"] = Field(
        "leave-out",
        description="patients who lack a value: 'leave-out', or 'median' (the feature's median stands in)",
    )
    max_missing: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="a feature that more than this share of the patients lacks is left out first; a patient who then "
        "lacks more than this share of the features is left out whatever 'missing' says",
    )
    distance: Distance = Field(
        "euclidean",
        description="distance of two patients: 'euclidean', or one minus the correlation of their profiles "
        "('correlation' of values, 'spearman-correlation' of ranks), which looks past the overall level",
    )
    linkage: Linkage = Field(
        "ward",
        description="'ward' (least growth of the spread within clusters), 'average' or 'complete' distance",
    )
    choose: Choose = Field(
        "gap",
        description="how the number of clusters is chosen: 'gap' (gap statistic with its one-standard-error rule; may "
        "say that there is one), 'consensus' (fewest ambiguous pairs over resampled patients), 'silhouette' (largest "
        "mean), or 'given' by k",
    )
    k: int | None = Field(None, ge=2, description="number of clusters where choose = 'given'")
    max_k: int = Field(8, ge=2, le=30, description="largest number of clusters that is looked at")
    references: int = Field(100, ge=10, description="reference sets of the gap statistic")
    resamples: int = Field(200, ge=20, description="draws of patients for consensus and stability")
    share: float = Field(0.8, gt=0.5, lt=1, description="share of the patients in each of these draws")
    null_draws: int = Field(
        500,
        ge=99,
        description="rotations of the data, which are one normal cloud with the same correlations, for the "
        "significance of the clusters",
    )
    permutations: int = Field(
        1000, ge=0, description="draws of the family-wise permutation p value; 0 leaves it out"
    )

    @model_validator(mode="after")
    def _k_is_given_or_chosen(self) -> Self:
        if (self.choose == "given") != (self.k is not None):
            raise ValueError("choose = 'given' and k go together: give both, or neither")
        if self.k is not None and self.k > self.max_k:
            raise ValueError(f"k = {self.k}, but max_k = {self.max_k}")
        return self
