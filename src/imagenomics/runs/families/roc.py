"""``[[roc]]``: each feature as a marker of binary molecules, with a cut-off that is tried on other patients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from imagenomics.associate.roc.comparisons import COMPARED
from imagenomics.associate.roc.markers import check_binary, check_markers, test_markers
from imagenomics.errors import InputError
from imagenomics.runs.choose import choose_clinical, choose_features, choose_targets
from imagenomics.runs.families.kind import ASSOCIATIONS, FamilyKind, Inputs, Verdict, site_ignored
from imagenomics.runs.families.pairs import class_counts
from imagenomics.runs.family_block import RocBlock
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable, join
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

CUTOFFS, CURVES = "roc_cutoffs", "roc_curves"
SECONDS_OF_PAIR = 5e-4  # test, interval and row
SECONDS_OF_FOLD = 2e-8  # for one patient
SECONDS_OF_DRAW = 2e-5  # of the bootstrap


def _scores(block: RocBlock, linked: Linked, where: str) -> PatientTable:
    """Return the clinical variables that are markers (``IGX-ASSOC-082`` where one has no order)."""
    table = choose_clinical(linked.clinical, block.scores, where=where)
    for name, kind in table.columns["kind"].items():
        if kind == "categorical":
            raise InputError(
                "IGX-ASSOC-082",
                f"'{name}' has levels without an order, so that it is no marker",
                where=f"{where}, scores",
                expected="clinical variables that are numbers, ordinal or binary",
                remedy="leave it out, or declare its order in [patients.clinical]",
            )
    return table


def _markers(block: RocBlock, linked: Linked, features: PatientTable, where: str) -> PatientTable:
    chosen = choose_features(features, block.features, flagged=block.flagged, where=where)
    return join([chosen, _scores(block, linked, where)]) if block.scores else chosen


def _targets(block: RocBlock, linked: Linked, where: str) -> PatientTable:
    return choose_targets(linked.molecules, block.targets, where=where)


def _look_up(block: RocBlock, linked: Linked, where: str) -> None:
    check_binary(_targets(block, linked, where), where=where)
    _scores(block, linked, where)


def _foresee(block: RocBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    markers, targets = _markers(block, linked, features, where), _targets(block, linked, where)
    check_markers(markers, targets, settings=block, where=where)
    tests = len(markers.columns) * len(targets.columns)
    tries = block.repeats * block.folds * len(linked.patients) * SECONDS_OF_FOLD
    draws = block.draws * SECONDS_OF_DRAW if block.interval == "bootstrap" else 0.0
    return {
        "kind": "association",
        "features": len(markers.columns),
        "targets": len(targets.columns),
        "tests": tests + len(block.compare) * len(targets.columns),
        "permutations": 0,
        "seconds": tests * (SECONDS_OF_PAIR + tries + draws),
    }


def _test(block: RocBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    found = test_markers(
        _markers(block, inputs.linked, inputs.extracted.features, where),
        _targets(block, inputs.linked, where),
        settings=block,
        analysis=block.name,
        seed=inputs.seed,
    )
    return {ASSOCIATIONS: found.associations, CUTOFFS: found.cutoffs, CURVES: found.curves}


def _judge(block: RocBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    return association_verdicts(
        rows[rows["test"] != COMPARED],
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        class_counts=class_counts(linked),
        site_ignored=site_ignored(block.adjust, linked),
    )


ROC = FamilyKind(
    "roc", 1, look_up=_look_up, foresee=_foresee, test=_test, judge=_judge, tables=(CUTOFFS, CURVES)
)
