"""SAM's plot as numbers: observed against expected order, and what each distance between them calls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
STEPS = 50


class Called(NamedTuple):
    """What SAM says of one phenotype.

    Parameters
    ----------
    expected : array, (G,)
        Mean over the draws of the d of the same rank.
    q : array, (G,)
        Smallest false discovery rate among the distances at which the gene is called.
    pi0 : float
        Estimated share of genes without an effect.
    deltas : dict of arrays, (50,)
        ``delta, cut_low, cut_high, called, false_median, false_90, fdr``.
    """

    expected: FloatArray
    q: FloatArray
    pi0: float
    deltas: dict[str, FloatArray]


def call_genes(d: FloatArray, draws: FloatArray) -> Called:
    """Compare the d of all genes with those of permuted patients.

    Parameters
    ----------
    d : array, (G,)
        Without missing values.
    draws : array, (B, G)

    Source
    ------
    Tusher, Tibshirani & Chu 2001, Proceedings of the National Academy of Sciences 98:5116; the share of genes without
    an effect: Storey 2002, Journal of the Royal Statistical Society B 64:479.
    """
    order = np.argsort(d, kind="stable")
    ranked, drawn = d[order], np.sort(draws, axis=1)
    expected = drawn.mean(axis=0)
    low, high = np.quantile(drawn, [0.25, 0.75])
    pi0 = min(1.0, float(((d > low) & (d < high)).mean()) / 0.5)
    away = ranked - expected
    columns: dict[str, list[float]] = {name: [] for name in NAMES}
    q = np.ones(d.size)
    for delta in np.linspace(0, float(np.abs(away).max(initial=0.0)), STEPS, endpoint=False):
        cuts = _cuts(ranked, expected, away, float(delta))
        called = (ranked <= cuts[0]) | (ranked >= cuts[1])
        wrong = np.array([_beyond(row, cuts) for row in drawn], dtype=np.float64)
        median, tail = pi0 * np.median(wrong), pi0 * np.quantile(wrong, 0.9)
        fdr = min(1.0, float(median) / called.sum()) if called.any() else np.nan
        q[called] = np.minimum(q[called], fdr)
        row = (float(delta), *cuts, float(called.sum()), float(median), float(tail), fdr)
        for name, value in zip(NAMES, row, strict=True):
            columns[name].append(value)
    back = np.empty(d.size, dtype=np.intp)
    back[order] = np.arange(d.size)
    return Called(expected[back], q[back], pi0, {k: np.array(v) for k, v in columns.items()})


NAMES = ("delta", "cut_low", "cut_high", "called", "false_median", "false_90", "fdr")


def _cuts(ranked: FloatArray, expected: FloatArray, away: FloatArray, delta: float) -> tuple[float, float]:
    """Return the d of the first gene on either side, from the middle outwards, that is further than delta away."""
    above = np.flatnonzero((away > delta) & (expected > 0))
    below = np.flatnonzero((away < -delta) & (expected < 0))
    low = float(ranked[below[-1]]) if below.size else -np.inf
    return low, float(ranked[above[0]]) if above.size else np.inf


def _beyond(drawn: FloatArray, cuts: tuple[float, float]) -> int:
    low = np.searchsorted(drawn, cuts[0], side="right")
    return int(low + drawn.size - np.searchsorted(drawn, cuts[1], side="left"))
