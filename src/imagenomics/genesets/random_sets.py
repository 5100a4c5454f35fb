"""Random sets of the same size, correlation and level of expression: what a claim about a set has to beat.

Any set of genes that move together follows whatever moves them. A set is of interest for its own sake only if it
follows a phenotype more than other sets of its kind do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from imagenomics.genesets.competitive import mean_correlation, mean_squared_correlation
from imagenomics.genesets.set_index import SetIndex
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Measure = Callable[[FloatArray, SetIndex], FloatArray]
MEASURES: dict[str, Measure] = {"mean": mean_correlation, "mean-square": mean_squared_correlation}
LEVELS = 5  # classes of mean expression
STEPS = 8  # halvings of the search for the right correlation


@dataclass(frozen=True)
class RandomSets:
    """Random sets of one tested set.

    Parameters
    ----------
    index : SetIndex
        R sets.
    wanted : float
        Mean correlation (or mean squared correlation) between the genes of the tested set.
    reached : array, (R,)
        That of each random set.
    effective : float
        How many random sets without common genes would say as much: in a small panel there may be only a few groups of
        genes that correlate like the tested set.
    """

    index: SetIndex
    wanted: float
    reached: FloatArray
    effective: float


def draw_random_sets(
    places: IntArray,
    units: FloatArray,
    levels: IntArray,
    *,
    count: int,
    measure: str,
    stream: tuple[int, str, str],
) -> RandomSets:
    """Draw random sets that match a set in size, in the correlation between genes, and in level of expression.

    The genes come from outside the set, as long as there are twice as many. Each random set gathers around one
    gene: from each level as many genes as the set has there, out of a share of that level's genes which correlate
    most with the first. The share is halved in search of the set's correlation.

    Parameters
    ----------
    places : int array, (m,)
        The tested set.
    units : array, (n, G)
        Genes given the covariates, of unit length.
    levels : int array, (G,)
        Class of mean expression of each gene.
    count : int
        R.
    measure : {"mean", "mean-square"}
        Whether correlations or their squares are matched.
    stream : (int, str, str)
        Seed, analysis and set, which name the random stream.

    Source
    ------
    Venet, Dumont & Detours 2011, PLoS Computational Biology 7:e1002240 (that most random signatures follow outcome).
    """
    seed, analysis, name = stream
    random = generator(seed, "random sets", analysis, name)
    outside = np.setdiff1d(np.arange(units.shape[1]), places)
    pool = outside if outside.size >= 2 * places.size else np.arange(units.shape[1])
    squared = measure == "mean-square"
    wanted = float(MEASURES[measure](units, SetIndex.of({"": places}))[0])
    ours = np.ascontiguousarray(units[:, pool].T)
    groups = np.unique(levels[pool])
    needs = _needs(levels[places], levels[pool], groups, places.size)
    found = np.empty((count, int(needs.sum())), dtype=np.int64)
    reached = np.empty(count)
    for r in range(count):
        likeness = ours @ ours[int(random.integers(pool.size))]
        order = np.argsort(-np.abs(likeness) if squared else -likeness, kind="stable")
        grouped = order[np.argsort(levels[pool][order], kind="stable")]
        sizes = np.array([(levels[pool] == level).sum() for level in groups], dtype=np.int64)
        reached[r] = closest_draw(
            grouped, sizes, needs, ours, wanted, squared, random.random((STEPS, found.shape[1])), found[r]
        )
    members = np.sort(pool[found], axis=1).reshape(-1).astype(np.int64)
    starts = np.arange(count + 1, dtype=np.int64) * found.shape[1]
    index = SetIndex(tuple(map(str, range(count))), members, starts)
    return RandomSets(index, wanted, reached, _effective(found, pool.size))


def _effective(found: IntArray, candidates: int) -> float:
    """Return R^2 over the sum of squared shares of common genes, beyond the share that chance makes common."""
    count, m = found.shape
    inside = np.zeros((count, candidates), dtype=np.float32)
    np.put_along_axis(inside, found, 1.0, axis=1)
    common = (inside @ inside.T).astype(np.float64) / m
    chance = m / candidates
    beyond = np.maximum(common - chance, 0.0) / max(1.0 - chance, 1e-9)
    return float(count**2 / (beyond**2).sum())


def _needs(own: IntArray, pool: IntArray, groups: IntArray, size: int) -> IntArray:
    """Return how many genes to take of each level; what a level lacks the others give."""
    there = np.array([(pool == level).sum() for level in groups], dtype=np.int64)
    needs = np.minimum([(own == level).sum() for level in groups], there)
    for k in range(len(groups)):
        needs[k] += min(size - int(needs.sum()), int(there[k] - needs[k]))
    return needs.astype(np.int64)


@njit(cache=True, nogil=True, error_model="numpy")
def closest_draw(grouped, sizes, needs, units, wanted, squared, uniforms, found):  # type: ignore[no-untyped-def]
    """Write the draw whose correlation comes closest to the wanted one into ``found``; return its correlation.

    ``grouped`` lists the candidates of each level, the most alike first; a narrower window holds genes that are more
    alike, so that halving the share of the candidates finds the wanted correlation.
    """
    m, n = found.size, units.shape[1]
    low, high, share, reached = 0.0, 1.0, 1.0, np.inf
    drawn = np.empty(m, np.int64)
    near = grouped.copy()
    for step in range(uniforms.shape[0]):
        near[:] = grouped
        first, at = 0, 0
        for k in range(sizes.size):
            window = needs[k] + int(share * (sizes[k] - needs[k]))
            for j in range(needs[k]):
                other = j + min(int(uniforms[step, at] * (window - j)), window - j - 1)
                near[first + j], near[first + other] = near[first + other], near[first + j]
                drawn[at] = near[first + j]
                at += 1
            first += sizes[k]
        total = 0.0
        if squared:
            for i in range(m):
                for j in range(i):
                    r = 0.0
                    for c in range(n):
                        r += units[drawn[i], c] * units[drawn[j], c]
                    total += 2.0 * r * r
        else:
            for c in range(n):
                sum_ = 0.0
                for i in range(m):
                    sum_ += units[drawn[i], c]
                total += sum_ * sum_
            total -= m
        r = total / (m * (m - 1.0))
        if abs(r - wanted) < abs(reached - wanted):
            reached = r
            found[:] = drawn
        if r < wanted:
            high = share
        else:
            low = share
        share = 0.5 * (low + high)
    return reached


def expression_levels(means: FloatArray) -> IntArray:
    """Return the class of mean expression of each gene (G,); one class where means do not differ (z scores)."""
    spread = float(np.ptp(means)) if means.size else 0.0
    if means.size < 10 * LEVELS or spread <= 1e-3:
        return np.zeros(means.size, dtype=np.int64)
    cuts = np.quantile(means, np.arange(1, LEVELS) / LEVELS)
    return np.searchsorted(cuts, means).astype(np.int64)


def against_random(
    observed: float,
    draws: FloatArray,
    *,
    one_sided: bool,
    inflation: FloatArray,
    centre: float = 0.0,
    effective: float | None = None,
) -> float:
    """Return how often a random set does as well in the direction of the tested one.

    With g of R random sets, (g + 1) / (R + 1); where the draws are few groups of genes over and over, no less than
    what a t prediction from so many independent draws says.

    Parameters
    ----------
    observed : float
        The statistic of the tested set.
    draws : array, (R,)
        Those of its random sets.
    one_sided : bool
        Whether only large statistics count; else the direction was seen first, and p is doubled.
    inflation : array, (R,)
        How much wider the statistic of the tested set spreads by chance than that of each random set, because its
        genes correlate more; 1 where the match is perfect. It lets a set face random sets that could not be found
        as correlated as it is.
    centre : float
        Where the statistic lies by chance.
    effective : float, optional
        Number of independent draws; not set: the draws are counted only (statistics with two humps).
    """
    spread, value = (draws - centre) * inflation, observed - centre
    if not one_sided and value < 0:
        spread, value = -spread, -value
    above = int((spread >= value - 1e-9 * max(1.0, abs(value))).sum())
    p = (above + 1.0) / (draws.size + 1.0)
    if effective is not None:
        p = max(p, _prediction(value, spread, effective))
    return p if one_sided else min(1.0, 2.0 * p)


def _prediction(value: float, draws: FloatArray, effective: float) -> float:
    from scipy.special import stdtr

    n = max(effective, 2.0)
    spread = float(draws.std()) * np.sqrt(n / (n - 1.0) * (1.0 + 1.0 / n))
    return float(stdtr(n - 1.0, -(value - float(draws.mean())) / spread)) if spread > 0 else 1.0


def inflation_of(random: RandomSets, sizes: IntArray) -> FloatArray:
    """Return how much wider a tested set's mean spreads than that of each of its random sets, (R,)."""
    m = sizes.astype(np.float64)
    own = np.sqrt(np.maximum(1.0 + (m - 1.0) * random.wanted, 1e-6))
    other = np.sqrt(np.maximum(1.0 + (m - 1.0) * random.reached, 1e-6))
    return np.asarray(own / other)
