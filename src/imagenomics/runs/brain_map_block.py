"""What a study file says of a map of the brain against gene expression: the ``[[brain_maps]]`` blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field, model_validator

from imagenomics.genesets.settings import BrainMapSettings
from imagenomics.runs.family_block import AssociateBlock
from imagenomics.settings import BlockName, Settings

PARCEL = "{parcel}"


class EffectsOf(Settings):
    """The effects of an ``[[associate]]`` block on one feature of each region, as a map."""

    analysis: str = Field(description="Name of the [[associate]] block.")
    target: str = Field(description="The target whose effects are taken ('mutations.IDH1').")
    feature: str = Field(
        description="The features of the regions, with '{parcel}' in place of the region ('fs.{parcel}.thickness')."
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.feature.count(PARCEL) != 1:
            raise ValueError(f"feature = '{self.feature}' does not hold {PARCEL} once")
        return self


class BrainMapBlock(BrainMapSettings):
    """One ``[[brain_maps]]`` block: a map of the brain against genes and sets of genes, region by region."""

    name: BlockName = Field(description="Unique name of the analysis.")
    table: str | None = Field(
        default=None, description="Table with the map, a row per region; or `effects` of this study."
    )
    layout: Literal["plain", "enigma"] = Field(
        default="plain",
        description="'plain': the columns `parcel` and `value`; 'enigma': a summary table of the ENIGMA consortium, "
        "whose Cohen's d is the map.",
    )
    parcel: str = Field(default="parcel", description="Column of `table` with the region.")
    value: str = Field(default="value", description="Column of `table` with the map.")
    effects: EffectsOf | None = Field(
        default=None, description="The map is made of effects that this study finds, in place of `table`."
    )
    expression: str = Field(
        description="Table of abagen or its like: a row per region (its name in the first column), a column per gene."
    )
    coordinates: str = Field(
        description="Table with the columns parcel, hemisphere (L or R), x, y, z: centres of the regions, on the "
        "sphere of each hemisphere for 'spin', in one space for 'moran'."
    )
    atlas: Literal["names", "desikan-killiany"] = Field(
        default="names",
        description="'names': regions have one name everywhere; 'desikan-killiany': its regions, however FreeSurfer, "
        "ENIGMA or abagen spell them.",
    )
    sets: str | None = Field(default=None, description="GMT file with gene sets; not set: genes alone.")
    only: tuple[str, ...] = Field(
        default=("*",), description="Sets to take from the file, as names or globs."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.table is None) == (self.effects is None):
            raise ValueError("a map comes from `table` or from `effects`, and one of them is needed")
        return self

    def files(self) -> tuple[str, ...]:
        """Return every file that is read, as written."""
        return tuple(path for path in (self.table, self.expression, self.coordinates, self.sets) if path)


def effects_problem(blocks: Iterable[BrainMapBlock], associate: Iterable[AssociateBlock]) -> str:
    """Say which block takes effects of an analysis that is not there, or keeps strong pairs alone; '' for none."""
    known = {b.name: b.keep_p for b in associate}
    for block in blocks:
        if block.effects is None:
            continue
        name = block.effects.analysis
        if name not in known:
            return f"brain_maps {block.name}: there is no [[associate]] block named '{name}'"
        if known[name] < 1:
            return (
                f"brain_maps {block.name}: [[associate]] {name} has keep_p = {known[name]:g}, so that regions of weak "
                "effects would be missing from the map; leave keep_p out"
            )
    return ""
