"""Molecular labels: the many spellings of real label columns, mapped as declared, every mapping reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from imagenomics.cohort.coding import CodedColumn, code_column
from imagenomics.cohort.losses import join_losses
from imagenomics.cohort.mapping import empty_report
from imagenomics.cohort.source import id_column, read_source, text_column
from imagenomics.errors import unknown_name
from imagenomics.genomics.settings import LabelColumn, LabelSettings, LabelSource
from imagenomics.genomics.sources import LabelSide, combine_sources, map_source
from imagenomics.genomics.specimens import Linking, find_specimens, one_per_patient
from imagenomics.genomics.table import CONFLICT_COLUMNS, MoleculeTable, block_table, empty

Resolve = Callable[[str], Path]


@dataclass(frozen=True)
class _Cells:
    """Columns of one file by patient, as written."""

    cells: pd.DataFrame
    losses: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Label:
    """One coded label and what was seen on the way."""

    coded: CodedColumn
    reports: tuple[pd.DataFrame, ...]
    conflicts: pd.DataFrame
    losses: tuple[pd.DataFrame, ...] = ()
    notes: tuple[str, ...] = ()


def label_table(settings: LabelSettings, linking: Linking, *, path: Path, resolve: Resolve) -> MoleculeTable:
    """Return the labels of each patient.

    Parameters
    ----------
    settings : LabelSettings
        Label -> column with its mapping, or several sources with their precedence.
    linking : Linking
        The patients and the id rule.
    path : Path
        The file of the block.
    resolve : callable
        Makes a path of the `path` of a source.

    Returns
    -------
    MoleculeTable

    Raises
    ------
    InputError
        ``IGX-COHORT-004`` unknown column; ``IGX-COHORT-006`` to ``-010`` cells that cannot be coded;
        ``IGX-GEN-007`` sources that differ without a declared precedence; ``IGX-GEN-006``, ``IGX-LINK-...``.
    """
    plain = [spec.column or name for name, spec in settings.columns.items() if not spec.sources]
    opened = [_open(settings, linking, path=path, columns=plain)] if plain else []
    labels: dict[str, _Label] = {}
    for name, spec in settings.columns.items():
        if spec.sources:
            labels[name] = _from_sources(name, spec, settings, linking, files=(path, resolve))
        else:
            column = spec.column or name
            cells = text_column(opened[0].cells[column])
            coded = code_column(cells, spec, name=name, where=f"{path}: {column}")
            labels[name] = _Label(coded, (coded.report,), empty(CONFLICT_COLUMNS))
    return _assembled(labels, settings, opened)


def _open(settings: LabelSettings, linking: Linking, *, path: Path, columns: Sequence[str]) -> _Cells:
    frame = read_source(path, separator=settings.separator)
    ids, _, note = id_column(frame, settings.id, where=str(path), specimens=True)
    wanted = list(dict.fromkeys(columns))
    for column in wanted:
        if column not in frame.columns:
            raise unknown_name("IGX-COHORT-004", "column", column, map(str, frame.columns), where=str(path))
    specimens = find_specimens(ids, linking, settings.samples, side=settings.name)
    rows = frame[wanted].iloc[specimens.rows.to_numpy()]
    cells, lost = one_per_patient(rows, specimens, settings.samples)
    return _Cells(cells, join_losses([specimens.losses, lost]), (f"{settings.name}: {note}",) if note else ())


def _from_sources(
    name: str, spec: LabelColumn, settings: LabelSettings, linking: Linking, *, files: tuple[Path, Resolve]
) -> _Label:
    sides: list[LabelSide] = []
    opened: list[_Cells] = []
    for source in spec.sources:
        path = files[1](source.path) if source.path is not None else files[0]
        own = Linking(linking.patients, source.rule or linking.rule, linking.labels, linking.min_match)
        cells = _open(_block_of(source, settings), own, path=path, columns=[source.column])
        opened.append(cells)
        text = text_column(cells.cells[source.column])
        sides.append(map_source(text, source, spec, name=name, where=f"{path}: {source.column}"))
    combined, conflicts = combine_sources(sides, spec, name=name)
    targets = {t: t for side in sides for t in side.targets}
    final = spec.model_copy(update={"map": targets, "sources": ()})
    coded = code_column(combined, final, name=name, where=name)
    return _Label(
        coded,
        tuple(side.report for side in sides),
        conflicts,
        losses=tuple(c.losses for c in opened),
        notes=tuple(n for c in opened for n in c.notes),
    )


def _block_of(source: LabelSource, settings: LabelSettings) -> LabelSettings:
    """Return the block's settings as they hold for this source."""
    own_file = source.path is not None
    return settings.model_copy(
        update={
            "id": source.id if own_file or source.id is not None else settings.id,
            "separator": source.separator if own_file or source.separator is not None else settings.separator,
        }
    )


def _assembled(labels: Mapping[str, _Label], settings: LabelSettings, opened: list[_Cells]) -> MoleculeTable:
    coded = {name: label.coded for name, label in labels.items()}
    patients = sorted(set().union(*(c.values.index for c in coded.values())))
    index = pd.Index(patients, name="patient", dtype=object)
    values = pd.DataFrame({name: _aligned(c, index) for name, c in coded.items()}, index=index)
    losses = [c.losses for c in opened] + [table for label in labels.values() for table in label.losses]
    notes = [n for c in opened for n in c.notes]
    notes += [n for label in labels.values() for n in (*label.notes, *label.coded.notes)]
    return MoleculeTable(
        table=block_table(
            values,
            settings,
            role="label",
            family="label",
            kind=[c.kind for c in coded.values()],
            levels=["|".join(c.levels) for c in coded.values()],
            unit=[settings.columns[name].unit for name in coded],
        ),
        losses=join_losses(losses).drop_duplicates(ignore_index=True),
        report=pd.concat(
            [empty_report(), *(r for label in labels.values() for r in label.reports)], ignore_index=True
        ),
        notes=tuple(dict.fromkeys(notes)),
        conflicts=_joined([label.conflicts for label in labels.values()]),
    )


def _aligned(coded: CodedColumn, index: pd.Index) -> pd.Series:
    values = coded.values.reindex(index)
    return values.where(values.notna(), None) if coded.kind == "categorical" else values


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    parts = [t for t in tables if len(t)]
    return pd.concat(parts, ignore_index=True) if parts else empty(CONFLICT_COLUMNS)
