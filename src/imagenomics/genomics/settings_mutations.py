"""Settings of mutations: matrices of protein changes, and MAF files."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from imagenomics.genomics.settings_blocks import MatrixBlock, MoleculeBlock

Genome = Literal["GRCh37", "GRCh38"]
ClassRule = Literal["non-synonymous", "coding", "truncating"]


def _check_hotspots(hotspots: tuple[str, ...]) -> tuple[str, ...]:
    for spot in hotspots:
        if not all(spot.partition(":")):
            raise ValueError(f"'{spot}' is no hotspot; write GENE:R132 or GENE:R132H")
    return hotspots


Hotspots = Annotated[tuple[str, ...], AfterValidator(_check_hotspots)]


class MutationSettings(MatrixBlock):
    """A matrix of protein changes, one column per gene."""

    kind: Literal["mutation-matrix"] = Field("mutation-matrix", description="Cells are protein changes.")
    wild_type: tuple[str, ...] = Field(("WT",), description="Cells that mean sequenced, not mutated.")
    not_sequenced: tuple[str, ...] = Field(("NS",), description="Cells that mean not sequenced (missing).")
    min_mutated: int = Field(
        1, ge=0, description="Genes mutated in fewer patients than this are listed and left out."
    )
    hotspots: Hotspots = Field(
        (),
        description="Further columns for changes at a place ('IDH1:R132') or one change ('BRAF:V600E').",
    )
    synonymous: Literal["mutated", "wild-type"] = Field(
        "mutated", description="How a cell counts whose changes all leave the protein the same (G706=)."
    )


class MafSettings(MoleculeBlock):
    """Mutations in the Mutation Annotation Format, one row per variant and sample."""

    kind: Literal["maf"] = Field("maf", description="Rows are variants.")
    genes: Literal["all"] | tuple[str, ...] = Field("all", description="The genes to keep, or 'all'.")
    classes: ClassRule | tuple[str, ...] = Field(
        "non-synonymous",
        description="Variant classes that make a gene mutated: non-synonymous, coding (with silent changes), "
        "truncating, or a list of classes as written.",
    )
    other_classes: tuple[str, ...] = Field(
        (), description="Further classes of the file that are no error and do not count."
    )
    change: str | None = Field(
        None, description="Column of the protein change; default: HGVSp_Short, Protein_Change ..."
    )
    hotspots: Hotspots = Field(
        (),
        description="Further columns for changes at a place ('IDH1:R132') or one change ('BRAF:V600E').",
    )
    genome: Genome | None = Field(None, description="The build that the file must be of.")
    sequenced: str | None = Field(
        None,
        description="Table that lists every sequenced sample. A MAF has no row for a sample without variants; "
        "not set: only samples with a row count as sequenced.",
    )
    sequenced_id: str | None = Field(None, description="Its id column; default: the first sensible column.")
    panel: tuple[str, ...] = Field(
        (), description="Genes of the panel; not set: every gene was sequenced (exome, genome)."
    )
    min_mutated: int = Field(
        1, ge=0, description="Genes mutated in fewer patients than this are listed and left out."
    )

    @field_validator("genes", mode="before")
    @classmethod
    def _one_gene(cls, genes: Any) -> Any:
        return (genes,) if isinstance(genes, str) and genes != "all" else genes

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.samples.choose == "mean":
            raise ValueError("samples.choose = 'mean' is for expression; mutations have no mean")
        if self.sequenced_id is not None and self.sequenced is None:
            raise ValueError("`sequenced_id` needs `sequenced`")
        return self

    def files(self) -> list[str]:
        """Return every table that the block reads, as written."""
        return [self.path, *([self.sequenced] if self.sequenced else [])]
