"""A public cohort onto this machine: pictures, molecules, checksums, releases, and a study file that runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from imagenomics.archive import cbioportal, gdc
from imagenomics.archive.download import digest
from imagenomics.archive.idc import index_release, read_index
from imagenomics.archive.images import (
    FAILURE_COLUMNS,
    Downloader,
    choose_modality,
    choose_series,
    fetch_series,
    idc_downloader,
    keep_described,
    patients_of,
)
from imagenomics.archive.maf import join_mafs
from imagenomics.archive.study_file import Parts, study_text
from imagenomics.archive.web import Web
from imagenomics.errors import InputError
from imagenomics.tables.write import write_csv, write_json, write_text

SCHEMA_VERSION = 1
Source = Literal["cbioportal", "gdc", "none"]


@dataclass(frozen=True)
class Cohort:
    """What is to be fetched, as the data catalogue says it.

    Parameters
    ----------
    key, name : str
    rule : mapping
        Id rule of the cohort.
    collection : str or None
        Collection of the Imaging Data Commons.
    gdc_project, cbioportal : str or None
        Where its molecules are.
    licence : tuple of str
    """

    key: str
    name: str
    rule: Mapping[str, Any] = field(default_factory=lambda: {"name": "exact"})
    collection: str | None = None
    gdc_project: str | None = None
    cbioportal: str | None = None
    licence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Options:
    """How it is fetched.

    Parameters
    ----------
    patients : int or None
        How many; None: all.
    modality : str or None
        DICOM modality; None: the radiology that most patients have.
    description : str or None
        Only series whose description fits, such as ``*t1*post*``; case does not matter.
    molecules : str
        'cbioportal', 'gdc' or 'none'.
    images : bool
        False: no pictures.
    index : path or None
        Index of the archive; None: that of the installed package.
    web : Web
    downloader : callable or None
        None: that of the idc-index package.
    gdc_server, cbioportal_server : str
    """

    patients: int | None = None
    modality: str | None = None
    description: str | None = None
    molecules: Source = "cbioportal"
    images: bool = True
    index: Path | None = None
    web: Web = field(default_factory=Web)
    downloader: Downloader | None = None
    gdc_server: str = gdc.SERVER
    cbioportal_server: str = cbioportal.SERVER


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
class _Molecules:
    """What an archive has of molecules, and how those of some patients are brought into a folder."""

    clinical: pd.DataFrame
    samples: tuple[str, ...]
    releases: dict[str, str]
    bring: Callable[[Collection[str]], None] | None = None


@dataclass(frozen=True)
class _State:
    patients: tuple[str, ...]
    modality: str | None
    n_masked: int
    failures: pd.DataFrame
    sums: dict[Path, str]
    molecules: _Molecules


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
    molecules = _molecules(cohort, out / "molecules", chosen)
    known = {_patient(sample, cohort) for sample in molecules.samples} | set(molecules.clinical.index)
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


def _molecules(cohort: Cohort, folder: Path, options: Options) -> _Molecules:
    if options.molecules == "cbioportal" and cohort.cbioportal:
        return _from_cbioportal(cohort, cohort.cbioportal, folder, options)
    if options.molecules == "gdc" and cohort.gdc_project:
        return _from_gdc(cohort.gdc_project, folder, options)
    return _Molecules(pd.DataFrame(index=pd.Index([], name="patient")), (), {})


def _from_cbioportal(cohort: Cohort, study: str, folder: Path, options: Options) -> _Molecules:
    server, web = options.cbioportal_server, options.web
    facts = cbioportal.study_facts(study, server=server, web=web)
    table = cbioportal.clinical(study, server=server, web=web)
    samples = cbioportal.sequenced_samples(study, server=server, web=web)

    def bring(patients: Collection[str]) -> None:
        kept = [sample for sample in samples if _patient(sample, cohort) in set(patients)]
        found = cbioportal.mutations(study, kept, server=server, web=web)
        write_text(folder / "mutations.maf", found.to_csv(sep="\t", index=False, lineterminator="\n"))
        _write_samples(folder, kept)

    release = f"{study}, imported {facts['import_date']}, {facts['genome']}; {facts['citation']}"
    return _Molecules(table, tuple(samples), {"cbioportal": release}, bring)


def _from_gdc(project: str, folder: Path, options: Options) -> _Molecules:
    server, web = options.gdc_server, options.web
    files = gdc.list_files(project, server=server, web=web)

    def bring(patients: Collection[str]) -> None:
        kept = [file for file in files if set(file.patients) & set(patients)]
        paths = gdc.download_files(kept, folder / "gdc", server=server, web=web)
        write_text(folder / "mutations.maf", join_mafs(sorted(paths)))
        _write_samples(folder, sorted({sample for file in kept for sample in file.samples}))

    everybody = sorted({patient for file in files for patient in file.patients})
    samples = sorted({sample for file in files for sample in file.samples})
    release = gdc.release(server=server, web=web)
    empty = pd.DataFrame(index=pd.Index(everybody, name="patient"))
    return _Molecules(empty, tuple(samples), {"gdc": release}, bring)


def _patient(sample: str, cohort: Cohort) -> str:
    from imagenomics.cohort.ids import parse_id
    from imagenomics.cohort.settings import IdRule

    return parse_id(sample, IdRule.model_validate(dict(cohort.rule))).patient


def _write_samples(folder: Path, samples: list[str]) -> None:
    write_text(folder / "sequenced.csv", "sample\n" + "".join(f"{sample}\n" for sample in samples))


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
