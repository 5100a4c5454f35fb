"""Entering with what readers saw: coded tables and folders of AIM annotations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from imagenomics.cohort.ids import parse_ids
from imagenomics.cohort.losses import DROPPED, Loss, join_losses, loss_table
from imagenomics.cohort.settings import IdRule
from imagenomics.features.semantic.dictionary import Dictionary
from imagenomics.features.semantic.known import dictionary, is_dictionary_file, read_dictionary
from imagenomics.features.semantic.reads import arrange_reads
from imagenomics.features.semantic.table import SemanticTable, read_semantic_table
from imagenomics.runs.feature_tables import GivenFeatures, no_row
from imagenomics.runs.table_blocks import ReadingTable
from imagenomics.tables.read import read_keyed_table
from imagenomics.work.failures import Failure

PATIENT, READER = "patient", "reader"


class _Read(NamedTuple):
    """The answers as rows of patients, and what did not become one."""

    cells: pd.DataFrame
    reader: str | None  # column of the reader
    losses: pd.DataFrame
    notes: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


def read_readings(
    block: ReadingTable, path: Path, *, patients: Sequence[str], rule: IdRule, root: Path
) -> GivenFeatures:
    """Read one ``[[feature_tables]]`` block of readings; parameters as of :func:`read_feature_table`.

    A dictionary of one's own is a file whose path starts at ``root``.

    Raises
    ------
    InputError
        ``IGX-RUN-030``: no row belongs to a patient of the study; those of
        :func:`~imagenomics.features.semantic.table.read_semantic_table` and of the data dictionaries.
    FileProblem
        ``IGX-IMG-186``: a folder without AIM files; ``IGX-FEAT-048``: a dictionary that cannot be read.
    """
    own = is_dictionary_file(block.dictionary)
    chosen = read_dictionary(root / block.dictionary) if own else dictionary(block.dictionary)
    how = block.rule or rule
    arrange = _annotations if path.is_dir() else _sheet
    read = arrange(block, path, chosen, patients=patients, rule=how)
    ids = read.cells[PATIENT]
    known = ids.isin(list(patients))
    if not known.any():
        raise no_row(path, [str(p) for p in ids], patients)
    strangers = [Loss(p, block.name, p, DROPPED, "not in patients") for p in sorted(set(ids[~known]))]
    found = read_semantic_table(
        read.cells[known],
        chosen,
        name=block.name,
        patient=PATIENT,
        reader=read.reader,
        numbers=block.numbers,
        consensus=block.consensus,
        ignore=block.ignore,
    )
    conflicts = found.disagreements.rename(columns={"item": "column", "reader": "source", "answer": "value"})
    return GivenFeatures(
        found.table,
        join_losses([read.losses, loss_table(strangers)]),
        report=found.report,
        conflicts=conflicts,
        notes=(*read.notes, *found.notes, *_states(block.name, found)),
        failures=tuple(("", failure) for failure in read.failures),
        by_reader=found.by_reader,
    )


def _annotations(
    block: ReadingTable, path: Path, chosen: Dictionary, *, patients: Sequence[str], rule: IdRule
) -> _Read:
    from imagenomics.images.aim import read_aim_folder

    reads = read_aim_folder(path, rule=rule)
    cells = arrange_reads(reads.table, chosen, ignore=block.ignore)
    return _Read(cells, READER, reads.losses.assign(side=block.name), reads.notes, reads.failures)


def _sheet(block: ReadingTable, path: Path, _: Dictionary, *, patients: Sequence[str], rule: IdRule) -> _Read:
    frame = read_keyed_table(path, key=block.id)
    written = [str(i) for i in frame[block.id]]
    parsed = parse_ids(written, rule, known=patients)
    losses = loss_table(
        Loss("", block.name, raw, DROPPED, reason)
        for raw, reason in zip(written, parsed["reason"], strict=True)
        if reason
    )
    ids = pd.Series(list(parsed["patient"]), index=frame.index, dtype=object)
    cells = frame.drop(columns=block.id).assign(**{PATIENT: ids})
    return _Read(cells[parsed["reason"].eq("").to_numpy()], block.reader, losses)


def _states(name: str, found: SemanticTable) -> tuple[str, ...]:
    """Say how often there is no value, and why."""
    counts = found.states.stack().value_counts()
    told = [f"{n} {state}" for state, n in counts.items() if state]
    return (f"{name}: of {found.states.size} answers {', '.join(told)}",) if told else ()
