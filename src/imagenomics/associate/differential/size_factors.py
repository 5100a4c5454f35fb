"""How much deeper one library was read than another, by the genes that most libraries share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def size_factors(counts: FloatArray) -> FloatArray:
    """Return size factors: the median over genes of the ratio of a count to the gene's geometric mean.

    Parameters
    ----------
    counts : array, (N, G)
        Reads, without missing values.

    Returns
    -------
    array, (N,)
        From genes that every patient has; where there is none, from all genes, their geometric means taken over the
        patients who have them and a gene weighing in where its count is above 0, scaled to the geometric mean 1.

    Source
    ------
    Anders & Huber 2010, Genome Biology 11:R106, equation 5; with zeros: McMurdie & Holmes 2014, PLOS Computational
    Biology 10:e1003531.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(counts)
    whole = np.isfinite(logs).all(axis=0)
    if whole.any():
        return np.asarray(np.exp(np.median(logs[:, whole] - logs[:, whole].mean(axis=0), axis=1)))
    there = np.isfinite(logs)
    means = np.where(there, logs, 0.0).sum(axis=0) / len(counts)
    medians = np.array([np.median((row - means)[has]) for row, has in zip(logs, there, strict=True)])
    return np.asarray(np.exp(medians - medians.mean()))
