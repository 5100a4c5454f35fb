"""Normal scores: a column's own ranks, turned into what they would be in a normal distribution."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import special

FloatArray = npt.NDArray[np.float64]


def normal_scores(values: FloatArray) -> FloatArray:
    """Return each column's observed values as normal scores; missing values stay missing.

    Parameters
    ----------
    values : array, (N, p)
        Finite numbers, NaN for missing. Tied values share the mean of their ranks.

    Returns
    -------
    array, (N, p)
        Quantiles of the standard normal at (rank - 3/8) / (n + 1/4), n being the column's observed values:
        a column's scores do not depend on any other column.

    Source
    ------
    Blom 1958, Statistical Estimates and Transformed Beta-Variables.
    """
    columns = np.ascontiguousarray(values.T)
    order = np.argsort(columns, axis=1)
    counts = columns.shape[1] - np.isnan(columns).sum(axis=1)
    sizes, table = np.unique(counts, return_inverse=True)
    doubled = np.arange(2 * columns.shape[1] + 1)
    scores = special.ndtri(np.clip((doubled / 2.0 - 0.375) / (sizes[:, None] + 0.25), 0.0, 1.0))
    out = np.full(values.shape, np.nan)
    _fill(columns, order, counts.astype(np.int64), table.astype(np.int64), scores, out)
    return out


@njit(cache=True, nogil=True)
def _fill(
    columns: FloatArray,
    order: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    table: npt.NDArray[np.int64],
    scores: FloatArray,
    out: FloatArray,
) -> None:
    for c in range(columns.shape[0]):
        start = 0
        while start < counts[c]:
            end = start + 1
            while end < counts[c] and columns[c, order[c, end]] == columns[c, order[c, start]]:
                end += 1
            for k in range(start, end):
                out[order[c, k], c] = scores[table[c], start + end + 1]
            start = end
