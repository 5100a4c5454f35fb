"""Settings of tables of labels: one column each, or several sources with their precedence."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from imagenomics.cohort.settings import ID_RULE_HELP, ColumnSettings, IdRule, Separator
from imagenomics.genomics.settings_blocks import PER_HELP, MoleculeBlock
from imagenomics.settings import Settings


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
    per: str | None = Field(None, min_length=1, description=PER_HELP)
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
    def _units_have_one_source(self) -> Self:
        if self.per is not None and any(label.sources for label in self.columns.values()):
            raise ValueError("`per` and `sources` in one block: units are read from one file")
        return self

    @model_validator(mode="after")
    def _no_mean(self) -> Self:
        if self.samples.choose == "mean":
            raise ValueError("samples.choose = 'mean' is for expression; labels have no mean")
        return self


class FusionSettings(MoleculeBlock):
    """Gene fusions, one row per fusion and sample."""

    kind: Literal["fusions"] = Field("fusions", description="Rows are fusions.")
    five_prime: str | None = Field(None, description="Column of the gene at the 5' end.")
    three_prime: str | None = Field(None, description="Column of the gene at the 3' end.")
    fusion: str | None = Field(None, description="Or: one column with both genes, e.g. 'EML4--ALK'.")
    genes: tuple[str, ...] = Field((), description="A column for each: fused with any other gene.")
    pairs: tuple[str, ...] = Field((), description="A column for each: 'KIAA1549--BRAF', in this order.")
    tested: str | None = Field(
        None,
        description="Table that lists every tested sample; not set: only samples with a row count as tested.",
    )
    tested_id: str | None = Field(None, description="Its id column; default: the first sensible column.")

    @field_validator("pairs")
    @classmethod
    def _two_genes(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        for pair in pairs:
            if not all(pair.partition("--")):
                raise ValueError(f"'{pair}' is no pair; write GENE1--GENE2")
        return pairs

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.five_prime is None) != (self.three_prime is None):
            raise ValueError("`five_prime` and `three_prime` belong together")
        if (self.fusion is None) == (self.five_prime is None):
            raise ValueError("give either `fusion`, or `five_prime` and `three_prime`")
        if not self.genes and not self.pairs:
            raise ValueError("declare `genes` or `pairs`: what is looked for")
        if self.samples.choose == "mean":
            raise ValueError("samples.choose = 'mean' is for expression; fusions have no mean")
        if self.tested_id is not None and self.tested is None:
            raise ValueError("`tested_id` needs `tested`")
        return self

    def files(self) -> list[str]:
        """Return every table that the block reads, as written."""
        return [self.path, *([self.tested] if self.tested else [])]
