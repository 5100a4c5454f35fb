"""To which side a test looks."""

from __future__ import annotations

from typing import Literal, get_args

from imagenomics.errors import unknown_name

Side = Literal["two-sided", "greater", "less"]


def checked_side(side: str) -> None:
    """Refuse a side that no test has (``IGX-STAT-043``)."""
    if side not in get_args(Side):
        raise unknown_name("IGX-STAT-043", "side of a test", side, get_args(Side))
