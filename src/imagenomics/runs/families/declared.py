"""The kinds of families that a study can declare, and those that it does declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from imagenomics.runs.families.clusters import KIND as CLUSTERS
from imagenomics.runs.families.differential import DIFFERENTIAL
from imagenomics.runs.families.heritability import HERITABILITY
from imagenomics.runs.families.interaction import INTERACTION
from imagenomics.runs.families.kind import FamilyKind
from imagenomics.runs.families.paired import PAIRED
from imagenomics.runs.families.pairs import PAIRS
from imagenomics.runs.families.replicate import REPLICATE
from imagenomics.runs.families.roc import ROC
from imagenomics.runs.families.survival import FAMILY as SURVIVAL
from imagenomics.runs.families.variant_sets import VARIANT_SETS
from imagenomics.runs.families.voxels import VOXELS
from imagenomics.runs.plan import Plan

KINDS: tuple[FamilyKind, ...] = (
    PAIRS,
    DIFFERENTIAL,
    SURVIVAL,
    REPLICATE,
    INTERACTION,
    ROC,
    PAIRED,
    HERITABILITY,
    CLUSTERS,
    VARIANT_SETS,
    VOXELS,
)
TABLES = tuple(
    dict.fromkeys(
        name for kind in KINDS for own in (kind, kind.among_units) if own is not None for name in own.tables
    )
)


def declared_families(plan: Plan) -> Iterator[tuple[FamilyKind, Any]]:
    """Return the families of a study, each block with its kind."""
    for kind in KINDS:
        for block in getattr(plan, kind.section):
            yield kind.of(block), block
