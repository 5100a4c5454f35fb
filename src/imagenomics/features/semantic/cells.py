"""From cells of a reading to answers: a level, a number, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from imagenomics.cohort.mapping import map_cells
from imagenomics.cohort.settings import ColumnSettings
from imagenomics.cohort.source import text_column
from imagenomics.cohort.spelling import is_missing, same_word
from imagenomics.errors import InputError, short_list
from imagenomics.features.semantic.dictionary import ABSENT, PRESENT, Item, Level
from imagenomics.tables.read import to_number

Numbers = Literal["refuse", "codes"]
NONE = "(none)"  # an item with several answers, none of which was ticked
MARK = ";"


@dataclass(frozen=True)
class Answers:
    """The answers to one question.

    Parameters
    ----------
    item : Item
        The question; each answer of an item with several is a binary item of its own.
    cells : Series
        Label of the level, number as text, or state; None where the answer is missing.
    report : DataFrame
        What was mapped to what.
    """

    item: Item
    cells: pd.Series
    report: pd.DataFrame


def read_cells(cells: pd.Series, item: Item, *, numbers: Numbers, where: str) -> list[Answers]:
    """Return what the cells of one column mean.

    Parameters
    ----------
    cells : Series, (n,)
        As written.
    item : Item
        The question.
    numbers : {'refuse', 'codes'}
        What a bare number means in an item with levels: nothing, or the code of the dictionary.
    where : str
        For messages.

    Raises
    ------
    InputError
        ``IGX-COHORT-006`` an answer that the dictionary does not have, with the nearest; ``IGX-FEAT-043`` bare
        numbers that are not declared as codes; ``-044`` a number out of range; ``IGX-TAB-013`` no number.
    """
    text = text_column(cells)
    if item.kind == "continuous":
        return [_numbers(text, item, where)]
    if numbers == "refuse":
        _check_words(text, item, where)
    else:
        text = text.map(lambda t: t.removesuffix(".0") if isinstance(t, str) and _is_number(t) else t)
    if item.many:
        return list(_ticked(text, item, where))
    return [_levels(text, item, where)]


def _levels(text: pd.Series, item: Item, where: str) -> Answers:
    known = item.answers()
    settings = ColumnSettings(kind="categorical", map=known)
    mapped, report = map_cells(text, settings, name=item.code, where=where)
    return Answers(item, mapped, report)


def _numbers(text: pd.Series, item: Item, where: str) -> Answers:
    states = {same_word(written): label for written, label in item.answers().items()}
    state = text.map(lambda t: states.get(same_word(t)) if isinstance(t, str) else None)
    value = to_number(text.where(state.isna(), None), where=where)
    low, high = -np.inf if item.low is None else item.low, np.inf if item.high is None else item.high
    wrong = value[value.notna() & ~value.between(low, high)]
    if len(wrong) or np.isinf(value).any():
        raise InputError(
            "IGX-FEAT-044",
            f"{len(wrong)} numbers are impossible, e.g. {short_list(f'{v:g}' for v in wrong)}",
            where=where,
            expected=f"{low:g} to {high:g} {item.unit}".strip(),
            remedy="correct them; they may have another unit",
        )
    cells = state.astype(object).where(
        state.notna(), value.map(lambda v: None if np.isnan(v) else repr(float(v)))
    )
    report = map_cells(text.where(state.notna(), None), ColumnSettings(kind="continuous", map=item.answers()),
                       name=item.code, where=where)[1]  # fmt: skip
    return Answers(item, cells.astype(object).where(cells.notna(), None), report[report["written"] != ""])


def _ticked(text: pd.Series, item: Item, where: str) -> Iterator[Answers]:
    """Turn an item with several answers into one binary item for each of them."""
    parts = [
        None
        if t is None or (t != NONE and is_missing(t))
        else [p.strip() for p in t.split(MARK) if p.strip() != NONE]
        for t in text
    ]
    flat = pd.Series([p for found in parts if found for p in found], dtype=object)
    mapped, report = map_cells(
        flat, ColumnSettings(kind="categorical", map=item.answers()), name=item.code, where=where
    )
    meaning = dict(zip(flat, mapped, strict=True))
    answers = [None if found is None else {meaning[p] for p in found} for found in parts]
    for level in item.levels:
        cells = [_tick(found, level.label, item.states()) for found in answers]
        yield Answers(_part(item, level), pd.Series(cells, index=text.index, dtype=object), report)


def _tick(found: set[str | None] | None, label: str, states: set[str]) -> str | None:
    if found is None:
        return None
    state = next((s for s in sorted(states) if s in found), None)
    return state if state is not None else PRESENT if label in found else ABSENT


def _part(item: Item, level: Level) -> Item:
    name = "".join(c if c.isalnum() else "_" for c in level.label).strip("_").lower()
    return Item(
        code=f"{item.code}_{name}",
        label=f"{item.label}: {level.label}",
        kind="binary",
        levels=(Level(code="0", label=ABSENT), Level(code="1", label=PRESENT)),
        region=item.region,
        asked_if=item.asked_if,
        asked_levels=item.asked_levels,
    )


def _check_words(text: pd.Series, item: Item, where: str) -> None:
    """Refuse bare numbers that the dictionary knows as codes only: readings number their answers differently."""
    words = {same_word(t) for level in (*item.levels, *item.apart) for t in (level.label, *level.spellings)}
    bare = sorted({t for t in text if isinstance(t, str) and _is_number(t) and same_word(t) not in words})
    if bare:
        codes = ", ".join(f"{level.code} = {level.label}" for level in (*item.apart, *item.levels))
        raise InputError(
            "IGX-FEAT-043",
            f"the answers to '{item.label}' are bare numbers: {short_list(bare, 6)}",
            where=where,
            expected=f"words, or the codes of the dictionary: {codes}",
            remedy="if they are these codes, declare numbers = 'codes'; else write the answers in words",
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return not is_missing(text)
