"""What a printed AUC says."""

from __future__ import annotations

from dataclasses import replace

from imagenomics.catalogue.claims.answer import Answer, Row, tested_row
from imagenomics.catalogue.claims.printed import read_printed
from imagenomics.catalogue.claims.ranges import p_range
from imagenomics.errors import InputError


def check_auc(
    auc: str | float,
    *,
    error: str | float | None = None,
    n: tuple[int, int] | None = None,
    printed_p: str | None = None,
) -> Answer:
    """Test a printed AUC against chance, by its standard error, by the class counts, or both.

    Parameters
    ----------
    auc, error : str or float
        As printed.
    n : pair of int, optional
        Positives and negatives.
    printed_p : str, optional

    Raises
    ------
    InputError
        ``IGX-CLAIM-004``: neither error nor counts; ``IGX-STAT-040``, ``-046``, ``-047``: impossible numbers.
    """
    if error is None and n is None:
        raise InputError(
            "IGX-CLAIM-004",
            "an AUC alone says nothing of its p",
            expected="a standard error, or both class counts",
        )
    area = read_printed(auc, what="AUC")
    printed = None if printed_p is None else read_printed(printed_p, what="p value")
    from imagenomics.stats.auc_summary import area_test, hanley_mcneil
    from imagenomics.stats.effects import auc_interval

    rows = []
    if error is not None:
        spread = read_printed(error, what="standard error")
        found = area_test(area.value, spread.value)
        row = tested_row("z from the standard error", "AUC", found)
        if spread.low > 0 and area.low >= 0 and area.high <= 1:
            low, high = p_range(lambda a, s: float(area_test(a, s).p), area, spread)
            row = replace(row, p_low=low, p_high=high)
        rows.append(row.against(printed))
    if n is not None:
        found = area_test(area.value, float(hanley_mcneil(0.5, *n)))
        low, high = (float(v) for v in auc_interval(area.value, *n))
        z, p = float(found.statistic), float(found.p)
        rows.append(Row("z from the counts", "AUC", area.value, low, high, statistic=z, p=p).against(printed))
    return Answer(f"AUC {area.text} against 0.5", tuple(rows))
