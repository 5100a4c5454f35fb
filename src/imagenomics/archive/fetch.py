"""A public cohort onto this machine: pictures, molecules, checksums, releases, and a study file that runs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from imagenomics.archive.download import digest
from imagenomics.archive.idc import index_release, read_index
from imagenomics.archive.images import (
    FAILURE_COLUMNS,
    choose_modality,
    choose_series,
    fetch_series,
    idc_downloader,
    keep_described,
    patients_of,
)
from imagenomics.archive.molecules import Molecules, patient_of, read_molecules
from imagenomics.archive.order import Cohort, Options
from imagenomics.archive.study_file import Parts, study_text
from imagenomics.errors import InputError
from imagenomics.tables.write import write_csv, write_json, write_text

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Fetched:
    """What came.

    Parameters
    ----------
    study : path
        The study file.
    patients : tuple of str
        Patients of its table.
    failures : pandas.DataFrame
        One row for each patient whose pictures did not come whole.
    """

    study: Path
    patients: tuple[str, ...]
    failures: pd.DataFrame


@dataclass(frozen=True)
class _State:
    patients: tuple[str, ...]
    modality: str | None
    n_masked: int
    failures: pd.DataFrame
    sums: dict[Path, str]
    molecules: Molecules


def fetch_cohort(cohort: Cohort, out: Path, options: Options | None = None) -> Fetched:
    """Fetch a cohort into a folder; the same call goes on where an earlier one stopped.

    Writes ``study.toml``, ``patients.csv``, ``molecules/``, ``images/{patient}/{modality}/``, ``failures.csv``,
    ``checksums.sha256`` and ``fetch.json`` with the releases, the licence and the date. The study file comes last.

    Raises
    ------
    InputError
        ``IGX-ARCH-032``: there is nothing open to fetch; ``IGX-ARCH-001`` to ``-031`` as archive and index say.
    FileProblem
        ``IGX-ARCH-011`` to ``-016``: a connection, an answer or the disk; what is whole is kept.
    """
    chosen = options or Options()
    series = _series(cohort, chosen)
    molecules = read_molecules(cohort, out / "molecules", chosen)
    known = {patient_of(sample, cohort) for sample in molecules.samples} | set(molecules.clinical.index)
    modality = None if series is None else choose_modality(series, chosen.modality)
    if series is not None and modality is not None and chosen.description is not None:
        series = keep_described(series, modality, chosen.description)
    if series is None or modality is None:
        patients = sorted(known)[: chosen.patients]
    else:
        patients = patients_of(series, modality, among=known, n=chosen.patients)
    if molecules.bring is not None:
        molecules.bring(patients)
    sums: dict[Path, str] = {}
    failures = pd.DataFrame(columns=list(FAILURE_COLUMNS))
    n_masked = 0
    if series is not None and modality is not None:
        picked = choose_series(series[series["PatientID"].isin(patients)], modality)
        sums, failures = fetch_series(
            picked, out / "images", downloader=chosen.downloader or idc_downloader()
        )
        n_masked = picked.loc[picked["role"] == "mask", "PatientID"].nunique()
    _write_patients(out, tuple(patients), molecules.clinical)
    if molecules.bring is not None:
        held = (path for path in sorted((out / "molecules").rglob("*.*")) if path.is_file())
        sums |= {path: digest(path, "sha256") for path in held if not path.name.startswith(".")}
    return _finish(
        cohort, out, chosen, _State(tuple(patients), modality, n_masked, failures, sums, molecules)
    )


def _series(cohort: Cohort, options: Options) -> pd.DataFrame | None:
    molecules = {"cbioportal": cohort.cbioportal, "gdc": cohort.gdc_project, "none": None}[options.molecules]
    images = cohort.collection if options.images else None
    if images is None and molecules is None:
        raise InputError(
            "IGX-ARCH-032",
            f"there is nothing open to fetch of '{cohort.key}' in this way",
            expected="pictures in the Imaging Data Commons, or molecules at cBioPortal or the GDC",
            remedy=f"`imagenomics datasets show {cohort.key}` says where its data are and what access takes",
        )
    return None if images is None else read_index([images], path=options.index)


def _write_patients(out: Path, patients: tuple[str, ...], clinical: pd.DataFrame) -> None:
    table = clinical.reindex(list(patients)).fillna("")
    names = [name for name in table.columns if name != "patient"]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["patient", *names])
    writer.writerows([patient, *table.loc[patient, names]] for patient in patients)
    write_text(out / "patients.csv", stream.getvalue())


def _finish(cohort: Cohort, out: Path, options: Options, state: _State) -> Fetched:
    releases = dict(state.molecules.releases)
    if state.modality is not None:
        releases["idc"] = index_release() if options.index is None else options.index.name
    lines = [f"{value}  {path.relative_to(out).as_posix()}" for path, value in sorted(state.sums.items())]
    write_text(out / "checksums.sha256", "".join(f"{line}\n" for line in lines))
    write_csv(out / "failures.csv", state.failures)
    day = datetime.now(tz=UTC).date().isoformat()
    record = {
        "schema_version": SCHEMA_VERSION,
        "dataset": cohort.key,
        "fetched": day,
        "releases": releases,
        "licence": list(cohort.licence),
        "modality": state.modality,
        "patients": len(state.patients),
        "failed": len(state.failures),
        "files": len(state.sums),
    }
    write_json(out / "fetch.json", record)
    mutations = state.molecules.bring is not None
    sources = [f"{name}: {text}" for name, text in sorted(releases.items())]
    sources.append(f"Fetched {day}; licence of the pictures: {', '.join(cohort.licence) or 'not known'}")
    parts = Parts(
        name=cohort.name,
        rule=cohort.rule,
        modality=state.modality,
        n_masked=state.n_masked,
        n_patients=len(state.patients),
        mutations=mutations,
        sources=tuple(sources),
    )
    write_text(out / "study.toml", study_text(parts))
    return Fetched(out / "study.toml", state.patients, state.failures)
