"""Applying a declared mapping to cells: every written value, what it became, how, and how often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import pandas as pd

from imagenomics.cohort.settings import ColumnSettings
from imagenomics.cohort.spelling import is_missing, same_word
from imagenomics.errors import InputError, nearest, short_list

REPORT_COLUMNS = ("column", "written", "mapped", "how", "n")


def map_cells(
    cells: pd.Series, settings: ColumnSettings, *, name: str, where: str
) -> tuple[pd.Series, pd.DataFrame]:
    """Return the mapped cells (None for missing) and the report of the mapping.

    Parameters
    ----------
    cells : Series, (n,)
        Text or None.
    settings : ColumnSettings
        ``map``, ``levels``, ``missing`` and ``kind`` are used.
    name, where : str
        Name of the variable (for the report), file and column (for messages).

    Raises
    ------
    InputError
        ``IGX-COHORT-006`` values that were not mapped; ``IGX-COHORT-007`` two spellings of one level.
    """
    counts = Counter("" if cell is None or pd.isna(cell) else str(cell) for cell in cells)
    found = {written: _target(written, settings) for written in counts}
    unmapped = sorted(written for written, (_, how) in found.items() if how == "unmapped")
    if unmapped:
        raise _unmapped(unmapped, counts, settings, where)
    if not settings.map and settings.kind in (None, "binary", "categorical"):
        _check_spellings([w for w, (_, how) in found.items() if how == "as written"], counts, where)
    mapped = [found["" if cell is None or pd.isna(cell) else str(cell)][0] or None for cell in cells]
    rows = [(name, written, *found[written], counts[written]) for written in sorted(counts)]
    report = pd.DataFrame(rows, columns=list(REPORT_COLUMNS))
    return pd.Series(mapped, index=cells.index, dtype=object), report


def empty_report() -> pd.DataFrame:
    """Return a report without rows."""
    return pd.DataFrame([], columns=list(REPORT_COLUMNS))


def _target(written: str, settings: ColumnSettings) -> tuple[str, str]:
    """Return what a written value becomes ('' for missing) and how that was decided."""
    if written in settings.map:
        return settings.map[written], "declared" if settings.map[written] else "missing"
    spelled = {same_word(key): target for key, target in settings.map.items()}
    if same_word(written) in spelled:
        return spelled[same_word(written)], "spelling"
    if written in settings.levels:
        return written, "as written"
    if is_missing(written, further=settings.missing):
        return "", "missing"
    if not settings.map or settings.kind == "continuous":
        return written, "as written"
    if written in settings.map.values():
        return written, "as written"
    # A mapping from words to numbers leaves the numbers of the column alone.
    targets = {t for t in settings.map.values() if t}
    if settings.kind is None and not settings.levels and _numeric({written, *targets}):
        return written, "as written"
    return "", "unmapped"


def _numeric(words: set[str]) -> bool:
    numbers = pd.to_numeric(pd.Series(sorted(words), dtype=object), errors="coerce")
    return bool(numbers.notna().all())


def _unmapped(
    unmapped: list[str], counts: Mapping[str, int], settings: ColumnSettings, where: str
) -> InputError:
    shown = []
    for written in unmapped:
        close = nearest(written, settings.map)
        shown.append(f"'{written}' ({counts[written]})" + (f" near '{close}'" if close else ""))
    return InputError(
        "IGX-COHORT-006",
        f"{len(unmapped)} written values are not mapped: {short_list(shown, 8)}",
        where=where,
        expected=f"one of: {short_list(map(repr, settings.map), 8)}",
        remedy="add each to `map`, or to `missing`",
    )


def _check_spellings(words: list[str], counts: Mapping[str, int], where: str) -> None:
    """Refuse 'Male' beside 'male': without a mapping they would become two levels."""
    groups: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        groups[same_word(word)].append(word)
    for spellings in groups.values():
        if len(spellings) > 1:
            shown = short_list((f"'{w}' ({counts[w]})" for w in spellings), 5)
            raise InputError(
                "IGX-COHORT-007",
                f"several spellings of one level: {shown}",
                where=where,
                remedy="declare a `map` that says which are the same",
            )
