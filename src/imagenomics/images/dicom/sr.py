"""DICOM measurement reports (TID 1500): what was measured and judged, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from imagenomics.errors import InputError
from imagenomics.images.dicom import fields
from imagenomics.images.dicom.objects import broken, code_in, read_object, required
from imagenomics.images.reads import Answer, read_table

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

REPORT = ("126000", "DCM")
GROUP = ("125007", "DCM")
# What names a group or a reader rather than saying something of the lesion.
TRACKING = ("112039", "DCM")
READERS = {("121008", "DCM"), ("121013", "DCM")}  # person observer name, device observer name
CONTEXT = {
    ("112040", "DCM"),  # tracking unique identifier
    ("121005", "DCM"),  # observer type
    ("121012", "DCM"),  # device observer UID
    ("121049", "DCM"),  # language
    ("121058", "DCM"),  # procedure reported
}
MAX_DEPTH = 20


def read_sr(path: Path) -> pd.DataFrame:
    """Return what one measurement report says: one row for each number and each coded answer.

    Parameters
    ----------
    path : Path
        A structured report by TID 1500 (Imaging Measurement Report).

    Returns
    -------
    DataFrame
        ``READ_COLUMNS`` of :mod:`imagenomics.images.reads`: numbers are of the kind ``measurement``, codes and
        texts ``evaluation``; the annotation is the tracking identifier of the measurement group. A number that
        was not measured has no value, and its meaning says why. Drawn shapes are not in it.

    Raises
    ------
    FileProblem
        Those of :func:`~imagenomics.images.dicom.open.open_dicom`.
    InputError
        ``IGX-IMG-150`` no structured report; ``-187`` another kind of report; ``-151`` an attribute is missing.

    Source
    ------
    DICOM PS3.16, templates 1500, 1501, 1410, 1411 and 300.
    """
    where = str(path)
    dataset = read_object(Path(path), kind="structured report")
    name = _concept(dataset, where)
    if name[:2] != REPORT:
        raise InputError(
            "IGX-IMG-187",
            f"the report is '{name[2] or 'without a title'}'",
            where=where,
            expected="an Imaging Measurement Report (TID 1500)",
            remedy="export the measurements by TID 1500",
        )
    patient = str(required(dataset, "PatientID", where=where)).strip()
    start = Answer(patient, _reader(dataset, where), "", "", "", source=Path(path).name)
    return read_table(list(_walk(dataset, start, where, depth=0)))


def _walk(parent: Dataset, start: Answer, where: str, *, depth: int) -> Iterator[Answer]:
    """Yield the answers below a container, or below an answer that is qualified further."""
    if depth > MAX_DEPTH:
        raise broken("ContentSequence", f"is nested more than {MAX_DEPTH} deep", where=where)
    for item in fields.items(parent, "ContentSequence", where=where):
        name = _concept(item, where)
        kind = fields.text(item, "ValueType", where=where)
        if kind == "CONTAINER":
            group = replace(
                start, annotation=_tracking(item, where), reader=_reader(item, where) or start.reader
            )
            yield from _walk(item, group if name[:2] == GROUP else start, where, depth=depth + 1)
        elif name[:2] not in CONTEXT | READERS | {TRACKING}:
            answer = _answer(item, kind, name, start, where)
            if answer is not None:
                yield answer
                # What qualifies an answer carries the name of the answer before its own.
                yield from (
                    replace(below, item=f"{answer.item}: {below.item}")
                    for below in _walk(item, start, where, depth=depth + 1)
                )


def _answer(item: Dataset, kind: str, name: tuple[str, str, str], start: Answer, where: str) -> Answer | None:
    """Return what one content item says; None for shapes, images and references."""
    named = replace(start, kind="evaluation", item=name[2], item_code=f"{name[1]}:{name[0]}")
    if kind == "NUM":
        return _measured(item, replace(named, kind="measurement"), where)
    if kind == "CODE":
        code, scheme, meaning = code_in(item, "ConceptCodeSequence", where=where)
        return replace(named, code=code, scheme=scheme, meaning=meaning)
    if kind == "TEXT":
        return replace(named, meaning=fields.text(item, "TextValue", where=where))
    return None


def _measured(item: Dataset, named: Answer, where: str) -> Answer:
    found = fields.items(item, "MeasuredValueSequence", where=where)
    if not found:
        code, scheme, meaning = code_in(item, "NumericValueQualifierCodeSequence", where=where)
        return replace(named, code=code, scheme=scheme, meaning=meaning or "not measured")
    # The floating point value, where there is one, has digits that the 16 characters of the other cannot hold.
    value = fields.number(found[0], "FloatingPointValue", where=where)
    if value is None:
        value = fields.number(found[0], "NumericValue", where=where)
    if value is None:
        raise broken("NumericValue", "is absent or empty", where=where)
    return replace(named, value=value, unit=code_in(found[0], "MeasurementUnitsCodeSequence", where=where)[0])


def _concept(item: Dataset, where: str) -> tuple[str, str, str]:
    return code_in(item, "ConceptNameCodeSequence", where=where)


def _tracking(group: Dataset, where: str) -> str:
    for item in fields.items(group, "ContentSequence", where=where):
        if _concept(item, where)[:2] == TRACKING:
            return fields.text(item, "TextValue", where=where)
    return ""


def _reader(parent: Dataset, where: str) -> str:
    """Return the observers named directly below this item, the persons before the devices."""
    names: dict[tuple[str, str], list[str]] = {}
    for item in fields.items(parent, "ContentSequence", where=where):
        name = _concept(item, where)[:2]
        if name in READERS:
            # A person's name is iterable in pydicom and would be taken for several values.
            person = fields.value_of(item, "PersonName", where=where)
            written = fields.text(item, "TextValue", where=where) if person is None else str(person)
            names.setdefault(name, []).append(written)
    return ", ".join(names.get(("121008", "DCM")) or names.get(("121013", "DCM")) or ())
