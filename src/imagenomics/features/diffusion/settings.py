"""How diffusion-weighted images become parameters."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.settings import Settings


class NoiseSettings(Settings):
    """When a signal counts as noise."""

    noise_sigma: float | None = Field(
        default=None,
        gt=0,
        description="Standard deviation of the noise in each channel of the image, in signal units. Not set: nothing "
        "is flagged, and the history says so.",
    )
    noise_factor: float = Field(
        default=3.0,
        gt=0,
        description="Voxels whose mean signal at the largest b-value is below this many standard deviations are "
        "flagged: magnitude noise does not fall to zero, so their diffusion comes out too small.",
    )


class AdcSettings(NoiseSettings):
    """The apparent diffusion coefficient."""

    fit: Literal["log-linear", "weighted", "nonlinear"] = Field(
        default="weighted",
        description="'log-linear': a line through the logarithms; 'weighted': the same with the weights that "
        "logarithms need; 'nonlinear': an exponential through the signals.",
    )
    b_min: float = Field(
        default=0.0, ge=0, description="Least b-value used, s/mm2; 100 and more leaves perfusion out."
    )
    b_max: float = Field(default=10_000.0, gt=0, description="Largest b-value used, s/mm2.")

    @model_validator(mode="after")
    def _range_ascends(self) -> Self:
        if self.b_min >= self.b_max:
            raise ValueError("'b_min' lies below 'b_max'")
        return self


class TensorSettings(NoiseSettings):
    """The diffusion tensor."""

    b_max: float = Field(
        default=1500.0, gt=0, description="Largest b-value used, s/mm2; above, the signal is no exponential."
    )
    reweightings: int = Field(
        default=1, ge=0, le=20, description="Times that the weights follow the fit; 0 is the unweighted fit."
    )
