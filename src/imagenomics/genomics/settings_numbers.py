"""Settings of molecules that are numbers: copy number and expression."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from imagenomics.genomics.settings_blocks import MatrixBlock, MoleculeBlock
from imagenomics.genomics.settings_mutations import Genome

Call = Literal["ordinal", "amplified", "deep-deletion", "gain", "loss"]


class CopyNumberSettings(MatrixBlock):
    """A matrix of GISTIC calls from -2 to 2, one column per gene."""

    kind: Literal["copy-number"] = Field("copy-number", description="Cells are GISTIC calls, -2 to 2.")
    not_profiled: tuple[str, ...] = Field(("NP",), description="Cells that mean not profiled (missing).")
    calls: tuple[Call, ...] = Field(
        ("ordinal",),
        min_length=1,
        description="ordinal (-2 to 2), amplified (2), deep-deletion (-2), gain (1 or 2), loss (-1 or -2).",
    )


class SegmentSettings(MoleculeBlock):
    """Copy-number segments, one row per segment and sample."""

    kind: Literal["segments"] = Field(
        "segments", description="Rows are segments: sample, chromosome, start, end, log2 ratio."
    )
    genome: Genome = Field(description="The build on which the segments lie: GRCh37 or GRCh38.")
    gain: float = Field(0.2, gt=0, description="Log2 ratio from which a segment is gained.")
    loss: float = Field(-0.2, lt=0, description="Log2 ratio down to which a segment is lost.")
    min_covered: float = Field(
        0.5, gt=0, le=1, description="Share of an arm that segments must cover; else it has no value."
    )

    @model_validator(mode="after")
    def _no_mean(self) -> Self:
        if self.samples.choose == "mean":
            raise ValueError("samples.choose = 'mean' is for expression; segments have no mean")
        return self


class LogRatioSettings(MatrixBlock):
    """A matrix of copy-number log2 ratios, one column per gene or chromosome arm."""

    NUMBERS: ClassVar[bool] = True

    kind: Literal["log-ratio"] = Field("log-ratio", description="Cells are log2 ratios to two copies.")
    unit: str = Field("log2 ratio", description="What the numbers are.")
    min_variance: float = Field(0.0, ge=0, description="Genes whose variance is not above this are named.")


class MethylationSettings(MatrixBlock):
    """A matrix of methylation, one column per probe."""

    NUMBERS: ClassVar[bool] = True

    kind: Literal["methylation"] = Field("methylation", description="Cells are beta or M values of probes.")
    genes: Literal["all"] | tuple[str, ...] = Field(
        "all", alias="probes", description="The probes to read, or 'all'."
    )
    scale: Literal["beta", "M"] = Field(description="What the file holds: beta (0 to 1), or M (log2 ratio).")
    give: Literal["beta", "M"] | None = Field(
        None, description="What the columns hold; default: what the file holds."
    )
    min_variance: float = Field(0.0, ge=0, description="Probes whose variance is not above this are named.")


class ProteinSettings(MatrixBlock):
    """A matrix of protein levels: RPPA, mass spectrometry, counted immunohistochemistry."""

    NUMBERS: ClassVar[bool] = True

    kind: Literal["protein"] = Field("protein", description="Cells are numbers, one column per protein.")
    genes: Literal["all"] | tuple[str, ...] = Field(
        "all", alias="proteins", description="The proteins to read, or 'all'."
    )
    unit: str = Field("", description="What the numbers are, e.g. 'RPPA', 'H-score' or '% positive'.")
    min_variance: float = Field(0.0, ge=0, description="Proteins whose variance is not above this are named.")


class ExpressionSettings(MatrixBlock):
    """A matrix of numbers, one column per gene."""

    NUMBERS: ClassVar[bool] = True
    kind: Literal["expression"] = Field("expression", description="Cells are numbers.")
    unit: str = Field("", description="What the numbers are, e.g. 'log2 TPM' or 'z-score'.")
    min_variance: float = Field(
        0.0,
        ge=0,
        description="Genes whose variance is not above this are named; none is removed here, because "
        "selection belongs inside the fold.",
    )
