"""The molecules of a public cohort: what an archive has, and how those of some patients come into a folder."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.archive import cbioportal, gdc
from imagenomics.archive.maf import join_mafs
from imagenomics.archive.order import Cohort, Options
from imagenomics.cohort.ids import parse_id
from imagenomics.cohort.settings import IdRule
from imagenomics.tables.write import write_text


@dataclass(frozen=True)
class Molecules:
    """What an archive has of molecules, and how those of some patients are brought into a folder."""

    clinical: pd.DataFrame
    samples: tuple[str, ...]
    releases: dict[str, str]
    bring: Callable[[Collection[str]], None] | None = None


def read_molecules(cohort: Cohort, folder: Path, options: Options) -> Molecules:
    """Say what the chosen archive has of a cohort; its files come when ``bring`` is called with the patients."""
    if options.molecules == "cbioportal" and cohort.cbioportal:
        return _from_cbioportal(cohort, cohort.cbioportal, folder, options)
    if options.molecules == "gdc" and cohort.gdc_project:
        return _from_gdc(cohort.gdc_project, folder, options)
    return Molecules(pd.DataFrame(index=pd.Index([], name="patient")), (), {})


def _from_cbioportal(cohort: Cohort, study: str, folder: Path, options: Options) -> Molecules:
    server, web = options.cbioportal_server, options.web
    facts = cbioportal.study_facts(study, server=server, web=web)
    table = cbioportal.clinical(study, server=server, web=web)
    samples = cbioportal.sequenced_samples(study, server=server, web=web)

    def bring(patients: Collection[str]) -> None:
        kept = [sample for sample in samples if patient_of(sample, cohort) in set(patients)]
        found = cbioportal.mutations(study, kept, server=server, web=web)
        write_text(folder / "mutations.maf", found.to_csv(sep="\t", index=False, lineterminator="\n"))
        _write_samples(folder, kept)

    release = f"{study}, imported {facts['import_date']}, {facts['genome']}; {facts['citation']}"
    return Molecules(table, tuple(samples), {"cbioportal": release}, bring)


def _from_gdc(project: str, folder: Path, options: Options) -> Molecules:
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
    return Molecules(empty, tuple(samples), {"gdc": release}, bring)


def patient_of(sample: str, cohort: Cohort) -> str:
    """Return the patient that a sample belongs to, by the id rule of the cohort."""
    return parse_id(sample, IdRule.model_validate(dict(cohort.rule))).patient


def _write_samples(folder: Path, samples: list[str]) -> None:
    write_text(folder / "sequenced.csv", "sample\n" + "".join(f"{sample}\n" for sample in samples))
