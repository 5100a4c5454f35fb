"""Maps of first-order statistics: intensities around each voxel, or their grey levels."""

from __future__ import annotations

import numpy as np
from numba import njit

# What intensities and grey levels share.
SHARED = (
    "mean",
    "var",
    "skew",
    "kurt",
    "median",
    "min",
    "p10",
    "p90",
    "max",
    "iqr",
    "range",
    "mad",
    "rmad",
    "medad",
    "cov",
    "qcod",
)
INTENSITY = (*SHARED, "energy", "rms")
HISTOGRAM = (*SHARED, "mode", "entropy", "uniformity", "max_grad", "max_grad_g", "min_grad", "min_grad_g")
N_SHARED, N_INTENSITY, N_HISTOGRAM = len(SHARED), len(INTENSITY), len(HISTOGRAM)


@njit(cache=True, nogil=True, error_model="numpy")
def intensity_maps(
    values: np.ndarray, inside: np.ndarray, places: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """Return the intensity statistics (18, n) around each voxel, in the order of ``INTENSITY``.

    Parameters
    ----------
    values : array of float64, (p,)
        Intensities on a padded grid, flat.
    inside : array of bool, (p,)
        Which of them belong to the region.
    places : array of int64, (n,)
        The region's voxels in ``values``.
    steps : array of int64, (k,)
        Steps to the neighbours, the voxel itself among them.
    """
    found = np.empty((N_INTENSITY, places.size))
    around = np.empty(steps.size)
    for v in range(places.size):
        n = 0
        energy = 0.0
        for k in range(steps.size):
            other = places[v] + steps[k]
            if inside[other]:
                around[n] = values[other]
                energy += values[other] * values[other]
                n += 1
        ordered = around[:n]
        _sort(ordered)
        _spread(ordered, found, v)
        found[N_SHARED, v] = energy
        found[N_SHARED + 1, v] = np.sqrt(energy / n)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def histogram_maps(levels: np.ndarray, places: np.ndarray, steps: np.ndarray, n_levels: int) -> np.ndarray:
    """Return the statistics (23, n) of the grey levels (0 outside) around each voxel.

    In the order of ``HISTOGRAM``; the arguments are those of :func:`intensity_maps`.
    """
    found = np.empty((N_HISTOGRAM, places.size))
    around = np.empty(steps.size)
    counts = np.zeros(n_levels, np.int64)
    for v in range(places.size):
        n = 0
        counts[:] = 0
        for k in range(steps.size):
            level = levels[places[v] + steps[k]]
            if level > 0:
                counts[level - 1] += 1
                n += 1
        end = 0
        for g in range(n_levels):
            around[end : end + counts[g]] = g + 1
            end += counts[g]
        _spread(around[:n], found, v)
        _shape_of_histogram(counts, n, found, v)
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _shape_of_histogram(counts: np.ndarray, n: int, found: np.ndarray, v: int) -> None:
    mean = found[0, v]
    size = counts.size
    highest, mode = 0, 0
    entropy, uniformity = 0.0, 0.0
    steepest, steepest_at, lowest, lowest_at = -np.inf, 0, np.inf, 0
    for g in range(size):
        c = counts[g]
        if c > highest or (c == highest and abs(g + 1 - mean) < abs(mode + 1 - mean)):
            highest, mode = c, g
        if c > 0:
            p = c / n
            entropy -= p * np.log2(p)
            uniformity += p * p
        slope = 0.0
        if size > 1:
            before, after = max(g - 1, 0), min(g + 1, size - 1)
            slope = (counts[after] - counts[before]) / (after - before)
        if slope > steepest:
            steepest, steepest_at = slope, g
        if slope < lowest:
            lowest, lowest_at = slope, g
    found[16, v] = mode + 1
    found[17, v] = entropy + 0.0
    found[18, v] = uniformity
    found[19, v] = steepest
    found[20, v] = steepest_at + 1
    found[21, v] = lowest
    found[22, v] = lowest_at + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _spread(ordered: np.ndarray, found: np.ndarray, v: int) -> None:
    # The definitions, and where they are NaN, are those of features.intensity.spread.
    n = ordered.size
    varies = ordered[0] < ordered[-1]
    mean = ordered.mean()
    median = _percentile(ordered, 50)
    p10, p25, p75, p90 = (
        _percentile(ordered, 10),
        _percentile(ordered, 25),
        _percentile(ordered, 75),
        _percentile(ordered, 90),
    )
    second, third, fourth, apart, from_median = 0.0, 0.0, 0.0, 0.0, 0.0
    middle, n_middle = 0.0, 0
    for k in range(n):
        x = ordered[k] - mean
        second += x * x
        third += x * x * x
        fourth += x * x * x * x
        apart += abs(x)
        from_median += abs(ordered[k] - median)
        if p10 <= ordered[k] <= p90:
            middle += ordered[k]
            n_middle += 1
    middle = middle / n_middle
    robust = 0.0
    for k in range(n):
        if p10 <= ordered[k] <= p90:
            robust += abs(ordered[k] - middle)
    var = second / n if varies else 0.0
    found[0, v] = mean
    found[1, v] = var
    found[2, v] = third / n / var**1.5 if var > 0 else np.nan
    found[3, v] = fourth / n / var**2 - 3.0 if var > 0 else np.nan
    found[4, v] = median
    found[5, v] = ordered[0]
    found[6, v] = p10
    found[7, v] = p90
    found[8, v] = ordered[-1]
    found[9, v] = p75 - p25
    found[10, v] = ordered[-1] - ordered[0]
    found[11, v] = apart / n if varies else 0.0
    found[12, v] = robust / n_middle if varies else 0.0  # 0 / 0 is NaN where no voxel lies between
    found[13, v] = from_median / n
    found[14, v] = np.sqrt(var) / mean if mean != 0 else np.nan
    found[15, v] = (p75 - p25) / (p75 + p25) if p75 + p25 != 0 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _sort(values: np.ndarray) -> None:
    # Shell's method: a few lines, where the general sort takes seconds to compile.
    gap = 1
    while 3 * gap + 1 < values.size:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, values.size):
            value, place = values[k], k
            while place >= gap and values[place - gap] > value:
                values[place] = values[place - gap]
                place -= gap
            values[place] = value
        gap //= 3


@njit(cache=True, nogil=True, error_model="numpy")
def _percentile(ordered: np.ndarray, q: int) -> float:
    place = (ordered.size - 1) * q / 100
    low = int(place)
    first, second = ordered[low], ordered[min(low + 1, ordered.size - 1)]
    return first + (place - low) * (second - first)
