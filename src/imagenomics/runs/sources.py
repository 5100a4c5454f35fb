"""Reading every source of a study: patients, image files, given features, molecules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.cohort.clinical import Cohort, read_patients
from imagenomics.cohort.ids import read_participants
from imagenomics.cohort.losses import Loss, loss_table
from imagenomics.cohort.settings import IdRule
from imagenomics.errors import InputError, short_list
from imagenomics.genomics.derive.labels import derive_labels
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.table import MoleculeTable
from imagenomics.genomics.unit_molecules import load_unit_molecules
from imagenomics.images.find import FoundImages, find_images
from imagenomics.images.listing import ids_in_files
from imagenomics.runs.feature_tables import GivenFeatures, read_feature_table, read_subjects
from imagenomics.runs.phenotype_block import check_shared_files
from imagenomics.runs.plan import Plan
from imagenomics.runs.readings import read_readings
from imagenomics.runs.spectroscopy import read_spectra
from imagenomics.runs.spectroscopy_block import SpectroscopyTable
from imagenomics.runs.table_blocks import AnyFeatureTable, FreeSurferBlock, ReadingTable
from imagenomics.tables.patient_table import PatientTable


@dataclass(frozen=True)
class Sources:
    """What every source of a study holds, by the name of its block.

    Parameters
    ----------
    cohort : Cohort
        The table of patients.
    files : mapping
        Image files by patient.
    given : mapping
        Features measured elsewhere.
    molecules : mapping
        Molecules and labels.
    """

    cohort: Cohort
    files: Mapping[str, FoundImages]
    given: Mapping[str, GivenFeatures]
    molecules: Mapping[str, MoleculeTable]

    @property
    def declared(self) -> list[str]:
        """Patients of the table, sorted."""
        return [str(p) for p in self.cohort.table.values.index]

    @property
    def pictured(self) -> set[str]:
        """Patients with an image file or a row of given features."""
        imaged = {p for found in self.files.values() for p in found.cases}
        return imaged.union(*(_known(g) for g in self.given.values()))

    @property
    def molecular(self) -> set[str]:
        """Patients with a value in any molecule table."""
        return set().union(*(_known(t) for t in self.molecules.values()))

    def counts(self) -> list[dict[str, object]]:
        """Return how many patients each source has."""
        rows: list[dict[str, object]] = [{"source": "patients", "n": len(self.declared)}]
        rows += [
            {"source": name, "n": len(found.cases), "missing": len(found.missing)}
            for name, found in self.files.items()
        ]
        tables: dict[str, GivenFeatures | MoleculeTable] = {**self.given, **self.molecules}
        return rows + [{"source": name, "n": len(_known(table))} for name, table in tables.items()]


def read_sources(plan: Plan, root: Path) -> Sources:
    """Read every table of a study and find its image files; no image is read.

    Raises
    ------
    InputError, FileProblem
        Those of reading tables and ids; ``IGX-RUN-010``: no patient has a picture; ``IGX-RUN-091``: a file that
        all patients share is not there.
    """
    check_shared_files(plan.phenotypes, root)
    cohort = read_patients(plan.patients, path=root / plan.patients.table, labels=_labels(plan, root))
    declared = [str(p) for p in cohort.table.values.index]
    sources = Sources(
        cohort,
        {block.name: find_images(block, declared, root) for block in plan.images},
        {
            block.name: _given(block, root, patients=declared, rule=plan.patients.rule)
            for block in plan.feature_tables
        },
        _molecules(plan, declared, root),
    )
    if not sources.pictured:
        raise _no_picture(plan, sources, root)
    return sources


def _molecules(plan: Plan, patients: Sequence[str], root: Path) -> dict[str, MoleculeTable]:
    """Return the molecules of every block, and the labels derived from them."""
    read = {
        block.name: load_molecules(
            block,
            path=root / block.path,
            patients=patients,
            rule=plan.patients.rule,
            resolve=lambda name: root / name,
            min_match=plan.patients.min_match,
        )
        if getattr(block, "per", None) is None
        else load_unit_molecules(
            block,
            path=root / block.path,
            patients=patients,
            rule=plan.patients.rule,
            resolve=lambda name: root / name,
        )
        for block in plan.molecules
    }
    derived = derive_labels(plan.derive, read, patients=patients, resolve=lambda name: root / name)
    return {**read, **derived}


def _given(block: AnyFeatureTable, root: Path, *, patients: Sequence[str], rule: IdRule) -> GivenFeatures:
    if isinstance(block, SpectroscopyTable):
        return read_spectra(block, root, patients=patients)
    path = root / block.path
    if isinstance(block, ReadingTable):
        return read_readings(block, path, patients=patients, rule=rule, root=root)
    if isinstance(block, FreeSurferBlock):
        return read_subjects(block, path, patients=patients, rule=rule)
    return read_feature_table(block, path, patients=patients, rule=rule)


def image_losses(plan: Plan, sources: Sources, root: Path) -> Iterator[pd.DataFrame]:
    """Yield who lacks an image, and the ids that only image files name."""
    known = set(sources.declared)
    for block in plan.images:
        found = sources.files[block.name]
        missing = [
            Loss(patient, block.name, patient, "missing", reason, file)
            for patient, _, file, reason in found.missing.astype(str).to_numpy()
        ]
        named = found.strangers if block.bids is not None else ids_in_files(block, root)
        strangers = [
            Loss(name, block.name, name, "only images", "this id is not in the table of patients")
            for name in named
            if name not in known
        ]
        yield loss_table([*missing, *strangers])


def _known(side: GivenFeatures | MoleculeTable) -> set[str]:
    """Return who has a value, of their own or of one of their units."""
    return _with_values(side.table) if side.units is None else side.units.patients


def _with_values(table: PatientTable) -> set[str]:
    return set(map(str, table.values.index[table.values.notna().any(axis=1)]))


def _labels(plan: Plan, root: Path) -> dict[str, str] | None:
    rule = plan.patients.rule
    if rule.participants is None or rule.participants_id is None:
        return None
    return read_participants(root / rule.participants, column=rule.participants_id)


def _no_picture(plan: Plan, sources: Sources, root: Path) -> InputError:
    what = f"no picture of any of the {len(sources.declared)} patients was found"
    if not plan.images:
        failures = [failure for given in sources.given.values() for _, failure in given.failures]
        said = (
            f"; {len(failures)} files failed, the first: {failures[0].error} [{failures[0].code}]"
            if failures
            else ""
        )
        return InputError(
            "IGX-RUN-010",
            f"{what}{said}",
            where=f"[[feature_tables]] {short_list(sources.given)}",
            remedy=(failures[0].remedy if failures else "") or "correct the tables, or their id rules",
        )
    block = plan.images[0]
    found, named = sources.files[block.name], ids_in_files(block, root)
    tried = found.missing["file"].iloc[0] if len(found.missing) else block.path
    return InputError(
        "IGX-RUN-010",
        what,
        where=f"[[images]] {block.name}; first tried: {tried}",
        expected=f"files named after ids such as {short_list(sources.declared)}",
        remedy=f"the files that fit the path name ids such as {short_list(named)}: correct 'path', or declare the "
        "id rule that makes them equal"
        if named
        else "no file fits the path: check it, and the folder given with --data",
    )
