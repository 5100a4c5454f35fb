"""What a printed hazard or odds ratio with its interval, or with its p, says."""

from __future__ import annotations

from dataclasses import replace

from imagenomics.catalogue.claims.answer import Answer, Row, tested_row
from imagenomics.catalogue.claims.printed import read_printed
from imagenomics.catalogue.claims.ranges import p_range
from imagenomics.errors import InputError


def check_ratio(
    ratio: str | float, *, interval: tuple[str, str] | None = None, printed_p: str | None = None
) -> Answer:
    """Recompute p from the interval of a printed ratio, or the interval from its p.

    Parameters
    ----------
    ratio : str or float
        Hazard, odds or risk ratio as printed.
    interval : pair of str, optional
        Limits of its 95% interval.
    printed_p : str, optional

    Raises
    ------
    InputError
        ``IGX-CLAIM-004``: neither interval nor p; ``IGX-STAT-046``: numbers that do not belong together.
    """
    value = read_printed(ratio, what="ratio")
    printed = None if printed_p is None else read_printed(printed_p, what="p value")
    from imagenomics.stats.ratio_summary import ratio_from_interval, ratio_from_p

    if interval is not None:
        low, high = (read_printed(v, what="limit") for v in interval)
        found = ratio_from_interval(value.value, low.value, high.value)
        row = tested_row("Wald, log scale", "ratio", found.test)
        if low.low > 0:
            inside = p_range(
                lambda a, b, c: float(ratio_from_interval(min(max(a, b), c), b, c).test.p), value, low, high
            )
            row = replace(row, p_low=inside[0], p_high=inside[1])
        lean = float(found.lean)
        note = "" if 0.8 <= lean <= 1.25 else ": not an interval of the log scale, or a number is wrong"
        notes = (f"upper over lower distance on the log scale {lean:.2f}{note}",)
        return Answer(f"ratio {value.text} ({low.text} to {high.text})", (row.against(printed),), notes)
    if printed is None or printed.relation != "=":
        raise InputError(
            "IGX-CLAIM-004", "a ratio alone says nothing", expected="its interval, or an exact p value"
        )
    error, (lower, upper) = ratio_from_p(value.value, printed.value)
    row = Row("from p, log scale", "ratio", value.value, float(lower), float(upper), p=printed.value)
    return Answer(
        f"ratio {value.text}, p {printed.text}",
        (row,),
        (f"standard error of the log ratio {float(error):.4g}",),
    )
