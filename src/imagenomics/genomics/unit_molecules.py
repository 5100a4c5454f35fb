"""Molecules by patient and unit: an assay for each biopsy, focus or lesion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from imagenomics.cohort.ids import parse_ids, read_participants
from imagenomics.cohort.losses import DROPPED, Loss, join_losses, loss_table
from imagenomics.cohort.settings import IdRule
from imagenomics.cohort.source import id_column, read_source
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.genomics.matrix import read_matrix
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import LabelSettings, MatrixBlock, MoleculeSettings
from imagenomics.genomics.table import MoleculeTable
from imagenomics.tables.patient_table import PatientTable, describe
from imagenomics.tables.unit_table import LEVELS, UnitTable, check_units

NOT_A_PATIENT = "not in patients"


def load_unit_molecules(
    settings: MoleculeSettings,
    *,
    path: Path,
    patients: Sequence[str],
    rule: IdRule,
    resolve: Callable[[str], Path] = Path,
) -> MoleculeTable:
    """Return what a block with ``per`` says about the units of these patients.

    The unit of a row stands in the column named ``settings.per``; or in the id, where the rule is a pattern with a
    group ``unit`` (then a matrix may have its samples in columns).

    Returns
    -------
    MoleculeTable
        With ``units``; its table by patient has no columns.

    Raises
    ------
    InputError
        ``IGX-ASSOC-060``: rows that do not name one unit; ``IGX-ASSOC-064``: no unit column; ``IGX-ASSOC-065``: no row
        belongs to a patient of the study; those of :func:`load_molecules`.
    """
    assert isinstance(settings, (LabelSettings, MatrixBlock))
    assert settings.per is not None
    chosen = settings.rule or rule
    written, found, columns = _rows(settings, path, chosen, patients=patients, resolve=resolve)
    known = found["patient"].isin(list(patients)).to_numpy()
    if not known.any():
        raise no_unit_row(path, found["raw"].tolist(), patients, unit=settings.per)
    index = pd.MultiIndex.from_frame(found.loc[known, list(LEVELS)])
    check_units(index, unit=settings.per, where=f"{path} ([[molecules]] {settings.name})")
    keys = pd.Series(written)[known].tolist()
    own = settings.model_copy(update={"id": columns or settings.id, "rule": IdRule()})
    read = load_molecules(own, path=path, patients=keys, rule=IdRule(), resolve=resolve, min_match=0.0)
    pairs = dict(zip(keys, index, strict=True))
    values = read.table.values
    rows = pd.MultiIndex.from_tuples([pairs[str(key)] for key in values.index], names=LEVELS)
    digest = settings.digest()
    units = UnitTable(
        values.set_axis(rows, axis="index").sort_index(),
        read.table.columns.assign(settings=digest),
        settings.per,
    )
    losses = [
        Loss(str(patient), settings.name, text, DROPPED, str(reason) or NOT_A_PATIENT)
        for patient, text, reason, keep in zip(found["patient"], written, found["reason"], known, strict=True)
        if not keep
    ]
    others = read.losses[~read.losses["id_as_written"].isin(set(written) - set(keys))]
    others = others.assign(patient=[pairs[p][0] if p in pairs else p for p in others["patient"]])
    nobody = PatientTable(pd.DataFrame(index=pd.Index([], name="patient", dtype=object)), describe([]))
    return replace(read, table=nobody, losses=join_losses([loss_table(losses), others]), units=units)


def no_unit_row(path: Path, written: Sequence[str], patients: Sequence[str], *, unit: str) -> InputError:
    """Return the error that no row of a table of units belongs to a patient of the study."""
    return InputError(
        "IGX-ASSOC-065",
        f"no row of this table of {unit} rows belongs to a patient of the study",
        where=f"{path}: {short_list(written)}; the study has {short_list(patients)}",
        remedy="declare the id rule of the table: rule = ...",
    )


def units_of(frame: pd.DataFrame, unit: str, *, where: str) -> list[str]:
    """Return the unit of each row, from the column of that name (``IGX-ASSOC-064`` where there is none)."""
    if unit not in frame.columns:
        raise unknown_name("IGX-ASSOC-064", "unit column", unit, map(str, frame.columns), where=where)
    return ["" if pd.isna(cell) else str(cell).strip() for cell in frame[unit]]


def _rows(
    settings: LabelSettings | MatrixBlock,
    path: Path,
    rule: IdRule,
    *,
    patients: Sequence[str],
    resolve: Callable[[str], Path],
) -> tuple[list[str], pd.DataFrame, tuple[str, ...]]:
    """Return the text that will stand for each row, its patient and unit, and the columns that make the text."""
    labels = None
    if rule.participants is not None and rule.participants_id is not None:
        labels = read_participants(resolve(rule.participants), column=rule.participants_id)
    in_id = rule.pattern is not None and "(?P<unit>" in rule.pattern
    if in_id and isinstance(settings, MatrixBlock):
        ids, columns = list(map(str, read_matrix(settings, path=path).ids)), ()
        return ids, parse_ids(ids, rule, known=patients, labels=labels), columns
    frame = read_source(path, separator=settings.separator)
    raw, name, _ = id_column(frame, settings.id, where=str(path), specimens=in_id)
    parsed = parse_ids(raw.tolist(), rule, known=patients, labels=labels)
    if in_id:
        return raw.tolist(), parsed, (name,)
    unit = str(settings.per)
    parsed["unit"] = units_of(frame, unit, where=f"{path} ([[molecules]] {settings.name})")
    named = (settings.id,) if isinstance(settings.id, str) else settings.id or (name,)
    joined = [f"{a} {b}".strip() for a, b in zip(raw, parsed["unit"], strict=True)]
    return joined, parsed, (*named, unit)
