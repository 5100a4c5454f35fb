"""Settings of the rules."""

from __future__ import annotations

from pydantic import Field

from imagenomics.settings import Settings


class VerdictSettings(Settings):
    """The rules of a verdict, fixed before the data are seen."""

    alpha: float = Field(
        0.05, gt=0.0, lt=1.0, description="Largest adjusted p value (or q) of a supported claim."
    )
    power: float = Field(
        0.8, gt=0.5, lt=1.0, description="Power at which the smallest detectable effect is stated."
    )
    min_class: int = Field(
        10, ge=2, description="Fewest patients of a class, or with the event, for a target to be testable."
    )
    min_patients: int = Field(
        20, ge=4, description="Fewest patients for a number, or a time to an event, to be testable."
    )
    min_mixed: float = Field(
        0.5,
        ge=0.0,
        le=1.0,
        description="Smallest share of patients who come from sites that hold both classes.",
    )
    min_within: float = Field(
        0.25,
        ge=0.0,
        le=1.0,
        description="Smallest share of the spread of the target that lies within sites, not between them.",
    )
