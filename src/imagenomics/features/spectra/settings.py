"""Which textures beyond grey-level matrices are measured; every default of this room is stated here."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from imagenomics.settings import Settings

SpectrumFamily = Literal[
    "stockwell",
    "power-law",
    "parenchyma",
    "density",
    "positive-pixels",
    "mask-dimension",
    "grey-dimension",
    "lacunarity",
    "binary-patterns",
    "orientation",
    "collage",
]
SPECTRUM_FAMILIES: tuple[SpectrumFamily, ...] = get_args(SpectrumFamily)


class SpectraSettings(Settings):
    """Which measurements of texture are taken, and how. Sizes in pixels suppose a cohort of one spacing."""

    families: tuple[SpectrumFamily, ...] = Field(
        default=(
            "stockwell",
            "positive-pixels",
            "grey-dimension",
            "binary-patterns",
            "orientation",
            "collage",
        ),
        min_length=1,
        description="Groups of measurements. 'power-law', 'parenchyma', 'density' and 'lacunarity' are made for "
        "mammograms and need a large square inside the region.",
    )
    window: int = Field(default=64, ge=8, le=128, description="Side of the window of 'stockwell', in pixels.")
    n_bands: int = Field(default=8, ge=1, le=64, description="Bands of frequency of 'stockwell'.")
    band: tuple[float, float] = Field(
        default=(0.1, 0.8),
        description="Frequencies that 'power-law' is fitted to, as shares of the Nyquist frequency.",
    )
    min_side: int = Field(
        default=32, ge=8, description="Pixels along the square that 'power-law' needs at least."
    )
    radii_mm: tuple[float, ...] = Field(
        default=(0.0, 2.0, 4.0, 6.0),
        min_length=1,
        description="Radii of the spots that the filter of 'positive-pixels' favours; 0 is the image itself.",
    )
    slices: Literal["largest", "all"] = Field(default="largest", description="Slices of 'positive-pixels'.")
    boxes: tuple[int, ...] = Field(
        default=(2, 4, 8, 16), min_length=1, description="Sides of the boxes of 'lacunarity', in pixels."
    )
    threshold: float | None = Field(
        default=None,
        description="Least intensity of bright tissue, for 'density' and 'lacunarity'; not set: Otsu's threshold "
        "of the patient's own region.",
    )
    n_bins: int = Field(default=64, ge=2, le=1024, description="Grey levels of 'parenchyma'.")
    radius: int = Field(
        default=3, ge=1, le=25, description="Half side of the windows of 'collage', in pixels."
    )

    @field_validator("families", "radii_mm", "boxes")
    @classmethod
    def _once_each(cls, value: tuple[object, ...]) -> tuple[object, ...]:
        twice = [v for v in value if value.count(v) > 1]
        if twice:
            raise ValueError(f"'{twice[0]}' is listed twice")
        return value

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        if not 0 < self.band[0] < self.band[1] <= 1:
            raise ValueError("'band' is [low, high] with 0 < low < high <= 1")
        if not all(0 <= r < 1000 for r in self.radii_mm) or not all(b >= 1 for b in self.boxes):
            raise ValueError("'radii_mm' start at 0, 'boxes' at 1")
        return self


DEFAULT = SpectraSettings()
