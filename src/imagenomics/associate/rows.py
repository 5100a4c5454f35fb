"""Rows of associations made one by one, by families whose tests are no rectangle of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from imagenomics.associate.frame import COLUMNS
from imagenomics.stats.multiplicity import false_discovery

Row = dict[str, Any]


def untested_row(feature: str, target: str, kind: str, n: int, reason: str = "") -> Row:
    """Return the row of a pair before its test: not testable, for this reason."""
    row: Row = dict.fromkeys(("stratum", "test", "effect_name", "permutation"), "")
    row |= {"feature": feature, "target": target, "target_kind": kind, "unit": "patient"}
    return row | {"n": n, "status": "not testable", "reason": reason}


def frame_of(rows: Sequence[Row], *, analysis: str, fdr: str) -> pd.DataFrame:
    """Return rows as a table with the columns of every family; ``q`` covers them all."""
    frame = pd.DataFrame(rows).assign(analysis=analysis).reindex(columns=list(COLUMNS))
    frame["q"] = false_discovery(frame["p"].to_numpy(dtype=np.float64), fdr)
    return frame
