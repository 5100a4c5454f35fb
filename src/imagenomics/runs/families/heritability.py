"""``[[heritability]]``: how much of each image feature relatives share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from imagenomics.associate.heritability import TARGET, relatedness, test_heritability
from imagenomics.runs.choose import choose_clinical
from imagenomics.runs.families.follow_up import column_of
from imagenomics.runs.families.kind import (
    ASSOCIATIONS,
    FamilyKind,
    Inputs,
    Verdict,
    foresee_tests,
    site_ignored,
)
from imagenomics.runs.family_block import HeritabilityBlock
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

SECONDS = 2e-9  # for the cube of the patients, of one feature: a guess


def _relatives(block: HeritabilityBlock, linked: Linked, where: str) -> tuple[pd.Series, pd.Series | None]:
    family, _ = column_of(block.family, linked, where)
    return family, None if block.zygosity is None else column_of(block.zygosity, linked, where)[0]


def _look_up(block: HeritabilityBlock, linked: Linked, where: str) -> None:
    choose_clinical(linked.clinical, block.adjust, where=where)
    relatedness(*_relatives(block, linked, where))


def _foresee(block: HeritabilityBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    seconds = SECONDS * len(linked.patients) ** 3
    return foresee_tests(block, features, targets=1, permutations=0, seconds=seconds, where=where)


def _test(block: HeritabilityBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    families, zygosity = _relatives(block, inputs.linked, where)
    table = test_heritability(
        inputs.features(block, where=where),
        families,
        zygosity,
        covariates=inputs.covariates(block, where=where),
        settings=block,
        analysis=block.name,
    )
    return {ASSOCIATIONS: table}


def _judge(block: HeritabilityBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    return association_verdicts(
        rows.assign(target=f"the genes of {TARGET}"),
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        site_ignored=site_ignored(block.adjust, linked),
    )


HERITABILITY = FamilyKind("heritability", 1, look_up=_look_up, foresee=_foresee, test=_test, judge=_judge)
