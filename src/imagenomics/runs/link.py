"""The link stage: who has pictures and molecules, who was lost, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from imagenomics.cohort.clinical import Cohort
from imagenomics.cohort.flow import Flow
from imagenomics.cohort.losses import Loss, join_losses, loss_table
from imagenomics.errors import InputError, short_list
from imagenomics.genomics.derive.labels import count_calls
from imagenomics.genomics.table import CONFLICT_COLUMNS, DROPPED_COLUMNS, MoleculeTable
from imagenomics.images.find import FoundImages
from imagenomics.runs.acquired import read_acquired
from imagenomics.runs.feature_tables import GivenFeatures
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.plan import Plan
from imagenomics.runs.sources import Sources, image_losses, read_sources
from imagenomics.runs.store import files_digest, make_key
from imagenomics.runs.table_one import table_one
from imagenomics.runs.units_inside import NO_UNITS, InnerUnits, inner_units, unit_losses, write_units
from imagenomics.tables.patient_table import PatientTable, join
from imagenomics.tables.unit_table import UnitTable
from imagenomics.work.executor import Executor

STAGE = "link"
VERSION = 1


@dataclass(frozen=True)
class Linked:
    """The linked cohort.

    Parameters
    ----------
    patients : tuple of str
        Those with pictures (and molecules, where the study has any), sorted.
    clinical, molecules : PatientTable
        Their clinical variables with ``site`` and with what headers say of their pictures; their molecules and labels.
    given : PatientTable
        Features measured elsewhere; what only adjusts for them (head size) is among the clinical variables.
    raw : DataFrame
        The table of patients as written, by patient.
    files : mapping
        Image block -> files by patient.
    flow : Flow
        Counts of patients.
    sides : list of dict
        How many patients each table and image series has.
    losses : DataFrame
        ``patient, source, id_as_written, category, reason, detail``.
    mappings : DataFrame
        ``source, column, written, mapped, how, n``.
    left_out : DataFrame
        ``source, column, reason, n``: columns of molecule tables that were not taken.
    conflicts : DataFrame
        ``block, patient, column, source, value, taken``: where sources of a label differ.
    derived, not_called : DataFrame
        ``column, rule, inputs, learned, called, not_called, why`` of each derived label; ``column, patient, reason``.
    root : Path
        Folder at which relative paths start.
    digests : dict of str to str
        Content of every table that the study reads.
    key : str
        Hash of settings and tables.
    inner : InnerUnits
        Features and molecules whose rows are units inside patients.
    readers : mapping
        What each reader of a block of readings answered, before any consensus.
    """

    patients: tuple[str, ...]
    clinical: PatientTable
    molecules: PatientTable
    given: PatientTable
    raw: pd.DataFrame
    files: Mapping[str, FoundImages]
    flow: Flow
    sides: list[dict[str, object]]
    losses: pd.DataFrame
    mappings: pd.DataFrame
    left_out: pd.DataFrame
    conflicts: pd.DataFrame
    derived: pd.DataFrame
    not_called: pd.DataFrame
    root: Path
    digests: dict[str, str]
    key: str
    inner: InnerUnits = NO_UNITS
    readers: Mapping[str, UnitTable] = field(default_factory=dict)

    @property
    def sites(self) -> pd.Series | None:
        """Site by patient, None where the study declares none."""
        return self.clinical.values.get("site")


def link(
    plan: Plan, root: Path, folder: RunFolder, *, issues: Issues, executor: Executor | None = None
) -> Linked:
    """Join the two sides of the study; write clinical, table1, molecules, losses, mappings and flow."""
    linked = join_sides(plan, root, issues=issues, executor=executor)
    folder.write_table("clinical", linked.clinical)
    folder.write_csv("table1", table_one(linked.clinical))
    folder.write_table("molecules", linked.molecules)
    folder.write_csv("losses", linked.losses)
    folder.write_csv("mappings", linked.mappings)
    folder.write_csv("columns_left_out", linked.left_out)
    folder.write_csv("conflicts", linked.conflicts)
    folder.write_csv("derived", linked.derived)
    folder.write_csv("not_called", linked.not_called)
    write_units(linked.inner, folder)
    folder.write_json("flow", {**linked.flow.as_dict(), "sides": linked.sides})
    return linked


def join_sides(plan: Plan, root: Path, *, issues: Issues, executor: Executor | None = None) -> Linked:
    """Join the two sides of the study and write nothing; headers of images are read for how they were made.

    Raises
    ------
    InputError
        ``IGX-RUN-010`` no patient has a picture; ``IGX-RUN-011`` no patient has pictures and molecules; those of
        reading tables and ids.
    """
    sources = read_sources(plan, root)
    flow, patients = _flow(sources, seen=plan.seen, molecules=bool(plan.molecules))
    tables = sources.molecules
    coded: dict[str, MoleculeTable | GivenFeatures] = {**tables, **sources.given}
    for note in (*sources.cohort.notes, *(note for table in coded.values() for note in table.notes)):
        issues.warn(STAGE, "IGX-RUN-012", note)
    for name, found in sources.files.items():
        for note in found.notes:
            issues.warn(STAGE, "IGX-RUN-012", f"{name}: {note}")
    given = join([g.table for g in sources.given.values()])
    for name, given_features in sources.given.items():
        for patient, failure in given_features.failures:
            issues.fail(patient, STAGE, failure, file=failure.where or name)
    derived, not_called = count_calls(tables, patients)
    digests = {name: files_digest(root, name) for name in plan.tables()}
    acquired = read_acquired(plan, sources.files, patients, issues=issues, executor=executor)
    clinical = join([sources.cohort.table, given.where(role="clinical")]).patients(patients)
    inner = inner_units(sources.given, sources.molecules, patients)
    return Linked(
        patients=tuple(patients),
        clinical=join([clinical, acquired.table]).patients(patients),
        molecules=join([t.table for t in tables.values()]).patients(patients),
        given=given.select(given.columns.index[given.columns["role"] != "clinical"]).patients(patients),
        raw=sources.cohort.raw.reindex(pd.Index(patients, name="patient")),
        files={name: _only(found, patients) for name, found in sources.files.items()},
        flow=flow,
        sides=sources.counts(),
        losses=_losses(plan, sources, patients, inner=inner, root=root),
        mappings=_mappings(sources.cohort, coded),
        left_out=_stacked({name: t.dropped for name, t in tables.items()}, "source", DROPPED_COLUMNS),
        conflicts=_stacked({name: t.conflicts for name, t in coded.items()}, "block", CONFLICT_COLUMNS),
        derived=derived,
        not_called=not_called,
        root=root,
        digests=digests,
        key=_key(plan, digests, [*patients, acquired.text] if acquired.text else patients),
        inner=inner,
        readers={n: g.by_reader.of(patients) for n, g in sources.given.items() if g.by_reader is not None},
    )


def _flow(sources: Sources, *, seen: str, molecules: bool) -> tuple[Flow, list[str]]:
    declared, pictured, molecular = sources.declared, sources.pictured, sources.molecular
    there = [p for p in declared if p in pictured]
    words, without = ("pictures", "no picture") if seen == "images" else (seen, f"no {seen}")
    flow = sources.cohort.flow.then(f"with {words}", {without: len(declared) - len(there)})
    if not molecules:
        return flow, there
    both = [p for p in there if p in molecular]
    if not both:
        raise InputError(
            "IGX-RUN-011",
            f"no patient has both {words} and molecules",
            where=f"{words} of {short_list(there)}; molecules of {short_list(sorted(molecular))}",
            remedy="declare the id rule of the molecule tables",
        )
    return flow.then(f"with {words} and molecules", {"no molecules": len(there) - len(both)}), both


def _losses(
    plan: Plan, sources: Sources, patients: Sequence[str], *, inner: InnerUnits, root: Path
) -> pd.DataFrame:
    """Return every id that did not come through, one row for each declared patient who left included."""
    kept, pictured = set(patients), sources.pictured
    left = [
        Loss(p, "study", p, "only images" if p in pictured else "only molecules", "left the linked cohort")
        for p in sources.declared
        if p not in kept
    ]
    table = join_losses(
        [
            sources.cohort.losses,
            *image_losses(plan, sources, root),
            *(given.losses for given in sources.given.values()),
            *(molecules.losses for molecules in sources.molecules.values()),
            loss_table(left),
            unit_losses(inner),
        ]
    )
    lost = table[table["category"] != "matched"].rename(columns={"side": "source"})
    return lost.sort_values(
        ["category", "source", "patient", "id_as_written"], kind="stable", ignore_index=True
    )


def _mappings(cohort: Cohort, tables: Mapping[str, MoleculeTable | GivenFeatures]) -> pd.DataFrame:
    parts = [cohort.report.assign(source="patients")]
    parts += [table.report.assign(source=name) for name, table in tables.items()]
    columns = ["source", "column", "written", "mapped", "how", "n"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def _stacked(parts: Mapping[str, pd.DataFrame], key: str, columns: Sequence[str]) -> pd.DataFrame:
    """Set tables of several blocks one below the other, with the block's name first."""
    named = [part.assign(**{key: name}) for name, part in parts.items() if len(part)]
    stacked = pd.concat(named, ignore_index=True) if named else pd.DataFrame()
    return stacked.reindex(columns=[key, *columns])


def _only(found: FoundImages, patients: Sequence[str]) -> FoundImages:
    return replace(found, cases={p: found.cases[p] for p in patients if p in found.cases})


def _key(plan: Plan, digests: Mapping[str, str], known: Sequence[str]) -> str:
    """Return the key of the linked tables: settings, content of every table, the patients and their headers."""
    blocks = (plan.patients, *plan.molecules, *plan.derive, *plan.feature_tables)
    settings = "".join(block.canonical() for block in blocks)
    return make_key(STAGE, VERSION, settings, [*(f"{n}:{d}" for n, d in digests.items()), *known])
