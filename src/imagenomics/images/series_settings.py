"""What a study file says about the volumes of a series: when each was taken, with which weighting."""

from __future__ import annotations

import string
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.settings import Settings

BESIDE = "beside"
FILES = {"sidecar": ".json", "b_values": ".bval", "b_vectors": ".bvec"}


class SeriesSettings(Settings):
    """When the volumes of a series were taken, or with which diffusion weighting."""

    tr_s: float | Literal["header"] | None = Field(
        default=None,
        description="Seconds from one volume to the next; 'header': as the file's header says, where it says it.",
    )
    frame_s: tuple[float, ...] | None = Field(
        default=None, description="When each volume was taken, in seconds, the same for all patients."
    )
    sidecar: str | None = Field(
        default=None,
        description="JSON file with 'VolumeTiming', 'FrameTimesStart' or 'RepetitionTime' in seconds, with {patient}; "
        "'beside': the file beside the image that has its name and the ending .json.",
    )
    b_values: str | None = Field(
        default=None,
        description="Text file with one b-value in s/mm2 for each volume, with {patient}; 'beside': ending .bval.",
    )
    b_vectors: str | None = Field(
        default=None, description="Text file with the gradient directions, likewise; 'beside': ending .bvec."
    )

    @field_validator("tr_s")
    @classmethod
    def _positive(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, float) and not 0 < value < float("inf"):
            raise ValueError("'tr_s' is a positive number of seconds")
        return value

    @field_validator("sidecar", "b_values", "b_vectors")
    @classmethod
    def _of_each_patient(cls, value: str | None) -> str | None:
        fields = set() if value is None else {f for _, f, _, _ in string.Formatter().parse(value) if f}
        if fields - {"patient"}:
            raise ValueError(
                f"'{{{min(fields)}}}' is not known in a path; the only placeholder is {{patient}}"
            )
        return value

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        clocks = [k for k in ("tr_s", "frame_s", "sidecar") if getattr(self, k) is not None]
        if len(clocks) > 1:
            raise ValueError(f"give one of {' and '.join(clocks)}: they all say when the volumes were taken")
        if self.b_vectors is not None and self.b_values is None:
            raise ValueError("'b_vectors' need 'b_values'")
        return self

    def says(self, axis: str) -> bool:
        """Tell whether ``times``, ``b_values`` or ``b_vectors`` of the volumes are declared."""
        keys = ("tr_s", "frame_s", "sidecar") if axis == "times" else (axis,)
        return any(getattr(self, key) is not None for key in keys)
