"""Settings of the preparatory steps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.settings import Settings

Unseen = Literal["keep", "missing", "refuse"]
Bound = Literal["ci_low", "icc"]
Unknown = Literal["drop", "keep"]


class HarmoniseSettings(Settings):
    """ComBat: location and scale of each site, learned in the training part."""

    by: str = Field(
        default="site",
        description="Where a patient was imaged: 'site', or a clinical or acquisition column such as "
        "'t1.acquisition.manufacturer'.",
    )
    keep: tuple[str, ...] = Field(
        default=(), description="Clinical columns whose effect on the features is kept. Never the target."
    )
    unseen: Unseen = Field(
        default="keep",
        description="Patients of a site that the training part did not hold: 'keep' their features as they are, make "
        "them 'missing', or 'refuse'.",
    )
    min_patients: int = Field(
        default=5, ge=2, description="Sites with fewer patients in a training part are not fitted."
    )


class StabilitySettings(Settings):
    """Only features that come out alike when a patient is measured again enter a model."""

    threshold: float = Field(default=0.75, le=1, description="The least intraclass correlation.")
    bound: Bound = Field(
        default="ci_low",
        description="What must pass: the lower limit of the interval, or the estimate 'icc'.",
    )
    table: str | None = Field(
        default=None,
        description="Table with feature, icc, ci_low, measured on other patients (a test-retest cohort). Not set: the "
        "repetitions of the training patients ('repeats' of an image).",
    )
    unknown: Unknown = Field(
        default="drop", description="Features of which nothing is known: 'drop' or 'keep' them."
    )


class PrepareSettings(Settings):
    """How feature columns are prepared inside each training part."""

    stability: StabilitySettings | None = Field(
        default=None,
        description="Take stable features only; learned once in each outer training part. Not set: all.",
    )
    harmonise: HarmoniseSettings | None = Field(
        default=None,
        description="Take out what differs between sites or scanners (ComBat); learned once in each outer training "
        "part, without the labels. Not set: features stay as they are.",
    )
    residualise: tuple[str, ...] = Field(
        default=(),
        description="Clinical or acquisition columns (or 'site') whose linear effect is taken out of the image "
        "features; learned once in each outer training part, without the labels.",
    )
    redundancy: float | None = Field(
        default=0.95,
        gt=0.0,
        le=1.0,
        description="Columns whose absolute correlation with an earlier kept column exceeds this are left "
        "out; null keeps all.",
    )
    correlation: Literal["spearman", "pearson"] = Field(
        default="spearman", description="The correlation of the redundancy filter."
    )
    select: int | None = Field(
        default=60,
        ge=1,
        description="So many columns enter the model: those most associated with the target in the "
        "training part; null takes all.",
    )

    @property
    def context(self) -> tuple[str, ...]:
        """Columns beside the features that the steps look at, each once."""
        harmonise = () if self.harmonise is None else (self.harmonise.by, *self.harmonise.keep)
        return tuple(dict.fromkeys((*harmonise, *self.residualise)))
