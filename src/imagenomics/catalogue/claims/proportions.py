"""Behind a printed percentage: all counts that print like it, with their intervals."""

from __future__ import annotations

from imagenomics.catalogue.claims.answer import Answer, Row
from imagenomics.catalogue.claims.printed import Printed, read_printed
from imagenomics.errors import InputError


def check_proportion(
    share: str | float, n: int, *, printed_p: str | None = None, chance: float = 0.5
) -> Answer:
    """Find the counts behind a printed share of n patients.

    Parameters
    ----------
    share : str or float
        As printed: ``88%`` or ``.877``.
    n : int
        Patients (or images, or lesions: whatever the share counts).
    printed_p : str, optional
        A printed p value of the share against ``chance``.
    chance : float

    Returns
    -------
    Answer
        One row for each count with its Wilson interval and the exact binomial test; no row when no count of n
        prints like this.

    Raises
    ------
    InputError
        ``IGX-CLAIM-001``: no printed number; ``IGX-CLAIM-002``: no share; ``IGX-STAT-040``: n is no count.
    """
    printed = read_share(share)
    p = None if printed_p is None else read_printed(printed_p, what="p value")
    from imagenomics.stats.proportion import binomial_p, counts_within, wilson_interval

    rows = []
    for k in counts_within(printed.low, printed.high, n).tolist():
        low, high = (float(v) for v in wilson_interval(k, n))
        tested = binomial_p(k, n, chance=chance)
        rows.append(Row(f"{k}/{n}", "share", k / n, low, high, p=tested).against(p))
    note = {0: f"no count of {n} prints as {printed.text}", 1: "the count is unique"}.get(
        len(rows), f"{len(rows)} counts print as {printed.text}: the count is not unique"
    )
    return Answer(f"{printed.text} of {n} (p: exact binomial against {chance:g})", tuple(rows), (note,))


def read_share(share: str | float) -> Printed:
    """Read a printed share between 0 and 1 (``IGX-CLAIM-002`` otherwise)."""
    printed = read_printed(share, what="share")
    if printed.relation != "=" or not 0.0 <= printed.value <= 1.0:
        raise InputError(
            "IGX-CLAIM-002",
            f"'{printed.text}' is not a share",
            expected="a number between 0 and 1, or a percentage with its sign: .88 or 88%",
            remedy="write the percent sign behind a percentage",
        )
    return printed
