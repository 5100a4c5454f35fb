"""``[[paired]]``: two measurements of the same patients against each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from imagenomics.associate.paired import find_pairs, test_paired
from imagenomics.runs.families.costs import TWICE
from imagenomics.runs.families.kind import ASSOCIATIONS, FamilyKind, Inputs, Verdict
from imagenomics.runs.family_block import PairedBlock
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings


def _look_up(block: PairedBlock, linked: Linked, where: str) -> None:
    return None


def _chosen(block: PairedBlock, features: PatientTable) -> list[tuple[str, str]]:
    """Return the pairs of columns; those with a flag stay out unless the block takes them."""
    flags = features.columns["flags"].astype(str)
    named = features if block.flagged else features.select(c for c in features.columns.index if not flags[c])
    return find_pairs(named, block.first, block.second)


def _foresee(block: PairedBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    pairs = _chosen(block, features)
    return {
        "kind": "association",
        "features": len(pairs),
        "targets": 1,
        "tests": len(pairs),
        "permutations": 0,
        "seconds": len(pairs) * TWICE,
    }


def _test(block: PairedBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    features = inputs.extracted.features
    table = test_paired(
        features, _chosen(block, features), settings=block, analysis=block.name, second=block.second
    )
    return {ASSOCIATIONS: table}


def _judge(block: PairedBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    return association_verdicts(
        rows.assign(target=f"the change from {block.first} to {block.second}"),
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
    )


PAIRED = FamilyKind("paired", 1, look_up=_look_up, foresee=_foresee, test=_test, judge=_judge)
