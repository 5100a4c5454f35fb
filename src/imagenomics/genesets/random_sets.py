"""Random sets of the same size, correlation and level of expression: what a claim about a set has to beat.

Any set of genes that move together follows whatever moves them. A set is of interest for its own sake only if it
follows a phenotype more than other sets of its kind do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    """

    index: SetIndex
    wanted: float
    reached: FloatArray


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
    needs = _needs(levels[places], levels[pool], places.size)
    correlate = MEASURES[measure]
    wanted = float(correlate(units, SetIndex.of({name: places}))[0])
    drawn: dict[str, IntArray] = {}
    reached = np.zeros(count)
    own_pool = np.ascontiguousarray(units[:, pool])
    for r in range(count):
        first = int(random.integers(pool.size))
        likeness = own_pool[:, first] @ own_pool
        likeness = np.abs(likeness) if measure == "mean-square" else likeness
        order = np.argsort(-likeness, kind="stable")
        found, reached[r] = _search(order, needs, levels[pool], own_pool, wanted, correlate, random)
        drawn[str(r)] = np.sort(pool[found]).astype(np.int64)
    return RandomSets(SetIndex.of(drawn), wanted, reached)


def _needs(own: IntArray, pool: IntArray, size: int) -> dict[int, int]:
    """Return how many genes to take of each level; what a level lacks the others give."""
    counts = {int(level): int((pool == level).sum()) for level in np.unique(pool)}
    needs = {level: min(int((own == level).sum()), there) for level, there in counts.items()}
    lacking = size - sum(needs.values())
    for level, there in counts.items():
        more = min(lacking, there - needs[level])
        needs[level] += more
        lacking -= more
    return {level: n for level, n in needs.items() if n}


def _search(
    order: IntArray,
    needs: dict[int, int],
    levels: IntArray,
    units: FloatArray,
    wanted: float,
    correlate: Measure,
    random: np.random.Generator,
) -> tuple[IntArray, float]:
    """Return the draw whose correlation comes closest to the wanted one, and its correlation."""
    ordered = {level: order[levels[order] == level] for level in needs}
    low, high = 0.0, 1.0  # share of the candidates beyond the ones needed
    best, reached = np.empty(0, dtype=np.int64), np.inf
    share = 1.0
    for _ in range(STEPS):
        parts = []
        for level, need in needs.items():
            near = ordered[level]
            window = need + int(share * (near.size - need))
            parts.append(near[random.choice(window, need, replace=False)])
        found = np.concatenate(parts)
        r = float(correlate(units, SetIndex.of({"": found}))[0])
        if abs(r - wanted) < abs(reached - wanted):
            best, reached = found, r
        # A narrower window holds genes that are more alike.
        low, high = (low, share) if r < wanted else (share, high)
        share = (low + high) / 2
    return best, reached


def expression_levels(means: FloatArray) -> IntArray:
    """Return the class of mean expression of each gene (G,); one class where means do not differ (z scores)."""
    spread = float(np.ptp(means)) if means.size else 0.0
    if means.size < 10 * LEVELS or spread <= 1e-3:
        return np.zeros(means.size, dtype=np.int64)
    cuts = np.quantile(means, np.arange(1, LEVELS) / LEVELS)
    return np.searchsorted(cuts, means).astype(np.int64)


def against_random(
    observed: float, draws: FloatArray, *, one_sided: bool, inflation: FloatArray, centre: float = 0.0
) -> float:
    """Return how often a random set does as well in the direction of the tested one, g of R: (g + 1) / (R + 1).

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
    """
    spread, value = (draws - centre) * inflation, observed - centre
    if not one_sided and value < 0:
        spread, value = -spread, -value
    above = int((spread >= value - 1e-9 * max(1.0, abs(value))).sum())
    p = (above + 1.0) / (draws.size + 1.0)
    return p if one_sided else min(1.0, 2.0 * p)


def inflation_of(random: RandomSets, sizes: IntArray) -> FloatArray:
    """Return how much wider a tested set's mean spreads than that of each of its random sets, (R,)."""
    m = sizes.astype(np.float64)
    own = np.sqrt(np.maximum(1.0 + (m - 1.0) * random.wanted, 1e-6))
    other = np.sqrt(np.maximum(1.0 + (m - 1.0) * random.reached, 1e-6))
    return np.asarray(own / other)
