"""The tables of a call as arrays over units: those that both sides know, of patients with all covariates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.associate.design import Design, complete_rows, make_design
from imagenomics.associate.sides import Side, check_table, read_side
from imagenomics.errors import ArgumentTypeError, InputError, short_list
from imagenomics.tables.patient_table import PatientTable
from imagenomics.tables.unit_table import LEVELS, UnitTable, flat_ids

FEW_PATIENTS = 4


class NestedInputs(NamedTuple):
    """Both sides, what models adjust for, and the patient of each row; rows by patient, then unit."""

    features: Side
    targets: Side
    design: Design
    patients: npt.NDArray[np.int64]


def read_nested(
    features: UnitTable,
    targets: UnitTable | PatientTable,
    *,
    covariates: PatientTable | None,
    unit: str,
) -> NestedInputs:
    """Return the tables as arrays over the units that both sides know.

    Raises
    ------
    InputError
        ``IGX-ASSOC-061``: no unit is on both sides; ``IGX-ASSOC-062``: no patient has two; ``IGX-ASSOC-063``: a
        handful of patients; those of reading columns.
    ArgumentTypeError
        ``IGX-ASSOC-002``: not a table of units, or of patients.
    """
    if not isinstance(features, UnitTable):
        raise ArgumentTypeError(
            "IGX-ASSOC-002",
            f"the features are a {type(features).__name__}",
            expected="a UnitTable (values by patient and unit, and what each column means)",
            remedy="build one with imagenomics.tables.unit_table.UnitTable; for one row per patient use test_pairs",
        )
    pairs = _common(features, targets, unit)
    adjust, patients = None, pd.Index(pairs.get_level_values("patient"))
    if covariates is not None and len(covariates.columns):
        known = spread(check_table(covariates, what="covariates"), pairs)
        adjust = read_side(known, flat_ids(pairs), what="covariates")
        keep = complete_rows(adjust)
        adjust, pairs, patients = adjust.rows(keep), pairs[keep], patients[keep]
    codes, names = pd.factorize(patients, sort=True)
    _check_patients(codes, len(names), unit)
    ids = flat_ids(pairs)
    sides = [
        read_side(_flat(table, pairs), ids, what=what)
        for table, what in ((features, "features"), (targets, "targets"))
    ]
    return NestedInputs(sides[0], sides[1], make_design(adjust, len(ids)), codes.astype(np.int64))


def spread(table: PatientTable, pairs: pd.MultiIndex) -> PatientTable:
    """Return what is known of patients for each of their units, rows keyed as by ``flat_ids``."""
    values = table.values.reindex(pairs.get_level_values("patient")).set_axis(flat_ids(pairs), axis="index")
    return PatientTable(values, table.columns)


def _flat(table: UnitTable | PatientTable, pairs: pd.MultiIndex) -> PatientTable:
    return table.flat() if isinstance(table, UnitTable) else spread(table, pairs)


def _common(features: UnitTable, targets: UnitTable | PatientTable, unit: str) -> pd.MultiIndex:
    """Return the units that both sides know, sorted."""
    own = features.values.index
    if isinstance(targets, UnitTable):
        other = targets.values.index
        both = own.intersection(other)
        shown = [f"{p} · {u}" for p, u in other]
    else:
        known = check_table(targets, what="targets").values.index
        both = own[own.get_level_values("patient").isin(known)]
        shown = list(map(str, known))
    if not len(both):
        raise InputError(
            "IGX-ASSOC-061",
            f"no {unit} has both features and targets",
            where=f"features of {short_list(f'{p} · {u}' for p, u in own)}; targets of {short_list(shown)}",
            expected=f"the same name for a {unit} in both tables, beside the same patient",
            remedy="make the names equal, e.g. 'B1' instead of '1'",
        )
    return pd.MultiIndex.from_tuples(sorted(both), names=LEVELS)


def _check_patients(codes: npt.NDArray[np.intp], patients: int, unit: str) -> None:
    if patients < FEW_PATIENTS:
        raise InputError(
            "IGX-ASSOC-063",
            f"{len(codes)} units of {patients} patients",
            expected=f"units of {FEW_PATIENTS} patients at the least, better 20: errors are estimated from patients",
            remedy="more units of the same patients do not help; add patients",
        )
    if len(codes) == patients:
        raise InputError(
            "IGX-ASSOC-062",
            f"every patient has one {unit} with features, targets and covariates",
            expected="a patient with two at the least",
            remedy=f"leave out unit = '{unit}' and give tables with one row per patient; or look in losses.csv for "
            "units that are on one side only",
        )
