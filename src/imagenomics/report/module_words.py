"""What a ``[[modules]]`` block did, as a sentence of the methods paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.report.text import adjusted_for

Block = Mapping[str, Any]


def module_sentence(block: Block) -> str:
    """Return how genes were gathered in modules, and what an association of a module had to beat."""
    how = adjusted_for(block, before=", ")
    tests = block.get("tests")
    alpha = tests.get("alpha", 0.05) if isinstance(tests, Mapping) else 0.05
    mapped = (
        f"were tested against image features{how} (analysis “{block.get('name')}”); q values control the false "
        "discovery rate among all pairs of them"
    )
    if block.get("method") == "metagenes":
        return (
            f"The expression of {block.get('molecules')} was factored into {block.get('metagenes')} non-negative "
            f"metagenes (Brunet 2004), without looking at any picture; their amounts {mapped}. A metagene weighs every "
            "gene, so that no random group of genes is like it, and no association of one is called supported."
        )
    power = block.get("power")
    soft = (
        f"the power {power}"
        if power
        else "the smallest power at which few genes have many neighbours and most have few (nearly scale-free)"
    )
    return (
        f"Genes of {block.get('molecules')} were gathered in co-expression modules of at least "
        f"{block.get('min_module')} genes, their correlations raised to {soft} (soft threshold; Zhang and "
        "Horvath 2005), without looking at any picture; their "
        f"eigengenes {mapped}. An association with q of at most {alpha:g} counts as supported when its p value against "
        f"the eigengenes of {block.get('random_sets')} random groups of genes, of the same size, correlation and level "
        f"of expression, is at most {alpha:g}, too (Venet 2011); that p value is not adjusted for the number of pairs."
    )
