"""What of an image is bright: body and air told apart by Otsu's threshold."""

from __future__ import annotations

import numpy as np

BINS = 256
ENDS = (0.1, 99.9)  # percentiles between which the histogram lies: a few very bright voxels do not take it


def foreground(array: np.ndarray) -> np.ndarray:
    """Return which voxels (z, y, x) are brighter than Otsu's threshold; none where all are equal.

    Source
    ------
    Otsu 1979, IEEE Transactions on Systems, Man, and Cybernetics 9:62: the threshold that parts the histogram into
    the two classes whose means lie farthest apart, weighted by their sizes.
    """
    low, high = np.percentile(array, ENDS)
    if not high > low:
        return np.zeros(array.shape, dtype=bool)
    counts, edges = np.histogram(np.clip(array, low, high), bins=BINS, range=(low, high))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    sums = np.cumsum(counts * centres)
    found: np.ndarray = array > edges[1 + int(np.argmax(_between(below, sums[:-1], counts.sum(), sums[-1])))]
    return found


def _between(below: np.ndarray, sums: np.ndarray, total: float, whole: float) -> np.ndarray:
    """Return the variance between both classes for each place of the threshold."""
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = sums / below - (whole - sums) / above
    return np.where((below > 0) & (above > 0), below * above * gap**2, 0.0)
