"""From cells as written to coded values: what was mapped to what is reported, the rest is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imagenomics.cohort.mapping import REPORT_COLUMNS, map_cells
from imagenomics.cohort.settings import ColumnSettings, Kind
from imagenomics.errors import InputError, nearest, short_list
from imagenomics.tables.read import to_number

FEW_CODES = 6


@dataclass(frozen=True)
class CodedColumn:
    """One variable, coded.

    Parameters
    ----------
    values : Series, (n,)
        float64 (continuous, binary 0/1, ordinal 0..k-1) with NaN, or level names with None (categorical).
    kind : str
        continuous, binary, ordinal or categorical.
    levels : tuple of str
        Level names in the order of their codes.
    report : DataFrame
        ``column, written, mapped, how, n``: what was mapped to what.
    notes : tuple of str
        What a user should look at.
    """

    values: pd.Series
    kind: Kind
    levels: tuple[str, ...]
    report: pd.DataFrame
    notes: tuple[str, ...] = ()


def code_column(cells: pd.Series, settings: ColumnSettings, *, name: str, where: str) -> CodedColumn:
    """Return what the cells of this column mean.

    Parameters
    ----------
    cells : Series, (n,)
        Text, None for missing, indexed by patient.
    settings : ColumnSettings
        Kind, mapping, levels and spellings of 'missing' as declared.
    name : str
        Name of the variable, used in the report.
    where : str
        File and column, for messages.

    Raises
    ------
    InputError
        ``IGX-COHORT-006`` cells that were not mapped; ``IGX-COHORT-007`` two spellings of one level and no
        mapping; ``IGX-COHORT-008`` mostly numbers and some words; ``IGX-COHORT-009`` a binary variable
        without two levels; ``IGX-COHORT-010`` '|' in a level; ``IGX-COHORT-017`` an infinite number.
    """
    mapped, report = map_cells(cells, settings, name=name, where=where)
    kind, notes = _kind_of(mapped, settings, name=name, where=where)
    levels: tuple[str, ...] = ()
    if kind == "continuous":
        values = _numbers(mapped, where)
        report = _without_numbers(report, name)
    else:
        levels = _levels_of(mapped, settings, kind, where)
        _check_levels(mapped, levels, where)
        values = _codes(mapped, levels, kind)
    if kind == "binary" and levels and not (settings.positive or settings.levels) and levels != ("0", "1"):
        notes = (*notes, f"{name}: 1 stands for '{levels[1]}', 0 for '{levels[0]}' (declare `positive`)")
    return CodedColumn(values, kind, levels, report, (*notes, *_emptiness(mapped, name)))


def _kind_of(
    mapped: pd.Series, settings: ColumnSettings, *, name: str, where: str
) -> tuple[Kind, tuple[str, ...]]:
    if settings.kind is not None:
        return settings.kind, ()
    if settings.positive is not None:
        return "binary", ()
    if settings.levels:
        return "ordinal", ()
    if settings.map:
        targets = {t for t in settings.map.values() if t}
        if not _are_numbers(sorted(targets)):
            return ("binary" if len(targets) == 2 else "categorical"), ()
    return _inferred(mapped, name=name, where=where)


def _inferred(mapped: pd.Series, *, name: str, where: str) -> tuple[Kind, tuple[str, ...]]:
    words = sorted(set(mapped.dropna()))
    numbers = [w for w in words if _are_numbers([w])]
    if not words:
        return "continuous", ()
    if len(numbers) == len(words):
        if words == ["0", "1"]:
            return "binary", ()
        whole = all(float(w).is_integer() for w in words if np.isfinite(float(w)))
        if whole and 1 < len(words) <= FEW_CODES and mapped.notna().sum() > 3 * len(words):
            note = (
                f"{name}: {short_list(words, FEW_CODES)} are taken as numbers; declare kind if they are codes"
            )
            return "continuous", (note,)
        return "continuous", ()
    if len(numbers) >= len(words) / 2 and len(numbers) > 2:
        odd = [w for w in words if w not in numbers]
        raise InputError(
            "IGX-COHORT-008",
            f"most cells are numbers, but not {short_list(map(repr, odd), 5)}",
            where=where,
            remedy="declare them as `missing`, map them, or declare kind = 'categorical'",
        )
    return ("binary" if len(words) == 2 else "categorical"), ()


def _are_numbers(words: Sequence[str]) -> bool:
    numbers = pd.to_numeric(pd.Series(list(words), dtype=object), errors="coerce")
    return bool(len(words)) and bool(numbers.notna().all())


def _numbers(mapped: pd.Series, where: str) -> pd.Series:
    values = to_number(mapped, where=where)
    infinite = values[np.isinf(values)]
    if len(infinite):
        raise InputError(
            "IGX-COHORT-017",
            f"{len(infinite)} cells are infinite, e.g. of {short_list(infinite.index)}",
            where=where,
            remedy="correct them or declare them as `missing`",
        )
    return values


def _levels_of(mapped: pd.Series, settings: ColumnSettings, kind: Kind, where: str) -> tuple[str, ...]:
    seen = sorted(set(mapped.dropna()))
    levels = list(settings.levels) or sorted({t for t in settings.map.values() if t} | set(seen))
    if kind != "binary":
        return tuple(levels)
    if settings.positive is not None and settings.positive not in levels:
        close = nearest(settings.positive, levels)
        raise InputError(
            "IGX-COHORT-009",
            f"the positive level '{settings.positive}' does not occur",
            where=where,
            expected=f"one of: {short_list(levels, 8)}",
            remedy=f"did you mean '{close}'?" if close else None,
        )
    if len(levels) > 2:
        raise InputError(
            "IGX-COHORT-009",
            f"a binary variable has two levels, here are {len(levels)}: {short_list(levels, 6)}",
            where=where,
            remedy="map them to two, or declare kind = 'categorical'",
        )
    if settings.positive is not None:
        levels = [*(level for level in levels if level != settings.positive), settings.positive]
    # A constant binary column still needs both codes; its other level has no name.
    if len(levels) == 1:
        levels = [f"not {levels[0]}", levels[0]]
    return tuple(levels)


def _check_levels(mapped: pd.Series, levels: Sequence[str], where: str) -> None:
    barred = [level for level in levels if "|" in level]
    if barred:
        raise InputError(
            "IGX-COHORT-010",
            f"levels with '|', which separates level names: {short_list(map(repr, barred))}",
            where=where,
            remedy="map them to names without it",
        )
    left = mapped[mapped.notna() & ~mapped.isin(list(levels))]
    if len(left):
        raise InputError(
            "IGX-COHORT-006",
            f"cells that are none of the declared levels: {_counted(left)}",
            where=where,
            expected=f"one of: {short_list(levels, 8)}",
            remedy="add a `map`, or the level to `levels`",
        )


def _codes(mapped: pd.Series, levels: Sequence[str], kind: Kind) -> pd.Series:
    if kind == "categorical":
        return mapped.astype(object).where(mapped.notna(), None)
    codes = {level: float(code) for code, level in enumerate(levels)}
    return pd.Series([codes.get(cell, np.nan) for cell in mapped], index=mapped.index, dtype="float64")


def _without_numbers(report: pd.DataFrame, name: str) -> pd.DataFrame:
    """Keep the words; the numbers that stand for themselves become one row."""
    themselves = report["how"] == "as written"
    rows = report[~themselves]
    n = int(report.loc[themselves, "n"].sum())
    total = pd.DataFrame([[name, "(numbers)", "(numbers)", "as written", n]], columns=list(REPORT_COLUMNS))
    return pd.concat([rows, total], ignore_index=True) if n else rows.reset_index(drop=True)


def _emptiness(mapped: pd.Series, name: str) -> tuple[str, ...]:
    seen = mapped.dropna().unique()
    if len(seen) == 0:
        return (f"{name}: no patient has a value",)
    return (f"{name}: '{seen[0]}' in every patient who has a value",) if len(seen) == 1 else ()


def _counted(cells: pd.Series) -> str:
    return short_list((f"'{cell}' ({n})" for cell, n in cells.value_counts().sort_index().items()), 6)
