"""The score from which a patient is called positive."""

from __future__ import annotations

import numpy as np

from imagenomics.prepare.base import FloatArray


def best_threshold(scores: FloatArray, y: FloatArray) -> float:
    """Return the threshold t with the largest balanced accuracy when ``scores >= t`` is called positive.

    Parameters
    ----------
    scores : array, (n,)
        Held-out scores of the training part.
    y : array, (n,)
        Labels 0/1.

    Returns
    -------
    float
        Midway between two neighbouring scores; of equal thresholds the lowest. The smallest score where
        calling all patients positive is as good as anything.
    """
    levels, place = np.unique(scores, return_inverse=True)
    positive = np.bincount(place, weights=y, minlength=levels.size)
    negative = np.bincount(place, weights=1.0 - y, minlength=levels.size)
    caught = positive[::-1].cumsum()[::-1] / max(positive.sum(), 1.0)
    alarmed = negative[::-1].cumsum()[::-1] / max(negative.sum(), 1.0)
    best = int(np.argmax(np.round(caught - alarmed, 12)))
    return float(levels[0] if best == 0 else 0.5 * (levels[best - 1] + levels[best]))
