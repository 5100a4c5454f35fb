"""What a ``[[clusters]]`` block did, as a sentence of the methods paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagenomics.report.text import adjusted_for

Block = Mapping[str, Any]
SCALES = {
    "z-score": "scaled to mean 0 and standard deviation 1",
    "robust": "scaled by median and median absolute deviation",
    "normal-scores": "replaced by normal scores",
}
DISTANCES = {
    "euclidean": "Euclidean distances",
    "correlation": "one minus Pearson's correlation",
    "spearman-correlation": "one minus Spearman's correlation",
}
RULES = {
    "gap": "the gap statistic with its one-standard-error rule (Tibshirani 2001; {references} reference sets along "
    "principal components)",
    "consensus": "the smallest share of ambiguous pairs in {resamples} resampled parts of the patients (Monti 2003)",
    "silhouette": "the largest mean silhouette (Rousseeuw 1987)",
    "given": "the study beforehand ({k} clusters)",
}


def cluster_sentence(block: Block) -> str:
    """Return how patients were clustered, and how the clusters were judged and compared."""
    rule = RULES.get(str(block.get("choose")), "").format(
        **{key: block.get(key) for key in ("references", "resamples", "k")}
    )
    how = adjusted_for(block, before=", ")
    return (
        f"Patients were clustered by their image features alone (analysis “{block.get('name')}”): features were "
        f"{SCALES.get(str(block.get('scale')), 'scaled')}, and {block.get('linkage')} linkage of "
        f"{DISTANCES.get(str(block.get('distance')), 'distances')} was cut where {rule} says. The clusters were tested "
        f"by their cluster index (Liu 2008) against {block.get('null_draws')} rotations of the data, which are one "
        f"normal cloud with the same correlations (Langsrud 2005), and their stability is the mean Jaccard similarity "
        f"in resampled patients (Hennig 2007). What follows the clusters was tested{how}; q values control the false "
        "discovery rate among these tests."
    )
