"""How intensities become grey levels: the settings."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.settings import Settings


class Discretisation(Settings):
    """How intensities become grey levels 1, 2, ..."""

    method: Literal["fixed-bin-number", "fixed-bin-size", "pyradiomics-bin-width", "none"] = Field(
        default="fixed-bin-number",
        description="'fixed-bin-number': equal bins between the region's own extremes, for arbitrary units "
        "such as MRI; 'fixed-bin-size': bins of 'bin_width' from 'lowest', for calibrated units such as CT "
        "and SUV; 'pyradiomics-bin-width': bins between multiples of 'bin_width', numbered from the region's "
        "lowest, so that level 1 means another intensity in each patient, as in PyRadiomics; 'none': the image "
        "already holds whole numbers.",
    )
    n_bins: int = Field(default=32, ge=2, le=1_000_000, description="Number of bins of 'fixed-bin-number'.")
    bin_width: float | None = Field(
        default=None,
        gt=0,
        description="Width of a bin of 'fixed-bin-size' and 'pyradiomics-bin-width', in intensity units.",
    )
    lowest: float | None = Field(
        default=None,
        description="Lower edge of the first bin of 'fixed-bin-size'. Not set: the lower end of "
        "'intensity_range'.",
    )

    @model_validator(mode="after")
    def _width_belongs_to_its_method(self) -> Self:
        if (self.method in ("fixed-bin-size", "pyradiomics-bin-width")) != (self.bin_width is not None):
            raise ValueError(
                "'bin_width' is needed with 'fixed-bin-size' and 'pyradiomics-bin-width', and only there"
            )
        return self
