"""What every coefficient of agreement gives back, and how its numbers are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]
ROUNDING = 10.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Estimate:
    """A coefficient with its confidence interval; arrays where many were computed at once.

    Parameters
    ----------
    estimate, low, high : array
        The coefficient and the limits of its interval; NaN where the data do not define it.
    n : array
        Patients (units) that entered.
    """

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    n: FloatArray


def numbers(values: npt.ArrayLike, *, what: str) -> FloatArray:
    """Return ``values`` as float64; NaN is missing, anything infinite is refused (``IGX-STAT-022``)."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            "IGX-STAT-022", f"{what} are not numbers", expected="numbers, NaN where one is missing"
        ) from None
    if np.isinf(array).any():
        raise InputError(
            "IGX-STAT-022",
            f"{int(np.isinf(array).sum())} of the {what} are infinite",
            expected="finite numbers, NaN where one is missing",
            remedy="look for divisions by zero or logarithms of zero in the measurements",
        )
    return array


def paired(
    x: npt.ArrayLike, y: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_], FloatArray]:
    """Return two measurements (..., n), 0 where a pair is incomplete, which are complete, and their number.

    Raises
    ------
    InputError
        ``IGX-STAT-020``: the shapes differ; ``IGX-STAT-022``: a value is infinite.
    """
    first, second = numbers(x, what="first measurements"), numbers(y, what="second measurements")
    if first.shape != second.shape or first.ndim == 0:
        raise shapes_differ(f"first measurements {first.shape}", f"second measurements {second.shape}")
    known = ~(np.isnan(first) | np.isnan(second))
    n = known.sum(axis=-1).astype(np.float64)
    return np.where(known, first, 0.0), np.where(known, second, 0.0), known, n


def centred(values: FloatArray, known: npt.NDArray[np.bool_], n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean of the known values along the last axis, and each one's distance from it (0 if unknown)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = values.sum(axis=-1) / n
    deviation = np.where(known, values - mean[..., None], 0.0)
    size = np.abs(values).max(axis=-1, initial=0.0)
    # A constant column must not vary because its mean was rounded.
    return mean, np.where(np.abs(deviation) > ROUNDING * size[..., None], deviation, 0.0)


def shapes_differ(first: str, second: str) -> InputError:
    """Build the message for arrays that do not belong together (``IGX-STAT-020``)."""
    return InputError(
        "IGX-STAT-020",
        f"{first} and {second} do not belong together",
        expected="two arrays of one shape, the same patients in the same order",
        remedy="join the two tables by patient before",
    )


def same_length(first: Sequence[Any], second: Sequence[Any]) -> None:
    """Refuse two readings of different length (``IGX-STAT-020``)."""
    if len(first) != len(second):
        raise shapes_differ(f"{len(first)} first ratings", f"{len(second)} second ratings")
