"""``[[interaction]]``: do pairs go together differently along a third column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.interaction.modifier import Modifier
from imagenomics.associate.interaction.pairs import Draws, test_interactions
from imagenomics.errors import InputError, unknown_name
from imagenomics.runs.choose import choose_clinical, choose_targets, named_levels
from imagenomics.runs.families.costs import PRODUCT
from imagenomics.runs.families.kind import (
    ASSOCIATIONS,
    FamilyKind,
    Inputs,
    Verdict,
    foresee_tests,
    site_ignored,
)
from imagenomics.runs.family_block import InteractionBlock
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

STRATA = "strata"
RULE = (
    " The verdict rests on the test of a difference alone: an effect in one stratum and none in another is no "
    "evidence that they differ."
)


def _modifier(block: InteractionBlock, linked: Linked, where: str) -> Modifier:
    """Return the modifier by patient: levels by name, or numbers."""
    tables = (linked.clinical, linked.molecules)
    table = next((t for t in tables if block.by in t.columns.index), None)
    if table is None:
        known = [str(name) for t in tables for name in t.columns.index]
        raise unknown_name("IGX-ASSOC-013", "modifier", block.by, known, where=where)
    continuous = table.columns.at[block.by, "kind"] == "continuous"
    if block.cut is not None and not continuous:
        raise InputError(
            "IGX-ASSOC-015",
            f"'{block.by}' has levels, and cut = {block.cut!r}",
            where=where,
            expected="cut beside a modifier that is a number",
            remedy="leave out cut, or declare the column continuous",
        )
    if not continuous:
        return Modifier(block.by, named_levels(table, block.by))
    numbers = table.values[block.by].astype(np.float64)
    if block.cut is None:
        return Modifier(block.by, numbers, numeric=True)
    cut = float(numbers.median()) if block.cut == "median" else float(block.cut)
    names = np.where(numbers >= cut, f"{cut:g} or more", f"below {cut:g}")
    return Modifier(block.by, pd.Series(names, index=numbers.index, dtype=object).where(numbers.notna()))


def _look_up(block: InteractionBlock, linked: Linked, where: str) -> None:
    choose_clinical(linked.clinical, block.adjust, where=where)
    choose_targets(linked.molecules, block.targets, where=where)
    _modifier(block, linked, where)


def _foresee(block: InteractionBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    return foresee_tests(
        block,
        features,
        targets=len(choose_targets(linked.molecules, block.targets, where=where).columns),
        permutations=block.permutations,
        seconds=(1 + block.permutations) * PRODUCT * len(linked.patients),
        where=where,
    )


def _test(block: InteractionBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    found = test_interactions(
        inputs.features(block, where=where),
        choose_targets(inputs.linked.molecules, block.targets, where=where),
        modifier=_modifier(block, inputs.linked, where),
        covariates=inputs.covariates(block, where=where),
        settings=block,
        analysis=block.name,
        draws=Draws(inputs.seed, inputs.strata(block), inputs.executor),
    )
    return {ASSOCIATIONS: found.associations, STRATA: found.strata}


def _judge(block: InteractionBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    verdicts = association_verdicts(
        rows,
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        modifier=block.by,
        site_ignored=site_ignored((*block.adjust, block.by), linked),
    )
    return [{**verdict, "reason": verdict["reason"] + RULE} for verdict in verdicts]


def _left_out(block: InteractionBlock, inputs: Inputs) -> dict[str, str]:
    linked = inputs.linked
    values = _modifier(block, linked, INTERACTION.where(block)).values.reindex(list(linked.patients))
    return {str(patient): f"{block.by} not known" for patient in values.index[values.isna()]}


INTERACTION = FamilyKind(
    "interaction",
    1,
    look_up=_look_up,
    foresee=_foresee,
    test=_test,
    judge=_judge,
    tables=(STRATA,),
    left_out=_left_out,
)
"""The same pairs in strata of a third column, and whether the strata differ."""
