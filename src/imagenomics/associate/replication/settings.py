"""Settings of replication across cohorts."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.associate.settings import AssociateSettings
from imagenomics.stats.meta import Interval, Method


class ReplicationSettings(AssociateSettings):
    """How pairs are tested in each cohort, and how their effects are pooled."""

    pooling: Method = Field(
        "reml",
        description="Variance between cohorts: restricted maximum likelihood, DerSimonian and Laird's moments, or "
        "'fixed': one common effect is assumed.",
    )
    interval: Interval = Field(
        "hartung-knapp",
        description="Interval and p of the random effects: 'hartung-knapp' (t on cohorts - 1 degrees of freedom, with "
        "little power for two or three), or 'wald', which is too narrow for few cohorts.",
    )
    min_cohorts: int = Field(
        2, ge=2, description="Fewest cohorts with an effect for a pooled test of a pair."
    )
    permutations: int = Field(
        0, ge=0, le=0, description="None: the family-wise p value is not defined for pooled effects."
    )

    keep_p: float = Field(1.0, ge=1, le=1, description="All pairs have rows: effects are pooled from them.")

    side: Literal["two-sided"] = Field(
        "two-sided", description="Both sides: pooled effects have no one-sided test here."
    )

    @model_validator(mode="after")
    def _spread_has_two_degrees(self) -> Self:
        if self.pooling == "fixed" and "interval" in self.model_fields_set and self.interval != "wald":
            raise ValueError(
                "pooling = 'fixed' has no spread between cohorts, so its interval is 'wald': leave it out"
            )
        return self
