"""Statistics of rank sums with tie correction: the normal deviate of two groups, Kruskal and Wallis's H of several."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.stats.side import Side

FloatArray = npt.NDArray[np.float64]


def rank_sum_z(
    rank_sum: FloatArray, n1: FloatArray, n0: FloatArray, ties: FloatArray, *, side: Side = "two-sided"
) -> FloatArray:
    """Return the normal deviate of a rank sum with tie and continuity correction.

    Two-sided: without sign, 0 at the least. To one side: how far the sum lies on that side, so that p is the upper
    tail.

    Parameters
    ----------
    rank_sum, n1, n0, ties : arrays that broadcast
        Sum of the midranks of group 1, group sizes, sum of t^3 - t over the groups of t tied values.
    """
    n = n0 + n1
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(n1 * n0 / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0))))
        away = rank_sum - n1 * (n + 1.0) / 2.0
        if side != "two-sided":
            return np.asarray(((away if side == "greater" else -away) - 0.5) / spread, dtype=np.float64)
        away = np.abs(away)
        return np.asarray(np.maximum((away - 0.5) / spread, 0.0), dtype=np.float64)


def kruskal_h(rank_sums: FloatArray, sizes: FloatArray, ties: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Kruskal and Wallis's H with tie correction, and its degrees of freedom.

    Parameters
    ----------
    rank_sums, sizes : arrays, (..., k)
        Sums of midranks and sizes of the groups; groups of nobody do not count.
    ties : array, (...)
        Sum of t^3 - t over the groups of t tied values.
    """
    n = sizes.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(sizes > 0, rank_sums**2 / sizes, 0.0).sum(axis=-1)
        h = (12.0 / (n * (n + 1.0)) * parts - 3.0 * (n + 1.0)) / (1.0 - ties / (n**3 - n))
    return np.maximum(h, 0.0), (sizes > 0).sum(axis=-1) - 1.0
