"""When something happened to each patient, or until when nothing had."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError, short_list

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SurvivalTimes:
    """Follow-up of patients.

    Parameters
    ----------
    ids : Index, (n,)
        Patients, each once.
    time : array, (n,)
        When a patient left observation, counted from the declared origin, in ``unit``; above 0.
    event : array of bool, (n,)
        Whether the event happened then; False: censored.
    entry : array, (n,), or None
        When a patient came under observation, where that was later than the origin (left truncation).
    unit : str
        Unit of time, e.g. ``days``.
    origin : str
        What time is counted from, e.g. ``diagnosis``.
    cause : array of int, (n,), or None
        0 censored, 1 the event, 2 and above competing events, where there are any; ``event`` is cause 1.
    """

    ids: pd.Index
    time: FloatArray
    event: BoolArray
    entry: FloatArray | None = None
    unit: str = ""
    origin: str = ""
    cause: IntArray | None = None

    @property
    def causes(self) -> IntArray:
        """Return why each patient left observation (n,): 0 censored, 1 the event, 2 and above competing events."""
        return self.event.astype(np.int64) if self.cause is None else self.cause

    @property
    def n_events(self) -> int:
        """How many patients had the event."""
        return int(self.event.sum())

    def of(self, ids: pd.Index) -> SurvivalTimes:
        """Return the follow-up of some of the patients, in their order."""
        place = self.ids.get_indexer(ids)
        if (place < 0).any():
            raise InputError(
                "IGX-SURV-002",
                f"patients without follow-up: {short_list(ids[place < 0])}",
                remedy="take the patients of both tables only",
            )
        return self.rows(place)

    def rows(self, rows: npt.NDArray[np.intp]) -> SurvivalTimes:
        """Return the follow-up of the given rows."""
        entry = None if self.entry is None else self.entry[rows]
        cause = None if self.cause is None else self.cause[rows]
        return SurvivalTimes(
            self.ids[rows], self.time[rows], self.event[rows], entry, self.unit, self.origin, cause
        )

    @property
    def start(self) -> FloatArray:
        """Return when each patient came under observation; minus infinity from the origin on."""
        return np.full(self.time.size, -np.inf) if self.entry is None else self.entry

    def sorted_with(self, strata: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.intp]:
        """Return the order by stratum, time and id: what is computed then does not depend on the order of rows."""
        groups = np.zeros(self.time.size, dtype=np.int64) if strata is None else strata
        return np.lexsort((self.ids.astype(str).to_numpy(), self.time, groups))


def survival_times(
    time: pd.Series,
    event: pd.Series,
    *,
    entry: pd.Series | None = None,
    unit: str = "",
    origin: str = "",
) -> SurvivalTimes:
    """Read follow-up from columns; patients of whom time or event is not known are left out.

    Parameters
    ----------
    time, event : Series, (n,)
        By patient; the event 0 or 1.
    entry : Series, optional
        When observation began, by patient.

    Raises
    ------
    InputError
        ``IGX-SURV-001``: a time that is not above 0 or not finite, an event that is neither 0 nor 1, an entry that is
        not before the time; ``IGX-SURV-003``: nobody had the event, or nobody is left.
    """
    index = pd.Index(time.index)
    t = time.to_numpy(dtype=np.float64, na_value=np.nan)
    e = event.reindex(index).to_numpy(dtype=np.float64, na_value=np.nan)
    s = None if entry is None else entry.reindex(index).to_numpy(dtype=np.float64, na_value=np.nan)
    known = ~np.isnan(t) & ~np.isnan(e)
    known &= np.True_ if s is None else ~np.isnan(s)
    with np.errstate(invalid="ignore"):
        wrong = known & ~((t > 0) & np.isfinite(t) & np.isin(e, (0.0, 1.0)))
        wrong |= np.False_ if s is None else known & ~(s < t)
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise InputError(
            "IGX-SURV-001",
            f"{int(wrong.sum())} patients have no usable follow-up, e.g. time {t[i]:g}, event {e[i]:g}"
            + ("" if s is None else f", entry {s[i]:g}"),
            where=f"patient {index[i]}",
            expected="a time above 0, an event of 0 or 1, an entry before the time",
            remedy="a death on the day of origin counts as half a day; map the event's words to 0 and 1",
        )
    if not e[known].any():
        raise InputError(
            "IGX-SURV-003",
            f"none of {int(known.sum())} patients had the event",
            expected="patients with and without the event",
            remedy="look at the event column: is 1 the event, and 0 censoring?",
        )
    rows = np.flatnonzero(known)
    return SurvivalTimes(
        index[rows], t[rows], e[rows] == 1.0, None if s is None else s[rows], unit=unit, origin=origin
    )
