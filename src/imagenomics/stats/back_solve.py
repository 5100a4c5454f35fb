"""Which 2 x 2 tables print like a published sensitivity, specificity, accuracy and predictive value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from imagenomics.errors import InputError
from imagenomics.stats.counts import whole_numbers
from imagenomics.stats.proportion import counts_within

Limits = tuple[float, float]
ANY = (0.0, 1.0)
SLACK = 1e-9


class Diagnosed(NamedTuple):
    """One table: diseased with a positive and with a negative test, others with a positive and with a negative test."""

    tp: int
    fn: int
    fp: int
    tn: int


def tables_behind(
    n: int,
    *,
    positives: int | None = None,
    sensitivity: Limits = ANY,
    specificity: Limits = ANY,
    accuracy: Limits = ANY,
    positive_value: Limits = ANY,
    negative_value: Limits = ANY,
) -> list[Diagnosed]:
    """Find all tables of n patients whose shares print like the published ones.

    Parameters
    ----------
    n : int
        Patients in all.
    positives : int, optional
        Diseased patients; all possible numbers where it is not known.
    sensitivity, specificity, accuracy, positive_value, negative_value : pairs of floats
        Limits of what rounds to the printed share: (0.755, 0.765) for a printed .76.

    Returns
    -------
    list of Diagnosed
        All that fit, by number of diseased; more than one means that the counts are not unique, none that the
        numbers contradict each other.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: n or positives are no counts; ``IGX-STAT-047``: limits outside 0 and 1, or exchanged.
    """
    whole_numbers([n, 0 if positives is None else positives])
    for limits in (sensitivity, specificity, accuracy, positive_value, negative_value):
        if not (limits[0] <= limits[1] and limits[1] >= -SLACK and limits[0] <= 1 + SLACK):
            raise InputError(
                "IGX-STAT-047",
                f"{limits} are no limits of a share",
                expected="lower limit, upper limit, inside 0 and 1",
            )
    if positives is not None and positives > n:
        whole_numbers(n - positives, what="patients without the disease")
    sizes = range(1, n) if positives is None else [positives]
    return [
        table
        for m in sizes
        for table in _with(m, n - m, sensitivity, specificity)
        if _within(table.tp + table.tn, n, accuracy)
        and _within(table.tp, table.tp + table.fp, positive_value)
        and _within(table.tn, table.tn + table.fn, negative_value)
    ]


def _with(m: int, rest: int, sensitivity: Limits, specificity: Limits) -> Iterator[Diagnosed]:
    for tp in counts_within(*sensitivity, m).tolist():
        for tn in counts_within(*specificity, rest).tolist():
            yield Diagnosed(tp, m - tp, rest - tn, tn)


def _within(k: int, n: int, limits: Limits) -> bool:
    if limits == ANY:
        return True
    return n > 0 and limits[0] - SLACK <= k / n <= limits[1] + SLACK
