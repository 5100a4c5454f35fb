"""``[[variant_sets]]``: sets of inherited variants against image features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from imagenomics.genetics.variant_sets import test_variant_sets
from imagenomics.runs.choose import choose_clinical, choose_targets
from imagenomics.runs.families.costs import BURDEN, SKAT, SKAT_O
from imagenomics.runs.families.kind import (
    ASSOCIATIONS,
    FamilyKind,
    Inputs,
    Verdict,
    foresee_tests,
    site_ignored,
)
from imagenomics.runs.link import Linked
from imagenomics.runs.set_blocks import VariantSetBlock
from imagenomics.runs.set_files import read_sets
from imagenomics.tables.patient_table import PatientTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

CONTENT = "variant_sets"


def _sets(block: VariantSetBlock, linked: Linked) -> Mapping[str, tuple[str, ...]]:
    """Return the sets of a block, their variants named as the columns of its molecules."""
    sets = read_sets(block, linked.root, section="variant_sets")
    return {name: tuple(f"{block.molecules}.{v}" for v in members) for name, members in sets.items()}


def _look_up(block: VariantSetBlock, linked: Linked, where: str) -> None:
    choose_clinical(linked.clinical, block.adjust, where=where)
    choose_targets(linked.molecules, block.molecules, where=where)
    _sets(block, linked)


def _foresee(block: VariantSetBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    seconds = {"burden": BURDEN, "skat": SKAT, "skat-o": SKAT_O}[block.method]
    sets = len(_sets(block, linked))
    return foresee_tests(block, features, targets=sets, permutations=0, seconds=seconds, where=where)


def _test(block: VariantSetBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    found = test_variant_sets(
        inputs.features(block, where=where),
        choose_targets(inputs.linked.molecules, block.molecules, where=where),
        _sets(block, inputs.linked),
        covariates=inputs.covariates(block, where=where),
        settings=block,
        analysis=block.name,
    )
    return {ASSOCIATIONS: found.associations, CONTENT: found.content}


def _judge(block: VariantSetBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    return association_verdicts(
        rows,
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        site_ignored=site_ignored(block.adjust, linked),
    )


VARIANT_SETS = FamilyKind(
    "variant_sets",
    1,
    look_up=_look_up,
    foresee=_foresee,
    test=_test,
    judge=_judge,
    tables=(CONTENT,),
)
