"""Settings of derived numbers: mutational burden, signatures, purity."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from imagenomics.genomics.settings_mutations import ClassRule
from imagenomics.settings import BlockName, Settings


class DeriveBlock(Settings):
    """What every `[[derive]]` block has."""

    name: BlockName = Field(description="Unique name; columns are called `name.label`.")

    def files(self) -> list[str]:
        """Return every table that the block reads, as written."""
        return []


class TmbSettings(DeriveBlock):
    """Tumour mutational burden: variants for each megabase that was sequenced."""

    kind: Literal["tmb"] = Field("tmb", description="Variants per megabase.")
    mutations: str = Field(description="Name of the [[molecules]] block of kind 'maf'.")
    megabases: float = Field(
        gt=0,
        description="Size of the region in which variants were called, in megabases; there is no default.",
    )
    classes: ClassRule | tuple[str, ...] = Field(
        "non-synonymous", description="Variant classes that count: a rule's name or a list of classes."
    )
