"""The blocks of a study that are about sets and modules of genes."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from imagenomics.associate.settings import AssociateSettings
from imagenomics.genesets.settings import EnrichSettings, ModuleSettings
from imagenomics.genomics.settings import MoleculeSettings
from imagenomics.runs.family_block import FamilyBlock


class EnrichBlock(FamilyBlock, EnrichSettings):
    """One ``[[enrich]]`` block: sets of genes against imaging phenotypes, one declared family."""

    molecules: str = Field(description="The [[molecules]] block of kind 'expression' with the genes.")
    sets: str = Field(description="GMT file with the gene sets.")
    only: tuple[str, ...] = Field(
        default=("*",), description="Sets to take from the file, as names or globs."
    )


class ModulesBlock(FamilyBlock, ModuleSettings):
    """One ``[[modules]]`` block: genes gathered in modules, and the map of modules against phenotypes."""

    molecules: str = Field(description="The [[molecules]] block of kind 'expression' with the genes.")
    tests: AssociateSettings = Field(
        default=AssociateSettings(), description="How modules are tested against phenotypes."
    )


def genes_problem(blocks: Iterable[EnrichBlock | ModulesBlock], molecules: Iterable[MoleculeSettings]) -> str:
    """Say which block names no expression; '' where all do."""
    expression = {block.name for block in molecules if block.kind == "expression"}
    for block in blocks:
        if block.molecules not in expression:
            section = "enrich" if isinstance(block, EnrichBlock) else "modules"
            return (
                f"{section} {block.name}: there is no [[molecules]] block of kind 'expression' named "
                f"'{block.molecules}'"
            )
    return ""
