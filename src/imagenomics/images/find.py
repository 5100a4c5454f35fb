"""Which patient has which files, and who lacks one."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from imagenomics.errors import FileProblem, InputError, short_list, unknown_name
from imagenomics.images.bids.cases import BidsCase, find_bids_cases
from imagenomics.images.preparation.settings import PLACEHOLDER, targets_of
from imagenomics.images.series_settings import BESIDE, FILES
from imagenomics.images.settings import FileTable, ImageSettings
from imagenomics.tables.read import blank_to_missing, read_keyed_table

FilesByKind = Mapping[str, Mapping[str, str | None]]
MISSING_COLUMNS = ("patient", "image", "file", "reason")


@dataclass(frozen=True)
class CaseFiles:
    """The files of one patient: the image, the mask where the settings name one, and what lies beside them.

    ``beside`` holds ``sidecar``, ``b_values`` and ``b_vectors`` of a series; ``metadata`` is the JSON text of a BIDS
    file's metadata; ``others`` holds the images to register to, by how the study writes them.
    """

    image: Path
    mask: Path | None
    beside: Mapping[str, Path] = field(default_factory=dict)
    metadata: str = ""
    others: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class FoundImages:
    """The files that are there, and the rows that say what is missing.

    Parameters
    ----------
    cases : dict of str to CaseFiles
        By patient, in the order asked for.
    missing : DataFrame
        Columns ``patient, image, file, reason``; one row for each patient without image or mask. Missing is
        not dropped: the patient stays in the study for everything else.
    strangers : tuple of str
        Participants of a BIDS folder that no patient is.
    notes : tuple of str
        What else is wrong with a BIDS folder.
    """

    cases: dict[str, CaseFiles]
    missing: pd.DataFrame
    strangers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def find_images(settings: ImageSettings, patients: Iterable[str], root: Path) -> FoundImages:
    """Find the image and mask files of each patient.

    Parameters
    ----------
    settings : ImageSettings
        The ``[[images]]`` block.
    patients : iterable of str
        Patient ids of the study.
    root : Path
        Folder at which relative paths start.

    Raises
    ------
    FileProblem, InputError
        Those of the file table (``IGX-TAB-010`` ... ``-012``, ``IGX-IMG-050``) and of the BIDS folder
        (``IGX-IMG-200``, participants.tsv); ``IGX-IMG-230``: an atlas of 'prepare' is not there.
    """
    wanted = list(patients)
    needed = targets_of(settings.prepare)
    _refuse_absent_atlas(settings, needed, root)
    table: FilesByKind = {}
    bids = None if settings.bids is None else find_bids_cases(settings.bids, wanted, root)
    if settings.table is not None:
        frame = read_file_table(settings.table, root)
        table = {kind: dict(zip(frame.index, frame[kind], strict=True)) for kind in frame.columns}
    cases: dict[str, CaseFiles] = {}
    missing: list[dict[str, str]] = []
    for patient in wanted:
        found = (
            _named_files(settings, table, patient, root) if bids is None else _bids_files(bids.cases[patient])
        )
        image = found["image"]
        found |= {} if image.reason else _beside(settings, Path(image.file), patient, root)
        others = {to: _other(to, patient, root) for to in needed}
        absent = next((f for f in (*found.values(), *others.values()) if f.reason), None)
        if absent is None:
            paths = {kind: Path(located.file) for kind, located in found.items()}
            metadata = "" if bids is None else bids.cases[patient].metadata
            cases[patient] = CaseFiles(
                paths.pop("image"),
                paths.pop("mask", None),
                paths,
                metadata,
                {to: Path(located.file) for to, located in others.items()},
            )
        else:
            row = (patient, settings.name, absent.file, absent.reason)
            missing.append(dict(zip(MISSING_COLUMNS, row, strict=True)))
    table_of_missing = pd.DataFrame(missing, columns=list(MISSING_COLUMNS), dtype=object)
    more = ((), ()) if bids is None else (bids.strangers, bids.notes)
    return FoundImages(cases, table_of_missing, *more)


def _refuse_absent_atlas(settings: ImageSettings, needed: Iterable[str], root: Path) -> None:
    """Refuse a file that everybody needs and nobody can have."""
    for to in needed:
        if PLACEHOLDER not in to and not (root / to).exists():
            raise FileProblem(
                "IGX-IMG-230",
                f"the atlas to register to is not there: {to}",
                where=f"[[images]] {settings.name}: {root / to}",
                expected="an image file, or with {patient} another image of each patient",
                remedy="correct 'to' of the step 'register'; relative paths start at the data folder",
            )


def read_file_table(settings: FileTable, root: Path) -> pd.DataFrame:
    """Read the table that names the files; index: patient, columns: ``image`` and, where declared, ``mask``.

    Raises
    ------
    InputError
        ``IGX-TAB-012``: no such column; ``IGX-IMG-050``: a patient has several rows.
    """
    path = root / settings.path
    frame = read_keyed_table(path, key=settings.id)
    patients = frame[settings.id]
    twice = patients[patients.duplicated()].unique()
    if len(twice):
        raise InputError(
            "IGX-IMG-050",
            f"{len(twice)} patients have several rows: {short_list(twice)}",
            where=str(path),
            expected="one row for each patient",
            remedy="keep the row of the scan that the study is about",
        )
    columns = {"image": settings.image} | ({"mask": settings.mask} if settings.mask else {})
    for column in columns.values():
        if column not in frame.columns:
            raise unknown_name("IGX-TAB-012", "column", column, frame.columns, where=str(path))
    files = {kind: blank_to_missing(frame[column]).to_numpy() for kind, column in columns.items()}
    return pd.DataFrame(files, index=pd.Index(patients, name="patient"), dtype=object)


@dataclass(frozen=True)
class _Located:
    """A file, or the reason why it cannot be had (empty when it is there)."""

    file: str
    reason: str = ""


def _locate(kind: str, template: str | None, table: FilesByKind, patient: str, root: Path) -> _Located:
    """Look for the ``kind`` ('image' or 'mask') of one patient."""
    if kind in table:
        if patient not in table[kind]:
            return _Located("", "the file table has no row for this patient")
        cell = table[kind][patient]
        return (
            _Located("", f"the file table names no {kind}") if cell is None else _present(kind, root / cell)
        )
    if "/" in patient or "\\" in patient or patient in (".", ".."):
        return _Located(str(template), "the patient id cannot be part of a file name")
    text = str(template)
    if "*" not in text and "?" not in text:
        return _present(kind, root / text.format(patient=patient))
    return _only_match(kind, root, text.replace("[", "[[]").format(patient=glob.escape(patient)))


def _named_files(
    settings: ImageSettings, table: FilesByKind, patient: str, root: Path
) -> dict[str, _Located]:
    found = {"image": _locate("image", settings.path, table, patient, root)}
    if settings.has_mask:
        found["mask"] = _locate("mask", settings.mask, table, patient, root)
    return found


def _bids_files(case: BidsCase) -> dict[str, _Located]:
    found = {"image": _Located(case.image, case.reason)}
    return found if case.mask is None else found | {"mask": _Located(case.mask)}


def _beside(settings: ImageSettings, image: Path, patient: str, root: Path) -> dict[str, _Located]:
    """Look for the files that say what the volumes of a series are."""
    found = {}
    for kind, template in settings.beside().items():
        if template == BESIDE:
            found[kind] = _present(kind, image.parent / f"{image.name.split('.nii')[0]}{FILES[kind]}")
        else:
            found[kind] = _locate(kind, template, {}, patient, root)
    return found


def _other(to: str, patient: str, root: Path) -> _Located:
    """Look for an image to register to; an atlas is the same for everybody."""
    return (
        _locate("other image", to, {}, patient, root) if PLACEHOLDER in to else _present("atlas", root / to)
    )


def _present(kind: str, path: Path) -> _Located:
    return _Located(str(path), "" if path.exists() else f"{kind} file not found")


def _only_match(kind: str, root: Path, pattern: str) -> _Located:
    found = sorted(glob.glob(str(Path(glob.escape(str(root))) / pattern)))
    if len(found) == 1:
        return _Located(found[0])
    shown = str(root / pattern)
    if not found:
        return _Located(shown, f"no {kind} file fits")
    return _Located(shown, f"{len(found)} {kind} files fit: {short_list(Path(f).name for f in found)}")
