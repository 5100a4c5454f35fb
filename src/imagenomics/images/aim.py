"""Readers' annotations in AIM 4 XML: what radiologists said of a lesion, as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree.ElementTree import Element

import pandas as pd

from imagenomics.cohort.ids import parse_ids
from imagenomics.cohort.losses import AMBIGUOUS, DROPPED, Loss, loss_table
from imagenomics.cohort.settings import IdRule
from imagenomics.errors import FileProblem, ImagenomicsError, InputError, short_list
from imagenomics.images.reads import Answer, read_table
from imagenomics.images.safe_xml import MAX_BYTES, read_xml
from imagenomics.work.failures import Failure, failure_of

SIDE = "aim"
# Elements that hold answers, and what kind of answer it is.
CODED = {
    "ImagingPhysicalEntity": "anatomy",
    "ImagingPhysicalEntityCharacteristic": "characteristic",
    "ImagingObservationEntity": "observation",
    "ImagingObservationCharacteristic": "characteristic",
}


@dataclass(frozen=True)
class AimReads:
    """The annotations of a folder.

    Parameters
    ----------
    table : DataFrame
        ``READ_COLUMNS`` of :mod:`imagenomics.images.reads`, sorted by file.
    losses : DataFrame
        One row for each patient id that the rule could not read.
    failures : tuple of Failure
        Files that could not be read.
    notes : tuple of str
        What a user should look at.
    """

    table: pd.DataFrame
    losses: pd.DataFrame
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]


def read_aim(path: Path, *, max_bytes: int = MAX_BYTES) -> pd.DataFrame:
    """Return what one AIM 4 file says: one row for each answer.

    Parameters
    ----------
    path : Path
        An ImageAnnotationCollection in AIM 4 XML. The meaning of a code is taken from its display name, else
        from the attribute where some converters put it (``codeSystem`` beside ``codeSystemName``).
    max_bytes : int
        Refuse larger files.

    Returns
    -------
    DataFrame
        ``READ_COLUMNS``; the patient is the id of the person in the file, the reader its user. Drawn shapes are
        not in it.

    Raises
    ------
    FileProblem, InputError
        Those of :func:`~imagenomics.images.safe_xml.read_xml`; ``IGX-IMG-183`` not AIM 4; ``IGX-IMG-184`` no
        patient id, or no annotation; ``IGX-IMG-185`` a number that cannot be read.

    Source
    ------
    Annotation and Image Markup 4; Mongkolwat and others 2014, Journal of the American Medical Informatics
    Association.
    """
    return read_table(_read(Path(path), max_bytes=max_bytes))


def read_aim_folder(folder: Path, *, rule: IdRule | None = None, pattern: str = "*.xml") -> AimReads:
    """Read every AIM file of a folder; a file that cannot be read does not stop the others.

    Parameters
    ----------
    folder : Path
        Folder with one file for each annotation.
    rule : IdRule, optional
        How the id of the person in the file becomes a patient id; default: it is one. File names do not count,
        but where they disagree with the id a note says so.
    pattern : str
        Which files.

    Raises
    ------
    FileProblem
        ``IGX-IMG-186``: no such folder, or no file fits.
    """
    files = sorted(p for p in Path(folder).glob(pattern) if p.is_file()) if Path(folder).is_dir() else []
    if not files:
        raise FileProblem(
            "IGX-IMG-186",
            f"no file {pattern} in this folder" if Path(folder).is_dir() else "folder not found",
            where=str(folder),
            remedy="check the folder and the pattern",
        )
    answers: list[Answer] = []
    failures: list[Failure] = []
    for path in files:
        try:
            answers += _read(path)
        except ImagenomicsError as error:
            failures.append(failure_of(path.name, error))
    return _by_rule(read_table(answers), rule or IdRule(), tuple(failures))


def _read(path: Path, *, max_bytes: int = MAX_BYTES) -> list[Answer]:
    root = read_xml(path, max_bytes=max_bytes)
    _check_version(root, path)
    start = Answer(
        _needed(root, "person/id", path),
        _value(root, "user/name", "user/loginName"),
        "",
        "",
        "",
        source=path.name,
    )
    annotations = root.findall("imageAnnotations/ImageAnnotation")
    if not annotations:
        raise _incomplete("imageAnnotations/ImageAnnotation", path)
    answers: list[Answer] = []
    for annotation in annotations:
        named = replace(start, annotation=_value(annotation, "name"))
        answers += _answers(annotation, named, path)
    return answers


def _by_rule(table: pd.DataFrame, rule: IdRule, failures: tuple[Failure, ...]) -> AimReads:
    per_file = table.drop_duplicates("source")
    parsed = parse_ids(per_file["patient"].tolist(), rule)
    lost = parsed[parsed["patient"] == ""]
    losses = [
        Loss("", SIDE, raw, AMBIGUOUS if ambiguous else DROPPED, reason)
        for raw, ambiguous, reason in lost[["raw", "ambiguous", "reason"]].to_numpy()
    ]
    patients = dict(zip(per_file["source"], parsed["patient"], strict=True))
    odd = [
        f"{file} ({raw})"
        for file, raw in zip(per_file["source"], per_file["patient"], strict=True)
        if Path(file).stem != raw
    ]
    notes = (
        (f"{SIDE}: files whose name is not the id of the patient in it: {short_list(odd)}",) if odd else ()
    )
    renamed = table.assign(patient=table["source"].map(patients).astype(object))
    kept = renamed[renamed["patient"] != ""].reset_index(drop=True)
    return AimReads(kept, loss_table(losses), failures, notes)


def _answers(annotation: Element, start: Answer, path: Path) -> Iterator[Answer]:
    for element in annotation.iter():
        if element.tag in CODED:
            code, scheme, meaning = _code(element)
            label = _value(element, "label") or meaning
            answer = replace(
                start, kind=CODED[element.tag], item=label, code=code, scheme=scheme, meaning=meaning
            )
            yield answer
            for number in element.findall(
                "characteristicQuantificationCollection/CharacteristicQuantification"
            ):
                yield _quantified(number, answer, path)
        elif element.tag == "CalculationEntity":
            yield from _calculated(element, start, path)


def _quantified(element: Element, answer: Answer, path: Path) -> Answer:
    label = _value(element, "label")
    written = _value(element, "value")
    return replace(
        answer,
        kind="evaluation" if not _is_number(written) else "measurement",
        item=f"{answer.item}: {label}" if label else answer.item,
        code="" if _is_number(written) else written,
        scheme="",
        meaning=_value(element, "valueLabel") or ("" if _is_number(written) else written),
        value=_number(written, path) if _is_number(written) else math.nan,
        unit=_value(element, "ucumString"),
    )


def _calculated(element: Element, start: Answer, path: Path) -> Iterator[Answer]:
    code, scheme, meaning = _code(element)
    item = _value(element, "description") or meaning
    named = replace(start, kind="measurement", item=item, item_code=f"{scheme}:{code}" if code else "")
    for result in element.iter("CalculationResult"):
        data = result.findall("calculationDataCollection/CalculationData") or [result]
        for k, number in enumerate(data):
            yield replace(
                named,
                item=item if len(data) == 1 else f"{item} {k + 1}",
                value=_number(_value(number, "value"), path),
                unit=_value(result, "unitOfMeasure"),
            )


def _code(element: Element) -> tuple[str, str, str]:
    """Return code, scheme and meaning; several codes qualify each other and are joined by '+'."""
    found = element.findall("typeCode")
    codes = [item.get("code", "").strip() for item in found]
    schemes = [(item.get("codeSystemName", "") or item.get("codeSystem", "")).strip() for item in found]
    meanings = []
    for item in found:
        # Some converters write the meaning where the identifier of the scheme belongs.
        aside = item.get("codeSystem", "") if item.get("codeSystemName") else ""
        meanings.append((_value(item, "displayName") or item.get("codeMeaning", "") or aside).strip())
    return "+".join(codes), "+".join(schemes), "+".join(meanings)


def _value(element: Element, *places: str) -> str:
    """Return the first non-empty ``value`` attribute of these children."""
    for place in places:
        child = element.find(place)
        if child is not None and (found := child.get("value", "").strip()):
            return found
    return ""


def _needed(root: Element, place: str, path: Path) -> str:
    found = _value(root, place)
    if not found:
        raise _incomplete(place, path)
    return found


def _is_number(written: str) -> bool:
    try:
        float(written)
    except ValueError:
        return False
    return True


def _number(written: str, path: Path) -> float:
    if _is_number(written) and math.isfinite(float(written)):
        return float(written)
    raise InputError(
        "IGX-IMG-185",
        f"the measured value '{written}' is not a finite number",
        where=str(path),
        remedy="correct the file, or leave it out",
    )


def _check_version(root: Element, path: Path) -> None:
    version = root.get("aimVersion", "")
    if root.tag == "ImageAnnotationCollection" and version.startswith("AIMv4"):
        return
    raise InputError(
        "IGX-IMG-183",
        f"this is not AIM 4, but <{root.tag}> {version}".rstrip(),
        where=str(path),
        expected="an ImageAnnotationCollection with aimVersion = AIMv4_0",
        remedy="convert AIM 3 files with the AIM toolkit, or export them again",
    )


def _incomplete(place: str, path: Path) -> InputError:
    return InputError(
        "IGX-IMG-184",
        f"the annotation has no {place}",
        where=str(path),
        expected="a patient id and at least one annotation",
        remedy="export the annotation again",
    )
