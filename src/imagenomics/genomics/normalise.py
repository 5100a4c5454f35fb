"""Normalising expression: log counts per million, TMM library sizes, quantiles."""

from __future__ import annotations

import numpy as np

LOG_RATIO_TRIM, SUM_TRIM = 0.3, 0.05


def log_cpm(counts: np.ndarray, library_sizes: np.ndarray) -> np.ndarray:
    """Return log2 counts per million, each patient for itself: log2((count + 0.5) / (size + 1) x 10^6).

    Parameters
    ----------
    counts : ndarray, (n, g)
    library_sizes : ndarray, (n,)

    Source
    ------
    Law and others 2014, Genome Biology 15:R29.
    """
    return np.log2((counts + 0.5) / (library_sizes[:, None] + 1.0) * 1e6)


def tmm_factors(counts: np.ndarray, library_sizes: np.ndarray) -> np.ndarray:
    """Return the factors by which library sizes are corrected for what few genes take (trimmed mean of M values).

    The reference is the patient whose upper quartile (count / size) is nearest to the mean of all; the factors have
    the geometric mean 1.

    Parameters
    ----------
    counts : ndarray, (n, g)
        Not negative, without missing values.
    library_sizes : ndarray, (n,)

    Returns
    -------
    ndarray, (n,)

    Source
    ------
    Robinson and Oshlack 2010, Genome Biology 11:R25.
    """
    used = counts[:, counts.sum(axis=0) > 0]
    quartiles = np.quantile(used / library_sizes[:, None], 0.75, axis=1)
    if np.median(quartiles) > 1e-20:
        reference = int(np.argmin(np.abs(quartiles - quartiles.mean())))
    else:
        reference = int(np.argmax(np.sqrt(used).sum(axis=1)))
    factors = np.array(
        [
            _factor(used[i], used[reference], library_sizes[i], library_sizes[reference])
            for i in range(len(used))
        ]
    )
    return factors / np.exp(np.mean(np.log(factors)))


def _factor(own: np.ndarray, other: np.ndarray, own_size: float, other_size: float) -> float:
    """Return the weighted trimmed mean of the log ratios of one patient to the reference, as a factor."""
    from scipy.stats import rankdata

    both = (own > 0) & (other > 0)
    own, other = own[both], other[both]
    if not len(own):
        return 1.0
    # the ratio before the logarithm: genes with equal counts then tie, as edgeR's do
    ratio = np.log2((own / own_size) / (other / other_size))
    mean = (np.log2(own / own_size) + np.log2(other / other_size)) / 2
    if np.abs(ratio).max() < 1e-6:
        return 1.0
    variance = (own_size - own) / own_size / own + (other_size - other) / other_size / other
    n = len(ratio)
    low_ratio, low_sum = np.floor(n * LOG_RATIO_TRIM) + 1, np.floor(n * SUM_TRIM) + 1
    ranks, sums = rankdata(ratio), rankdata(mean)
    keep = (ranks >= low_ratio) & (ranks <= n + 1 - low_ratio) & (sums >= low_sum) & (sums <= n + 1 - low_sum)
    weighted = np.sum(ratio[keep] / variance[keep]) / np.sum(1 / variance[keep])
    return float(2**weighted) if np.isfinite(weighted) else 1.0


def quantile_normalise(values: np.ndarray) -> np.ndarray:
    """Return numbers that have the same distribution in every patient: the mean of the sorted numbers.

    Equal numbers of a patient get the mean of their places.

    Parameters
    ----------
    values : ndarray, (n, g)
        Without missing values.

    Source
    ------
    Bolstad and others 2003, Bioinformatics 19:185.
    """
    from scipy.stats import rankdata

    target = np.sort(values, axis=1).mean(axis=0)
    places = np.apply_along_axis(rankdata, 1, values) - 1
    return np.interp(places, np.arange(values.shape[1]), target)
