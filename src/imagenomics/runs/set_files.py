"""The sets of genes or variants that a block takes from its file."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from imagenomics.errors import unknown_name
from imagenomics.genomics.gene_sets import read_gmt
from imagenomics.runs.set_blocks import EnrichBlock, VariantSetBlock


def read_sets(
    block: EnrichBlock | VariantSetBlock, root: Path, *, section: str
) -> Mapping[str, tuple[str, ...]]:
    """Return the sets of a block; ``IGX-SETS-012`` for a name or glob that fits none."""
    sets = read_gmt(root / block.sets)
    for pattern in block.only:
        if not any(fnmatchcase(name, pattern) for name in sets):
            where = f"[[{section}]] {block.name}, only; {block.sets}"
            raise unknown_name("IGX-SETS-012", "gene set", pattern, sets, where=where)
    return {n: g for n, g in sets.items() if any(fnmatchcase(n, pattern) for pattern in block.only)}
