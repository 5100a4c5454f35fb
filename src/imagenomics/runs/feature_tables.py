"""Entering with a plain table: features that were measured elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from imagenomics.cohort.ids import parse_ids
from imagenomics.cohort.losses import DROPPED, Loss, loss_table
from imagenomics.cohort.mapping import REPORT_COLUMNS
from imagenomics.cohort.settings import IdRule
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.genomics.table import CONFLICT_COLUMNS, empty
from imagenomics.genomics.unit_molecules import no_unit_row, units_of
from imagenomics.images.freesurfer.subjects import read_freesurfer
from imagenomics.runs.table_blocks import FeatureTable, FreeSurferBlock
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.tables.read import read_keyed_table, to_number
from imagenomics.tables.unit_table import LEVELS, UnitTable, check_units
from imagenomics.work.failures import Failure


@dataclass(frozen=True)
class GivenFeatures:
    """Features of the study's patients, rows that belong to nobody, files that failed, what readings were mapped to.

    ``report``, ``conflicts`` and ``notes`` are as in :class:`imagenomics.genomics.table.MoleculeTable`; ``by_reader``
    has the answers of each reader, where there are readers.
    """

    table: PatientTable
    losses: pd.DataFrame
    units: UnitTable | None = None  # of a block with ``per``; the table by patient then has no columns
    report: pd.DataFrame = field(default_factory=lambda: empty(REPORT_COLUMNS))
    conflicts: pd.DataFrame = field(default_factory=lambda: empty(CONFLICT_COLUMNS))
    notes: tuple[str, ...] = ()
    failures: tuple[tuple[str, Failure], ...] = ()  # patient, where it is known, and what could not be read
    by_reader: UnitTable | None = None


def read_feature_table(
    block: FeatureTable, path: Path, *, patients: Sequence[str], rule: IdRule
) -> GivenFeatures:
    """Read one ``[[feature_tables]]`` block.

    Parameters
    ----------
    path : Path
        The table, with ``block.path`` resolved.
    patients : sequence of str
        Patients of the study.
    rule : IdRule
        The rule of the patients, used where the block declares none.

    Raises
    ------
    InputError
        ``IGX-RUN-030``: no row belongs to a patient of the study; ``IGX-TAB-001``: an id twice; ``IGX-TAB-013``: a
        column that is not numeric; ``IGX-RUN-032``: a column that is not there; of units ``IGX-ASSOC-060``,
        ``IGX-ASSOC-064``, ``IGX-ASSOC-065``.
    """
    frame = read_keyed_table(path, key=block.id)
    written = [str(i) for i in frame[block.id]]
    parsed = parse_ids(written, block.rule or rule, known=patients)
    index = pd.Index(parsed["patient"], name="patient", dtype=object)
    known = index.isin(list(patients))
    if not known.any():
        raise (
            no_row(path, written, patients)
            if block.per is None
            else no_unit_row(path, written, patients, unit=block.per)
        )
    losses = [
        Loss(patient, block.name, raw, DROPPED, reason or "not in patients")
        for patient, raw, reason, kept in zip(index, written, parsed["reason"], known, strict=True)
        if not kept
    ]
    where = f"{path} ([[feature_tables]] {block.name})"
    inside = None if block.per is None else units_of(frame, block.per, where=where)
    names = _chosen(block, [c for c in frame.columns if c not in (block.id, block.per)], str(path))
    columns = {
        f"{block.name}.{name}": to_number(frame[name], where=f"{path}: {name}").to_numpy()[known]
        for name in names
    }
    roles = ["volume" if name == block.volume else "feature" for name in names]
    described = describe(columns, source=block.name, family="given", feature=names, role=roles)
    if block.per is not None:
        pairs = pd.MultiIndex.from_arrays([index[known], pd.Index(inside or [])[known]], names=LEVELS)
        check_units(pairs, unit=block.per, where=where)
        units = UnitTable(pd.DataFrame(columns, index=pairs).sort_index(), described, block.per)
        nobody = PatientTable(pd.DataFrame(index=pd.Index([], name="patient", dtype=object)), describe([]))
        return GivenFeatures(nobody, loss_table(losses), units)
    table = PatientTable(pd.DataFrame(columns, index=index[known]), described)
    return GivenFeatures(table, loss_table(losses))


def read_subjects(
    block: FreeSurferBlock, path: Path, *, patients: Sequence[str], rule: IdRule
) -> GivenFeatures:
    """Read the subjects of a FreeSurfer folder; the intracranial volume is a clinical variable.

    Raises
    ------
    FileProblem
        ``IGX-IMG-210``: no folder, or no subject in it.
    InputError
        ``IGX-RUN-030``: no subject is a patient of the study.
    """
    found = read_freesurfer(
        path,
        files=block.files,
        measures=block.measures,
        rule=block.rule or rule,
        known=patients,
        name=block.name,
    )
    ids = found.table.values.index
    known = ids.isin(list(patients))
    if not known.any():
        raise no_row(path, [str(i) for i in ids], patients)
    losses = [Loss(str(p), block.name, str(p), DROPPED, "not in patients") for p in ids[~known]]
    failures = [
        (patient, Failure(file, code, error, file, remedy))
        for patient, file, error, code, remedy in found.failures.astype(str).itertuples(index=False)
    ]
    return GivenFeatures(found.table.patients(ids[known]), loss_table(losses), failures=tuple(failures))


def no_row(path: Path, written: Sequence[str], patients: Sequence[str]) -> InputError:
    """Return the error that no row of a table belongs to a patient of the study."""
    return InputError(
        "IGX-RUN-030",
        "no row of this feature table belongs to a patient of the study",
        where=f"{path}: {short_list(written)}; the study has {short_list(patients)}",
        remedy="declare the id rule of the table: rule = ...",
    )


def _chosen(block: FeatureTable, present: list[str], where: str) -> list[str]:
    chosen = [c for c in present if any(fnmatchcase(c, pattern) for pattern in block.columns)]
    for pattern in block.columns:
        if not any(fnmatchcase(c, pattern) for c in present):
            raise unknown_name("IGX-RUN-032", "feature column", pattern, present, where=where)
    if block.volume is not None and block.volume not in chosen:
        raise unknown_name("IGX-RUN-032", "volume column", block.volume, chosen, where=where)
    return chosen
