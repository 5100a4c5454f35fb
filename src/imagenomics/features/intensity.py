"""Intensity statistics, and the same statistics of grey levels with the shape of their histogram."""

from __future__ import annotations

import numpy as np

from imagenomics.features.region import Region
from imagenomics.features.settings import FeatureSettings


def intensity_features(region: Region, settings: FeatureSettings) -> dict[str, float]:
    """Measure how bright the region is, and how its intensities are spread.

    Returns
    -------
    dict
        ``stat_<feature>``. Skewness, kurtosis and coefficients of variation and dispersion are NaN where they
        divide by zero (IBSI writes 0 for the first two, which would pass for a measurement).

    Source
    ------
    Image biomarker standardisation initiative reference manual, intensity-based statistical features;
    percentiles interpolate linearly, variances divide by n.
    """
    ordered = np.sort(region.values)
    energy = float((ordered * ordered).sum())
    rest = {"energy": energy, "rms": float(np.sqrt(energy / len(ordered)))}
    return {f"stat_{tag}": value for tag, value in (spread(ordered) | rest).items()}


def histogram_features(region: Region, settings: FeatureSettings) -> dict[str, float]:
    """Measure how the region's grey levels are spread.

    Returns
    -------
    dict
        ``ih_<feature>``. With several modes the one nearest to the mean counts, the lower one where two are
        equally near.

    Source
    ------
    Image biomarker standardisation initiative reference manual, intensity histogram features.
    """
    counts = np.bincount(region.levels, minlength=region.n_levels + 1)[1:]
    level = np.arange(1, len(counts) + 1)
    p = counts / counts.sum()
    present = p[p > 0]
    statistics = spread(level[p > 0].astype(np.float64), counts[p > 0])
    modes = level[counts == counts.max()]
    slope = np.gradient(counts.astype(np.float64)) if len(counts) > 1 else np.zeros(1)
    rest = {
        "mode": float(modes[np.argmin(np.abs(modes - statistics["mean"]))]),
        "entropy": float(-(present * np.log2(present)).sum()) + 0.0,
        "uniformity": float((p**2).sum()),
        "max_grad": float(slope.max()),
        "max_grad_g": float(level[slope.argmax()]),
        "min_grad": float(slope.min()),
        "min_grad_g": float(level[slope.argmin()]),
    }
    return {f"ih_{tag}": value for tag, value in (statistics | rest).items()}


def spread(ordered: np.ndarray, counts: np.ndarray | None = None) -> dict[str, float]:
    """Return the statistics that intensities and grey levels share.

    Parameters
    ----------
    ordered : array of float64, (n,)
        Ascending values.
    counts : array of int64, (n,), optional
        How often each occurs; once without it.
    """
    mean = _mean(ordered, counts)
    centred = ordered - mean
    squared = centred * centred
    varies = bool(ordered[0] < ordered[-1])
    var = _mean(squared, counts) if varies else 0.0
    p10, p25, median, p75, p90 = _percentiles(ordered, counts)
    middle = slice(*np.searchsorted(ordered, [p10, np.nextafter(p90, np.inf)]))
    robust, robust_counts = ordered[middle], None if counts is None else counts[middle]
    return {
        "mean": mean,
        "var": var,
        "skew": _ratio(_mean(squared * centred, counts), var**1.5),
        "kurt": _ratio(_mean(squared * squared, counts), var**2) - 3.0,
        "median": median,
        "min": float(ordered[0]),
        "p10": p10,
        "p90": p90,
        "max": float(ordered[-1]),
        "iqr": p75 - p25,
        "range": float(ordered[-1] - ordered[0]),
        "mad": _mean(np.abs(centred), counts) if varies else 0.0,
        "rmad": _mean(np.abs(robust - _mean(robust, robust_counts)), robust_counts) if varies else 0.0,
        "medad": _mean(np.abs(ordered - median), counts),
        "cov": _ratio(float(np.sqrt(var)), mean),
        "qcod": _ratio(p75 - p25, p75 + p25),
    }


def _mean(values: np.ndarray, counts: np.ndarray | None) -> float:
    if len(values) == 0:  # between the percentiles of two or three voxels there may be none
        return float("nan")
    return float(values.mean() if counts is None else (values * counts).sum() / counts.sum())


def _percentiles(ordered: np.ndarray, counts: np.ndarray | None) -> list[float]:
    ends = None if counts is None else np.cumsum(counts)
    n = len(ordered) if ends is None else int(ends[-1])

    def value(rank: int) -> float:
        return float(ordered[rank if ends is None else np.searchsorted(ends, rank, side="right")])

    found = []
    for q in (10, 25, 50, 75, 90):
        place = (n - 1) * q / 100
        low, high = value(int(place)), value(min(int(place) + 1, n - 1))
        found.append(low + (place - int(place)) * (high - low))
    return found


def _ratio(above: float, below: float) -> float:
    return above / below if below != 0 else float("nan")
