"""The blocks of a study that are about sets and modules of genes, and sets of variants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from imagenomics.associate.settings import AssociateSettings
from imagenomics.genesets.settings import EnrichSettings, ModuleSettings
from imagenomics.genetics.settings import VariantSetSettings
from imagenomics.genomics.settings import MoleculeSettings
from imagenomics.runs.family_block import FamilyBlock


class EnrichBlock(FamilyBlock, EnrichSettings):
    """One ``[[enrich]]`` block: sets of genes against imaging phenotypes, one declared family."""

    molecules: str = Field(description="The [[molecules]] block of kind 'expression' with the genes.")
    sets: str = Field(description="GMT file with the gene sets.")
    only: tuple[str, ...] = Field(
        default=("*",), description="Sets to take from the file, as names or globs."
    )


class VariantSetBlock(FamilyBlock, VariantSetSettings):
    """One ``[[variant_sets]]`` block: sets of inherited variants against imaging phenotypes, one declared family."""

    molecules: str = Field(description="The [[molecules]] block of kind 'genotypes' with the variants.")
    sets: str = Field(
        description="GMT file: a gene or region, a description, then its variants, on each line."
    )
    only: tuple[str, ...] = Field(
        default=("*",), description="Sets to take from the file, as names or globs."
    )
    within: Literal["nothing"] = Field(default="nothing", description="Nothing is permuted.")


class ModulesBlock(FamilyBlock, ModuleSettings):
    """One ``[[modules]]`` block: genes gathered in modules, and the map of modules against phenotypes."""

    molecules: str = Field(description="The [[molecules]] block of kind 'expression' with the genes.")
    tests: AssociateSettings = Field(
        default=AssociateSettings(), description="How modules are tested against phenotypes."
    )


def genes_problem(
    blocks: Iterable[EnrichBlock | ModulesBlock | VariantSetBlock], molecules: Iterable[MoleculeSettings]
) -> str:
    """Say which block names no molecules of the kind it needs; '' where all do."""
    kinds = {block.name: block.kind for block in molecules}
    for block in blocks:
        section, kind = _NEEDS[type(block)]
        if kinds.get(block.molecules) != kind:
            return (
                f"{section} {block.name}: there is no [[molecules]] block of kind '{kind}' named "
                f"'{block.molecules}'"
            )
    return ""


_NEEDS = {
    EnrichBlock: ("enrich", "expression"),
    ModulesBlock: ("modules", "expression"),
    VariantSetBlock: ("variant_sets", "genotypes"),
}
