"""Inner folds: how a training part is divided again to choose a setting."""

from __future__ import annotations

from typing import Any

import numpy as np

from imagenomics.prepare.base import FloatArray, IntArray, Task
from imagenomics.stats.class_counts import scarcest
from imagenomics.work.seeds import generator


def inner_folds(
    y: FloatArray, *, n_splits: int, seed: int, task: Task, groups: Any = None, sites: Any = None
) -> IntArray | None:
    """Divide a training part into folds that keep patients whole and classes balanced.

    Parameters
    ----------
    y : array, (n,)
        Labels 0/1, numbers or signed times.
    n_splits : int
        Folds wanted; fewer where the smaller class (or the part, or those with the event) has fewer patients.
    seed : int
        Seed of the stream ``inner``.
    task : {"binary", "continuous", "survival"}
        Balance the classes, the values, or the events.
    groups : array, (n,), optional
        Patient of each row; rows of one patient stay together.
    sites : array, (n,), optional
        Site of each row; each site is spread over the folds.

    Returns
    -------
    array of int, (n,), or None
        Fold of each row; None where even two folds cannot hold both classes (or an event).
    """
    unit = np.arange(y.size) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    first = np.unique(unit, return_index=True)[1]
    value = np.full(first.size, -np.inf)
    np.maximum.at(value, unit, y)  # a patient counts for the class any of its rows has
    site = np.zeros(first.size, dtype=np.int64)
    if sites is not None:
        site = np.unique(np.asarray(sites).astype(str), return_inverse=True)[1][first]
    k = min(n_splits, scarcest(value, task))
    if k < 2:
        return None
    random = generator(seed, "inner", y.size, k)
    if task == "continuous":
        return _deal_sorted(value, site, k, random)[unit]
    return _deal(np.sign(value) if task == "survival" else value, site, k, random)[unit]


def _deal(value: FloatArray, site: IntArray, k: int, random: np.random.Generator) -> IntArray:
    """Deal the patients of each class, site by site in random order, to the folds in turn."""
    shuffled = random.permutation(value.size)
    order = shuffled[np.lexsort((site[shuffled], value[shuffled]))]
    fold = np.empty(value.size, dtype=np.int64)
    fold[order] = random.permutation(k)[np.arange(value.size) % k]
    return fold


def _deal_sorted(value: FloatArray, site: IntArray, k: int, random: np.random.Generator) -> IntArray:
    """Deal the patients sorted by value, k at a time, each k to the folds in random order."""
    order = np.lexsort((value, site))
    blocks = -(-value.size // k)
    dealt = np.concatenate([random.permutation(k) for _ in range(blocks)])
    fold = np.empty(value.size, dtype=np.int64)
    fold[order] = dealt[: value.size]
    return fold
