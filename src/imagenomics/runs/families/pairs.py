"""``[[associate]]``: image features against molecules, pair by pair."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from imagenomics.associate.pairs import test_pairs
from imagenomics.associate.post_hoc import compare_levels
from imagenomics.runs.choose import choose_clinical, choose_targets
from imagenomics.runs.families.costs import STEP_DOWN
from imagenomics.runs.families.kind import (
    ASSOCIATIONS,
    FamilyKind,
    Inputs,
    Verdict,
    foresee_tests,
    site_ignored,
)
from imagenomics.runs.families.nested import NESTED, refuse_units
from imagenomics.runs.family_block import AssociateBlock
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

POST_HOC = "post_hoc"
SECONDS_OF_PAIR = 2e-7  # in one draw, for one patient; benchmarks/study_stages.py on two cores


def _look_up(block: AssociateBlock, linked: Linked, where: str) -> None:
    refuse_units(block, linked, where)
    choose_clinical(linked.clinical, block.adjust, where=where)
    choose_targets(linked.molecules, block.targets, where=where)


def _foresee(block: AssociateBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    following = STEP_DOWN if block.max_t == "step-down" else 1.0
    return foresee_tests(
        block,
        features,
        targets=len(choose_targets(linked.molecules, block.targets, where=where).columns),
        permutations=block.permutations,
        seconds=(1 + block.permutations * following) * SECONDS_OF_PAIR * len(linked.patients),
        where=where,
    )


def _test(block: AssociateBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    features = inputs.features(block, where=where)
    targets = choose_targets(inputs.linked.molecules, block.targets, where=where)
    table = test_pairs(
        features,
        targets,
        covariates=inputs.covariates(block, where=where),
        strata=inputs.strata(block),
        settings=block,
        analysis=block.name,
        seed=inputs.seed,
        executor=inputs.executor,
    )
    if block.post_hoc == "none":
        return {ASSOCIATIONS: table}
    levels = compare_levels(
        features,
        targets,
        table,
        method=block.post_hoc,
        q_at_most=block.alpha if block.post_hoc_pairs == "associated" else None,
        confidence=block.confidence,
    )
    return {ASSOCIATIONS: table, POST_HOC: levels}


def _retest(block: AssociateBlock, inputs: Inputs, where: str, molecules: PatientTable) -> pd.DataFrame:
    return test_pairs(
        inputs.features(block, where=where),
        molecules,
        covariates=inputs.covariates(block, where=where),
        strata=None,
        settings=block.model_copy(update={"permutations": 0, "keep_p": 1.0}),
        analysis=block.name,
        seed=inputs.seed,
    )


def _judge(block: AssociateBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    verdicts = association_verdicts(
        rows,
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        class_counts=class_counts(linked),
        site_ignored=site_ignored(block.adjust, linked),
    )
    if block.side == "two-sided":
        return verdicts
    counted = "positive" if block.side == "greater" else "negative"
    said = f" Only {counted} effects count: the block declares side = '{block.side}'."
    return [{**verdict, "reason": verdict["reason"] + said} for verdict in verdicts]


def class_counts(linked: Linked) -> dict[str, tuple[int, int]]:
    """Return positives and negatives of every binary molecule."""
    binary = linked.molecules.where(kind="binary").values
    return {str(name): (int((v == 1).sum()), int((v == 0).sum())) for name, v in binary.items()}


PAIRS = FamilyKind(
    "associate",
    3,
    look_up=_look_up,
    foresee=_foresee,
    test=_test,
    judge=_judge,
    tables=(POST_HOC,),
    mapped=True,
    among_units=NESTED,
    retest=_retest,
)
