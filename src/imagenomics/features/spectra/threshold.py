"""The threshold that parts the intensities of a region into two classes."""

from __future__ import annotations

import numpy as np

N_BINS = 256


def otsu_threshold(values: np.ndarray) -> float:
    """Return the threshold that maximises the variance between two classes; NaN for equal values.

    Parameters
    ----------
    values : array of float64
        Intensities of one patient; 256 bins between their extremes.

    Source
    ------
    Otsu 1979, IEEE Transactions on Systems, Man, and Cybernetics. Where several bins are equally good, the
    middle of them counts.
    """
    if values.min() == values.max():
        return float("nan")
    counts, edges = np.histogram(values, N_BINS)
    weight = np.cumsum(counts)[:-1] / values.size
    middles = (edges[:-1] + edges[1:]) / 2
    mean = np.cumsum(counts * middles) / values.size
    between = (mean[-1] * weight - mean[:-1]) ** 2 / (weight * (1 - weight))  # both ends hold a value
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    return float(edges[1:-1][best].mean())
