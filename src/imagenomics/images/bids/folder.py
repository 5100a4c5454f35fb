"""Which file of a BIDS folder belongs to which patient, and who lacks one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.cohort.ids import Parser, build_parser, read_participants
from imagenomics.cohort.settings import IdRule
from imagenomics.errors import ImagenomicsError, InputError, short_list, unknown_name
from imagenomics.images.bids.names import ENTITIES, BidsName, label_order, parse_bids_name
from imagenomics.images.bids.sidecar import read_metadata

FILE_COLUMNS = ("patient", "label", "session", "run", "file", "metadata")
PROBLEM_COLUMNS = ("patient", "label", "file", "code", "error", "remedy")
CHOICES = ("only", "first", "last", "all")
IMAGES = (".nii", ".nii.gz")
Row = tuple[str, str, str, str, str, str]


@dataclass(frozen=True)
class FoundBids:
    """The files that were found, and the rows that say what was not taken and why.

    Parameters
    ----------
    files : DataFrame
        Columns ``patient, label, session, run, file, metadata``: patient id, participant label without ``sub-``,
        session and run labels ('' where the name has none), path, and the JSON text of the metadata after the
        inheritance principle. One row for each patient, or several where the choice was ``all``.
    problems : DataFrame
        Columns ``patient, label, file, code, error, remedy``. No participant is left out without a row here.
    """

    files: pd.DataFrame
    problems: pd.DataFrame


def find_bids(
    folder: Path,
    *,
    datatype: str,
    suffix: str,
    entities: Mapping[str, str | None] | None = None,
    sessions: str = "only",
    runs: str = "only",
    participants_id: str | None = None,
    known: Iterable[str] = (),
) -> FoundBids:
    """Find the files of one kind in a BIDS folder (raw data or a derivative).

    Parameters
    ----------
    folder : Path
        The folder that holds ``sub-...``.
    datatype : str
        ``anat``, ``func``, ``dwi``, ``pet``, ...
    suffix : str
        ``T1w``, ``bold``, ...; with an ending (``timeseries.tsv``) files of that ending, else NIfTI images.
    entities : mapping, optional
        What else the name must say, e.g. ``{"task": "rest", "desc": "preproc"}``; None: the entity must be absent.
    sessions, runs : str
        What to do with several: ``only`` (none is taken, a problem row says so), ``first`` or ``last`` (by label,
        numbers by value), ``all``, or one label such as ``baseline``. Labels say nothing of dates.
    participants_id : str, optional
        Column of ``participants.tsv`` with the study's own ids; without it the label leads to the known id that is
        equal without its hyphens, else it is the patient id.
    known : iterable of str
        The study's patient ids.

    Raises
    ------
    InputError
        ``IGX-IMG-200``: no BIDS folder; ``IGX-IMG-201``: an entity or a choice that BIDS does not know; those of
        :func:`imagenomics.cohort.ids.read_participants`.

    Source
    ------
    Gorgolewski et al. 2016, Scientific Data 3:160044.
    """
    root = Path(folder)
    subjects = _subjects(root)
    wanted = _checked(entities)
    parse = _parser(root, participants_id, known)
    files: list[Row] = []
    problems = _about_the_folder(root, subjects)
    for subject in subjects:
        label = subject.name.removeprefix("sub-")
        found = parse(subject.name)
        if found.reason:
            problems.append(
                ("", label, str(subject), "IGX-IMG-207", found.reason, "correct participants.tsv")
            )
            continue
        names, wrong = _names_of(subject, datatype, suffix, wanted)
        problems += [(found.patient, label, *row) for row in wrong]
        chosen, reason = _choose(names, sessions, runs)
        if reason:
            problems.append((found.patient, label, str(subject), *reason))
        for name in chosen:
            text, trouble = _content(root, name)
            if trouble:
                problems.append((found.patient, label, str(name.path), *trouble))
            if text is not None:
                files.append((found.patient, label, name.session, name.run, str(name.path), text))
    return FoundBids(*_two_folders(files, problems))


def _subjects(root: Path) -> list[Path]:
    subjects = sorted(p for p in root.glob("sub-*") if p.is_dir()) if root.is_dir() else []
    if not subjects:
        raise InputError(
            "IGX-IMG-200",
            "this is no BIDS folder: it holds no folder sub-<label>",
            where=str(root),
            expected="a folder with sub-<label> folders",
            remedy="name the folder that holds them; of derivatives, the folder of one pipeline",
        )
    return subjects


def _checked(entities: Mapping[str, str | None] | None) -> dict[str, str | None]:
    wanted = dict(entities or {})
    for key in wanted:
        if key not in ENTITIES:
            raise unknown_name("IGX-IMG-201", "BIDS entity", key, ENTITIES)
    return wanted


def _parser(root: Path, participants_id: str | None, known: Iterable[str]) -> Parser:
    labels = (
        read_participants(root / "participants.tsv", column=participants_id)
        if participants_id is not None
        else {}
    )
    return build_parser(IdRule(name="bids"), known=known, labels=labels)


def _about_the_folder(root: Path, subjects: list[Path]) -> list[Row]:
    """Say who stands in participants.tsv and has no folder."""
    table = root / "participants.tsv"
    if not table.is_file():
        return []
    try:
        listed = read_participants(table, column="participant_id")
    except ImagenomicsError as error:
        return [("", "", str(table), error.code, error.what, error.remedy or "")]
    here = {p.name.removeprefix("sub-") for p in subjects}
    gone = sorted(set(listed) - here)
    remedy = "copy the folder, or accept that this patient has no image"
    return [
        (
            "",
            label,
            str(root / f"sub-{label}"),
            "IGX-IMG-204",
            "listed in participants.tsv, no folder",
            remedy,
        )
        for label in gone
    ]


def _names_of(
    subject: Path, datatype: str, suffix: str, wanted: Mapping[str, str | None]
) -> tuple[list[BidsName], list[tuple[str, str, str, str]]]:
    """Return the files of one participant that fit, and the rows of those whose names are wrong."""
    stem, dot, ending = suffix.partition(".")
    endings = (f".{ending}",) if dot else IMAGES
    fitting: list[BidsName] = []
    wrong: list[tuple[str, str, str, str]] = []
    for place in sorted([subject / datatype, *subject.glob(f"ses-*/{datatype}")]):
        for path in sorted(place.iterdir()) if place.is_dir() else []:
            if not path.name.endswith(endings) or not path.name.split(".")[0].endswith(stem):
                continue
            name = parse_bids_name(path)
            if isinstance(name, str):
                wrong.append((str(path), "IGX-IMG-202", name, "rename the file as BIDS asks"))
            elif name.suffix == stem and name.fits(wanted):
                fitting.append(name)
    return fitting, wrong


def _choose(
    names: list[BidsName], sessions: str, runs: str
) -> tuple[list[BidsName], tuple[str, str, str] | None]:
    """Return the files to take, or the code, the error and the remedy."""
    if not names:
        return [], ("IGX-IMG-204", "no file fits", "look at datatype, suffix and entities")
    kept = _pick(names, sessions, "session")
    if isinstance(kept, str):
        return [], ("IGX-IMG-203", kept, "declare which session counts")
    chosen: list[BidsName] = []
    for session in dict.fromkeys(n.session for n in kept):
        of_session = _pick([n for n in kept if n.session == session], runs, "run")
        if isinstance(of_session, str):
            return [], ("IGX-IMG-203", of_session, "declare which run counts")
        chosen += of_session
    places = Counter((n.session, n.run) for n in chosen)
    if max(places.values()) > 1:
        same = [n.path.name for n in chosen if places[(n.session, n.run)] > 1]
        what = f"{len(same)} files fit: {short_list(same)}"
        return [], ("IGX-IMG-203", what, "declare the entities in which they differ")
    return chosen, None


def _pick(names: list[BidsName], choice: str, kind: str) -> list[BidsName] | str:
    """Return the files of the sessions (or runs) that count, in the order of their labels."""
    found = sorted({getattr(n, kind) for n in names}, key=label_order)
    shown = short_list(label or "(none)" for label in found)
    if choice == "all" or (choice in CHOICES and len(found) == 1):
        labels = found
    elif choice == "only":
        return f"{len(found)} {kind}s: {shown}"
    elif choice in CHOICES:
        labels = [found[0 if choice == "first" else -1]]
    else:
        labels = [choice.removeprefix("ses-").removeprefix("run-")]
        if labels[0] not in found:
            return f"no {kind} '{labels[0]}'; there is {shown}"
    return [n for label in labels for n in names if getattr(n, kind) == label]


def _content(root: Path, name: BidsName) -> tuple[str | None, tuple[str, str, str] | None]:
    """Return the metadata as text (None: the file cannot be used) and what is wrong."""
    if not name.path.exists():
        what = "a link whose content is not here"
        return None, ("IGX-IMG-205", what, "fetch it (datalad get, git annex get)")
    if name.path.stat().st_size == 0:
        return None, ("IGX-IMG-205", "the file is empty", "copy it again")
    text, what = read_metadata(root, name)
    return text, (
        "IGX-IMG-206",
        what,
        "correct the JSON file; until then its metadata are missing",
    ) if what else None


def _two_folders(files: list[Row], problems: list[Row]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Refuse patients to whom two folders lead; return both tables."""
    labels: dict[str, set[str]] = {}
    for row in files:
        labels.setdefault(row[0], set()).add(row[1])
    twice = {patient for patient, found in labels.items() if len(found) > 1}
    for row in files:
        if row[0] in twice:
            what = f"the labels {short_list(sorted(labels[row[0]]))} lead to one patient"
            problems.append((row[0], row[1], row[4], "IGX-IMG-207", what, "correct participants.tsv"))
    kept = [row for row in files if row[0] not in twice]
    return (
        pd.DataFrame(kept, columns=list(FILE_COLUMNS), dtype=object),
        pd.DataFrame(problems, columns=list(PROBLEM_COLUMNS), dtype=object),
    )
