"""What a study file says about changes between two examinations: one ``[[deltas]]`` block."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from imagenomics.features.delta import Change
from imagenomics.settings import BlockName, Settings


class DeltaBlock(Settings):
    """One ``[[deltas]]`` block: what changed between two examinations of the same patients."""

    name: BlockName = Field(description="Unique name; first part of the columns.")
    first: str = Field(
        description="Block of the earlier examination: a name of [[images]], [[phenotypes]] or [[feature_tables]]."
    )
    second: str = Field(description="Block of the later examination, of the same kind and measured alike.")
    changes: tuple[Change, ...] = Field(
        default=("absolute", "relative"),
        min_length=1,
        description="'absolute': later minus earlier; 'relative': that over the size of the earlier value; "
        "'per-day': later minus earlier over the days between.",
    )
    interval: str | None = Field(
        default=None,
        description="Clinical variable with the days from the first to the second examination; needed for 'per-day'.",
    )

    @model_validator(mode="after")
    def _two_points_and_their_days(self) -> Self:
        if self.first == self.second:
            raise ValueError(f"'first' and 'second' are both '{self.first}': name two examinations")
        if len(set(self.changes)) != len(self.changes):
            raise ValueError("'changes' names a change twice")
        if ("per-day" in self.changes) != (self.interval is not None):
            raise ValueError("'interval' is needed with the change 'per-day', and only there")
        return self
