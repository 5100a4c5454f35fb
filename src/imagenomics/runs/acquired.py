"""How the pictures of a study were made, read from their headers: columns of the clinical table to adjust for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagenomics.errors import short_list
from imagenomics.images.acquisition import FAMILY, Made, acquisition_table, read_acquisition
from imagenomics.images.find import FoundImages
from imagenomics.images.settings import ImageSettings
from imagenomics.runs.folder import Issues
from imagenomics.runs.plan import Plan
from imagenomics.tables.patient_table import PatientTable, join
from imagenomics.work.executor import Executor, SerialExecutor

STAGE = "link"
Header = tuple[Path, ImageSettings]


@dataclass(frozen=True)
class Acquired:
    """What headers say of each patient, and the text of it all, for the key of what stands on it."""

    table: PatientTable
    text: str


def read_acquired(
    plan: Plan,
    files: Mapping[str, FoundImages],
    patients: Sequence[str],
    *,
    issues: Issues,
    executor: Executor | None = None,
) -> Acquired:
    """Read the header of every image of the linked patients.

    Parameters
    ----------
    plan : Plan
        Its images say which attributes they want; an image that wants none is not opened.
    files : mapping
        Image block -> files by patient.
    patients : sequence of str
        The linked patients.
    issues : Issues
        ``IGX-RUN-096``: headers or sidecars that could not be read; ``IGX-RUN-097``: an attribute that is asked for
        and stands in no header.
    executor : Executor, optional
        Shares the files among processes.
    """
    items: dict[str, Header] = {
        f"{block.name}/{patient}": (files[block.name].cases[patient].image, block)
        for block in plan.images
        if block.acquisition
        for patient in patients
        if patient in files[block.name].cases
    }
    if not items:
        return Acquired(join([]).patients(patients), "")
    outcome = (executor or SerialExecutor()).map(_read, items, label="headers")
    problems = {name: problem for name, (_, problem) in outcome.results.items() if problem}
    problems |= {failure.item: failure.error for failure in outcome.failures}
    tables = []
    for block in plan.images:
        own = {
            patient: outcome.results[name][0]
            for patient in patients
            if (name := f"{block.name}/{patient}") in outcome.results
        }
        tables.append(acquisition_table(own, name=block.name))
        if own:
            _note(block, tables[-1], problems, issues)
    text = json.dumps({name: made for name, (made, _) in outcome.results.items()}, sort_keys=True)
    return Acquired(join(tables).patients(patients), text)


def _read(item: Header) -> tuple[Made, str]:
    return read_acquisition(*item)


def _note(block: ImageSettings, table: PatientTable, problems: Mapping[str, str], issues: Issues) -> None:
    who: dict[str, list[str]] = {}
    for name, problem in problems.items():
        image, _, patient = name.partition("/")
        if image == block.name:
            who.setdefault(problem, []).append(patient)
    for problem, patients in sorted(who.items()):
        text = f"{block.name}: how the pictures of {len(patients)} patients were made is not known in full: {problem}"
        issues.warn(
            STAGE,
            "IGX-RUN-096",
            f"{text} ({short_list(sorted(patients))})",
            remedy="correct the files, or these patients cannot enter what is adjusted for it",
        )
    wanted = () if isinstance(block.acquisition, bool) else block.acquisition
    absent = [a for a in wanted if f"{block.name}.{FAMILY}.{a}" not in table.columns.index]
    if absent:
        issues.warn(
            STAGE,
            "IGX-RUN-097",
            f"{block.name}: no header and no sidecar says {short_list(absent)}",
            remedy="put it into the table of patients and declare it under [patients.clinical]",
        )
