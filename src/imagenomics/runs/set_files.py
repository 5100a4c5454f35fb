"""The sets of genes or variants that a block takes from its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from imagenomics.errors import unknown_name
from imagenomics.genomics.gene_sets import read_gmt
from imagenomics.runs.set_blocks import EnrichBlock, VariantSetBlock


def read_sets(
    block: EnrichBlock | VariantSetBlock, root: Path, *, section: str
) -> Mapping[str, tuple[str, ...]]:
    """Return the sets of a block; ``IGX-SETS-012`` for a name or glob that fits none."""
    return choose_sets(root, block.sets, block.only, where=f"[[{section}]] {block.name}")


def choose_sets(root: Path, path: str, only: Sequence[str], *, where: str) -> Mapping[str, tuple[str, ...]]:
    """Return the sets of a file that the names or globs ``only`` choose; ``IGX-SETS-012`` for one that fits none."""
    sets = read_gmt(root / path)
    for pattern in only:
        if not any(fnmatchcase(name, pattern) for name in sets):
            raise unknown_name("IGX-SETS-012", "gene set", pattern, sets, where=f"{where}, only; {path}")
    return {n: g for n, g in sets.items() if any(fnmatchcase(n, pattern) for pattern in only)}
