"""What a printed correlation of n patients says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from imagenomics.catalogue.claims.answer import Answer, tested_row
from imagenomics.catalogue.claims.printed import read_printed
from imagenomics.catalogue.claims.ranges import p_range

if TYPE_CHECKING:
    from imagenomics.stats.correlation import CorrelationKind


def check_correlation(
    r: str | float,
    n: int,
    *,
    kind: CorrelationKind = "pearson",
    controlled: int = 0,
    printed_p: str | None = None,
) -> Answer:
    """Recompute interval and p of a printed correlation; p also over all r that print alike.

    Parameters
    ----------
    r : str or float
        As printed.
    n : int
        Independent patients.
    kind : {'pearson', 'spearman', 'kendall'}
    controlled : int
        Variables partialled out.
    printed_p : str, optional

    Raises
    ------
    InputError
        ``IGX-CLAIM-001``: no printed number; ``IGX-STAT-040``, ``-041``, ``-045``: impossible numbers.
    """
    value = read_printed(r, what="correlation")
    printed = None if printed_p is None else read_printed(printed_p, what="p value")
    from imagenomics.stats.correlation import correlation_at, correlation_test

    rows = []
    for side in ("two-sided", "greater" if value.value >= 0 else "less"):
        found = correlation_test(value.value, n, kind=kind, controlled=controlled, side=side)

        def p_of(x: float, side: str = side) -> float:
            inside = max(min(x, 1.0), -1.0)
            return float(correlation_test(inside, n, kind=kind, controlled=controlled, side=side).p)  # type: ignore[arg-type]

        row = tested_row(f"{kind}, {side}", kind, found)
        low, high = p_range(p_of, value)
        rows.append(replace(row, p_low=low, p_high=high).against(printed))
    notes = [f"n = {n} is taken for independent patients"]
    if printed is not None and printed.relation == "=" and 0 < printed.value < 1 and kind != "kendall":
        needed = float(correlation_at(printed.value, n, controlled=controlled))
        notes.append(f"p = {printed.text} of {n} patients (two-sided) needs a correlation of {needed:.3f}")
    return Answer(f"{kind} correlation {value.text} of {n}", tuple(rows), tuple(notes))
