"""The link stage: who has pictures and molecules, who was lost, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.cohort.clinical import Cohort, read_patients
from imagenomics.cohort.flow import Flow
from imagenomics.cohort.ids import read_participants
from imagenomics.cohort.losses import Loss, join_losses, loss_table
from imagenomics.errors import InputError, short_list
from imagenomics.genomics.molecules import load_molecules
from imagenomics.genomics.settings import LabelSettings, MoleculeSettings
from imagenomics.genomics.table import CONFLICT_COLUMNS, DROPPED_COLUMNS, MoleculeTable
from imagenomics.images.find import FoundImages, find_images
from imagenomics.images.listing import ids_in_files
from imagenomics.runs.folder import Issues, RunFolder
from imagenomics.runs.plan import ImageBlock, Plan
from imagenomics.runs.store import file_digest, make_key
from imagenomics.tables.patient_table import PatientTable, join
from imagenomics.tables.read import read_text_table

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
        Their clinical variables with ``site``, and their molecules and labels.
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
    root : Path
        Folder at which relative paths start.
    key : str
        Hash of settings and input files.
    """

    patients: tuple[str, ...]
    clinical: PatientTable
    molecules: PatientTable
    files: Mapping[str, FoundImages]
    flow: Flow
    sides: list[dict[str, object]]
    losses: pd.DataFrame
    mappings: pd.DataFrame
    left_out: pd.DataFrame
    conflicts: pd.DataFrame
    root: Path
    key: str


def link(plan: Plan, root: Path, folder: RunFolder, *, issues: Issues) -> Linked:
    """Join the two sides of the study; write clinical, molecules, losses, mappings and flow."""
    linked = join_sides(plan, root, issues=issues)
    folder.write_table("clinical", linked.clinical)
    folder.write_table("molecules", linked.molecules)
    folder.write_csv("losses", linked.losses)
    folder.write_csv("mappings", linked.mappings)
    folder.write_csv("columns_left_out", linked.left_out)
    folder.write_csv("conflicts", linked.conflicts)
    folder.write_json("flow", {**linked.flow.as_dict(), "sides": linked.sides})
    return linked


def join_sides(plan: Plan, root: Path, *, issues: Issues) -> Linked:
    """Join the two sides of the study and write nothing.

    Raises
    ------
    InputError
        ``IGX-RUN-010`` no patient has a picture; ``IGX-RUN-011`` no patient has pictures and molecules; those of
        reading tables and ids.
    """
    cohort = read_patients(plan.patients, path=root / plan.patients.table, labels=_labels(plan, root))
    declared = list(cohort.table.values.index)
    files = {block.name: find_images(block, declared, root) for block in plan.images}
    pictured = _with_pictures(plan, files, declared, root)
    tables = {block.name: _molecules(plan, block, root, declared) for block in plan.molecules}
    flow, patients = _flow(cohort.flow, declared, pictured, list(tables.values()))
    losses = join_losses(
        [cohort.losses, *_image_losses(plan, files, declared, root), *(t.losses for t in tables.values())]
    )
    for note in (*cohort.notes, *(n for t in tables.values() for n in t.notes)):
        issues.warn(STAGE, "IGX-RUN-012", note)
    return Linked(
        patients=tuple(patients),
        clinical=cohort.table.patients(patients),
        molecules=join([t.table for t in tables.values()]).patients(patients),
        files={name: _only(found, patients) for name, found in files.items()},
        flow=flow,
        sides=_sides(declared, files, tables),
        losses=_with_left_out(losses, declared, patients, pictured),
        mappings=_mappings(cohort, tables),
        left_out=_stacked({name: t.dropped for name, t in tables.items()}, "source", DROPPED_COLUMNS),
        conflicts=_stacked({name: t.conflicts for name, t in tables.items()}, "block", CONFLICT_COLUMNS),
        root=root,
        key=_key(plan, root, patients),
    )


def _labels(plan: Plan, root: Path) -> dict[str, str] | None:
    rule = plan.patients.rule
    if rule.participants is None or rule.participants_id is None:
        return None
    return read_participants(root / rule.participants, column=rule.participants_id)


def _molecules(plan: Plan, block: MoleculeSettings, root: Path, declared: Sequence[str]) -> MoleculeTable:
    return load_molecules(
        block,
        path=root / block.path,
        patients=declared,
        rule=plan.patients.rule,
        resolve=lambda name: root / name,
        min_match=plan.patients.min_match,
    )


def molecule_files(block: MoleculeSettings) -> list[str]:
    """Return every table that a molecule block reads, as written in the study."""
    further = (
        [s.path for c in block.columns.values() for s in c.sources]
        if isinstance(block, LabelSettings)
        else []
    )
    return list(dict.fromkeys([block.path, *(path for path in further if path)]))


