"""Settings of brain phenotypes: how a series is cleaned, how regions are linked, how a graph is made."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.settings import Settings


class CleaningSettings(Settings):
    """How the time series of one patient is cleaned before regions are compared."""

    low_hz: float | None = Field(0.01, gt=0, description="Slower fluctuations are removed; none: none.")
    high_hz: float | None = Field(0.1, gt=0, description="Faster fluctuations are removed; none: none.")
    trend: int = Field(1, ge=0, le=4, description="Degree of the polynomial trend that is removed.")
    skip_frames: int = Field(
        0, ge=0, description="Frames at the start that are left out (not yet steady state)."
    )
    max_displacement_mm: float | None = Field(
        0.5, gt=0, description="Frames with a larger framewise displacement are left out; none: none is."
    )
    frames_before: int = Field(1, ge=0, description="Frames left out before each frame with motion.")
    frames_after: int = Field(2, ge=0, description="Frames left out after each frame with motion.")
    min_df: int = Field(
        20, ge=1, description="Fewer degrees of freedom left than this: the series is refused."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low_hz is not None and self.high_hz is not None and self.low_hz >= self.high_hz:
            raise ValueError("`low_hz` must lie below `high_hz`")
        return self


class ConnectivitySettings(Settings):
    """How strongly two regions go together."""

    kind: Literal["pearson", "partial"] = Field(
        "pearson",
        description="Correlation of two regions, or the one that is left when all others are held fixed.",
    )
    shrink: Literal["none", "ledoit-wolf"] = Field(
        "none", description="Pull the correlations towards zero by the amount that the data call for."
    )
    fisher_z: bool = Field(True, description="Give the inverse hyperbolic tangent of each correlation.")


class GraphSettings(Settings):
    """How a matrix of links becomes a graph."""

    negative: Literal["refuse", "drop", "absolute"] = Field(
        "refuse", description="Negative links: refuse the matrix, leave them out, or take their size."
    )
    density: float | None = Field(
        None, gt=0, le=1, description="Share of all pairs that stay linked, the strongest; none: all stay."
    )
    binary: bool = Field(False, description="Each link that stays counts 1.")
