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
STEPS = 6  # halvings of the search for the right correlation
SWAPS = 4  # tries for each gene to come nearer by exchanging it
CLOSE = 0.05  # difference of correlations that still counts as a match


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
    most with the first. The share is halved in search of the set's correlation; then genes are exchanged one by one.

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
    by_level = _Groups.of(levels[pool], levels[places])
    anyhow = _Groups.of(np.zeros(pool.size, dtype=np.int64), np.zeros(places.size, dtype=np.int64))
    m = int(by_level.needs.sum())
    found, reached = np.empty((count, m), dtype=np.int64), np.empty(count)
    for r in range(count):
        likeness = ours @ ours[int(random.integers(pool.size))]
        order = np.argsort(-np.abs(likeness) if squared else -likeness, kind="stable")
        reached[r] = np.inf
        # Correlation matters more than level: where both cannot be met, genes of any level may come in.
        for groups in (by_level, anyhow):
            if abs(reached[r] - wanted) > CLOSE:
                uniforms = random.random((STEPS, m)), random.random((SWAPS * m, 2))
                drawn = np.empty(m, dtype=np.int64)
                near = closest_draw(*groups.sorted(order), ours, (wanted, squared), *uniforms, drawn)
                if abs(near - wanted) < abs(reached[r] - wanted):
                    reached[r], found[r] = near, drawn
    members = np.sort(pool[found], axis=1).reshape(-1).astype(np.int64)
    starts = np.arange(count + 1, dtype=np.int64) * found.shape[1]
    index = SetIndex(tuple(map(str, range(count))), members, starts)
    return RandomSets(index, wanted, reached, _effective(found, pool.size))


def _effective(found: IntArray, candidates: int) -> float:
    """Return R^2 over the sum of squared shares of common genes, beyond the share that chance makes common."""
    count, m = found.shape
    if m >= candidates:
        return 1.0
    inside = np.zeros((count, candidates), dtype=np.float32)
    np.put_along_axis(inside, found, 1.0, axis=1)
    common = (inside @ inside.T).astype(np.float64) / m
    chance = m / candidates
    beyond = np.maximum(common - chance, 0.0) / max(1.0 - chance, 1e-9)
    return float(count**2 / (beyond**2).sum())


@dataclass(frozen=True)
class _Groups:
    """Candidates by class of expression, and how many genes each class gives."""

    labels: IntArray  # (P,) class of each candidate
    sizes: IntArray  # of each class
    needs: IntArray  # genes taken from each class

    @classmethod
    def of(cls, labels: IntArray, own: IntArray) -> _Groups:
        names, sizes = np.unique(labels, return_counts=True)
        needs = np.minimum([(own == name).sum() for name in names], sizes)
        for k in range(len(names)):  # what a class lacks the others give
            needs[k] += min(own.size - int(needs.sum()), int(sizes[k] - needs[k]))
        return cls(labels, sizes.astype(np.int64), needs.astype(np.int64))

    def sorted(self, order: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Return the candidates class by class, each in the given order, with sizes and needs."""
        return order[np.argsort(self.labels[order], kind="stable")], self.sizes, self.needs


@njit(cache=True, nogil=True, error_model="numpy")
def closest_draw(grouped, sizes, needs, units, aim, uniforms, swaps, found):  # type: ignore[no-untyped-def]
    """Write the draw whose correlation comes closest to the wanted one into ``found``; return its correlation.

    ``grouped`` lists the candidates of each class, the most alike first; a narrower window holds genes that are more
    alike, so that halving the share of the candidates comes near the wanted correlation. Then single genes are
    exchanged for others of their class, where that comes nearer. ``aim`` is the wanted correlation, and whether it is
    that of squares.
    """
    wanted, squared = aim
    m = found.size
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
        r = _correlation(drawn, units, squared)
        if abs(r - wanted) < abs(reached - wanted):
            reached = r
            found[:] = drawn
        if r < wanted:
            high = share
        else:
            low = share
        share = 0.5 * (low + high)
    for s in range(swaps.shape[0]):
        if abs(reached - wanted) <= 0.01:
            break
        at = s % m
        first, before = 0, 0
        for k in range(sizes.size):
            if at < before + needs[k]:
                window = min(2 * needs[k], sizes[k]) if reached < wanted and swaps[s, 1] < 0.5 else sizes[k]
                other = grouped[first + min(int(swaps[s, 0] * window), window - 1)]
                break
            first += sizes[k]
            before += needs[k]
        if (found == other).any():
            continue
        was = found[at]
        found[at] = other
        r = _correlation(found, units, squared)
        if abs(r - wanted) < abs(reached - wanted):
            reached = r
        else:
            found[at] = was
    return reached


@njit(cache=True, nogil=True, error_model="numpy")
def _correlation(places, units, squared):  # type: ignore[no-untyped-def]
    """Return the mean (squared) correlation of different rows of ``units`` (P, n) at these places."""
    m, n = places.size, units.shape[1]
    total = 0.0
    if squared:
        for i in range(m):
            for j in range(i):
                r = 0.0
                for c in range(n):
                    r += units[places[i], c] * units[places[j], c]
                total += 2.0 * r * r
        return total / (m * (m - 1.0))
    for c in range(n):
        column = 0.0
        for i in range(m):
            column += units[places[i], c]
        total += column * column
    return (total - m) / (m * (m - 1.0))


def expression_levels(values: FloatArray) -> IntArray:
    """Return the class of mean expression of each gene, from ``values`` (n, G); one class where means hardly differ.

    They hardly differ, as in z scores, where their spread is under half of what a gene varies between patients.
    """
    if values.shape[1] < 10 * LEVELS:
        return np.zeros(values.shape[1], dtype=np.int64)
    means, spreads = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    if float(means.std()) < 0.5 * float(np.median(spreads)):
        return np.zeros(values.shape[1], dtype=np.int64)
    cuts = np.quantile(means, np.arange(1, LEVELS) / LEVELS)
    return np.asarray(np.searchsorted(cuts, means), dtype=np.int64)


def against_random(
    observed: float,
    draws: FloatArray,
    *,
    one_sided: bool,
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
    centre : float
        Where the statistic lies by chance.
    effective : float, optional
        Number of independent draws; not set: the draws are counted only (statistics with two humps).
    """
    spread, value = draws - centre, observed - centre
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
