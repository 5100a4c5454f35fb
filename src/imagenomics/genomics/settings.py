"""Settings of molecule tables: one model per kind, told apart by `kind`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.cohort.settings import (
    ID_RULE_HELP,
    ColumnSettings,
    IdRule,
    SampleRule,
    Separator,
)
from imagenomics.errors import unknown_name
from imagenomics.settings import BlockName, Settings

Call = Literal["ordinal", "amplified", "deep-deletion", "gain", "loss"]


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
    def _no_mean_of_codes(self) -> Self:
        if self.samples.choose == "mean" and not isinstance(self, ExpressionSettings):
            raise ValueError("samples.choose = 'mean' is for expression; codes and changes have no mean")
        return self


class MutationSettings(MatrixBlock):
    """A matrix of protein changes, one column per gene."""

    kind: Literal["mutation-matrix"] = Field("mutation-matrix", description="Cells are protein changes.")
    wild_type: tuple[str, ...] = Field(("WT",), description="Cells that mean sequenced, not mutated.")
    not_sequenced: tuple[str, ...] = Field(("NS",), description="Cells that mean not sequenced (missing).")
    min_mutated: int = Field(
        1, ge=0, description="Genes mutated in fewer patients than this are listed and left out."
    )
    synonymous: Literal["mutated", "wild-type"] = Field(
        "mutated", description="How a cell counts whose changes all leave the protein the same (G706=)."
    )


class CopyNumberSettings(MatrixBlock):
    """A matrix of GISTIC calls from -2 to 2, one column per gene."""

    kind: Literal["copy-number"] = Field("copy-number", description="Cells are GISTIC calls, -2 to 2.")
    not_profiled: tuple[str, ...] = Field(("NP",), description="Cells that mean not profiled (missing).")
    calls: tuple[Call, ...] = Field(
        ("ordinal",),
        min_length=1,
        description="ordinal (-2 to 2), amplified (2), deep-deletion (-2), gain (1 or 2), loss (-1 or -2).",
    )


class ExpressionSettings(MatrixBlock):
    """A matrix of numbers, one column per gene."""

    kind: Literal["expression"] = Field("expression", description="Cells are numbers.")
    unit: str = Field("", description="What the numbers are, e.g. 'log2 TPM' or 'z-score'.")
    min_variance: float = Field(
        0.0,
        ge=0,
        description="Genes whose variance is not above this are named; none is removed here, because "
        "selection belongs inside the fold.",
    )


class LabelSource(Settings):
    """One of several places where a label is written."""

    column: str = Field(description="The column.")
    path: str | None = Field(None, description="Another file; default: the file of the block.")
    id: str | tuple[str, ...] | None = Field(None, description="Its id column; default: that of the block.")
    rule: IdRule | None = Field(None, description=f"{ID_RULE_HELP} Default: the rule of the block.")
    map: dict[str, str] = Field({}, description="Cell as written -> level; default: the map of the label.")
    missing: tuple[str, ...] = Field((), description="Further spellings of 'missing'.")
    separator: Separator | None = Field(None, description="Overrides the one that the file's ending implies.")


class LabelColumn(ColumnSettings):
    """One label: from one column, or from several sources."""

    sources: tuple[LabelSource, ...] = Field((), description="Several places where the label is written.")
    precedence: Literal["first", "missing"] | None = Field(
        None,
        description="Where sources differ: first (the first that has a value) or missing; default: refuse.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.sources and self.column is not None:
            raise ValueError("give either a `column` or `sources`")
        if self.precedence is not None and len(self.sources) < 2:
            raise ValueError("`precedence` needs two `sources` or more")
        return self


class LabelSettings(MoleculeBlock):
    """A table of molecular labels: subtypes, status, classes, scores."""

    kind: Literal["labels"] = Field("labels", description="Columns are labels with levels.")
    columns: dict[str, LabelColumn] = Field(
        min_length=1, description="Label -> column; a list of names reads the columns of these names."
    )

    @field_validator("columns", mode="before")
    @classmethod
    def _names(cls, columns: Any) -> Any:
        return {str(name): {} for name in columns} if isinstance(columns, (list, tuple)) else columns

    def files(self) -> list[str]:
        """Return every table that the block reads, as written."""
        further = [source for label in self.columns.values() for source in label.sources]
        rules = [source.rule.participants for source in further if source.rule is not None]
        return list(
            dict.fromkeys([self.path, *(s.path for s in further if s.path), *(r for r in rules if r)])
        )

    @model_validator(mode="after")
    def _no_mean(self) -> Self:
        if self.samples.choose == "mean":
            raise ValueError("samples.choose = 'mean' is for expression; labels have no mean")
        return self


MoleculeSettings = Annotated[
    MutationSettings | CopyNumberSettings | ExpressionSettings | LabelSettings, Field(discriminator="kind")
]
KINDS: Mapping[str, type[MutationSettings | CopyNumberSettings | ExpressionSettings | LabelSettings]] = {
    "mutation-matrix": MutationSettings,
    "copy-number": CopyNumberSettings,
    "expression": ExpressionSettings,
    "labels": LabelSettings,
}


def read_block(data: Mapping[str, Any], *, where: str) -> MoleculeSettings:
    """Return the settings of one `[[molecules]]` block.

    Raises
    ------
    InputError
        ``IGX-GEN-008`` unknown or missing kind; ``IGX-SET-001`` any other key or value.
    """
    kind = str(data.get("kind", ""))
    if kind not in KINDS:
        raise unknown_name("IGX-GEN-008", "kind", kind, KINDS, where=where)
    return KINDS[kind].read(data, where=where)
