"""Counts that can be counts: whole, not negative, and no part larger than its whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]


def whole_numbers(values: npt.ArrayLike, *, what: str = "counts") -> FloatArray:
    """Return counts as float64.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: a count is negative, broken, missing or infinite.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise _impossible(f"the {what} are not numbers") from None
    if not (np.isfinite(array).all() and (array >= 0).all() and (array == np.floor(array)).all()):
        wrong = array[~(np.isfinite(array) & (array >= 0) & (array == np.floor(array)))].ravel()
        raise _impossible(f"{wrong[0]:g} cannot be among the {what}")
    return array


def part_of_whole(k: npt.ArrayLike, n: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return ``k`` of ``n`` as float64 arrays of one shape.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: no counts, or more in the part than in the whole.
    """
    part, whole = np.broadcast_arrays(whole_numbers(k), whole_numbers(n))
    beyond = part > whole
    if beyond.any():
        raise _impossible(f"{part[beyond][0]:g} of {whole[beyond][0]:g} is more than all")
    return part, whole


def _impossible(what: str) -> InputError:
    return InputError(
        "IGX-STAT-040",
        what,
        expected="whole numbers of 0 or more, a part no larger than its whole",
        remedy="look whether a percentage, a total or a margin stands where a count belongs",
    )
