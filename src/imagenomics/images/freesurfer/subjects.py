"""FreeSurfer's results of many patients as one table: regions, measures, and the intracranial volume."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from imagenomics.cohort.ids import build_parser
from imagenomics.cohort.settings import IdRule
from imagenomics.errors import FileProblem, ImagenomicsError, InputError, short_list
from imagenomics.images.freesurfer.stats import ETIV, LONG_COLUMNS, WHOLE_BRAIN, StatsFile, read_stats
from imagenomics.tables.patient_table import PatientTable, describe

FAILURE_COLUMNS = ("patient", "file", "error", "code", "remedy")
FILES = ("aseg", "aparc")
WANTED = ("volume", "thickness", "surface_area")
AVERAGES = re.compile(r"fsaverage\w*|cvs_avg35\w*|[lr]h\.EC_average|V1_average")  # come with the program
PARTS = ("stats", "mri", "surf", "scripts")  # a folder with one of these is a subject, finished or not
SAME_HEAD = 1e-3  # files of one run agree on the head's size but for rounding
Failure = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class FreeSurferTable:
    """What FreeSurfer measured in each patient.

    Parameters
    ----------
    table : PatientTable
        One column for each region and measure, ``<name>.<lh_|rh_>region.measure``, role ``feature``; the
        intracranial volume ``<name>.whole.eTIV`` has the role ``clinical``: a covariate, no brain phenotype.
    regions : DataFrame
        Indexed by column: ``hemisphere`` (``left``, ``right``, ''), ``region``, ``measure``, ``unit``.
    failures : DataFrame
        ``patient, file, error, code, remedy``: every file and folder that was not used.
    """

    table: PatientTable
    regions: pd.DataFrame
    failures: pd.DataFrame


def read_freesurfer(
    folder: Path,
    *,
    files: Sequence[str] = FILES,
    measures: Sequence[str] = WANTED,
    rule: IdRule | None = None,
    known: Iterable[str] = (),
    name: str = "freesurfer",
) -> FreeSurferTable:
    """Read the stats files of all subjects of a ``SUBJECTS_DIR``.

    Parameters
    ----------
    folder : Path
        The subjects' folder; each subject has ``stats/``.
    files : sequence of str
        Segmentations (``aseg``, ``wmparc``) and parcellations (``aparc``, ``aparc.a2009s``, ...: both hemispheres).
    measures : sequence of str
        Of each region: ``volume``, ``thickness``, ``surface_area``, ``thickness_sd``, ``mean_curvature``, ...
    rule : IdRule, optional
        How the name of a subject's folder becomes a patient id (default: it is the id).
    known : iterable of str
        The study's patient ids, for rules that need them.
    name : str
        First part of the column names.

    Raises
    ------
    FileProblem
        ``IGX-IMG-210``: no folder, or no subject in it.

    Assumes
    -------
    A file that cannot be used leaves its own columns missing. All values of a patient are missing where the files do
    not belong together (``IGX-IMG-213``, ``-214``), two folders lead to one patient (``-215``) or recon-all ended
    with an error (``-217``).
    """
    subjects, failures = _patients(Path(folder), rule or IdRule(), known)
    long: list[pd.DataFrame] = []
    for patient, subject in subjects.items():
        frame, wrong = _subject(subject, files, measures)
        failures += [(patient, *row) for row in wrong]
        long.append(frame.assign(patient=patient))
    return assemble(long, failures, patients=list(subjects), name=name)


def assemble(
    long: Sequence[pd.DataFrame], failures: Sequence[Failure], *, patients: Sequence[str], name: str
) -> FreeSurferTable:
    """Set long frames (``patient, hemisphere, region, measure, unit, value``) side by side by patient."""
    index = pd.Index(sorted(patients), name="patient", dtype=object)
    empty = pd.DataFrame(columns=["patient", *LONG_COLUMNS], dtype=object)
    full = [frame for frame in long if len(frame)]
    rows = pd.concat(full, ignore_index=True) if full else empty
    short = rows["hemisphere"].map({"left": "lh_", "right": "rh_"}).fillna("")
    rows["column"] = name + "." + short + rows["region"] + "." + rows["measure"]
    regions = rows.drop_duplicates("column").set_index("column")[["hemisphere", "region", "measure", "unit"]]
    wide = rows.pivot(index="patient", columns="column", values="value")
    values = wide.reindex(index=index, columns=regions.index).astype(np.float64)
    values.columns.name = None
    columns = describe(
        regions.index,
        role=["clinical" if m == ETIV else "feature" for m in regions["measure"]],
        source=name,
        region=[
            h + r
            for h, r in zip(short.loc[rows.drop_duplicates("column").index], regions["region"], strict=True)
        ],
        family="freesurfer",
        feature=list(regions["measure"]),
        unit=list(regions["unit"]),
    )
    failed = pd.DataFrame(list(failures), columns=list(FAILURE_COLUMNS), dtype=object)
    return FreeSurferTable(PatientTable(values, columns), regions, failed)


def _patients(folder: Path, rule: IdRule, known: Iterable[str]) -> tuple[dict[str, Path], list[Failure]]:
    inside = sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    subjects = [
        p for p in inside if not AVERAGES.fullmatch(p.name) and any((p / part).is_dir() for part in PARTS)
    ]
    if not subjects:
        raise FileProblem(
            "IGX-IMG-210",
            "no folder of a subject (with stats, mri or surf)" if folder.is_dir() else "folder not found",
            where=str(folder),
            remedy="name the SUBJECTS_DIR of FreeSurfer",
        )
    parse = build_parser(rule, known=known)
    patients: dict[str, list[Path]] = {}
    failures: list[Failure] = []
    for subject in subjects:
        read = parse(subject.name)
        if read.reason:
            failures.append(("", str(subject), read.reason, "IGX-IMG-215", "correct the id rule"))
        else:
            patients.setdefault(read.patient, []).append(subject)
    for patient, several in patients.items():
        if len(several) > 1:
            what = f"{len(several)} folders lead to this patient: {short_list(p.name for p in several)}"
            remedy = "keep one time point for each patient in a folder of its own"
            failures.append((patient, str(folder), what, "IGX-IMG-215", remedy))
    return {patient: several[0] for patient, several in patients.items() if len(several) == 1}, failures


def _subject(
    subject: Path, files: Sequence[str], measures: Sequence[str]
) -> tuple[pd.DataFrame, list[tuple[str, str, str, str]]]:
    """Return the long rows of one subject, and what is wrong (file, error, code, remedy)."""
    wrong: list[tuple[str, str, str, str]] = []
    read: dict[str, StatsFile] = {}
    for path in _paths(subject, files):
        try:
            read[path.name] = read_stats(path)
        except ImagenomicsError as error:
            wrong.append((str(path), error.what, error.code, error.remedy or ""))
    problem = _not_one_run(subject, read)
    if problem or not read:
        return pd.DataFrame(columns=list(LONG_COLUMNS)), [*wrong, *([problem] if problem else [])]
    rows = []
    for stats in read.values():
        rows += [stats.whole, stats.rows[stats.rows["measure"].isin(list(measures))]]
    frame = pd.concat([r for r in rows if len(r)], ignore_index=True)
    # Every file repeats the measures of the whole head.
    return frame.drop_duplicates(["hemisphere", "region", "measure"]), wrong


def _paths(subject: Path, files: Sequence[str]) -> list[Path]:
    names = []
    for file in files:
        whole = file in ("aseg", "wmparc")
        names += [f"{file}.stats"] if whole else [f"{side}.{file}.stats" for side in ("lh", "rh")]
    return [subject / "stats" / n for n in names]


def _not_one_run(subject: Path, read: dict[str, StatsFile]) -> tuple[str, str, str, str] | None:
    """Say why the files of this subject cannot be used together."""
    if (subject / "scripts" / "recon-all.error").is_file():
        what = "recon-all ended with an error"
        return str(subject), what, "IGX-IMG-217", "read scripts/recon-all.log and run it again"
    for file, stats in read.items():
        if stats.subject and stats.subject not in (subject.name, subject.name.split(".long.")[0]):
            what = f"the file belongs to the subject '{stats.subject}'"
            return (
                str(subject / "stats" / file),
                what,
                "IGX-IMG-213",
                "copy the right file, or rename the folder",
            )
    heads = {file: stats.etiv for file, stats in read.items() if np.isfinite(stats.etiv)}
    if heads and max(heads.values()) - min(heads.values()) > SAME_HEAD * max(heads.values()):
        what = f"the files disagree on the intracranial volume: {short_list(f'{k} {v:.0f}' for k, v in heads.items())}"
        return str(subject), what, "IGX-IMG-214", "they come from different runs: run recon-all again"
    return None


def check_one_value(rows: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """Return the rows without repeats; a repeated cell with another value is refused (``IGX-IMG-214``)."""
    keys = ["patient", "hemisphere", "region", "measure"]
    spread = rows.groupby(keys, sort=False)["value"].agg(["min", "max"])
    differ = spread.index[spread["max"] - spread["min"] > SAME_HEAD * spread["max"].abs()]
    if len(differ):
        raise InputError(
            "IGX-IMG-214",
            f"the tables disagree on {len(differ)} values, e.g. {'.'.join(map(str, differ[0]))}",
            where=where,
            expected=f"one value of '{WHOLE_BRAIN}' measures for each patient",
            remedy="make all tables from the same FreeSurfer run",
        )
    return rows.drop_duplicates(keys)
