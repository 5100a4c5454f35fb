"""Two groups of counts: every 2 x 2 calculator at once, and which of them gives a printed p value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagenomics.catalogue.claims.answer import Answer, Row, estimate_row
from imagenomics.catalogue.claims.printed import read_printed
from imagenomics.errors import InputError

if TYPE_CHECKING:
    from imagenomics.stats.side import Side


def check_counts(first: str, second: str, *, printed_p: str | None = None) -> Answer:
    """Recompute all tests of a 2 x 2 table.

    Parameters
    ----------
    first, second : str
        Patients with the trait of all in each group: ``17/30``, ``19/97``.
    printed_p : str, optional
        The p value that was printed.

    Raises
    ------
    InputError
        ``IGX-CLAIM-003``: not k/n; ``IGX-STAT-040``: impossible counts.
    """
    (k1, n1), (k2, n2) = read_count(first), read_count(second)
    printed = None if printed_p is None else read_printed(printed_p, what="p value")
    from imagenomics.stats.chi_square import chi_square_2x2
    from imagenomics.stats.counts import part_of_whole
    from imagenomics.stats.effects import odds_ratio
    from imagenomics.stats.fisher import conditional_odds_ratio, fisher
    from imagenomics.stats.two_shares import share_difference, share_ratio

    part_of_whole([k1, k2], [n1, n2])
    cells = (k1, n1 - k1, k2, n2 - k2)
    sides: tuple[tuple[Side, str], ...] = (
        ("two-sided", "two-sided"),
        ("greater", "first larger"),
        ("less", "first smaller"),
    )
    rows = [
        Row(f"Fisher exact, {name}{', mid-p' if mid else ''}", p=float(fisher(cells, side=side, mid_p=mid)))
        for mid in (False, True)
        for side, name in sides
    ]
    for name, yates in (("chi-square", False), ("chi-square with Yates's correction", True)):
        found = chi_square_2x2(cells, yates=yates)
        rows.append(Row(name, statistic=float(found.statistic), p=float(found.p)))
    rows = [row.against(printed) for row in rows]
    for test, name, estimate in (
        ("Woolf", "odds ratio", odds_ratio(cells)),
        ("conditional, exact", "odds ratio", conditional_odds_ratio(cells)),
        ("Newcombe", "difference of shares", share_difference(cells)),
        ("Katz", "ratio of shares", share_ratio(cells)),
    ):
        rows.append(estimate_row(test, name, estimate))
    return Answer(f"{first} against {second}", tuple(rows), _which(rows, printed_p))


def read_count(text: str) -> tuple[int, int]:
    """Read ``k/n`` (``IGX-CLAIM-003`` otherwise)."""
    k, slash, n = text.strip().partition("/")
    if not (slash and k.strip().isdecimal() and n.strip().isdecimal()):
        raise InputError(
            "IGX-CLAIM-003",
            f"'{text}' is not k/n",
            expected="patients with the trait of all in the group, such as 17/30",
        )
    return int(k), int(n)


def _which(rows: list[Row], printed_p: str | None) -> tuple[str, ...]:
    if printed_p is None:
        return ()
    fitting = [row.test for row in rows if row.fits]
    return (f"the printed p {printed_p} fits {'; '.join(fitting) if fitting else 'none of these tests'}",)
