"""The methods paragraph, in plain words, from the study as it was run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.report.agreement_words import agreement_sentence
from imagenomics.report.brain_maps import brain_map_sentence
from imagenomics.report.cluster_words import cluster_sentence
from imagenomics.report.folder import Results
from imagenomics.report.html import Html, el
from imagenomics.report.measured_words import phenotype_sentences
from imagenomics.report.module_words import module_sentence
from imagenomics.report.set_words import enrich_sentence, signature_sentence
from imagenomics.report.survival_words import survival_sentence
from imagenomics.report.text import as_float, listed, many
from imagenomics.report.title import is_synthetic, leaves_sites_out, n_features, n_patients, n_sites, seen
from imagenomics.report.training_words import training_sentences

Block = Mapping[str, Any]
STEPS = {
    "n4": "N4 bias field correction",
    "resample": "resampling to another voxel spacing",
    "crop": "cropping to its regions",
    "register": "registration to another image",
}


def methods_section(results: Results) -> Html:
    """Return a paragraph that can be pasted into a paper, and how to cite the software."""
    if not results.study:
        return el(
            "p.absent",
            "The run folder has no record of the study, so that no methods can be written from it.",
        )
    paragraphs = [
        [
            _cohort(results),
            _images(results),
            phenotype_sentences(results),
            _changes(results),
            _molecules(results),
        ],
        [agreement_sentence(b) for b in results.blocks("agreement")],
        [
            *(_association(b) for b in results.blocks("associate")),
            *(_differential(b) for b in results.blocks("differential")),
            *(_replication(b) for b in results.blocks("replicate")),
            *(_voxels(b) for b in results.blocks("voxels")),
            *(_interaction(b) for b in results.blocks("interaction")),
            *(_markers(b) for b in results.blocks("roc")),
            *(_paired(b) for b in results.blocks("paired")),
            *(_heritability(b) for b in results.blocks("heritability")),
            *(cluster_sentence(b) for b in results.blocks("clusters")),
            *(_variant_sets(b) for b in results.blocks("variant_sets")),
            *(enrich_sentence(b) for b in results.blocks("enrich")),
            signature_sentence(results),
            *(module_sentence(b) for b in results.blocks("modules")),
            *(brain_map_sentence(b) for b in results.blocks("brain_maps")),
        ],
        [survival_sentence(b) for b in results.blocks("survival")],
        [
            *training_sentences(results.blocks("train"), sites=leaves_sites_out(results)),
            _cohort_steps(results),
            _rule(results),
        ],
        [_software(results)],
    ]
    texts = [" ".join(s for s in sentences if s) for sentences in paragraphs]
    button = el("button.copy.screen-only", "Copy", attrs={"type": "button", "data-copy": "methods-text"})
    words = el("div", [el("p.methods", t) for t in texts if t], attrs={"id": "methods-text"})
    return el("div", words, button, _cite(results))


def _cohort(results: Results) -> str:
    n, sites = n_patients(results), n_sites(results)
    who = many(n, "patient") if n is not None else "An unknown number of patients"
    made_up = ", all of them synthetic," if is_synthetic(results) else ""
    where = f" from {many(sites, 'site')}" if sites else ""
    sides = (
        (seen(results), n_features(results)),
        ("molecular data", results.table("molecules.parquet").shape[1]),
    )
    known = listed([name for name, count in sides if count])
    return f"{who}{made_up}{where}{f' with {known}' if known else ''} {'was' if n == 1 else 'were'} analysed."


def _images(results: Results) -> str:
    blocks = results.blocks("images")
    n = n_features(results)
    if not blocks:
        where = "readings by people" if seen(results) == "readings" else "tables made elsewhere"
        return f"{many(n, 'feature')} came from {where}." if n else ""
    settings = results.study.get("features")
    families = settings.get("families") if isinstance(settings, Mapping) else None
    kinds = (
        f" of the families {listed([str(f) for f in families])}"
        if isinstance(families, (list, tuple)) and families and any(b.get("form") != "series" for b in blocks)
        else ""
    )
    names = listed([str(b.get("name")) for b in blocks])
    return (
        f"From {many(len(blocks), 'image')} of each patient ({names}), {many(n, 'feature')}{kinds} were "
        f"measured, one patient at a time.{_preparation(blocks)}"
    )


def _changes(results: Results) -> str:
    said = [
        f"from {b.get('first')} to {b.get('second')} ({listed([str(c) for c in b.get('changes') or ()])})"
        for b in results.blocks("deltas")
    ]
    return f"Changes of the same feature were taken {listed(said)}." if said else ""


def _preparation(blocks: Sequence[Block]) -> str:
    """Say what was done to images before they were measured; nothing where that was nothing."""
    alike: dict[str, list[str]] = {}
    for block in blocks:
        steps = [str(STEPS.get(str(s.get("kind")), s.get("kind"))) for s in block.get("prepare") or ()]
        scale = block.get("normalise")
        method = str(scale.get("method")) if isinstance(scale, Mapping) else "none"
        steps += [f"{method} normalisation"] if method != "none" else []
        if steps:
            alike.setdefault(listed(steps), []).append(str(block.get("name")))
    said = [f"{listed(names)} went through {steps}" for steps, names in alike.items()]
    return f" Before that, {'; '.join(said)}." if said else ""


def _molecules(results: Results) -> str:
    blocks = results.blocks("molecules")
    if not blocks:
        return ""
    names = listed(
        [f"{b.get('name')} ({b.get('kind')})" if b.get("kind") else str(b.get("name")) for b in blocks]
    )
    n = results.table("molecules.parquet").shape[1]
    return f"The molecular side had {many(n, 'variable')}: {names}."


def _association(block: Block) -> str:
    adjust = [str(a) for a in block.get("adjust") or ()]
    how = f"adjusted for {listed(adjust)}" if adjust else "without adjustment"
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


def _differential(block: Block) -> str:
    adjust = [str(a) for a in block.get("adjust") or ()]
    how = f"adjusted for {listed(adjust)}" if adjust else "without adjustment"
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


def _paired(block: Block) -> str:
    test = "paired t tests" if block.get("test") == "t" else "Wilcoxon's signed-rank tests"
    return (
        f"Measurements of “{block.get('second')}” were compared with those of “{block.get('first')}” in the same "
        f"patients by {test}, binary ones by McNemar's exact test (analysis “{block.get('name')}”); q values control "
        "the false discovery rate among all of them."
    )


def _heritability(block: Block) -> str:
    adjust = [str(a) for a in block.get("adjust") or ()]
    how = f", adjusted for {listed(adjust)}" if adjust else ""
    scores = " of normal scores" if block.get("normal_scores", True) else ""
    return (
        f"The heritability of image features was fitted by maximum likelihood in a polygenic model{scores}{how} "
        f"(Almasy and Blangero 1998; analysis “{block.get('name')}”), and tested by half a chi-square; what "
        "relatives share besides their genes counts as heritability there."
    )


def _variant_sets(block: Block) -> str:
    adjust = [str(a) for a in block.get("adjust") or ()]
    how = f", adjusted for {listed(adjust)}" if adjust else ""
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


def _replication(block: Block) -> str:
    adjust = [str(a) for a in block.get("adjust") or ()]
    how = f", adjusted for {listed(adjust)}" if adjust else ""
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


def _voxels(block: Block) -> str:
    within = (
        ", patients changing places within thirds of lesion size" if block.get("control") != "none" else ""
    )
    return (
        f"Lesion masks of “{block.get('image')}” were compared voxel by voxel between patients with and without each "
        f"target of {_words(block.get('targets'))} (mid-p of binary targets, rank sums of numbers; analysis "
        f"“{block.get('name')}”), and the strongest voxel and the largest cluster judged against their maximum in "
        f"{block.get('permutations')} permutations{within}; no image was registered for it."
    )


def _interaction(block: Block) -> str:
    adjust = [str(a) for a in block.get("adjust") or ()]
    how = f", adjusted for {listed(adjust)}" if adjust else ""
    cut = block.get("cut")
    at = "" if cut is None else f" (in two strata, at {'the median' if cut == 'median' else cut})"
    tables = (
        ""
        if adjust or block.get("method") == "linear"
        else " or, of two binary columns, by Breslow and Day's test"
    )
    return (
        f"It was tested whether features go with targets of {_words(block.get('targets'))} differently along "
        f"{block.get('by')}{at}{how}: by the products with the modifier in linear models, in logistic models{tables} "
        f"(analysis “{block.get('name')}”). Tests within strata stand beside; no conclusion about a difference rests "
        "on them. q values control the false discovery rate among the tests of a difference."
    )


def _markers(block: Block) -> str:
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


def _cohort_steps(results: Results) -> str:
    """Say what was learned from the cohort before a model saw the features."""
    predict = results.study.get("predict")
    prepare = predict.get("prepare") if isinstance(predict, Mapping) else None
    chosen: Block = prepare if isinstance(prepare, Mapping) else {}
    said = [f"{b.get('name')} ({b.get('kind')})" for b in results.blocks("learned")]
    stability, harmonise = chosen.get("stability"), chosen.get("harmonise")
    if isinstance(stability, Mapping):
        said.append(
            f"the choice of features with an intraclass correlation of {stability.get('threshold')} or more"
        )
    if isinstance(harmonise, Mapping):
        said.append(f"ComBat harmonisation by {harmonise.get('by')}")
    if chosen.get("residualise"):
        said.append(f"the linear effects of {listed([str(c) for c in chosen['residualise']])}")
    if not said or not results.blocks("train"):
        return ""
    return f"Learned once in each outer training part, without the answers: {listed(said)}."


def _rule(results: Results) -> str:
    if not results.blocks("train"):
        return ""
    alpha = as_float(results.study.get("alpha")) or 0.05
    return (
        "A prediction counts as supported when its permutation p value, Holm-adjusted over all declared "
        f"targets, is at most {alpha:g} and its interval excludes chance; the null repeats the whole "
        "pipeline with permuted answers."
    )


def _software(results: Results) -> str:
    record = results.document("record.json")
    version = record.get("imagenomics")
    libraries = record.get("libraries")
    used = [f"{k} {v}" for k, v in libraries.items() if v] if isinstance(libraries, Mapping) else []
    seed = record.get("seed")
    said = f"Analyses were made with imagenomics {version or '(version unknown)'}"
    said += f" on Python {record['python']}" if record.get("python") else ""
    said += f" ({', '.join(used)})" if used else ""
    return f"{said}, seed {seed}." if seed is not None else f"{said}."


def _cite(results: Results) -> Html:
    version = results.document("record.json").get("imagenomics") or ""
    number = f", version {version}" if version else ""
    words = f"The imagenomics developers. imagenomics{number} [computer software]. Apache-2.0."
    return el("div", el("h4", "How to cite"), el("p.cite", words))


def _words(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = [str(v) for v in value[:8]]
        return listed(shown) + (f" and {len(value) - 8} more" if len(value) > 8 else "")
    return str(value)
