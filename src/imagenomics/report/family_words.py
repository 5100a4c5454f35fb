"""What the families of tests did, as sentences of the methods paragraph: one for each kind of block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.report.text import adjusted_for, as_float, listed, many

Block = Mapping[str, Any]


def association_sentence(block: Block) -> str:
    """Return how features were tested against targets."""
    how = adjusted_for(block, otherwise="without adjustment")
    return (
        f"Features were tested against the targets of {_words(block.get('targets'))} {how}{_own_likelihood(block)}, "
        "each pair for which there are enough patients in large enough groups "
        f"(analysis “{block.get('name')}”); q values control the false discovery rate within this family."
    )


def _own_likelihood(block: Block) -> str:
    said = {
        "proportional-odds": "ordinal columns by proportional odds models",
        "negative-binomial": "counts by negative binomial models",
        "poisson": "counts by Poisson models with overdispersion",
    }
    used = [said[v] for v in (str(block.get("ordinal")), str(block.get("counts"))) if v in said]
    return f", {listed(used)}" if used else ""


def differential_sentence(block: Block) -> str:
    """Return how genes were tested along features."""
    how = adjusted_for(block, otherwise="without adjustment")
    return (
        f"Every gene of {block.get('molecules')} was tested along every feature {_gene_test(block, how)} "
        f"(analysis “{block.get('name')}”); q values control the false discovery rate within this family."
    )


def _gene_test(block: Block, how: str) -> str:
    match block.get("method"):
        case "sam":
            return (
                f"{how} by significance analysis of microarrays (Tusher 2001), p values from "
                f"{block.get('permutations')} permutations of patients, pooled over genes"
            )
        case "voom":
            return (
                f"by linear models of log counts {how}, weighted by the trend of spread over level (voom, Law 2014; "
                "library sizes by TMM, Robinson 2010), variances shrunk to their common value (moderated t, Smyth 2004)"
            )
        case "quasi-likelihood":
            return (
                f"by quasi-likelihood score tests of negative binomial models of counts {how}, dispersions on their "
                "trend over level, library sizes by TMM (Robinson 2010), variances shrunk across genes (Lund 2012; "
                "Smyth 2004)"
            )
        case "negative-binomial":
            return (
                f"by negative binomial models of counts {how}, with median-of-ratios size factors and dispersions "
                "shrunk to their trend over level (Love 2014), Wald statistics against t distributions"
            )
    towards = "a curve over mean expression" if block.get("trend") else "their common value"
    return (
        f"by linear models {how}, with variances shrunk across genes to {towards} (moderated t, Smyth 2004)"
    )


def paired_sentence(block: Block) -> str:
    """Return how two measurements of the same patients were compared."""
    test = "paired t tests" if block.get("test") == "t" else "Wilcoxon's signed-rank tests"
    return (
        f"Measurements of “{block.get('second')}” were compared with those of “{block.get('first')}” in the same "
        f"patients by {test}, binary ones by McNemar's exact test (analysis “{block.get('name')}”); q values control "
        "the false discovery rate among all of them."
    )


def heritability_sentence(block: Block) -> str:
    """Return how heritability was estimated."""
    how = adjusted_for(block, before=", ")
    scores = " of normal scores" if block.get("normal_scores", True) else ""
    return (
        f"The heritability of image features was fitted by maximum likelihood in a polygenic model{scores}{how} "
        f"(Almasy and Blangero 1998; analysis “{block.get('name')}”), and tested by half a chi-square; what "
        "relatives share besides their genes counts as heritability there."
    )


def variant_sets_sentence(block: Block) -> str:
    """Return how sets of variants were tested."""
    how = adjusted_for(block, before=", ")
    test = {
        "burden": "the weighted count of minor alleles",
        "skat": "the variance-component test SKAT (Wu et al. 2011)",
    }.get(
        str(block.get("method")),
        "the optimal mixture of burden and variance component, SKAT-O (Lee et al. 2012)",
    )
    weighed = "equal weights" if block.get("weights") == "equal" else "the weights of Beta(1, 25)"
    most = as_float(block.get("max_frequency"))
    return (
        f"Sets of variants with minor alleles of a frequency up to {most:g} were tested against "
        f"image features by {test} with {weighed}{how} (analysis “{block.get('name')}”); q values control the "
        "false discovery rate among all sets and features."
    )


def replication_sentence(block: Block) -> str:
    """Return how effects of several cohorts were pooled."""
    how = adjusted_for(block, before=", ")
    pooling = str(block.get("pooling"))
    if pooling == "fixed":
        model = "a common effect (inverse variances)"
    else:
        between = "restricted maximum likelihood" if pooling == "reml" else "DerSimonian and Laird's method"
        ends = "Hartung and Knapp's" if block.get("interval") == "hartung-knapp" else "Wald's"
        model = f"random effects (variance between cohorts by {between}, {ends} intervals)"
    return (
        f"Features were tested against the targets of {_words(block.get('targets'))} in each cohort of "
        f"{block.get('by')} alone{how}, and effects were pooled by {model}, correlations as Fisher's z, AUCs as logits "
        f"and odds ratios as logarithms (analysis “{block.get('name')}”); q values control the false discovery rate "
        "among the pooled effects of this family."
    )


def voxels_sentence(block: Block) -> str:
    """Return how lesions were compared voxel by voxel."""
    within = (
        ", patients changing places within thirds of lesion size" if block.get("control") != "none" else ""
    )
    return (
        f"Lesion masks of “{block.get('image')}” were compared voxel by voxel between patients with and without each "
        f"target of {_words(block.get('targets'))} (mid-p of binary targets, rank sums of numbers; analysis "
        f"“{block.get('name')}”), and the strongest voxel and the largest cluster judged against their maximum in "
        f"{block.get('permutations')} permutations{within}; no image was registered for it."
    )


def interaction_sentence(block: Block) -> str:
    """Return how associations were compared between groups of patients."""
    how = adjusted_for(block, before=", ")
    cut = block.get("cut")
    at = "" if cut is None else f" (in two strata, at {'the median' if cut == 'median' else cut})"
    tables = (
        ""
        if how or block.get("method") == "linear"
        else " or, of two binary columns, by Breslow and Day's test"
    )
    return (
        f"It was tested whether features go with targets of {_words(block.get('targets'))} differently along "
        f"{block.get('by')}{at}{how}: by the products with the modifier in linear models, in logistic models{tables} "
        f"(analysis “{block.get('name')}”). Tests within strata stand beside; no conclusion about a difference rests "
        "on them. q values control the false discovery rate among the tests of a difference."
    )


def markers_sentence(block: Block) -> str:
    """Return how single features were judged as markers."""
    interval = "DeLong's" if block.get("interval") == "delong" else "bootstrap"
    how = (
        "the largest Youden index"
        if block.get("cut") == "youden"
        else f"a {block.get('cut')} of at least {block.get('at_least')}"
    )
    compared = " AUCs of two features were compared by DeLong's paired test." if block.get("compare") else ""
    return (
        f"Every feature was read as a marker of {_words(block.get('targets'))} (analysis “{block.get('name')}”): AUC "
        f"with {interval} interval, Mann-Whitney test. Cut-offs with {how} were chosen in {block.get('folds')}-fold "
        f"cross-validation, repeated {many(int(as_float(block.get('repeats')) or 1), 'time')}, and judged by the "
        f"patients left out.{compared}"
    )


def _words(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = [str(v) for v in value[:8]]
        return listed(shown) + (f" and {len(value) - 8} more" if len(value) > 8 else "")
    return str(value)
