"""Follow-up as one number for each patient, so that time and event always move together.

A patient with the event at time t is t, a patient censored at time t is -t. There is no such number for time 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def sign_times(time: npt.ArrayLike, event: npt.ArrayLike) -> FloatArray:
    """Put times and events together.

    Parameters
    ----------
    time : array, (n,)
        Above 0 and finite.
    event : array, (n,)
        Whether the event happened at that time (1, True), or observation ended (0, False).

    Returns
    -------
    array, (n,)
        The time where the event happened, minus the time where it did not.

    Raises
    ------
    InputError
        ``IGX-STAT-060``: a time that is not a number above 0, or an event that is neither 0 nor 1.
    """
    t, e = np.asarray(time, dtype=np.float64), np.asarray(event, dtype=np.float64)
    bad = ~(np.isfinite(t) & (t > 0.0) & np.isin(e, (0.0, 1.0)))
    if bad.any():
        i = int(np.flatnonzero(bad)[0])
        raise _no_follow_up(f"time {t[i]:g} with event {e[i]:g}", int(bad.sum()))
    return np.where(e == 1.0, t, -t)


def split_times(signed: npt.ArrayLike) -> tuple[FloatArray, BoolArray]:
    """Return times (n,) and events (n,) of signed times; errors as in :func:`sign_times`."""
    values = np.asarray(signed, dtype=np.float64)
    bad = ~np.isfinite(values) | (values == 0.0)
    if bad.any():
        raise _no_follow_up(f"signed time {values[bad][0]:g}", int(bad.sum()))
    return np.abs(values), values > 0.0


def _no_follow_up(what: str, count: int) -> InputError:
    return InputError(
        "IGX-STAT-060",
        f"{count} patients have no usable follow-up, e.g. {what}",
        expected="a time above 0, and an event of 0 or 1",
        remedy="leave these patients out, or count an event on the day of origin as half a day",
    )
