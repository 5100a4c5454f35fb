"""Settings of molecules that are numbers: copy number and expression."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from imagenomics.genomics.settings_blocks import MatrixBlock, MoleculeBlock
from imagenomics.genomics.settings_mutations import Genome
from imagenomics.settings import Settings

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


class GenotypeSettings(MatrixBlock):
    """A matrix of genotypes of inherited variants, one column per variant."""

    kind: Literal["genotypes"] = Field(
        "genotypes", description="Cells are copies of an allele: 0, 1, 2, or an imputed dosage between."
    )
    genes: Literal["all"] | tuple[str, ...] = Field(
        "all", alias="variants", description="The variants to read, or 'all'."
    )
    min_frequency: float = Field(
        0.0, ge=0, le=0.5, description="Variants whose minor allele is rarer are listed and left out."
    )
    max_missing: float = Field(
        1.0, ge=0, le=1, description="Variants unknown in a larger share of patients are listed and left out."
    )
    min_hwe: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Variants whose exact Hardy-Weinberg p is smaller are listed and left out; 0 keeps all. The usual "
        "1e-6 finds genotyping errors; in patients chosen by disease a true association departs, too.",
    )


class GeneIdSettings(Settings):
    """How ids of genes become other ids: Ensembl or Entrez to symbols, aliases to approved symbols."""

    table: str | None = Field(None, description="Table with one row for each pair of ids; not set: ids stay.")
    from_: str | None = Field(None, alias="from", description="Its column with the ids of the file.")
    to: str | None = Field(None, description="Its column with the ids that are wanted.")
    part: Literal["whole", "before-bar", "after-bar"] = Field(
        "whole", description="Which part of an id such as 'TP53|7157' counts."
    )
    versions: Literal["remove", "keep"] = Field(
        "remove", description="Version at the end of an Ensembl id (ENSG00000141510.18)."
    )
    unmapped: Literal["drop", "keep"] = Field(
        "drop", description="Ids that the table does not have: leave the gene out, or keep its id (aliases)."
    )
    several: Literal["refuse", "sum", "mean", "first"] = Field(
        "refuse", description="Several ids of one gene: refuse, or take their sum, mean, or the first."
    )

    @model_validator(mode="after")
    def _together(self) -> Self:
        if len({self.table is None, self.from_ is None, self.to is None}) > 1:
            raise ValueError("`table`, `from` and `to` belong together")
        return self


class ExpressionSettings(MatrixBlock):
    """A matrix of expression, one column per gene: counts, TPM, arrays, z-scores; also GCT and h5ad files."""

    NUMBERS: ClassVar[bool] = True

    kind: Literal["expression"] = Field("expression", description="Cells are numbers.")
    molecule: Literal["mRNA", "miRNA", "lncRNA"] = Field("mRNA", description="What was measured.")
    unit: str = Field("", description="What the numbers of the file are, e.g. 'TPM' or 'z-score'.")
    values: Literal["numbers", "counts"] = Field(
        "numbers",
        description="numbers (as they are), or counts of reads (not negative, library sizes differ).",
    )
    normalise: Literal["none", "log2", "log-cpm", "tmm", "quantile"] = Field(
        "none",
        description="none; log2 of number + prior; of counts: log-cpm, or tmm (library sizes corrected); quantile. "
        "tmm and quantile are estimated across patients.",
    )
    prior: float = Field(1.0, gt=0, description="Added before log2.")
    min_value: float | None = Field(
        None,
        description="Genes that too few patients reach this in are left out; of counts: per million reads.",
    )
    min_share: float = Field(0.2, gt=0, le=1, description="Share of patients that must reach `min_value`.")
    ids: GeneIdSettings | None = Field(None, description="How ids of genes become other ids.")
    layer: str | None = Field(None, description="In an h5ad file: the layer; default: X.")
    min_variance: float = Field(
        0.0,
        ge=0,
        description="Genes whose variance is not above this are named; none is removed here, because "
        "selection belongs inside the fold.",
    )

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if self.normalise in ("log-cpm", "tmm") and self.values != "counts":
            raise ValueError(f"normalise = '{self.normalise}' needs values = 'counts'")
        if self.normalise in ("log2", "quantile") and self.values == "counts":
            raise ValueError("counts have library sizes: normalise = 'log-cpm', 'tmm' or 'none'")
        return self

    def files(self) -> list[str]:
        """Return every table that the block reads, as written."""
        return [self.path, *([self.ids.table] if self.ids is not None and self.ids.table else [])]
