"""The smallest p of all genes in one draw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.stats.tails import log_two_sided_t

FloatArray = npt.NDArray[np.float64]


def smallest_log_p(t: FloatArray, df: FloatArray) -> float:
    """Return the smallest log p of t statistics; of each number of degrees of freedom the largest is enough.

    Parameters
    ----------
    t, df : arrays, (G,)
        NaN where a gene was not tested; 0 is returned where none was.
    """
    known = np.isfinite(t)
    if not known.any():
        return 0.0
    some, place = np.unique(df[known], return_inverse=True)
    largest = np.zeros(some.size)
    np.maximum.at(largest, place, np.abs(t[known]))
    return float(log_two_sided_t(largest, some).min())
