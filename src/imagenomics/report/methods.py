"""The methods paragraph, in plain words, from the study as it was run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.report.agreement_words import agreement_sentence
from imagenomics.report.brain_maps import brain_map_sentence
from imagenomics.report.cluster_words import cluster_sentence
from imagenomics.report.family_words import (
    association_sentence,
    differential_sentence,
    heritability_sentence,
    interaction_sentence,
    markers_sentence,
    paired_sentence,
    replication_sentence,
    variant_sets_sentence,
    voxels_sentence,
)
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
            *(association_sentence(b) for b in results.blocks("associate")),
            *(differential_sentence(b) for b in results.blocks("differential")),
            *(replication_sentence(b) for b in results.blocks("replicate")),
            *(voxels_sentence(b) for b in results.blocks("voxels")),
            *(interaction_sentence(b) for b in results.blocks("interaction")),
            *(markers_sentence(b) for b in results.blocks("roc")),
            *(paired_sentence(b) for b in results.blocks("paired")),
            *(heritability_sentence(b) for b in results.blocks("heritability")),
            *(cluster_sentence(b) for b in results.blocks("clusters")),
            *(variant_sets_sentence(b) for b in results.blocks("variant_sets")),
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
