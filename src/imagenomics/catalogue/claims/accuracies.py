"""The 2 x 2 tables behind a printed sensitivity, specificity and accuracy."""

from __future__ import annotations

from imagenomics.catalogue.claims.answer import Answer, Row
from imagenomics.catalogue.claims.proportions import read_share


def check_accuracy(
    sensitivity: str,
    specificity: str,
    n: int,
    *,
    accuracy: str | None = None,
    positives: int | None = None,
) -> Answer:
    """Find all tables of n patients that print like the published shares.

    Parameters
    ----------
    sensitivity, specificity, accuracy : str
        As printed.
    n : int
        Patients in all.
    positives : int, optional
        Diseased among them.

    Returns
    -------
    Answer
        One row for each table; no row where the numbers contradict each other.

    Raises
    ------
    InputError
        ``IGX-CLAIM-001``, ``-002``: no printed shares; ``IGX-STAT-040``: impossible counts.
    """
    parts = [None if v is None else read_share(v) for v in (sensitivity, specificity, accuracy)]
    limits = [(0.0, 1.0) if v is None else (v.low, v.high) for v in parts]
    from imagenomics.stats.back_solve import tables_behind

    found = tables_behind(
        n, positives=positives, sensitivity=limits[0], specificity=limits[1], accuracy=limits[2]
    )
    rows = tuple(
        Row(f"{t.tp}/{t.tp + t.fn} and {t.tn}/{t.tn + t.fp}", "accuracy", (t.tp + t.tn) / n) for t in found
    )
    note = {0: "no table prints like this", 1: "the table is unique"}.get(
        len(rows), f"{len(rows)} tables print like this: the counts are not unique"
    )
    return Answer(f"sensitivity {sensitivity}, specificity {specificity} of {n}", rows, (note,))
