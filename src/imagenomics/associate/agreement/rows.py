"""Rows of the table of agreement, and what the coefficients of one column are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.stats.agreement.kappa import missing

COLUMNS = (
    "analysis",
    "feature",
    "kind",
    "statistic",
    "readers",
    "first",
    "second",
    "n",
    "n_any",
    "estimate",
    "ci_low",
    "ci_high",
    "agreed",
    "unit",
    "status",
    "reason",
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Readings:
    """One column as its readers gave it.

    Parameters
    ----------
    feature, kind, unit : str
        Name, scale and unit of the column.
    readers : tuple of str, (k,)
        Those who gave any value, in their order.
    values : array of object, (n, k)
        Patients who have any value; None where a reader gave none. Numbers, but for categories.
    levels : tuple of str
        Names of the levels, where they are known.
    """

    feature: str
    kind: str
    unit: str
    readers: tuple[str, ...]
    values: npt.NDArray[np.object_]
    levels: tuple[str, ...] = ()

    @property
    def complete(self) -> npt.NDArray[np.object_]:
        """Return the patients with a value of every reader."""
        return self.values[self.known.all(axis=1)]

    @property
    def several(self) -> npt.NDArray[np.object_]:
        """Return the patients with the values of two readers or more."""
        return self.values[self.known.sum(axis=1) > 1]

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Return where there is a value (n, k)."""
        return np.array([[not missing(v) for v in row] for row in self.values], dtype=bool).reshape(
            self.values.shape
        )

    def pairs(self) -> list[tuple[tuple[str, str], Readings]]:
        """Return every two readers with the patients whom both have read."""
        found = []
        for a, b in combinations(range(len(self.readers)), 2):
            both = self.values[:, [a, b]]
            names = (self.readers[a], self.readers[b])
            own = Readings(self.feature, self.kind, self.unit, names, both, self.levels)
            found.append(
                (names, Readings(self.feature, self.kind, self.unit, names, own.complete, self.levels))
            )
        return found


def readings_of(
    column: pd.Series, *, kind: str, unit: str, levels: tuple[str, ...], order: tuple[str, ...]
) -> Readings:
    """Return a column by (patient, reader) as the readings of those who gave any value, in ``order``."""
    wide = column.unstack("unit").reindex(columns=list(order))
    wide = wide.loc[wide.notna().any(axis=1), wide.notna().any(axis=0)]
    values = wide.astype(object).where(wide.notna(), None).to_numpy(dtype=object)
    return Readings(str(column.name), kind, unit, tuple(map(str, wide.columns)), values, levels)


def plain_row(read: Readings, statistic: str, pair: tuple[str, str] | None, n: int) -> Row:
    """Return the row of a coefficient before it is worked out; a joint one names no pair."""
    first, second = pair or ("", "")
    row: Row = {"feature": read.feature, "kind": read.kind, "statistic": statistic, "unit": ""}
    row |= {"readers": 2 if pair else len(read.readers), "first": first, "second": second}
    row |= {"n": n, "n_any": len(read.values), "agreed": np.nan}
    return row | dict.fromkeys(("estimate", "ci_low", "ci_high"), np.nan) | {"status": "ok", "reason": ""}


def not_testable(row: Row, reason: str) -> Row:
    """Return the row with the reason why there is no coefficient."""
    return row | {"status": "not testable", "reason": reason}


def filled(row: Row, estimate: Any, low: Any, high: Any, *, undefined: str, endless: str = "") -> Row:
    """Return the row with its coefficient, or with the reason ``undefined`` where the data do not define one.

    ``endless``: why there may be no interval.
    """
    if not np.isfinite(estimate):
        return not_testable(row, undefined)
    numbers = {"estimate": float(estimate), "ci_low": float(low), "ci_high": float(high)}
    return row | numbers | {"reason": "" if np.isfinite(low) else f"no interval: {endless}"}


def too_few(n: int, least: int, *, of: str) -> str:
    """Return the reason that so few patients were compared; '' where they are enough."""
    if n >= least:
        return ""
    return f"{n} patients have the values of {of}, and min_patients is {least}"
