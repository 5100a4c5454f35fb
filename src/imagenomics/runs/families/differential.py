"""``[[differential]]``: expression along imaging phenotypes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from imagenomics.associate.differential.checks import check_genes
from imagenomics.associate.differential.expression import test_expression
from imagenomics.associate.differential.sam_family import test_sam
from imagenomics.runs.choose import choose_clinical, choose_targets
from imagenomics.runs.families.kind import (
    ASSOCIATIONS,
    FamilyKind,
    Inputs,
    Verdict,
    foresee_tests,
    site_ignored,
)
from imagenomics.runs.family_block import DifferentialBlock
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

SAM, DELTAS = "sam", "sam_deltas"
SECONDS_OF_PAIR = (
    1.6e-7  # in one draw, for one patient: 32 x 1,000 pairs, 61 patients and 200 draws took 63 s
)


def _genes(block: DifferentialBlock, linked: Linked, where: str) -> PatientTable:
    genes = choose_targets(linked.molecules, block.molecules, where=where)
    check_genes(genes, where=where, settings=block)
    return genes


def _look_up(block: DifferentialBlock, linked: Linked, where: str) -> None:
    choose_clinical(linked.clinical, block.adjust, where=where)
    _genes(block, linked, where)


def _foresee(block: DifferentialBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    return foresee_tests(
        block,
        features,
        targets=len(_genes(block, linked, where).columns),
        permutations=block.permutations,
        seconds=(1 + block.permutations) * SECONDS_OF_PAIR * len(linked.patients),
        where=where,
    )


def _test(block: DifferentialBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    sides = inputs.features(block, where=where), _genes(block, inputs.linked, where)
    options: dict[str, Any] = {
        "covariates": inputs.covariates(block, where=where),
        "strata": inputs.strata(block),
        "settings": block,
        "analysis": block.name,
        "seed": inputs.seed,
        "executor": inputs.executor,
    }
    if block.method == "sam":
        found = test_sam(*sides, **options)
        return {ASSOCIATIONS: found.associations, SAM: found.genes, DELTAS: found.deltas}
    return {ASSOCIATIONS: test_expression(*sides, **options)}


def _judge(block: DifferentialBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    return association_verdicts(
        rows,
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        site_ignored=site_ignored(block.adjust, linked),
    )


DIFFERENTIAL = FamilyKind(
    "differential",
    1,
    look_up=_look_up,
    foresee=_foresee,
    test=_test,
    judge=_judge,
    tables=(SAM, DELTAS),
)
