"""Settings of the preparatory steps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.settings import Settings


class PrepareSettings(Settings):
    """How feature columns are prepared inside each training part."""

    redundancy: float | None = Field(
        0.95,
        gt=0.0,
        le=1.0,
        description="Columns whose absolute correlation with an earlier kept column exceeds this are left "
        "out; null keeps all.",
    )
    correlation: Literal["spearman", "pearson"] = Field(
        "spearman", description="The correlation of the redundancy filter."
    )
    select: int | None = Field(
        60,
        ge=1,
        description="So many columns enter the model: those most associated with the target in the "
        "training part; null takes all.",
    )
