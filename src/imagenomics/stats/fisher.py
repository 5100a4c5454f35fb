"""Fisher's exact test of 2 x 2 tables, its mid-p form, and the conditional odds ratio."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from imagenomics.stats.counts import four_cells
from imagenomics.stats.effects import critical_z
from imagenomics.stats.side import Side, checked_side

FloatArray = npt.NDArray[np.float64]
Counts = tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]
TIE = 1e-7  # tables whose probability is equal to this relative precision count as equally probable
HALVINGS = 200
REACH = 700.0  # log odds ratios beyond this over- or underflow


def fisher(counts: Counts, *, side: Side = "two-sided", mid_p: bool = False) -> FloatArray:
    """Test whether rows and columns of 2 x 2 tables go together, given all margins.

    Parameters
    ----------
    counts : four arrays of counts that broadcast
        First group with and without the trait, second group with and without.
    side : {'two-sided', 'greater', 'less'}
        'greater': the trait is more frequent in the first group. Two-sided: all tables that are no more probable
        than the one seen.
    mid_p : bool
        Count only half of the probability of the table seen (two-sided: of all equally probable ones). Less
        conservative than the exact test, and no longer guaranteed to keep its level.

    Returns
    -------
    array
        p values; 1 where a margin is empty.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts; ``IGX-STAT-043``: an unknown side.

    Source
    ------
    Fisher 1935, Journal of the Royal Statistical Society 98:39; mid-p: Lancaster 1961, Journal of the American
    Statistical Association 56:223.
    """
    checked_side(side)
    cells = four_cells(counts)
    flat = [cell.ravel() for cell in cells]
    p = [_one_p(table, side, mid_p) for table in zip(*flat, strict=True)]
    return np.array(p, dtype=np.float64).reshape(cells[0].shape)


def conditional_odds_ratio(
    counts: Counts, *, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the odds ratio that makes the tables most probable given their margins, with its exact interval.

    Parameters
    ----------
    counts : as in :func:`fisher`
    confidence : float

    Returns
    -------
    ratio, low, high : arrays
        The limits invert two one-sided exact tests; NaN where a margin is empty.

    Raises
    ------
    InputError
        ``IGX-STAT-040``: impossible counts; ``IGX-STAT-005``: an impossible confidence.

    Source
    ------
    Cornfield 1956, Proceedings of the Third Berkeley Symposium 4:135.
    """
    critical_z(confidence)
    cells = four_cells(counts)
    flat = [cell.ravel() for cell in cells]
    out = [_one_ratio(table, (1.0 - confidence) / 2.0) for table in zip(*flat, strict=True)]
    ratio, low, high = np.array(out, dtype=np.float64).reshape(-1, 3).T
    shape = cells[0].shape
    return ratio.reshape(shape), low.reshape(shape), high.reshape(shape)


def _support(table: tuple[float, ...]) -> tuple[FloatArray, FloatArray, int]:
    """Return the first cells that the margins allow, their log probabilities, and the place of the one seen."""
    a, b, c, d = table
    row, column, n = a + b, a + c, a + b + c + d
    k = np.arange(max(0.0, row + column - n), min(row, column) + 1)
    log_p = -sum(special.gammaln(cell + 1.0) for cell in (k, row - k, column - k, n - row - column + k))
    return k, log_p - special.logsumexp(log_p), int(a - k[0])


def _one_p(table: tuple[float, ...], side: Side, mid_p: bool) -> float:
    k, log_p, at = _support(table)
    if k.size == 1:
        return 1.0
    p = np.exp(log_p)
    if side == "two-sided":
        tail, same = log_p <= log_p[at] + TIE, np.abs(log_p - log_p[at]) <= TIE
    else:
        tail, same = (k >= k[at] if side == "greater" else k <= k[at]), k == k[at]
    total = p[tail].sum() - (0.5 * p[same].sum() if mid_p else 0.0)
    return float(min(total, 1.0))


def _one_ratio(table: tuple[float, ...], tail: float) -> tuple[float, float, float]:
    k, log_p, at = _support(table)
    if k.size == 1:
        return np.nan, np.nan, np.nan

    def tilted(log_ratio: float) -> FloatArray:
        weights = log_p + k * log_ratio
        return np.exp(weights - special.logsumexp(weights))

    def mean(log_ratio: float) -> float:
        return float((k * tilted(log_ratio)).sum()) - k[at]

    first, last = at == 0, at == k.size - 1
    ratio = 0.0 if first else np.inf if last else np.exp(_root(mean))
    low = 0.0 if first else np.exp(_root(lambda x: float(tilted(x)[at:].sum()) - tail))
    high = np.inf if last else np.exp(_root(lambda x: tail - float(tilted(x)[: at + 1].sum())))
    return float(ratio), float(low), float(high)


def _root(rising: Callable[[float], float]) -> float:
    low, high = -REACH, REACH
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if rising(middle) > 0:
            high = middle
        else:
            low = middle
        if high - low < 1e-14 * max(1.0, abs(middle)):
            break
    return 0.5 * (low + high)
