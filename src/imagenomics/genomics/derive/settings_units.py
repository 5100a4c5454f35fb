"""Settings of labels that sum up the units of a patient: biopsies, foci, lesions."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.genomics.derive.settings_scores import DeriveBlock

UnitRule = Literal["any", "all", "most", "differ", "share", "mean", "median", "max", "min", "range", "sd"]


class UnitLabelSettings(DeriveBlock):
    """One label of a patient from the molecules of several units (biopsies, foci, lesions)."""

    kind: Literal["units"] = Field("units", description="Units of a patient become one label.")
    units: str = Field(description="Name of the [[molecules]] block with `per`.")
    columns: tuple[str, ...] = Field(("*",), description="Genes or labels of that block, as names or globs.")
    rule: UnitRule = Field(
        description="Of two levels: 'any' or 'all' units are positive, 'share' of them; of levels: the level of 'most' "
        "units, whether units 'differ'; of numbers and levels in order: 'max', 'min', 'median'; of numbers: 'mean', "
        "'range', 'sd'.",
    )
    min_units: int = Field(1, ge=1, description="Units with a value that a patient needs to be called.")

    @model_validator(mode="after")
    def _spread_needs_two(self) -> Self:
        if (
            self.rule in ("differ", "sd", "range")
            and "min_units" in self.model_fields_set
            and self.min_units < 2
        ):
            raise ValueError(f"rule = '{self.rule}' compares units: min_units is 2 or more")
        return self

    @property
    def needed(self) -> int:
        """Return how many units with a value a patient needs."""
        return max(self.min_units, 2) if self.rule in ("differ", "sd", "range") else self.min_units
