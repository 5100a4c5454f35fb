"""Family-wise p values: how small the smallest p of the family gets when images and molecules are unrelated.

Whole rows of the features are permuted against the targets, within strata where such are declared; what a patient
misses travels with the row. In models with covariates the rows are residuals (Freedman & Lane).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from imagenomics.associate.outcome import Engine
from imagenomics.errors import InternalError
from imagenomics.stats.tails import LN10
from imagenomics.work.executor import Executor
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BLOCK = 50  # draws of one task
TIE = 1e-9  # p values equal to this relative precision count as equal


def family_p(
    neg_log10_p: FloatArray,
    engines: Sequence[Engine],
    strata: IntArray,
    *,
    draws: int,
    seed: int,
    analysis: str,
    executor: Executor,
) -> FloatArray | None:
    """Return the family-wise p of each test; None where nothing is drawn, or no patient can change place.

    Parameters
    ----------
    neg_log10_p : array
        Of the tests as observed; NaN where a pair was not tested, or cannot be permuted, and so in the result.
    engines, strata, draws, seed, analysis, executor
        As of :func:`draw_smallest`.
    """
    if not draws or not engines or len(np.unique(strata)) == strata.size:
        return None
    smallest = draw_smallest(engines, strata, draws=draws, seed=seed, analysis=analysis, executor=executor)
    log_p = -LN10 * neg_log10_p
    return np.where(np.isnan(log_p), np.nan, adjusted_p(log_p, smallest))


def draw_smallest(
    engines: Sequence[Engine],
    strata: IntArray,
    *,
    draws: int,
    seed: int,
    analysis: str,
    executor: Executor,
) -> FloatArray:
    """Return the smallest log p of the family in each draw.

    Parameters
    ----------
    engines : sequence of Engine
        Together they test the family.
    strata : int array, (N,)
        Rows are permuted among rows of the same number.
    draws : int
    seed, analysis
        Draw b comes from the stream ``("maxt", analysis, b)``.
    executor : Executor
        Receives fixed blocks of draws.

    Returns
    -------
    array, (draws,)
        The same for any number of workers.

    Raises
    ------
    InternalError
        ``IGX-ASSOC-009``: a block of draws could not be done.
    """
    starts = range(0, draws, BLOCK)
    items = {f"draws {start:05d}": (start, min(start + BLOCK, draws)) for start in starts}
    shared = {"engines": list(engines), "strata": strata, "seed": seed, "analysis": analysis}
    outcome = executor.map(draw_block, items, label=f"permutations of {analysis}", shared=shared)
    if outcome.failures:
        first = outcome.failures[0]
        raise InternalError(
            "IGX-ASSOC-009",
            f"{len(outcome.failures)} of {len(items)} blocks of permutations failed: {first.error}",
            where=analysis,
            remedy=first.remedy or "please report it",
        )
    return np.concatenate([outcome.results[name] for name in items])


def draw_block(
    item: tuple[int, int], *, engines: Sequence[Engine], strata: IntArray, seed: int, analysis: str
) -> FloatArray:
    """Return the smallest log p of the family for the draws from ``item[0]`` up to ``item[1]``."""
    orders = permuted_orders(strata, range(*item), seed=seed, analysis=analysis)
    smallest = np.zeros(len(orders))
    for engine in engines:
        smallest = np.minimum(smallest, engine.smallest_log_p(orders))
    return smallest


def permuted_orders(strata: IntArray, draws: Iterable[int], *, seed: int, analysis: str) -> IntArray:
    """Return the order of the rows in each draw, (draws, N); draw b has the stream ``("maxt", analysis, b)``."""
    return np.stack([permute_rows(strata, generator(seed, "maxt", analysis, b)) for b in draws])


def permute_rows(strata: IntArray, random: np.random.Generator) -> IntArray:
    """Return a random order of the rows that keeps every row in its stratum."""
    order = np.arange(strata.size)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        order[members] = random.permutation(members)
    return order.astype(np.int64)


def adjusted_p(log_p: FloatArray, smallest: FloatArray) -> FloatArray:
    """Return (count + 1) / (draws + 1), counting draws whose smallest p is no larger than the observed one."""
    counts = np.searchsorted(np.sort(smallest), log_p + TIE, side="right")
    return np.asarray((counts + 1.0) / (smallest.size + 1.0))
