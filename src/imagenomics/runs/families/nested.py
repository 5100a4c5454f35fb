"""``[[associate]]`` with ``unit``: image features against molecules where a patient has several units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from imagenomics.associate.nested.settings import NestedSettings
from imagenomics.associate.nested.units import test_units
from imagenomics.errors import InputError, unknown_name
from imagenomics.runs.choose import choose_clinical, choose_features, choose_targets
from imagenomics.runs.families.kind import (
    ASSOCIATIONS,
    FamilyKind,
    Inputs,
    Verdict,
    foresee_tests,
    site_ignored,
)
from imagenomics.runs.family_block import AssociateBlock
from imagenomics.runs.link import Linked
from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.unit_table import UnitTable
from imagenomics.verdicts.association import association_verdicts
from imagenomics.verdicts.settings import VerdictSettings

UNITS = "nested_units"
# For one unit of one pair; 40 features x 40 targets, 40 patients x 3 units, two busy cores.
SECONDS = {"cluster-robust": 1e-6, "mixed": 1e-5, "independent": 5e-7}


def _look_up(block: AssociateBlock, linked: Linked, where: str) -> None:
    choose_clinical(linked.clinical, block.adjust, where=where)
    _features(block, linked, where)
    _targets(block, linked, where)


def _foresee(block: AssociateBlock, linked: Linked, features: PatientTable, where: str) -> dict[str, Any]:
    _look_up(block, linked, where)
    own, targets = linked.inner.features[str(block.unit)], _targets(block, linked, where)
    shared = own.values.index
    if isinstance(targets, UnitTable):
        shared = shared.intersection(targets.values.index)
    row = foresee_tests(
        block,
        own.flat(),
        targets=len(targets.columns),
        permutations=0,
        seconds=SECONDS[block.units] * len(shared),
        where=where,
    )
    patients = shared.get_level_values("patient").nunique()
    return {**row, "unit": block.unit, "units": len(shared), "n": patients, "scheme": block.units}


def _test(block: AssociateBlock, inputs: Inputs, where: str) -> dict[str, pd.DataFrame]:
    found = test_units(
        _features(block, inputs.linked, where),
        _targets(block, inputs.linked, where),
        covariates=inputs.covariates(block, where=where),
        settings=NestedSettings(
            unit=str(block.unit),
            units=block.units,
            fdr=block.fdr,
            alpha=block.alpha,
            confidence=block.confidence,
            min_patients=block.min_patients,
            min_group=block.min_group,
            transform=block.transform,
            min_per_term=block.min_per_term,
        ),
        analysis=block.name,
    )
    return {ASSOCIATIONS: found.associations, UNITS: found.units}


def _judge(block: AssociateBlock, linked: Linked, rows: pd.DataFrame) -> Iterable[Verdict]:
    """Return the verdicts; what could have been shown is counted in degrees of freedom, not in units."""
    verdicts = association_verdicts(
        rows,
        settings=VerdictSettings(alpha=block.alpha),
        fdr=block.fdr,
        site_ignored=site_ignored(block.adjust, linked),
    )
    said = (
        f" Rows are '{block.unit}' units inside patients and count as far as patients let them "
        f"(units = '{block.units}')."
    )
    if block.units == "independent":
        said = (
            f" The study asks to take '{block.unit}' units of one patient as independent: where they are alike, these "
            "p values are too small."
        )
    return [{**verdict, "reason": verdict["reason"] + said} for verdict in verdicts]


def refuse_units(block: AssociateBlock, linked: Linked, where: str) -> None:
    """Refuse a block without ``unit`` that names a table of units (``IGX-ASSOC-066``)."""
    wanted = [block.targets] if isinstance(block.targets, str) else block.targets
    for unit, table in linked.inner.molecules.items():
        sources = set(table.columns["source"])
        for name in wanted:
            if name in sources or name in table.columns.index:
                raise InputError(
                    "IGX-ASSOC-066",
                    f"'{name}' has several rows per patient, one for each {unit}, and the block has no unit",
                    where=where,
                    expected="units of one patient not to be taken for patients",
                    remedy=f"declare unit = '{unit}'; the features, too, must be given per = '{unit}'",
                )


def _features(block: AssociateBlock, linked: Linked, where: str) -> UnitTable:
    table = _side(linked.inner.features, block, where, what="[[feature_tables]]")
    return table.select(
        choose_features(table.flat(), block.features, flagged=block.flagged, where=where).columns.index
    )


def _targets(block: AssociateBlock, linked: Linked, where: str) -> UnitTable | PatientTable:
    """Return the targets of units; or, where the names are those of patients, the patients' own."""
    inner = linked.inner.molecules.get(str(block.unit))
    if inner is None:
        return choose_targets(linked.molecules, block.targets, where=where)
    of_patients = _sources(linked.molecules) & _named(block.targets)
    if of_patients:
        return choose_targets(linked.molecules, block.targets, where=where)
    return inner.select(choose_targets(inner.flat(), block.targets, where=where).columns.index)


def _sources(table: PatientTable) -> set[str]:
    return {*map(str, table.columns["source"]), *map(str, table.columns.index)}


def _named(wanted: str | tuple[str, ...]) -> set[str]:
    return {wanted} if isinstance(wanted, str) else set(wanted)


def _side(tables: Any, block: AssociateBlock, where: str, *, what: str) -> UnitTable:
    if block.unit not in tables:
        raise unknown_name("IGX-ASSOC-067", f"unit of {what}", str(block.unit), tables, where=where)
    found: UnitTable = tables[block.unit]
    return found


NESTED = FamilyKind(
    "associate", 1, look_up=_look_up, foresee=_foresee, test=_test, judge=_judge, tables=(UNITS,)
)
