"""Groups of measurements, and their means, standard deviations and sizes, as tests can use them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError
from imagenomics.stats.counts import whole_numbers

FloatArray = npt.NDArray[np.float64]


def sample(values: npt.ArrayLike, *, what: str = "measurements", least: int = 1) -> FloatArray:
    """Return one group of measurements without the missing ones.

    Raises
    ------
    InputError
        ``IGX-STAT-022``: something else than numbers, or infinite ones; ``IGX-STAT-044``: fewer than ``least``.
    """
    x = finite(values, what=what).ravel()
    x = x[~np.isnan(x)]
    if x.size < least:
        raise few(f"{x.size} {what} are too few", f"at least {least}")
    return x


def finite(values: npt.ArrayLike, *, what: str) -> FloatArray:
    """Return ``values`` as float64, NaN where one is missing (``IGX-STAT-022`` for anything else)."""
    try:
        x = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        x = np.array(np.inf)
    if np.isinf(x).any():
        raise InputError(
            "IGX-STAT-022", f"the {what} are not finite numbers", expected="numbers, NaN where one is missing"
        )
    return x


def pairs(x: npt.ArrayLike, y: npt.ArrayLike, *, least: int = 1) -> tuple[FloatArray, FloatArray]:
    """Return two measurements of the same patients, those with both (``IGX-STAT-020``, ``-022``, ``-044``)."""
    first, second = (
        finite(x, what="first measurements").ravel(),
        finite(y, what="second measurements").ravel(),
    )
    if first.size != second.size:
        raise InputError(
            "IGX-STAT-020",
            f"{first.size} first and {second.size} second measurements do not belong together",
            expected="two arrays of one length, the same patients in the same order",
        )
    known = ~(np.isnan(first) | np.isnan(second))
    if known.sum() < least:
        raise few(f"{int(known.sum())} complete pairs are too few", f"at least {least}")
    return first[known], second[known]


def groups(samples: Sequence[npt.ArrayLike], *, least: int = 1, at_least: int = 2) -> list[FloatArray]:
    """Return several groups without missing measurements (``IGX-STAT-044`` for too few groups or patients)."""
    if len(samples) < at_least:
        raise few(f"{len(samples)} group is nothing to compare", f"at least {at_least} groups")
    return [sample(x, what=f"measurements of group {i + 1}", least=least) for i, x in enumerate(samples)]


def summary(samples: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return means, standard deviations (ddof = 1) and sizes of groups."""
    return (
        np.array([x.mean() for x in samples]),
        np.array([x.std(ddof=1) if x.size > 1 else np.nan for x in samples]),
        np.array([float(x.size) for x in samples]),
    )


def summary_numbers(
    mean: npt.ArrayLike, sd: npt.ArrayLike, n: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return means, standard deviations and sizes as arrays of one shape.

    Raises
    ------
    InputError
        ``IGX-STAT-022``: not numbers; ``IGX-STAT-040``: sizes that are no counts; ``IGX-STAT-046``: a standard
        deviation below 0; ``IGX-STAT-044``: a group of fewer than two; ``IGX-STAT-020``: different lengths.
    """
    m, s, size = finite(mean, what="means"), finite(sd, what="standard deviations"), whole_numbers(n)
    try:
        m, s, size = np.broadcast_arrays(m, s, size)
    except ValueError:
        raise InputError(
            "IGX-STAT-020",
            f"{m.size} means, {s.size} standard deviations and {size.size} sizes do not belong together",
            expected="one of each for every group",
        ) from None
    if (s < 0).any():
        raise InputError(
            "IGX-STAT-046",
            f"a standard deviation of {s[s < 0][0]:g} is impossible",
            expected="standard deviations of 0 or more",
        )
    if (size < 2).any():
        raise few(f"a group of {size[size < 2][0]:g} has no spread", "at least two in each group")
    return m, s, size


def few(what: str, expected: str) -> InputError:
    """Build the message for too few patients or groups (``IGX-STAT-044``)."""
    return InputError("IGX-STAT-044", what, expected=expected, remedy="look how many are left of each group")
