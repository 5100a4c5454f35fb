"""Every region of an image is measured for itself: one that cannot be measured costs its own columns only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from imagenomics.errors import InputError

Problem = dict[str, str]


def each_region(
    regions: Mapping[str, np.ndarray], measure: Callable[[np.ndarray], pd.DataFrame]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Measure each region; one that cannot be measured is a problem, unless there is no other.

    Parameters
    ----------
    regions : mapping of str to array of bool, (z, y, x)
        Regions by name.
    measure : callable
        Gives the rows of one region, or raises an ``InputError``.

    Returns
    -------
    rows : DataFrame
        Those of ``measure`` with the column ``region``.
    problems : list of dict
        ``region, code, error, remedy`` for each region that could not be measured.

    Raises
    ------
    InputError
        That of the first region, where no region can be measured.
    """
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    errors: list[InputError] = []
    for name, mask in regions.items():
        try:
            frames.append(measure(mask).assign(region=name))
        except InputError as error:
            errors.append(error)
            problems.append(
                {"region": name, "code": error.code, "error": error.what, "remedy": error.remedy or ""}
            )
    if not frames:
        raise errors[0]
    return pd.concat(frames, ignore_index=True), problems
