"""What every `[[molecules]]` block has: where it is, whose rows these are, how genes are named."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.cohort.settings import ID_RULE_HELP, IdRule, SampleRule, Separator
from imagenomics.settings import BlockName, Settings

PER_HELP = (
    "Rows are units inside patients, e.g. 'biopsy': the column of this name tells those of a patient apart (or the "
    "group `unit` of the id rule's pattern). Only [[associate]] blocks with this word as `unit` use them, and "
    "[[derive]] blocks of kind 'units', which make one label of a patient of them."
)


class MoleculeBlock(Settings):
    """What every `[[molecules]]` block has."""

    name: BlockName = Field(description="Unique name; columns are called `name.gene`.")
    path: str = Field(description="CSV, TSV or Parquet file, also compressed.")
    id: str | tuple[str, ...] | None = Field(
        None, description="Column of the sample or patient id; default: the first sensible column."
    )
    rule: IdRule | None = Field(None, description=f"{ID_RULE_HELP} Default: the rule of the patients.")
    samples: SampleRule = Field(SampleRule(), description="Which samples count, and which of several.")
    separator: Separator | None = Field(None, description="Overrides the one that the file's ending implies.")

    def files(self) -> list[str]:
        """Return every table that the block reads, as written."""
        return [self.path]


class ColumnNames(Settings):
    """How genes are named in the header."""

    prefix: str = Field("", description="Text before the gene; columns without it are not read.")
    suffix: str = Field(
        "", description="Text after the gene, e.g. '_rnaseq'; columns without it are not read."
    )


class MatrixBlock(MoleculeBlock):
    """What every block with one column per gene has."""

    NUMBERS: ClassVar[bool] = False  # cells are numbers of which a mean can be taken

    per: str | None = Field(None, min_length=1, description=PER_HELP)
    genes: Literal["all"] | tuple[str, ...] = Field("all", description="The genes to read, or 'all'.")
    columns: ColumnNames = Field(ColumnNames(), description="How genes are named in the header.")
    ignore: tuple[str, ...] = Field((), description="Columns that are neither gene nor sample.")
    orientation: Literal["samples-by-genes", "genes-by-samples"] = Field(
        "samples-by-genes", description="What the rows and the columns of the file are."
    )
    gene_id: str | None = Field(
        None, description="In genes-by-samples: the column with the gene; default: the first."
    )
    duplicates: Literal["refuse", "first"] = Field(
        "refuse", description="In genes-by-samples: a gene with several rows: refuse, or take the first."
    )

    @field_validator("genes", mode="before")
    @classmethod
    def _one_gene(cls, genes: Any) -> Any:
        return (genes,) if isinstance(genes, str) and genes != "all" else genes

    @model_validator(mode="after")
    def _columns_have_no_unit(self) -> Self:
        pattern = "" if self.rule is None else self.rule.pattern or ""
        if self.per is not None and self.orientation == "genes-by-samples" and "(?P<unit>" not in pattern:
            raise ValueError(
                "with samples in columns the unit must stand in the id: rule = { pattern = '...' }"
            )
        return self

    @model_validator(mode="after")
    def _no_mean_of_codes(self) -> Self:
        if self.samples.choose == "mean" and not self.NUMBERS:
            raise ValueError("samples.choose = 'mean' is for expression; codes and changes have no mean")
        return self
