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


def four_cells(
    counts: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the cells of 2 x 2 tables as float64 arrays of one shape (``IGX-STAT-040``)."""
    a, b, c, d = np.broadcast_arrays(*(whole_numbers(cell, what="cells of the table") for cell in counts))
    return a, b, c, d


def whole_table(table: npt.ArrayLike) -> FloatArray:
    """Return one table of counts without its empty rows and columns.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts; ``IGX-STAT-044``: fewer than two rows or columns have counts.
    """
    counts = whole_numbers(table, what="cells of the table")
    if counts.ndim == 2:
        counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if counts.ndim != 2 or min(counts.shape) < 2:
        raise InputError(
            "IGX-STAT-044",
            "a comparison needs two groups and two outcomes that occur",
            expected="a table of counts with at least two rows and two columns that are not empty",
        )
    return counts
