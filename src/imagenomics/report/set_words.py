"""What ``[[enrich]]`` blocks and signatures did, as sentences of the methods paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.report.folder import Results
from imagenomics.report.text import adjusted_for, as_float, listed

Block = Mapping[str, Any]
TESTS = {
    "phenotype-permutation": "running sums over the ranked genes (GSEA, Subramanian 2005)",
    "self-contained": "the mean of their genes' statistics",
    "competitive": "their genes against all others, with the correlation between genes (CAMERA, Wu and Smyth 2012)",
    "preranked": "running sums over the ranked genes (pre-ranked GSEA, genes permuted)",
    "over-representation": "the hypergeometric distribution, the tested genes being the background",
}
COUNTED = "counts the random {0} that do as well, doubled for the two directions"
PREDICTED = (
    "is no smaller than a t prediction from the spread of those random {0} that are independent of each other"
)


def enrich_sentence(block: Block) -> str:
    """Return how gene sets were tested along features, and what a claim about a set had to pass."""
    how = adjusted_for(block, before=", ")
    how += "," if how else ""
    alpha = as_float(block.get("alpha")) or 0.05
    within = (
        "" if block.get("within") in (None, "nothing") else f" (within {block['within']}, where it is known)"
    )
    return (
        f"Gene sets of {block.get('sets')} with {block.get('min_size')} to {block.get('max_size')} genes of "
        f"{block.get('molecules')} were tested along image features{how} by {TESTS.get(str(block.get('method')), '')} "
        f"(analysis “{block.get('name')}”). A set counts as supported when q of this test over all pairs of sets and "
        f"features, q of a test with patients permuted{within}, and p against {block.get('random_sets')} random sets "
        f"of the same size, correlation and level of expression (Venet 2011) are all at most {alpha:g}; p against "
        f"random sets {COUNTED.format('sets')}; except for running sums it {PREDICTED.format('sets')}."
    )


def signature_sentence(results: Results) -> str:
    """Return what a signature had to beat; '' where none was held against random ones."""
    compared = results.table("random_signatures.parquet")
    blocks = [b for b in results.blocks("derive") if b.get("kind") == "signature"]
    if compared.empty or not blocks:
        return ""
    analyses = listed([f"“{a}”" for a in dict.fromkeys(compared["analysis"].astype(str))])
    names = listed([str(b.get("name")) for b in blocks])
    return (
        f"In {analyses}, every signature of {names} was also held against {blocks[0].get('random_sets')} random "
        "signatures of the same size, correlation and level of expression, scored and tested in the same way (Venet "
        "2011). A target whose passing pairs are all of signatures is supported only when one of them has a p against "
        "random signatures of at most the false discovery rate of its block, too; that p is not adjusted for the "
        f"number of pairs. It {COUNTED.format('signatures')}, and {PREDICTED.format('signatures')}."
    )
