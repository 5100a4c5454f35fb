"""``[[replicate]]``: pairs tested in each cohort alone, and their effects pooled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from imagenomics.associate.replication.cohorts import test_replication
from imagenomics.associate.replication.frame import POOLED_TESTS
from imagenomics.errors import InputError
from imagenomics.runs.choose import choose_clinical, choose_targets, named_levels
from imagenomics.runs.families.kind import (
    ASSOCIATIONS,
    FamilyKind,
    Inputs,
    Verdict,
    foresee_tests,
    site_ignored,
)
from imagenomics.runs.families.pairs import class_counts
from imagenomics.runs.family_block import ReplicateBlock
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

REPLICATION = "replication"
SECONDS_OF_PAIR = 2e-5  # in one cohort, with its share of the pooling (a guess)


def _cohorts(block: ReplicateBlock, linked: Linked, where: str) -> pd.Series:
    """Return the cohort of each patient by name."""
    table = choose_clinical(linked.clinical, (block.by,), where=where)
    if table.columns.at[block.by, "kind"] == "continuous":
        raise InputError(
            "IGX-META-003",
            f"'{block.by}' is continuous: each of its values would be a cohort",
            where=where,
            expected="a categorical, binary or ordinal clinical variable, or 'site'",
            remedy="name another variable in by, or declare its kind in [patients.clinical]",
        )
    return named_levels(table, block.by)


def _look_up(block: ReplicateBlock, linked: Linked, where: str) -> None:
    choose_clinical(linked.clinical, block.adjust, where=where)
    choose_targets(linked.molecules, block.targets, where=where)
    _cohorts(block, linked, where)


def _foresee(block: ReplicateBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    cohorts = int(_cohorts(block, linked, where).value_counts().ge(block.min_patients).sum())
    return foresee_tests(
        block,
        features,
        targets=len(choose_targets(linked.molecules, block.targets, where=where).columns),
        permutations=0,
        seconds=cohorts * SECONDS_OF_PAIR,
        where=where,
    )


def _test(block: ReplicateBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    found = test_replication(
        inputs.features(block, where=where),
        choose_targets(inputs.linked.molecules, block.targets, where=where),
        cohorts=_cohorts(block, inputs.linked, where),
        covariates=inputs.covariates(block, where=where),
        settings=block,
        analysis=block.name,
    )
    return {ASSOCIATIONS: found.associations, REPLICATION: found.pairs}


def _judge(block: ReplicateBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    return association_verdicts(
        rows[rows["test"].isin(POOLED_TESTS)],
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        class_counts=class_counts(linked),
        site_ignored=site_ignored((*block.adjust, block.by), linked),
    )


REPLICATE = FamilyKind(
    "replicate",
    1,
    look_up=_look_up,
    foresee=_foresee,
    test=_test,
    judge=_judge,
    tables=(REPLICATION,),
)
