"""A coded reading as a table of features: one row for each patient, every column with its scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.cohort.mapping import empty_report
from imagenomics.errors import InputError, short_list, unknown_name
from imagenomics.features.semantic.cells import Answers, Numbers, read_cells
from imagenomics.features.semantic.dictionary import MISSING, Dictionary, Item
from imagenomics.features.semantic.readers import DISAGREEMENT_COLUMNS, UNDECIDED, Consensus, agree
from imagenomics.tables.patient_table import PatientTable, check_ids, describe
from imagenomics.tables.unit_table import LEVELS, UnitTable

ONE_READER = "reader"
NAMELESS = "not named"


@dataclass(frozen=True)
class SemanticTable:
    """The reading of a cohort.

    Parameters
    ----------
    table : PatientTable
        Columns ``{name}.{item}``, role ``feature``, family ``semantic``; missing where a patient has no value.
    states : DataFrame, (patients, columns)
        Why there is no value: ``missing``, ``not visible``, ``indeterminate``, ``not applicable`` or
        ``undecided`` (the readers differ); '' where there is one.
    disagreements : DataFrame
        ``patient, item, reader, answer, taken``: every answer where readers differ.
    report : DataFrame
        What was mapped to what: ``column, written, mapped, how, n``.
    notes : tuple of str
        What a user should look at.
    by_reader : UnitTable
        The answers of each reader, whose name is the unit: the same columns, always on the scale of their item.
    """

    table: PatientTable
    states: pd.DataFrame
    disagreements: pd.DataFrame
    report: pd.DataFrame
    notes: tuple[str, ...]
    by_reader: UnitTable


def read_semantic_table(
    frame: pd.DataFrame,
    dictionary: Dictionary,
    *,
    name: str = "semantic",
    patient: str = "patient",
    reader: str | None = None,
    numbers: Numbers = "refuse",
    consensus: Consensus | None = None,
    ignore: Sequence[str] = (),
) -> SemanticTable:
    """Return what readers saw in each patient.

    Parameters
    ----------
    frame : DataFrame
        One row for each patient and reader; the other columns are items, named by code, label or a spelling of
        the dictionary. Items with several answers hold them separated by ';', or '(none)'.
    dictionary : Dictionary
        The questions and their answers (:func:`~imagenomics.features.semantic.known.dictionary`).
    name : str
        First part of the column names.
    patient, reader : str
        Columns of the patient id and of the reader; without the second there is one reader. One who has no name is
        called 'not named'.
    numbers : {'refuse', 'codes'}
        What a bare number means in an item with levels. Readings number their answers differently, so that the
        codes of the dictionary count only where that is declared.
    consensus : Consensus, optional
        What counts where readers differ; default: they must agree.
    ignore : sequence of str
        Columns that are no items.

    Returns
    -------
    SemanticTable

    Raises
    ------
    InputError
        ``IGX-FEAT-041`` a column that is no item; ``-042`` a reader with two rows of one patient; ``-043`` to
        ``-046`` see :func:`~imagenomics.features.semantic.cells.read_cells` and
        :func:`~imagenomics.features.semantic.readers.agree`; ``IGX-COHORT-006`` an unknown answer, with the nearest;
        ``IGX-TAB-001`` ids.
    """
    keyed = _keyed(frame, patient, reader)
    skip = {patient, reader, *ignore, *dictionary.ignored}
    columns = _columns([c for c in frame.columns if c not in skip], dictionary)
    answers: list[Answers] = []
    for code, column in columns.items():
        item = dictionary.item(code, where=column)
        answers += read_cells(keyed[column], item, numbers=numbers, where=f"column '{column}'")
    answers = _asked(answers)
    patients = sorted(set(keyed.index.get_level_values(0)))
    index = pd.Index(patients, name="patient", dtype=object)
    agreed = [_agreed(found, index, consensus) for found in answers]
    left = [item.code for item in dictionary.items if item.code not in columns]
    notes = (f"{name}: items without a column: {short_list(left, 6)}",) if left else ()
    return _assembled(answers, agreed, name=name, settings=(dictionary, consensus), notes=notes)


def _keyed(frame: pd.DataFrame, patient: str, reader: str | None) -> pd.DataFrame:
    """Return the rows by (patient, reader)."""
    for column in (patient, reader):
        if column is not None and column not in frame.columns:
            raise unknown_name("IGX-FEAT-041", "column", column, map(str, frame.columns))
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()]
        raise InputError("IGX-FEAT-041", f"columns that appear more than once: {short_list(twice)}")
    ids = pd.Index(frame[patient], dtype=object)
    check_ids(ids.unique(), what="semantic table")
    readers = _names(frame[reader]) if reader is not None else [ONE_READER] * len(frame)
    keys = pd.MultiIndex.from_arrays([ids, readers], names=["patient", "reader"])
    if keys.has_duplicates:
        twice = keys[keys.duplicated()].unique()
        raise InputError(
            "IGX-FEAT-042",
            f"several rows of one patient by one reader: {short_list(' by '.join(k) for k in twice)}",
            where="semantic table",
            expected="one row for each patient and reader",
            remedy="declare the column of the reader, or keep one lesion for each patient",
        )
    return frame.set_axis(keys, axis="index")


def _names(readers: pd.Series) -> list[str]:
    """Return the readers by name; files do not always tell who read."""
    given = ["" if pd.isna(name) else str(name).strip() for name in readers]
    return [name or NAMELESS for name in given]


def _columns(names: Iterable[object], dictionary: Dictionary) -> dict[str, str]:
    """Return item code -> column, in the order of the dictionary."""
    found: dict[str, str] = {}
    for column in map(str, names):
        item = dictionary.item(column, where=f"columns of the reading ({dictionary.name})")
        if item.code in found:
            raise InputError(
                "IGX-FEAT-041",
                f"the columns '{found[item.code]}' and '{column}' are the same item '{item.label}'",
                remedy="leave one of them out",
            )
        found[item.code] = column
    return {item.code: found[item.code] for item in dictionary.items if item.code in found}


def _asked(answers: Sequence[Answers]) -> list[Answers]:
    """Write 'not applicable' where an item was left empty because it was not to be asked."""
    by_code = {found.item.code: found for found in answers}
    asked = []
    for found in answers:
        parent = by_code.get(found.item.asked_if)
        if parent is None:
            asked.append(found)
            continue
        answered = parent.cells.notna() & ~parent.cells.isin(list(parent.item.states()))
        idle = found.cells.isna() & answered & ~parent.cells.isin(list(found.item.asked_levels))
        asked.append(Answers(found.item, found.cells.mask(idle, "not applicable"), found.report))
    return asked


def _agreed(found: Answers, index: pd.Index, consensus: Consensus | None) -> tuple[pd.Series, pd.DataFrame]:
    wide = found.cells.unstack("reader").reindex(index).astype(object)
    return agree(wide.where(wide.notna(), None), found.item, consensus)


def _assembled(
    answers: Sequence[Answers],
    agreed: Sequence[tuple[pd.Series, pd.DataFrame]],
    *,
    name: str,
    settings: tuple[Dictionary, Consensus | None],
    notes: tuple[str, ...],
) -> SemanticTable:
    dictionary, consensus = settings
    items = [found.item for found in answers]
    averaged = [consensus is not None and consensus.averages(item) for item in items]
    index = agreed[0][0].index if agreed else pd.Index([], name="patient", dtype=object)
    coded = [
        _coded(taken, item, mean) for (taken, _), item, mean in zip(agreed, items, averaged, strict=True)
    ]
    digest = dictionary.digest() + (f"-{consensus.digest()}" if consensus else "")
    columns = _described(items, averaged, name=name, digest=digest)
    names = list(columns.index)
    values = pd.DataFrame({n: v for n, (v, _) in zip(names, coded, strict=True)}, index=index)
    states = pd.DataFrame({n: s for n, (_, s) in zip(names, coded, strict=True)}, index=index, dtype=object)
    differ = [table for _, table in agreed if len(table)]
    reports = [found.report for found in answers]
    return SemanticTable(
        PatientTable(values, columns),
        states,
        pd.concat(differ, ignore_index=True) if differ else pd.DataFrame(columns=list(DISAGREEMENT_COLUMNS)),
        pd.concat([empty_report(), *reports], ignore_index=True).drop_duplicates(ignore_index=True),
        notes,
        _by_reader(answers, _described(items, [False] * len(items), name=name, digest=dictionary.digest())),
    )


def _by_reader(answers: Sequence[Answers], columns: pd.DataFrame) -> UnitTable:
    """Return what each reader answered, by patient and reader."""
    values = {
        str(column): _coded(found.cells.astype(object), found.item, False)[0]
        for column, found in zip(columns.index, answers, strict=True)
    }
    index = answers[0].cells.index if answers else pd.MultiIndex.from_arrays([[], []])
    frame = pd.DataFrame(values, index=index).rename_axis(list(LEVELS)).sort_index()
    return UnitTable(frame, columns, ONE_READER)


def _described(items: Sequence[Item], averaged: Sequence[bool], *, name: str, digest: str) -> pd.DataFrame:
    """Describe the column of each item; the levels of an averaged one became numbers."""
    both = list(zip(items, averaged, strict=True))
    return describe(
        [f"{name}.{item.code}" for item in items],
        kind=["continuous" if mean else item.kind for item, mean in both],
        source=name,
        region=[item.region for item in items],
        family="semantic",
        feature=[item.code for item in items],
        unit=[_unit(item, mean) for item, mean in both],
        levels=["" if mean else "|".join(level.label for level in item.levels) for item, mean in both],
        settings=digest,
    )


def _unit(item: Item, mean: bool) -> str:
    return "position of the level" if mean and item.levels else item.unit


def _coded(taken: pd.Series, item: Item, mean: bool) -> tuple[pd.Series, pd.Series]:
    """Return the values of a column, and why there is none."""
    none = {*item.states(), UNDECIDED}
    state = taken.map(lambda a: MISSING if not isinstance(a, str) else a if a in none else "")
    answer = taken.where(state == "", None)
    if item.kind == "continuous" or mean:
        values = answer.map(lambda a: float(a) if isinstance(a, str) else np.nan).astype(np.float64)
    elif item.kind == "categorical":
        values = answer.astype(object).where(answer.notna(), None)
    else:
        codes: Mapping[str, float] = {level.label: float(k) for k, level in enumerate(item.levels)}
        values = answer.map(lambda a: codes[a] if isinstance(a, str) else np.nan).astype(np.float64)
    return values, state.astype(object)
