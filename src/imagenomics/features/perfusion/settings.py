"""How perfusion images become parameters: every default is stated here, once."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.settings import Settings

Deconvolution = Literal["osvd", "csvd", "tsvd"]


class BaselineSettings(Settings):
    """Which volumes lie before the bolus."""

    skip_frames: int = Field(
        default=0, ge=0, description="Volumes at the start that are left out: not yet in steady state."
    )
    baseline_frames: int | None = Field(
        default=None,
        ge=1,
        description="Number of volumes before the bolus, the skipped ones included. Not set: found from the mean "
        "curve.",
    )

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.baseline_frames is not None and self.baseline_frames <= self.skip_frames:
            raise ValueError("'baseline_frames' counts the skipped volumes too and must exceed 'skip_frames'")
        return self


class DeconvolutionSettings(Settings):
    """How flow and residue come from a tissue curve and an arterial one."""

    method: Deconvolution = Field(
        default="osvd",
        description="'osvd': block-circulant, the share of small singular values that is cut follows from the "
        "oscillation of each voxel's residue; 'csvd': block-circulant with a fixed cut; 'tsvd': the causal matrix "
        "with a fixed cut, which depends on the delay between artery and tissue.",
    )
    cut: float = Field(
        default=0.2,
        ge=0,
        lt=1,
        description="'csvd' and 'tsvd': singular values below this share of the largest are cut.",
    )
    oscillation: float = Field(
        default=0.035, gt=0, description="'osvd': largest oscillation index of a residue."
    )


class DscSettings(BaselineSettings):
    """DSC-MRI: a falling T2*-weighted signal."""

    echo_time_ms: float = Field(gt=0, description="Echo time in ms.")
    leakage: bool = Field(
        default=True, description="Correct for contrast agent that leaves the vessels (K1, K2)."
    )
    integral: Literal["trapezoid", "gamma-variate"] = Field(
        default="trapezoid",
        description="What blood volume is the area of: the corrected curve from arrival to the last volume, or a "
        "gamma-variate fitted to its first pass.",
    )
    aif: Literal["automatic", "none"] = Field(
        default="automatic",
        description="Where no arterial curve is given: find one, or leave out what needs one (flow, transit time).",
    )
    aif_voxels: int = Field(default=20, ge=1, description="Number of voxels of an automatic arterial curve.")
    deconvolution: DeconvolutionSettings = Field(
        default=DeconvolutionSettings(), description="How flow is computed."
    )
    recovery_s: tuple[float, float] = Field(
        default=(50.0, 60.0),
        description="Seconds after arrival between which the recovered signal is averaged (PSR).",
    )

    @model_validator(mode="after")
    def _window_ascends(self) -> Self:
        if not 0 <= self.recovery_s[0] < self.recovery_s[1]:
            raise ValueError("'recovery_s' is [from, to] in seconds with from below to")
        return self


class KineticSettings(Settings):
    """Shapes of enhancement curves."""

    early_s: float = Field(
        default=120.0, gt=0, description="Seconds after arrival within which the initial peak is looked for."
    )
    plateau_percent: float = Field(
        default=10.0,
        gt=0,
        description="A signal that ends within this many percent of its initial peak is a plateau; above persistent, "
        "below washout.",
    )
    min_enhancement_percent: float = Field(
        default=50.0, ge=0, description="Voxels whose signal rises less than this have no curve class."
    )


class DceSettings(BaselineSettings):
    """DCE-MRI: a rising T1-weighted spoiled gradient echo signal."""

    repetition_time_ms: float = Field(gt=0, description="Repetition time in ms.")
    flip_angle_deg: float = Field(gt=0, lt=180, description="Flip angle in degrees.")
    relaxivity: float = Field(
        default=4.5,
        gt=0,
        description="Longitudinal relaxivity of the contrast agent in 1/(mM s), at the field used.",
    )
    hematocrit: float = Field(default=0.42, ge=0, lt=1, description="Share of cells in large vessels.")
    model: Literal["extended-tofts", "tofts", "patlak", "brix", "none"] = Field(
        default="extended-tofts",
        description="What is fitted: 'brix' to relative enhancement, the others to concentrations.",
    )
    fit: Literal["nonlinear", "linear"] = Field(
        default="nonlinear", description="Tofts models: linear least squares, or refined from there."
    )
    aif: Literal["parker", "weinmann", "fritz-hansen"] = Field(
        default="parker", description="Population curve where no measured plasma curve is given."
    )
    dose_mmol_kg: float = Field(default=0.1, gt=0, description="Dose; it scales the population curves.")
    arrival_s: float | None = Field(
        default=None,
        description="When the bolus arrives, on the clock of the series: population curves and areas start there. Not "
        "set: areas start at the last volume of the baseline, and population curves where they fit the mean best.",
    )
    kinetics: KineticSettings = Field(default=KineticSettings(), description="Shapes of curves.")


class CtPerfusionSettings(BaselineSettings):
    """CT perfusion: Hounsfield units rise with iodine."""

    deconvolution: DeconvolutionSettings = Field(
        default=DeconvolutionSettings(), description="How flow is computed."
    )
    hematocrit: float = Field(default=0.45, ge=0, lt=1, description="Share of cells in large vessels.")
    hematocrit_capillary: float = Field(
        default=0.25, ge=0, lt=1, description="Share of cells in capillaries."
    )
    patlak_start_s: float = Field(
        default=30.0,
        ge=0,
        description="Seconds after arrival from which the Patlak line is fitted; the first pass does not follow it.",
    )
    min_patlak_frames: int = Field(
        default=4, ge=3, description="With fewer volumes after that no permeability is given."
    )
