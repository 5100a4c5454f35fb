"""The loss table: every id that did not come through, with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

LOSS_COLUMNS = ("patient", "side", "id_as_written", "category", "reason", "detail")
MATCHED = "matched"
AMBIGUOUS = "ambiguous"
DROPPED = "dropped"
PARTIAL = "partial"


class Loss(NamedTuple):
    """One row of the loss table; ``patient`` is '' where the id could not be read."""

    patient: str
    side: str
    id_as_written: str
    category: str
    reason: str
    detail: str = ""


def loss_table(rows: Iterable[Loss]) -> pd.DataFrame:
    """Return the rows as a table with the columns ``LOSS_COLUMNS``, in the order given."""
    return pd.DataFrame(list(rows), columns=list(LOSS_COLUMNS)).astype(object)


def join_losses(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the tables one after the other."""
    parts = [t for t in tables if len(t)]
    return pd.concat(parts, ignore_index=True) if parts else loss_table([])
