"""Settings of molecule tables: one model per kind, told apart by `kind`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from imagenomics.errors import unknown_name
from imagenomics.genomics.settings_blocks import ColumnNames, MatrixBlock, MoleculeBlock
from imagenomics.genomics.settings_labels import (
    FusionSettings,
    LabelColumn,
    LabelSettings,
    LabelSource,
)
from imagenomics.genomics.settings_mutations import MafSettings, MutationSettings
from imagenomics.genomics.settings_numbers import (
    Call,
    CopyNumberSettings,
    ExpressionSettings,
    GeneIdSettings,
    GenotypeSettings,
    LogRatioSettings,
    MethylationSettings,
    ProteinSettings,
    SegmentSettings,
)

__all__ = [
    "KINDS",
    "Call",
    "ColumnNames",
    "CopyNumberSettings",
    "ExpressionSettings",
    "FusionSettings",
    "GeneIdSettings",
    "GenotypeSettings",
    "LabelColumn",
    "LabelSettings",
    "LabelSource",
    "LogRatioSettings",
    "MafSettings",
    "MatrixBlock",
    "MethylationSettings",
    "MoleculeBlock",
    "MoleculeSettings",
    "MutationSettings",
    "ProteinSettings",
    "SegmentSettings",
    "read_block",
]

AnyKind = (
    MutationSettings
    | MafSettings
    | CopyNumberSettings
    | LogRatioSettings
    | SegmentSettings
    | ExpressionSettings
    | MethylationSettings
    | ProteinSettings
    | GenotypeSettings
    | FusionSettings
    | LabelSettings
)
MoleculeSettings = Annotated[AnyKind, Field(discriminator="kind")]
KINDS: Mapping[str, type[AnyKind]] = {
    "mutation-matrix": MutationSettings,
    "maf": MafSettings,
    "copy-number": CopyNumberSettings,
    "log-ratio": LogRatioSettings,
    "segments": SegmentSettings,
    "expression": ExpressionSettings,
    "methylation": MethylationSettings,
    "protein": ProteinSettings,
    "genotypes": GenotypeSettings,
    "fusions": FusionSettings,
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
