"""The smallest and largest p value among all numbers that print like those given."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from imagenomics.catalogue.claims.printed import Printed


def p_range(p_of: Callable[..., float], *numbers: Printed) -> tuple[float, float]:
    """Return the range of ``p_of`` over the corners of what rounds to the printed numbers.

    Parameters
    ----------
    p_of : function
        Rises or falls in each of its arguments within the rounding.
    numbers : Printed
        Its arguments, in order.
    """
    ends = [{number.low, number.high} for number in numbers]
    found = [p_of(*corner) for corner in itertools.product(*ends)]
    return min(found), max(found)
