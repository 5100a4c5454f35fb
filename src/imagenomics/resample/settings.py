"""Settings of null draws and intervals."""

from __future__ import annotations

from pydantic import Field

from imagenomics.settings import Settings


class NullSettings(Settings):
    """How the null distribution of a prediction is drawn."""

    maximum: int = Field(1000, ge=19, description="Most draws; each refits the whole pipeline.")
    exceedances: int = Field(
        10, ge=1, description="Draws at least as good as the observed statistic after which drawing stops."
    )
    block: int = Field(5, ge=1, description="Draws computed by one task; results do not depend on it.")


class IntervalSettings(Settings):
    """How intervals are drawn."""

    draws: int = Field(2000, ge=100, description="Bootstrap draws of patients.")
    level: float = Field(0.95, gt=0.5, lt=1.0, description="Coverage aimed at.")
