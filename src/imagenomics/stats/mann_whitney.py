"""Whether one group lies higher than another: the Mann-Whitney test, AUC and Cliff's delta."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imagenomics.stats.effects import auc_interval
from imagenomics.stats.rank_sums import rank_sum_z
from imagenomics.stats.ranks import midranks, tie_term
from imagenomics.stats.samples import sample
from imagenomics.stats.side import Side, checked_side, normal_p
from imagenomics.stats.tested import Tested, tested

FloatArray = npt.NDArray[np.float64]
EXACT_UP_TO = 50  # patients in the smaller group; beyond it, and with ties, the normal approximation


def mann_whitney(
    x: npt.ArrayLike, y: npt.ArrayLike, *, side: Side = "two-sided", confidence: float = 0.95
) -> Tested:
    """Test whether a measurement of the first group tends to be larger than one of the second.

    Parameters
    ----------
    x, y : arrays, (n1,) and (n2,)
        Measurements; missing ones are left out.
    side : {'two-sided', 'greater', 'less'}
        'greater': x tends to be larger.
    confidence : float

    Returns
    -------
    Tested
        The effect is the AUC, U / (n1 n2), ties counting half. p is exact when both groups are small and no values are
        tied; else from the normal approximation with tie and continuity correction.

    Raises
    ------
    InputError
        ``IGX-STAT-022``: not finite numbers; ``IGX-STAT-043``: an unknown side; ``IGX-STAT-044``: an empty group.

    Source
    ------
    Mann & Whitney 1947, Annals of Mathematical Statistics 18:50.
    """
    checked_side(side)
    first, second = sample(x), sample(y)
    n1, n2 = first.size, second.size
    both = np.concatenate([first, second])
    ranks, ties = midranks(both), tie_term(both)
    rank_sum = ranks[:n1].sum()
    u = rank_sum - n1 * (n1 + 1) / 2.0
    if ties == 0 and max(n1, n2) <= EXACT_UP_TO:
        p = _exact_p(round(u), n1, n2, side)
    else:
        p = _normal_p(float(rank_sum), n1, n2, ties, side)
    area = u / (n1 * n2)
    low, high = auc_interval(area, n1, n2, confidence=confidence)
    return tested(area, low, high, u, np.nan, p)


def cliffs_delta(
    x: npt.ArrayLike, y: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return how much more often a measurement of the first group is the larger one than the smaller one.

    Parameters, errors as in :func:`mann_whitney`.

    Returns
    -------
    delta, low, high : float
        2 AUC - 1, with the interval of the AUC.

    Source
    ------
    Cliff 1993, Psychological Bulletin 114:494.
    """
    found = mann_whitney(x, y, confidence=confidence)
    return float(2 * found.effect - 1), float(2 * found.low - 1), float(2 * found.high - 1)


def _exact_p(u: int, n1: int, n2: int, side: Side) -> float:
    counts = _distribution(n1, n2)
    less, greater = counts[: u + 1].sum(), counts[u:].sum()
    if side == "two-sided":
        return float(min(2.0 * min(less, greater), 1.0))
    return float(less if side == "less" else greater)


def _distribution(n1: int, n2: int) -> FloatArray:
    """Return the probability of each U without ties, counting how ``n1`` of all ranks can be chosen."""
    counts = np.zeros((n1 + 1, n1 * n2 + 1))
    counts[0, 0] = 1.0
    for below in range(n1 + n2):  # one more rank, taken or not; as the k-th taken it exceeds below - k others
        for k in range(min(n1, below + 1), max(0, n1 - (n1 + n2 - below)), -1):
            gain = below - (k - 1)
            if gain <= n2:
                counts[k, gain:] += counts[k - 1, : counts.shape[1] - gain]
    return np.asarray(counts[n1] / counts[n1].sum())


def _normal_p(rank_sum: float, n1: int, n2: int, ties: float, side: Side) -> float:
    if ties >= float(n1 + n2) ** 3 - (n1 + n2):
        return 1.0
    numbers = (np.asarray(float(v)) for v in (rank_sum, n1, n2, ties))
    z = rank_sum_z(*numbers, side=side)
    return float(normal_p(z) if side == "two-sided" else normal_p(z, side="greater"))
