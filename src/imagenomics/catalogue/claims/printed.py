"""A number as it was printed: its text, and all values that print like that."""

from __future__ import annotations

import re
from dataclasses import dataclass

from imagenomics.errors import InputError

PATTERN = re.compile(r"^(?:[pPr]\s*)?(<=|>=|[<>=])?\s*([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?\s*(%?)$")
SIGNS = str.maketrans({"−": "-", "–": "-", "≤": "<", "≥": ">", "·": "."})


@dataclass(frozen=True)
class Printed:
    """What a printed number says.

    Parameters
    ----------
    text : str
        As printed.
    value : float
        The number; a percentage as a share.
    low, high : float
        The numbers that round to it: half a unit of the last digit on both sides. With '<' or '>' the open side
        reaches to infinity.
    relation : str
        '=', '<' or '>'.
    """

    text: str
    value: float
    low: float
    high: float
    relation: str = "="

    def holds(self, low: float, high: float | None = None) -> bool:
        """Whether a recomputed number, or any of a range of them, prints like this one."""
        top = low if high is None else high
        slack = 1e-9 * max(abs(self.value), 1e-12)
        if self.relation == "<":
            return low < self.value + slack
        if self.relation == ">":
            return top > self.value - slack
        return low <= self.high + slack and top >= self.low - slack


def read_printed(text: str | float, *, what: str = "number") -> Printed:
    """Read a number as papers print it: ``.048``, ``<.001``, ``88%``, ``1.6e-6``, ``P = 0.02``.

    Parameters
    ----------
    text : str or float
        A float is taken as Python writes it; trailing zeros need a text.
    what : str
        What the number is, for the message.

    Raises
    ------
    InputError
        ``IGX-CLAIM-001``: that is no number.
    """
    shown = str(text).strip()
    found = PATTERN.match(shown.translate(SIGNS))
    if found is None or not (found[3] or found[4]):
        raise InputError(
            "IGX-CLAIM-001",
            f"'{shown}' is not a printed {what}",
            expected="a number such as .048, <.001, 88% or 1.6e-6",
            remedy="write the number alone, with all the digits that were printed",
        )
    relation, sign, before, after, power, percent = found.groups()
    digits = len(after or "")
    scale = int(power or 0) - digits - (2 if percent else 0)
    units = int(f"{before}{after or ''}") * (-1 if sign == "-" else 1)
    value, half = units * 10.0**scale, 0.5 * 10.0**scale
    if relation in ("<", "<="):
        return Printed(shown, value, float("-inf"), value, "<")
    if relation in (">", ">="):
        return Printed(shown, value, value, float("inf"), ">")
    return Printed(shown, value, value - half, value + half)