def _with_pictures(
    plan: Plan, files: Mapping[str, FoundImages], declared: Sequence[str], root: Path
) -> list[str]:
    """Return the patients with a picture or a row in a feature table, in the order declared."""
    if plan.feature_tables:
        return list(declared)  # rows of feature tables are matched when they are read
    found = {p for images in files.values() for p in images.cases}
    if not found:
        raise _no_picture(plan.images[0], files[plan.images[0].name], declared, root)
    return [p for p in declared if p in found]


def _no_picture(block: ImageBlock, found: FoundImages, declared: Sequence[str], root: Path) -> InputError:
    named = ids_in_files(block, root)
    tried = found.missing["file"].iloc[0] if len(found.missing) else block.path
    return InputError(
        "IGX-RUN-010",
        f"no picture of any of the {len(declared)} patients was found",
        where=f"[[images]] {block.name}; first tried: {tried}",
        expected=f"files named after ids such as {short_list(declared)}",
        remedy=f"the files that fit the path name ids such as {short_list(named)}: correct 'path', or declare the "
        "id rule that makes them equal"
        if named
        else "no file fits the path: check it, and the folder given with --data",
    )


def _flow(
    start: Flow, declared: Sequence[str], pictured: Sequence[str], tables: Sequence[MoleculeTable]
) -> tuple[Flow, list[str]]:
    flow = start.then("with pictures", {"no picture": len(declared) - len(pictured)})
    if not tables:
        return flow, sorted(pictured)
    molecular = set().union(*(set(t.table.values.index[t.table.values.notna().any(axis=1)]) for t in tables))
    both = sorted(p for p in pictured if p in molecular)
    if not both:
        raise InputError(
            "IGX-RUN-011",
            "no patient has both pictures and molecules",
            where=f"pictures of {short_list(pictured)}; molecules of {short_list(sorted(molecular))}",
            remedy="declare the id rule of the molecule tables",
        )
    return flow.then("with pictures and molecules", {"no molecules": len(pictured) - len(both)}), both


def _image_losses(
    plan: Plan, files: Mapping[str, FoundImages], declared: Sequence[str], root: Path
) -> Iterable[pd.DataFrame]:
    known = set(declared)
    for block in plan.images:
        missing = [
            Loss(str(row.patient), block.name, str(row.patient), "missing", str(row.reason), str(row.file))
            for row in files[block.name].missing.itertuples()
        ]
        strangers = [
            Loss(name, block.name, name, "only images", "this id is not in the table of patients")
            for name in ids_in_files(block, root)
            if name not in known
        ]
        yield loss_table([*missing, *strangers])


def _with_left_out(
    losses: pd.DataFrame, declared: Sequence[str], patients: Sequence[str], pictured: Sequence[str]
) -> pd.DataFrame:
    """Add one row for each declared patient who left, and name the columns as the run folder does."""
    kept, seen = set(patients), set(pictured)
    left = [
        Loss(p, "study", p, "only images" if p in seen else "only molecules", "left the linked cohort")
        for p in declared
        if p not in kept
    ]
    table = join_losses([losses[losses["category"] != "matched"], loss_table(left)])
    return table.rename(columns={"side": "source"}).sort_values(
        ["category", "source", "patient", "id_as_written"], kind="stable", ignore_index=True
    )


def _mappings(cohort: Cohort, tables: Mapping[str, MoleculeTable]) -> pd.DataFrame:
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
    return FoundImages({p: found.cases[p] for p in patients if p in found.cases}, found.missing)


def _sides(
    declared: Sequence[str], files: Mapping[str, FoundImages], tables: Mapping[str, MoleculeTable]
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [{"source": "patients", "n": len(declared)}]
    rows += [{"source": name, "n": len(f.cases), "missing": len(f.missing)} for name, f in files.items()]
    molecular = {name: int(t.table.values.notna().any(axis=1).sum()) for name, t in tables.items()}
    return rows + [{"source": name, "n": n} for name, n in molecular.items()]


def _key(plan: Plan, root: Path, patients: Sequence[str]) -> str:
    """Return the key of the linked tables: settings and content of every table that was read."""
    tables = [plan.patients.table, *(path for block in plan.molecules for path in molecule_files(block))]
    tables += [b.table.path for b in plan.images if b.table is not None]
    digests = [file_digest(root / table) for table in tables]
    settings = plan.patients.canonical() + "".join(block.canonical() for block in plan.molecules)
    return make_key(STAGE, VERSION, settings, [*digests, *patients])


def raw_table(plan: Plan, root: Path) -> pd.DataFrame:
    """Return the table of patients as written, for targets that are columns of it."""
    return read_text_table(root / plan.patients.table, separator=plan.patients.separator)
