"""Settings of survival analyses."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.settings import Settings

Ties = Literal["efron", "breslow"]
Statistic = Literal["likelihood-ratio", "wald", "score"]


class CoxSettings(Settings):
    """How Cox models are fitted and tested."""

    ties: Ties = Field(default="efron", description="How tied times are handled.")
    statistic: Statistic = Field(
        default="likelihood-ratio",
        description="What the p value of a single feature comes from, each a chi-square with one degree of freedom.",
    )
    min_patients: int = Field(
        default=20, ge=4, description="Fewest patients with follow-up and feature for a test."
    )
    events_per_term: int = Field(
        default=5,
        ge=1,
        description="Fewest events for each term of a model, covariates included; with fewer it is refused.",
    )
    confidence: float = Field(default=0.95, gt=0, lt=1, description="Confidence of the intervals.")
