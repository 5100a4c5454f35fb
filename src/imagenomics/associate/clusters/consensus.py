"""Clusters of resampled patients: which pairs stay together, and which clusters come back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imagenomics.associate.clusters.settings import ClusterSettings
from imagenomics.associate.clusters.trees import cut_tree, grow_tree
from imagenomics.associate.draws import draw_blocks
from imagenomics.work.executor import Executor
from imagenomics.work.seeds import generator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
CLEAR = (0.1, 0.9)  # pairs between these are ambiguous


class Resampled(NamedTuple):
    """What resampling says of 1, 2, ... K clusters.

    Parameters
    ----------
    consensus : array, (K, n, n)
        Share of the draws with both patients in which they were in one cluster.
    area : array, (K,)
        Under the distribution function of the consensus of all pairs.
    ambiguous : array, (K,)
        Share of the pairs with a consensus between 0.1 and 0.9.
    jaccard : array, (K, K)
        Mean over draws of how well the best cluster of the draw matches cluster c of all k + 1 (row k, column c); NaN
        beyond the number of clusters.
    recovered : array, (K, K)
        Share of the draws with a match above 0.75.
    """

    consensus: FloatArray
    area: FloatArray
    ambiguous: FloatArray
    jaccard: FloatArray
    recovered: FloatArray


def resample_clusters(
    points: FloatArray,
    labels: IntArray,
    *,
    settings: ClusterSettings,
    seed: int,
    analysis: str,
    executor: Executor,
) -> Resampled:
    """Cluster random parts of the patients anew.

    Parameters
    ----------
    points : array, (n, p)
        See :func:`~imagenomics.associate.clusters.trees.place_patients`.
    labels : int array, (K, n)
        Clusters of all patients, see :func:`~imagenomics.associate.clusters.trees.cut_tree`.
    settings : ClusterSettings
        Distance, linkage, number and share of the draws.
    seed, analysis
        Draw b comes from the stream ``("clusters", analysis, "resample", b)``.
    executor : Executor

    Returns
    -------
    Resampled

    Source
    ------
    Monti et al. 2003, Machine Learning 52:91 (consensus); Senbabaoglu, Michailidis & Li 2014, Scientific Reports
    4:6207 (ambiguous pairs); Hennig 2007, Computational Statistics & Data Analysis 52:258 (Jaccard, by subsets).
    """
    shared = {"points": points, "labels": labels, "settings": settings, "seed": seed, "analysis": analysis}
    label = f"resampled patients of {analysis}"
    blocks = draw_blocks(draw_patients, settings.resamples, shared=shared, label=label, executor=executor)
    together: IntArray = np.asarray(sum(block[0] for block in blocks), dtype=np.int64)
    both: IntArray = np.asarray(sum(block[1] for block in blocks), dtype=np.int64)
    matches = np.concatenate([block[2] for block in blocks])
    consensus = together / np.maximum(both, 1)
    drawn = np.triu(both > 0, 1)
    shown = consensus[:, drawn]
    seen = ~np.isnan(matches)
    count = np.maximum(seen.sum(axis=0), 1)
    unknown = ~seen.any(axis=0)
    return Resampled(
        consensus,
        1.0 - shown.mean(axis=1),  # the area under a distribution function on [0, 1] is one less the mean
        ((shown > CLEAR[0]) & (shown < CLEAR[1])).mean(axis=1),
        np.where(unknown, np.nan, np.where(seen, matches, 0.0).sum(axis=0) / count),
        np.where(unknown, np.nan, (np.where(seen, matches, 0.0) > 0.75).sum(axis=0) / count),
    )


def draw_patients(
    item: tuple[int, int],
    *,
    points: FloatArray,
    labels: IntArray,
    settings: ClusterSettings,
    seed: int,
    analysis: str,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return for the draws from ``item[0]`` up to ``item[1]`` how often pairs were together and drawn, and matches."""
    most, n = labels.shape
    size = max(most, round(settings.share * n))
    together, both = np.zeros((most, n, n), dtype=np.int16), np.zeros((n, n), dtype=np.int16)
    matches = np.full((item[1] - item[0], most, most), np.nan)
    for i, b in enumerate(range(*item)):
        rows = np.sort(generator(seed, "clusters", analysis, "resample", b).choice(n, size, replace=False))
        found = cut_tree(grow_tree(points[rows], settings.distance, settings.linkage), most)
        both[np.ix_(rows, rows)] += 1
        for k, own in enumerate(found):
            together[k][np.ix_(rows, rows)] += own[:, None] == own
            matches[i, k, : k + 1] = best_jaccard(labels[k, rows], own, k + 1)
    return together.astype(np.int64), both.astype(np.int64), matches


def best_jaccard(whole: IntArray, part: IntArray, k: int) -> FloatArray:
    """Return for each cluster of ``whole`` its largest Jaccard similarity to one of ``part``; NaN where it is empty."""
    a, b = np.eye(k)[whole], np.eye(k)[part]
    shared = a.T @ b
    union = a.sum(axis=0)[:, None] + b.sum(axis=0) - shared
    best = (shared / np.maximum(union, 1.0)).max(axis=1)
    return np.where(a.sum(axis=0) > 0, best, np.nan)
