"""What a calculator answers: one row for each test or quantity, in words and as a document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from imagenomics.catalogue.claims.printed import Printed

NAN = float("nan")
COLUMNS = ("test", "effect", "", "95% interval", "statistic", "p", "printed")


@dataclass(frozen=True)
class Row:
    """One test or quantity.

    Parameters
    ----------
    test : str
        The method, its side included.
    effect_name : str
        What the effect is; empty where the row is a test alone.
    effect, low, high : float
        Effect with its 95% interval; NaN where there is none.
    statistic, p : float
        NaN where the row tests nothing.
    p_low, p_high : float
        Smallest and largest p among all inputs that print like those given; p itself where inputs are counts.
    fits : bool or None
        Whether a printed p follows; None where none was given.
    note : str
    """

    test: str
    effect_name: str = ""
    effect: float = NAN
    low: float = NAN
    high: float = NAN
    statistic: float = NAN
    p: float = NAN
    p_low: float = NAN
    p_high: float = NAN
    fits: bool | None = None
    note: str = ""

    def against(self, printed: Printed | None) -> Row:
        """Return the row with the answer whether its p prints like ``printed``."""
        if printed is None or math.isnan(self.p):
            return self
        low = self.p if math.isnan(self.p_low) else self.p_low
        high = self.p if math.isnan(self.p_high) else self.p_high
        return Row(**{**asdict(self), "fits": printed.holds(low, high)})


def estimate_row(test: str, name: str, estimate: Sequence[Any]) -> Row:
    """Return the row of an effect with its limits: the first three of ``estimate``."""
    effect, low, high = (float(v) for v in estimate[:3])
    return Row(test, name, effect, low, high)


def tested_row(test: str, name: str, found: Sequence[Any]) -> Row:
    """Return the row of a test: effect, limits, statistic, degrees of freedom, p."""
    effect, low, high, statistic, _, p = (float(v) for v in found)
    return Row(test, name, effect, low, high, statistic, p)


@dataclass(frozen=True)
class Answer:
    """All that follows from the numbers given.

    Parameters
    ----------
    question : str
        The numbers, in one line.
    rows : tuple of Row
    notes : tuple of str
        What the reader should know of these numbers.
    """

    question: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        """Return the answer as plain numbers and texts, NaN as None."""
        rows = [
            {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in asdict(row).items()}
            for row in self.rows
        ]
        return {"question": self.question, "rows": rows, "notes": list(self.notes)}

    def text(self) -> str:
        """Return the answer as a table to read."""
        cells = [_cells(row) for row in self.rows]
        used = [j for j in range(len(COLUMNS)) if any(line[j] for line in cells)]
        lines = [[COLUMNS[j] for j in used], *([line[j] for j in used] for line in cells)]
        widths = [max(len(line[j]) for line in lines) for j in range(len(used))]
        shown = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([self.question, "", *shown, *(["", *self.notes] if self.notes else [])])


def _cells(row: Row) -> list[str]:
    interval = "" if math.isnan(row.low) else f"{number(row.low)} to {number(row.high)}"
    p = p_text(row.p)
    if not math.isnan(row.p_low) and p_text(row.p_low) != p_text(row.p_high):
        p += f" ({p_text(row.p_low)} to {p_text(row.p_high)})"
    fits = {None: "", True: "fits", False: "does not fit"}[row.fits]
    return [
        row.test,
        row.effect_name,
        number(row.effect),
        interval,
        number(row.statistic),
        p,
        "; ".join(part for part in (fits, row.note) if part),
    ]


def number(value: float) -> str:
    """Return a number with four significant digits, empty where it is not known."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    return f"{value:.4g}"


def p_text(p: float) -> str:
    """Return a p value with three significant digits."""
    return "" if math.isnan(p) else f"{p:.3g}"
