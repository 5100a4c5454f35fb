"""The steps that prepare an image: one model for each kind, told apart by ``kind``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from imagenomics.settings import Settings

Interpolation = Literal["nearest", "linear", "cubic-spline"]
AxisSpacing = Annotated[float, Field(gt=0, lt=float("inf"))] | Literal["keep"]
PLACEHOLDER = "{patient}"


class N4Step(Settings):
    """Remove the smooth brightening of MR across the image (bias field) by N4."""

    kind: Literal["n4"] = Field(description="Bias field correction.")
    within: str = Field(
        default="foreground",
        description="Voxels that the field is estimated from: 'foreground' (brighter than Otsu's threshold), "
        "'positive' (right where the background is cut away), or one of 'regions'.",
    )
    shrink: int = Field(
        default=4, ge=1, description="Estimate from every n-th voxel along each axis, as far as 16 remain."
    )
    iterations: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(50, 50, 50, 50), min_length=1, description="Most iterations of each level."
    )
    control_points: int = Field(
        default=4,
        ge=4,
        description="Control points of the cubic spline along each axis at the first level; each level halves "
        "their distance.",
    )
    tolerance: float = Field(
        default=0.001, gt=0, lt=1, description="Change of the field below which a level has converged."
    )


class ResampleStep(Settings):
    """Bring the image and its regions to another voxel spacing."""

    kind: Literal["resample"] = Field(description="Another voxel spacing.")
    spacing_mm: tuple[AxisSpacing, AxisSpacing, AxisSpacing] = Field(
        description="New spacing [z, y, x] in mm; 'keep' leaves an axis as it is."
    )
    interpolation: Interpolation = Field(
        default="linear",
        description="Of the image; regions take the voxels of which at least half lies inside.",
    )


class CropStep(Settings):
    """Cut the image down to a box around its regions."""

    kind: Literal["crop"] = Field(description="A box around the regions.")
    region: str | None = Field(
        default=None, description="One of 'regions'. Not set: the box holds all of them."
    )
    margin_mm: float | None = Field(
        default=None,
        ge=0,
        lt=float("inf"),
        description="Room on each side in mm, rounded up to whole voxels.",
    )
    margin_voxels: int | None = Field(
        default=None, ge=0, description="Room on each side in voxels, instead of 'margin_mm'."
    )

    @model_validator(mode="after")
    def _one_margin(self) -> CropStep:
        if (self.margin_mm is None) == (self.margin_voxels is None):
            raise ValueError("give either 'margin_mm' or 'margin_voxels'")
        return self


class RegisterStep(Settings):
    """Bring the image onto an atlas or onto another image of the same patient."""

    kind: Literal["register"] = Field(description="Onto an atlas or another image.")
    to: str = Field(
        min_length=1,
        description="File of the atlas, or with {patient} another image of each patient; the result lies on its "
        "grid.",
    )
    transform: Literal["rigid", "affine"] = Field(
        default="rigid",
        description="'rigid': turn and move; 'affine': also stretch and shear, which changes sizes.",
    )
    start: Literal["header", "centre"] = Field(
        description="Where the search starts: as the headers say, or with the centres of mass on each other. Default: "
        "'header' for another image of the patient, 'centre' for an atlas.",
        default="centre",
    )
    mask_on: Literal["image", "other"] = Field(
        default="image",
        description="What the mask was drawn on: this image, so that the regions move with it, or the other one, so "
        "that they stay where they are.",
    )
    interpolation: Interpolation = Field(default="linear", description="Of the image that moves.")
    least_information: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Least share of its information that one image must tell about the other (mutual information "
        "by the smaller entropy); a registration below it is refused.",
    )
    least_overlap: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="Least overlap (Dice) of what is brighter than Otsu's threshold in both; 0 for images without "
        "background.",
    )
    least_kept: float = Field(
        default=0.95,
        ge=0,
        le=1,
        description="Least share of each region that must lie in both images; a patient with less is refused.",
    )
    iterations: int = Field(
        default=200, ge=1, description="Most iterations of each search at each of the three resolutions."
    )

    @model_validator(mode="before")
    @classmethod
    def _start_by_target(cls, data: Any) -> Any:
        """Write the default that follows from the target into the settings, so that it is recorded."""
        if not isinstance(data, Mapping) or data.get("start") is not None:
            return data
        return {**data, "start": "header" if PLACEHOLDER in str(data.get("to", "")) else "centre"}

    @field_validator("to")
    @classmethod
    def _only_patient(cls, value: str) -> str:
        if "{" in value.replace(PLACEHOLDER, "") or "}" in value.replace(PLACEHOLDER, ""):
            raise ValueError(f"'{value}': the only placeholder is {PLACEHOLDER}")
        return value


Step = N4Step | ResampleStep | CropStep | RegisterStep
AnyStep = Annotated[Step, Field(discriminator="kind")]


def values_of(steps: Sequence[Step]) -> list[str]:
    """Return what of the steps changes numbers; of another image its name counts, not its folder."""
    return [
        step.model_copy(update={"to": PurePosixPath(step.to).name}).canonical()
        if isinstance(step, RegisterStep)
        else step.canonical()
        for step in steps
    ]


def targets_of(steps: Sequence[Step]) -> list[str]:
    """Return the other images that the steps need, as written, each once."""
    return list(dict.fromkeys(step.to for step in steps if isinstance(step, RegisterStep)))


def needs_mm(step: Step) -> bool:
    """Tell whether a step has no meaning where the voxel spacing is not known."""
    return isinstance(step, (ResampleStep, RegisterStep)) or (
        isinstance(step, CropStep) and step.margin_mm is not None
    )


def mask_waits(steps: Sequence[Step]) -> bool:
    """Tell whether the mask lies on another image and can only be read once the image lies there, too."""
    return any(isinstance(step, RegisterStep) and step.mask_on == "other" for step in steps)


def voxel_factor(steps: Sequence[Step], spacing_mm: Sequence[float]) -> float:
    """Return how many times more voxels a region has after resampling."""
    factor, now = 1.0, list(spacing_mm)
    for step in steps:
        if isinstance(step, ResampleStep):
            new = [old if isinstance(s, str) else s for s, old in zip(step.spacing_mm, now, strict=True)]
            factor *= math.prod(now) / math.prod(new)
            now = new
    return factor


def step_words(step: Step) -> str:
    """Return a step in a few words, for ``check`` and the methods of the page."""
    if isinstance(step, N4Step):
        return "N4 bias field correction"
    if isinstance(step, ResampleStep):
        return f"resampling to {' x '.join(_plain(s) for s in step.spacing_mm)} mm (z, y, x; {step.interpolation})"
    if isinstance(step, CropStep):
        margin = f"{step.margin_mm:g} mm" if step.margin_mm is not None else f"{step.margin_voxels} voxels"
        return f"cropping to {margin} around {step.region or 'the regions'}"
    return f"{step.transform} registration to {PurePosixPath(step.to).name}"


def _plain(spacing: float | str) -> str:
    return spacing if isinstance(spacing, str) else f"{spacing:g}"


def refuse_misfits(
    steps: Sequence[Step], *, regions: Sequence[str], has_mask: bool, spacing: object, modality: str
) -> None:
    """Refuse steps that an ``[[images]]`` block cannot have, with a ``ValueError`` that says why."""
    for problem in _misfits(steps, regions if has_mask else (), spacing, modality):
        raise ValueError(problem)


def _misfits(steps: Sequence[Step], regions: Sequence[str], spacing: object, modality: str) -> Iterator[str]:
    waits = mask_waits(steps)
    for number, step in enumerate(steps, 1):
        where = f"step {number} of 'prepare' ({step.kind})"
        if spacing == "unknown" and needs_mm(step):
            yield f'{where} needs the voxel spacing in mm, and spacing = "unknown"'
        if isinstance(step, N4Step) and modality in ("CT", "PET"):
            yield f"{where} removes the bias field of MR; {modality} has none"
        if isinstance(step, RegisterStep) and step.mask_on == "other" and not regions:
            yield f'{where}: mask_on = "other" needs a mask'
        named = _region_of(step)
        if isinstance(step, CropStep) and not regions:
            yield f"{where} needs a mask to crop to"
        if named is not None and named not in regions:
            yield f"{where}: '{named}' is not one of 'regions'"
        if waits and (named is not None or isinstance(step, CropStep)):
            yield f"{where} needs regions before the mask is there: it lies on the image that a later step goes to"
        if isinstance(step, RegisterStep) and step.mask_on == "other":
            waits = mask_waits(steps[number:])
            if waits:
                yield f"{where}: the mask can lie on one other image only"


def _region_of(step: Step) -> str | None:
    if isinstance(step, N4Step):
        return None if step.within in ("foreground", "positive") else step.within
    return step.region if isinstance(step, CropStep) else None
