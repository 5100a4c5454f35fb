"""Settings of effect modification."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.associate.settings import AssociateSettings


class InteractionSettings(AssociateSettings):
    """How it is tested whether pairs go together differently along a third column, the modifier."""

    min_patients: int = Field(
        20, ge=4, description="Fewest patients of a stratum with all values; smaller strata do not enter."
    )
    min_group: int = Field(
        5,
        ge=1,
        description="Smallest group of a binary or categorical column inside each stratum, in patients; of a numeric "
        "column, patients with another value than the commonest one.",
    )
    max_levels: int = Field(
        6, ge=2, description="Most strata: with more of them the test of a difference has hardly any power."
    )
    keep_p: float = Field(1.0, ge=1, le=1, description="All pairs have rows: strata stand beside them.")
    max_t: Literal["single-step"] = Field(
        "single-step", description="Single-step: differences have no step-down."
    )
    side: Literal["two-sided"] = Field(
        "two-sided", description="Both sides: a difference between strata is not tested to one side."
    )
    ordinal: Literal["scores"] = Field("scores", description="Ordinal columns are numbers 0, 1, 2 ...")
    counts: Literal["numbers"] = Field("numbers", description="Counts are as any other numbers.")
