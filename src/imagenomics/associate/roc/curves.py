"""The ROC curve of one marker."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from imagenomics.errors import InputError

FloatArray = npt.NDArray[np.float64]
CURVE_COLUMNS = (
    *("analysis", "feature", "target", "direction", "threshold", "false_positive_rate", "sensitivity"),
)


def marker_curve(values: npt.ArrayLike, labels: npt.ArrayLike, *, direction: str = "higher") -> pd.DataFrame:
    """Return sensitivity and false positive rate of every cut-off, from nobody positive to everybody.

    Parameters
    ----------
    values, labels : arrays, (n,)
        Without missing values; labels 0 or 1.
    direction : {"higher", "lower"}
        Who is positive: patients at or above a threshold, or at or below it.

    Returns
    -------
    DataFrame
        ``threshold, false_positive_rate, sensitivity``; the first threshold is infinite.

    Raises
    ------
    InputError
        ``IGX-ASSOC-083``: labels of one class only.
    """
    x, y = np.asarray(values, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if not 0 < y.sum() < y.size:
        raise InputError(
            "IGX-ASSOC-083",
            "the labels are of one class only",
            expected="patients of either class",
            remedy="an ROC curve needs both",
        )
    side = -1.0 if direction == "lower" else 1.0
    levels, place = np.unique(-side * x, return_inverse=True)
    found = np.bincount(place, weights=y, minlength=levels.size).cumsum()
    false = np.bincount(place, weights=1.0 - y, minlength=levels.size).cumsum()
    return pd.DataFrame(
        {
            "threshold": np.append(side * np.inf, -side * levels),
            "false_positive_rate": np.append(0.0, false / false[-1]),
            "sensitivity": np.append(0.0, found / found[-1]),
        }
    )
