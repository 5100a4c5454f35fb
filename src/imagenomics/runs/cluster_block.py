"""The ``[[clusters]]`` block: groups of patients that image features make, and what is asked of them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.runs.family_block import FamilyBlock
from imagenomics.runs.survival_block import FollowUpSettings


class ClusterBlock(FamilyBlock, ClusterSettings):
    """One ``[[clusters]]`` block: patients grouped by image features alone, and molecules against the groups."""

    targets: str | tuple[str, ...] = Field(
        default=(),
        description="Molecule blocks ('mutations'), columns ('mutations.IDH1') or globs that are tested against the "
        "clusters.",
    )
    clinical: tuple[str, ...] = Field(
        default=(), description="Clinical variables that are tested against the clusters, too."
    )
    survival: tuple[FollowUpSettings, ...] = Field(
        default=(), description="Endpoints whose curves are compared between the clusters by a log-rank test."
    )

    @model_validator(mode="after")
    def _tests_are_told_apart(self) -> Self:
        both = sorted(set(self.adjust) & set(self.clinical))
        if both:
            raise ValueError(
                f"'{both[0]}' is in 'adjust' and in 'clinical'; it cannot be tested beside itself"
            )
        endpoints = [end.endpoint for end in self.survival]
        if len(set(endpoints)) < len(endpoints):
            raise ValueError("two endpoints of 'survival' have the same name: give each its own 'endpoint'")
        return self
