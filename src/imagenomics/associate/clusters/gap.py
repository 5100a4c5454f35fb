"""The gap statistic: how much tighter clusters are than those of patients without any."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.associate.clusters.trees import cut_tree, grow_tree, place_patients, within_spread
from imagenomics.associate.draws import draw_blocks
from imagenomics.work.executor import Executor
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]


class Gap(NamedTuple):
    """For 1, 2, ... clusters: log of the spread within, its mean over references, their difference, its error."""

    log_within: FloatArray
    expected: FloatArray
    gap: FloatArray
    error: FloatArray


def gap_statistic(
    z: FloatArray, *, most: int, settings: ClusterSettings, seed: int, analysis: str, executor: Executor
) -> Gap:
    """Compare the spread within clusters with that of patients drawn evenly from a box.

    The box has the ranges of the data along their principal components. The logarithm of no spread at all (as many
    clusters as different patients) is that of the smallest positive number.

    Parameters
    ----------
    z : array, (n, p)
        Scaled features.
    most : int
        Largest number of clusters, K.
    settings : ClusterSettings
        Distance, linkage and number of reference sets.
    seed, analysis
        Reference set b comes from the stream ``("clusters", analysis, "gap", b)``.
    executor : Executor

    Returns
    -------
    Gap
        Arrays (K,). The error is the standard deviation over the B reference sets (denominator B) times the root of
        1 + 1/B.

    Source
    ------
    Tibshirani, Walther & Hastie 2001, JRSS B 63:411.
    """
    shared = {"z": z, "most": most, "settings": settings, "seed": seed, "analysis": analysis}
    blocks = draw_blocks(
        draw_references,
        settings.references,
        shared=shared,
        label=f"reference sets of {analysis}",
        executor=executor,
    )
    drawn = np.vstack(blocks)
    observed = log_spread(z, most, settings)
    expected = drawn.mean(axis=0)
    error = drawn.std(axis=0) * np.sqrt(1.0 + 1.0 / len(drawn))
    return Gap(observed, expected, expected - observed, error)


def draw_references(
    item: tuple[int, int], *, z: FloatArray, most: int, settings: ClusterSettings, seed: int, analysis: str
) -> FloatArray:
    """Return the log spreads of the reference sets ``item[0]`` up to ``item[1]``: (B, K)."""
    centre = z.mean(axis=0)
    axes = np.linalg.svd(z - centre, full_matrices=False)[2]
    scores = (z - centre) @ axes.T
    low, high = scores.min(axis=0), scores.max(axis=0)
    rows = []
    for b in range(*item):
        even = generator(seed, "clusters", analysis, "gap", b).uniform(low, high, scores.shape)
        rows.append(log_spread(even @ axes + centre, most, settings))
    return np.array(rows)


def log_spread(z: FloatArray, most: int, settings: ClusterSettings) -> FloatArray:
    """Return the log of the spread within 1, 2, ... ``most`` clusters."""
    points = place_patients(z, settings.distance)
    labels = cut_tree(grow_tree(points, settings.distance, settings.linkage), most)
    return np.log(np.maximum(within_spread(points, labels), np.finfo(np.float64).tiny))


def first_within_one_error(gap: FloatArray, error: FloatArray) -> int:
    """Return the smallest k whose gap is at least that of k + 1 less its error; the largest k where none is."""
    fits = np.flatnonzero(gap[:-1] >= gap[1:] - error[1:])
    return int(fits[0]) + 1 if fits.size else int(gap.size)
