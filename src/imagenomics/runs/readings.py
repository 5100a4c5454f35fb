"""Entering with what readers saw: coded tables and folders of AIM annotations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from imagenomics.cohort.ids import parse_ids
from imagenomics.cohort.losses import DROPPED, Loss, join_losses, loss_table
from imagenomics.cohort.settings import IdRule
from imagenomics.features.semantic.known import dictionary
from imagenomics.features.semantic.reads import arrange_reads
from imagenomics.features.semantic.table import SemanticTable, read_semantic_table
from imagenomics.runs.feature_tables import GivenFeatures, no_row
from imagenomics.runs.plan import ReadingTable
from imagenomics.tables.read import read_keyed_table

READER = "reader"


def read_readings(block: ReadingTable, path: Path, *, patients: Sequence[str], rule: IdRule) -> GivenFeatures:
    """Read one ``[[feature_tables]]`` block of readings; parameters as of :func:`read_feature_table`.

    Raises
    ------
    InputError
        ``IGX-RUN-030``: no row belongs to a patient of the study; those of
        :func:`~imagenomics.features.semantic.table.read_semantic_table` and of the data dictionaries.
    FileProblem
        ``IGX-IMG-186``: a folder without AIM files.
    """
    chosen = dictionary(block.dictionary)
    how = block.rule or rule
    if path.is_dir():
        cells, losses, notes = _annotations(block, path, rule=how)
    else:
        cells, losses, notes = _sheet(block, path, patients=patients, rule=how)
    key, reader = ("patient", READER) if path.is_dir() else (block.id, block.reader)
    known = cells[key].isin(list(patients))
    if not known.any():
        raise no_row(path, [str(p) for p in cells[key]], patients)
    strangers = [
        Loss(p, block.name, p, DROPPED, "not in patients") for p in sorted(set(cells.loc[~known, key]))
    ]
    found = read_semantic_table(
        cells[known],
        chosen,
        name=block.name,
        patient=key,
        reader=reader,
        numbers=block.numbers,
        consensus=block.consensus,
        ignore=block.ignore,
    )
    conflicts = found.disagreements.rename(columns={"item": "column", "reader": "source", "answer": "value"})
    return GivenFeatures(
        found.table,
        join_losses([losses, loss_table(strangers)]),
        report=found.report,
        conflicts=conflicts,
        notes=(*notes, *found.notes, *_states(block.name, found)),
    )


def _annotations(
    block: ReadingTable, path: Path, *, rule: IdRule
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    from imagenomics.images.aim import read_aim_folder

    reads = read_aim_folder(path, rule=rule)
    unread = loss_table([Loss("", block.name, f.item, DROPPED, f.error) for f in reads.failures])
    losses = join_losses([unread, reads.losses.assign(side=block.name)])
    cells = arrange_reads(reads.table, dictionary(block.dictionary), ignore=block.ignore)
    return cells, losses, tuple(reads.notes)


def _sheet(
    block: ReadingTable, path: Path, *, patients: Sequence[str], rule: IdRule
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    frame = read_keyed_table(path, key=block.id)
    written = [str(i) for i in frame[block.id]]
    parsed = parse_ids(written, rule, known=patients)
    losses = loss_table(
        Loss("", block.name, raw, DROPPED, reason)
        for raw, reason in zip(written, parsed["reason"], strict=True)
        if reason
    )
    ids = pd.Series(list(parsed["patient"]), index=frame.index, dtype=object)
    return frame.assign(**{block.id: ids})[parsed["reason"].eq("").to_numpy()], losses, ()


def _states(name: str, found: SemanticTable) -> tuple[str, ...]:
    """Say how often there is no value, and why."""
    counts = found.states.stack().value_counts()
    told = [f"{n} {state}" for state, n in counts.items() if state]
    return (f"{name}: of {found.states.size} answers {', '.join(told)}",) if told else ()
