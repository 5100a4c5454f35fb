"""What stands for a column on the right side of a model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.associate.sides import Side

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def predictor_columns(side: Side, place: int, rows: IntArray) -> FloatArray:
    """Return what stands for a predictor in a model of these patients: itself, or one column per further level."""
    values = side.values[rows, place]
    if side.kinds[place] != "categorical":
        return values[:, None] - values.mean()
    return (values[:, None] == np.unique(values)[1:]).astype(np.float64)
