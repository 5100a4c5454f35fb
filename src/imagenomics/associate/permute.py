"""Family-wise p values: how small the smallest p of the family gets when images and molecules are unrelated.

Whole rows of the features are permuted against the targets, within strata where such are declared; what a patient
misses travels with the row. In models with covariates the rows are residuals (Freedman & Lane).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from imagenomics.associate.draws import draw_blocks
from imagenomics.associate.outcome import Engine, StepwiseEngine
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


def step_down_p(
    neg_log10_p: FloatArray,
    engines: Sequence[Engine],
    strata: IntArray,
    *,
    places: Sequence[npt.NDArray[np.intp]],
    draws: int,
    seed: int,
    analysis: str,
    executor: Executor,
) -> FloatArray | None:
    """Return the family-wise p of each test by Westfall and Young's step-down.

    A test competes with those alone that are not surer than itself, so that p is never larger than that of
    :func:`family_p`, and the error rate of the family is kept all the same.

    Parameters
    ----------
    neg_log10_p : array, (m,)
        As of :func:`family_p`.
    engines : sequence of StepwiseEngine
    places : sequence of int arrays
        Where the pairs of each engine, (T, F), stand in ``neg_log10_p``.
    strata, draws, seed, analysis, executor
        As of :func:`draw_smallest`.

    Source
    ------
    Westfall & Young 1993, Resampling-Based Multiple Testing, algorithm 2.8; Ge, Dudoit & Speed 2003, Test 12:1.
    """
    if not draws or not engines or len(np.unique(strata)) == strata.size:
        return None
    log_p = -LN10 * neg_log10_p
    ranked = np.argsort(log_p, kind="stable")[: int((~np.isnan(log_p)).sum())]
    shared = {
        **{"engines": list(zip(engines, places, strict=True)), "strata": strata, "seed": seed},
        **{"analysis": analysis, "ranked": ranked, "observed": log_p[ranked], "size": log_p.size},
    }
    counts = np.zeros(ranked.size, dtype=np.int64)
    label = f"permutations of {analysis}"
    for part in draw_blocks(count_block, draws, block=BLOCK, shared=shared, label=label, executor=executor):
        counts += part
    out = np.full(log_p.size, np.nan)
    out[ranked] = np.maximum.accumulate((counts + 1.0) / (draws + 1.0))
    return out


def count_block(
    item: tuple[int, int],
    *,
    engines: Sequence[tuple[StepwiseEngine, npt.NDArray[np.intp]]],
    strata: IntArray,
    seed: int,
    analysis: str,
    ranked: npt.NDArray[np.intp],
    observed: FloatArray,
    size: int,
) -> IntArray:
    """Return in how many draws of a block the tests from each rank on have a log p as small as the observed one."""
    counts = np.zeros(ranked.size, dtype=np.int64)
    for order in permuted_orders(strata, range(*item), seed=seed, analysis=analysis):
        drawn = np.zeros(size)
        for engine, places in engines:
            drawn[places] = engine.log_p(order)
        least = np.minimum.accumulate(drawn[ranked][::-1])[::-1]
        counts += least <= observed + TIE
    return counts


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
    shared = {"engines": list(engines), "strata": strata, "seed": seed, "analysis": analysis}
    label = f"permutations of {analysis}"
    return np.concatenate(
        draw_blocks(draw_block, draws, block=BLOCK, shared=shared, label=label, executor=executor)
    )


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
