"""What ``check`` says of predictions."""

from __future__ import annotations

from typing import Any

import pandas as pd

from imagenomics.prepare.gene_modules import check_gene_count
from imagenomics.resample.comparison import HALVINGS
from imagenomics.runs.choose import choose_targets
from imagenomics.runs.link import Linked
from imagenomics.runs.plan import Plan
from imagenomics.runs.predictors import modules_of, predictors_in_words
from imagenomics.runs.targets import Target, resolve_targets
from imagenomics.tables.patient_table import PatientTable

# Measured by benchmarks/study_stages.py on two cores: seconds for one null draw, one model.
SECONDS = {"null": 0.17, "model": 20.0}
COX_SECONDS = {"null": 0.3, "model": 1.5}  # of survival: no forest and no boosted trees stand beside
PAIR_SECONDS = 3e-7  # of one pair of genes, whenever modules are learned
DRAWS = 275  # that a null took on average; it may stop sooner or go on to its most


def check_targets(plan: Plan, linked: Linked, features: PatientTable) -> list[dict[str, Any]]:
    """Return a row for each declared target.

    Raises
    ------
    InputError
        ``IGX-RUN-060`` to ``IGX-RUN-064``; ``IGX-SETS-020``: too many genes for modules.
    """
    return [_target_row(target, plan, linked) for target in resolve_targets(plan, linked, features)]


def _seen(target: Target, plan: Plan, linked: Linked) -> pd.Series:
    """Return which patients have genes to be predicted from; all where images predict."""
    if not target.block.from_genes:
        return pd.Series(True, index=target.values.index)
    modules = modules_of(target.block, plan.modules)
    name = target.block.predictors if modules is None else modules.molecules
    genes = choose_targets(linked.molecules, name, where=f"[[train]] {target.block.name}")
    return genes.values.notna().any(axis=1).reindex(target.values.index, fill_value=False)


def _learning_seconds(target: Target, plan: Plan, linked: Linked) -> float:
    """Return how long modules take to be learned once."""
    block = modules_of(target.block, plan.modules)
    if block is None:
        return 0.0
    count = len(
        choose_targets(linked.molecules, block.molecules, where=f"[[train]] {target.block.name}").columns
    )
    if block.method == "coexpression":
        check_gene_count(count)
    return count**2 * PAIR_SECONDS


def _target_row(target: Target, plan: Plan, linked: Linked) -> dict[str, Any]:
    known = target.values[_seen(target, plan, linked)].dropna()
    models = 1 + len(target.block.models)
    nulls = 1 + len(target.baselines) + len(target.block.nulls)
    positives, negatives = target.counts(known)
    counts = {} if positives is None else {target.positive: positives, target.negative: negatives}
    cost = COX_SECONDS if target.task == "survival" else SECONDS
    learning = _learning_seconds(target, plan, linked)
    fits = target.block.folds * (models * target.block.repeats + nulls * DRAWS)
    block = target.block
    compared = {name for pair in block.compare for name in pair}
    halves = len(compared) * 2 * HALVINGS * cost["null"]
    several = {"modalities": len(block.modalities), "comparisons": len(block.compare)}
    trained = (models + len(block.modalities)) * cost["model"]
    return {
        "analysis": target.analysis,
        "kind": "prediction",
        "target": target.column,
        "task": target.task,
        "n": len(known),
        "classes": counts,
        "models": models,
        "nulls": nulls,
        "predictors": predictors_in_words(target.block, plan.modules),
        **(several if block.modalities else {}),
        "seconds": trained + nulls * DRAWS * cost["null"] + halves + fits * learning,
    }
