"""How models were trained, judged and compared, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagenomics.report.text import as_float, listed, many

Block = Mapping[str, Any]


def training_sentences(blocks: Sequence[Block], *, sites: bool) -> list[str]:
    """Return what was done for each group of predictions that differ only in name and target.

    ``sites`` tells whether the run left sites out: a study without sites has none to leave out, whatever it declares.
    """
    return [_training(group, sites) for group in _alike(blocks)]


def _alike(blocks: Sequence[Block]) -> list[list[Block]]:
    """Return the predictions in groups that differ only in name and target: one sentence says them all."""
    groups: dict[str, list[Block]] = {}
    for block in blocks:
        settings = {k: v for k, v in block.items() if k not in ("name", "target", "positive")}
        groups.setdefault(repr(sorted(settings.items(), key=lambda i: str(i[0]))), []).append(block)
    return list(groups.values())


def _training(blocks: Sequence[Block], sites: bool) -> str:
    block = blocks[0]
    repeats, folds = as_float(block.get("repeats")), as_float(block.get("folds"))
    validation = f"{int(folds)}-fold cross-validation" if folds else "cross-validation"
    times = f", repeated {many(int(repeats), 'time')}" if repeats and repeats > 1 else ""
    named = listed([_target(b) for b in blocks])
    verb = "was" if len(blocks) == 1 else "were each"
    beside = listed([str(b) for b in block.get("baselines") or ()])
    apart = ", where they are not measured in the same picture" if _from_genes(block) else ""
    against = f" Gains over the baselines {beside} were judged separately{apart}." if beside else ""
    compared = _modalities(blocks)
    elsewhere = " Each site was also left out in turn." if sites and block.get("leave_site_out") else ""
    model = block.get("primary", "elastic-net")
    return (
        f"{named} {verb} predicted{_from_genes(block)} by the model {model}, declared beforehand, "
        f"with {validation}{times}; everything that is learned from several patients was learned inside "
        f"the folds.{_followed(block)}{against}{compared}{elsewhere}"
    )


def _followed(block: Block) -> str:
    """Say how times to an event were modelled; '' for other targets."""
    if not block.get("event"):
        return ""
    return (
        f" Times ({block.get('unit')} since {block.get('origin')}) and whether the event happened "
        f"({block.get('event')}) stayed together in every fold and every permutation. Models are Cox models (ties by "
        "Efron's method) whose setting has the largest cross-validated partial likelihood (Verweij and van "
        "Houwelingen) in inner folds; folds spread the events. Harrell's C counts pairs of patients of the same test "
        "fold, pooled over folds. Risk groups lie on either side of the median score of the training part."
    )


def _from_genes(block: Block) -> str:
    """Say which genes predict; '' where images do."""
    name = str(block.get("predictors") or "images")
    return (
        ""
        if name == "images"
        else f" from genes ({name}; where these are modules, they are those of the training part)"
    )


def _modalities(blocks: Sequence[Block]) -> str:
    """Say how modalities were compared, where some are declared."""
    named, pairs = blocks[0].get("modalities") or {}, blocks[0].get("compare") or ()
    if not named:
        return ""
    each = f" The modalities {listed([str(n) for n in named])} each got a model of their own in the same folds of the "
    each += "patients who have all of them."
    if not pairs:
        return each
    shown = listed([" with ".join(map(str, pair)) for pair in pairs])
    return (
        f"{each} Compared were {shown}, two-sided and Holm-adjusted; the standard error of a difference was taken from "
        "disjoint halves of the patients, divided twenty times, in which everything was fitted again, or from the "
        "bootstrap where that is larger."
    )


def _target(block: Block) -> str:
    if block.get("event"):
        said = str(block.get("endpoint") or "survival")
        return (
            f"{said[:1].upper()}{said[1:]} (analysis “{block.get('name')}”, column “{block.get('target')}”)"
        )
    level = f": {block['positive']}" if block.get("positive") else ""
    return f"{block.get('target')} (analysis “{block.get('name')}”{level})"
